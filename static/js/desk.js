/* Writing a section of the draft. What is typed is kept by the server with every preview; when the
   page is left, the last of it goes along. Without this file a "Check" button shows the preview. */
(() => {
  "use strict";

  const form = document.getElementById("section-form");
  if (!form) return;
  form.querySelectorAll("[data-live]").forEach((button) => { button.hidden = true; });

  /* Saving and cancelling say themselves what becomes of the input. */
  let submitted = false;
  document.addEventListener("submit", (event) => { submitted ||= !event.defaultPrevented; });

  /* Who types on has stopped the saving, and says goodbye again. */
  let touched = false;
  form.addEventListener("input", () => { touched = true; submitted = false; });

  addEventListener("pagehide", () => {
    if (submitted) return;
    const said = new URLSearchParams(new FormData(form));
    said.append("left", "1");
    if (navigator.sendBeacon(form.dataset.leave, said)) return;
    /* Too much to go along: the section is free, and what the last preview kept stays kept. */
    const token = form.elements.csrfmiddlewaretoken.value;
    navigator.sendBeacon(form.dataset.leave, new URLSearchParams({ csrfmiddlewaretoken: token, left: "1" }));
  });

  /* What a button in the form is still redrawing is waited for: saved at once, the form would lack
     it. Afterwards it is shown beside the form too. */
  const redraws = (event) => event.detail.requestConfig?.path === form.getAttribute("action");
  let redrawing = 0;
  let waiting = false;

  form.addEventListener("htmx:beforeRequest", (event) => { if (redraws(event)) redrawing += 1; });
  form.addEventListener("submit", (event) => {
    if (!redrawing || event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    waiting = true;
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    if (!redraws(event)) return;
    redrawing = Math.max(0, redrawing - 1);
    setTimeout(() => {
      if (event.detail.successful) form.dispatchEvent(new Event("change", { bubbles: true }));
      if (waiting && !redrawing && event.detail.successful) form.requestSubmit();
      if (!redrawing) waiting = false;
    }, 50);
  });

  /* What was unfolded in a part that is redrawn stays so; what only offers, does not. */
  let unfolded = [];
  form.addEventListener("htmx:beforeSwap", (event) => {
    unfolded = [...event.detail.target.querySelectorAll("details[open][id]:not(.unfold)")].map((each) => each.id);
  });
  form.addEventListener("htmx:afterSwap", () => {
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
    unfolded = [];
  });

  /* Alt and an arrow move a row among the others; in a menu the arrows go from line to line. */
  const going = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };
  form.addEventListener("keydown", (event) => {
    const step = going[event.key];
    if (!step || event.target.matches("input, select, textarea")) return;
    const row = event.target.closest("[id^='row-']");
    const menu = event.target.closest(".menu, .kinds");
    if (event.altKey && row && /Up|Down/.test(event.key)) {
      document.getElementById(row.id.replace("row-", step < 0 ? "up-" : "down-"))?.click();
    } else if (menu && !event.altKey) {
      const lines = [...menu.querySelectorAll("button")];
      lines[lines.indexOf(event.target) + step]?.focus();
    } else return;
    event.preventDefault();
  });

  /* A link to a stage or an input leads into what is folded up. */
  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let each = target; each; each = each.parentElement) if (each.matches("details")) each.open = true;
    target.scrollIntoView({ block: "center" });
    if (target.matches("input, select, textarea, summary")) target.focus({ preventScroll: true });
  };
  addEventListener("hashchange", unfold);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) unfold();
  });
  unfold();

  /* From the back button comes the page as it was left: ask what is true now. */
  addEventListener("pageshow", (event) => {
    if (event.persisted) { if (touched) submitted = false; location.reload(); }
  });
})();
