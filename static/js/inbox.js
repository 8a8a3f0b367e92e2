/* The list of the inbox: asks every few seconds what has changed, and keeps what one was doing.

   The server draws what is new; here the ticks, the place, the focus and the row in hand survive
   it. Nothing is asked while the page is hidden, or while a button of the mouse is down: a row must
   not go from under the pointer. Without this file the list is as it was when it was loaded. */
(() => {
  "use strict";

  const EVERY = 4000;
  const byId = (id) => document.getElementById(id);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const isPulse = (event) => event.detail.elt?.id === "pulse";

  /* Asking. */
  let pressed = false;
  let asked = Date.now();
  let failures = 0;

  const ask = () => {
    const pulse = byId("pulse");
    if (!pulse || pressed || document.hidden || byId("signed-out")) return;
    asked = Date.now();
    htmx.trigger(pulse, "pulse");
  };
  const askAgain = () => { if (Date.now() - asked > 1000) ask(); };

  setInterval(ask, EVERY);
  addEventListener("focus", askAgain);
  document.addEventListener("visibilitychange", askAgain);
  addEventListener("pointerdown", () => { pressed = true; }, true);
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { pressed = false; }, true);

  const shown = () => all("#rows > .row").map((row) => row.id.slice(4)).join(",");

  /* A list that was lengthened is as long after an answer: one goes on where one was. */
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.verb === "post" && detail.target?.id === "main") detail.parameters.shown = shown();
  });

  document.addEventListener("htmx:configRequest", (event) => {
    if (!isPulse(event)) return;
    const hand = byId("hand");
    Object.assign(event.detail.parameters, {
      state: byId("pulse-state")?.value ?? "",
      shown: shown(),
      handoff: hand?.dataset.handoff ?? "",
      standing: (document.querySelector("#moved-on [data-standing]") ?? byId("moved-on") ?? hand)?.dataset.standing ?? "",
    });
  });

  /* The address that is left for a lead says at which row that was: from the back button comes the
     list as far as there. */
  document.addEventListener("htmx:beforeRequest", ({ target }) => {
    const row = target.closest("[data-row]")?.closest(".row");
    const here = new URL(location.href);
    if (!row || here.searchParams.has("handoff")) return;
    here.searchParams.set("near", row.id.slice(4));
    history.replaceState(history.state, "", here);
  });

  /* What is on its way when an answer is sent or another lead taken in hand, or asked while it is,
     would tell of the list and of the lead of before. */
  const beforeOthers = (event) => {
    if (!isPulse(event) && ["main", "hand"].includes(event.detail.target?.id) && byId("pulse")) htmx.trigger("#pulse", "htmx:abort");
  };
  document.addEventListener("htmx:beforeRequest", beforeOthers);
  document.addEventListener("htmx:beforeSwap", beforeOthers);

  /* A list that cannot be asked for says so by itself, without a toast every few seconds. */
  for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failed, (event) => {
      if (isPulse(event) && event.detail.xhr?.status !== 401) event.stopPropagation();
    }, true);
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isPulse(event) || event.detail.xhr?.status === 401) return;
    failures = event.detail.successful ? 0 : failures + 1;
    const stale = byId("stale");
    const words = failures > 1 ? stale?.dataset.words : "";
    if (stale && stale.textContent !== words) stale.textContent = words;
  });

  /* Keeping. */
  let kept = null;

  const scroller = () => {
    const listed = byId("listed");
    return listed && listed.scrollHeight > listed.clientHeight ? listed : document.scrollingElement;
  };
  const topOf = (element) => element.getBoundingClientRect().top;

  const keep = () => {
    const box = byId("listed");
    if (!box) return;
    const edge = Math.max(0, topOf(box));
    const rows = [...box.querySelectorAll(".row")].filter((row) => row.getBoundingClientRect().bottom > edge);
    kept = {
      ticked: [...box.querySelectorAll("input:checked")].map((tick) => tick.id),
      current: box.querySelector("[aria-current]")?.id,
      focused: box.contains(document.activeElement) ? document.activeElement.id : "",
      places: rows.slice(0, 40).map((row) => [row.id, topOf(row)]),
      top: box.scrollTop,
    };
  };

  const restore = ({ staying }) => {
    const box = byId("listed");
    if (!kept || !box) return;
    for (const id of kept.ticked) { const tick = byId(id); if (tick) tick.checked = true; }
    if (staying) {
      for (const row of box.querySelectorAll("[aria-current]")) row.removeAttribute("aria-current");
      if (kept.current) byId(kept.current)?.setAttribute("aria-current", "true");
      if (kept.focused) byId(kept.focused)?.focus({ preventScroll: true });
      const [id, top] = kept.places.find(([row]) => byId(row)) ?? [];
      if (id && (kept.top || scroller() !== box)) scroller().scrollTop += topOf(byId(id)) - top;
    } else {
      box.scrollTop = kept.top;
      box.querySelector("[aria-current]")?.closest(".row").scrollIntoView({ block: "nearest" });
    }
    kept = null;
    count();
  };

  document.addEventListener("htmx:oobBeforeSwap", (event) => { if (event.detail.target.id === "listed") keep(); });
  document.addEventListener("htmx:oobAfterSwap", (event) => { if (event.detail.target.id === "listed") restore({ staying: true }); });
  /* What a colleague has answered meanwhile is no more to be answered here: the words stay, to be copied. */
  document.addEventListener("htmx:oobAfterSwap", () => {
    const moved = Boolean(byId("moved-on")?.firstElementChild);
    if (moved) all("#answer form:not(#moved-on form) button").forEach((button) => { button.disabled = true; });
  });
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.target?.id === "main") keep(); });
  /* Who comes too late sees in the list, too, how things stand. */
  document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.xhr?.status === 409) ask(); });
  document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.target?.id === "main" || event.target.id === "main") restore({ staying: false }); });

  /* Picking. */
  const ticks = () => all("#rows .pick input");

  const count = () => {
    const said = byId("picked-count");
    if (!said) return;
    said.textContent = said.dataset.words.replace("#", ticks().filter((tick) => tick.checked).length);
    all("[data-pick]").forEach((button) => { button.hidden = false; });
  };

  document.addEventListener("change", (event) => { if (event.target.closest(".pick")) count(); });
  document.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-pick]")?.dataset.pick;
    if (pick) { ticks().forEach((tick) => { tick.checked = pick === "all"; }); count(); }
    const closing = event.target.closest("[data-close=narrow]");
    if (closing) { event.preventDefault(); close(); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (event.key === "Escape" && event.target.closest("#find") && unfolded()) { close(); return; }
    const typing = event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
    if (event.key.toLowerCase() !== "x" || typing || document.querySelector("dialog[open]")) return;
    document.querySelector("#rows [aria-current]")?.closest(".row").querySelector(".pick input")?.click();
  });

  /* Filters: folded up they stay as they were set; what is empty stays out of the address. */
  const unfolded = () => document.querySelector("#narrow.open:not([hidden])");
  const close = () => {
    byId("narrow").hidden = true;
    byId("narrow-open").focus();
  };
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.requestConfig?.triggeringEvent && event.target.id === "narrow") unfolded()?.querySelector("select, input").focus();
  });
  document.addEventListener("formdata", (event) => {
    if (event.target.id !== "find") return;
    for (const [name, value] of [...event.formData.entries()]) if (!value) event.formData.delete(name);
  });

  /* A page that is loaded anew begins at the row where one was; the browser knows only how far down
     that was on a page that may have been longer. */
  const bringUp = (row) => {
    const [box, place] = [byId("listed"), row].map((element) => element.getBoundingClientRect());
    if (place.top < box.top || place.bottom > Math.min(box.bottom, innerHeight)) row.scrollIntoView({ block: "center" });
  };
  const named = new URLSearchParams(location.search);
  const left = byId(`row-${named.get("handoff") ?? named.get("near")}`);
  if (!named.has("handoff") && left) history.scrollRestoration = "manual";
  if (left) bringUp(left);

  addEventListener("pageshow", () => { count(); askAgain(); });
})();
