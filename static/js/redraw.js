/* A button that redraws a part of a section's form asks the server for it. What is typed, ticked,
   unfolded or pressed until that comes would go with the part it replaces: it is kept, and put into
   what comes. */
(() => {
  "use strict";

  const form = document.getElementById("section-form");
  if (!form) return;

  /* Who saves has said all. A preview sent while that is under way would say it is not saved. Who
     goes on typing, or is still here after so many milliseconds, has stopped it. */
  const STAYED = 10000;
  let left = false;
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    left = true;
    setTimeout(() => { left = false; }, STAYED);
  });
  form.addEventListener("input", () => { left = false; });
  document.addEventListener("htmx:beforeRequest", (event) => { if (left) event.preventDefault(); });

  const redraws = (event) => event.detail.requestConfig?.path === form.getAttribute("action");

  /* A preview that was asked for before a redraw came speaks of lines that are gone. It is asked for
     anew after that. */
  let steps = 0;
  const asked = new WeakMap();
  const step = (event) => { if (redraws(event)) steps += 1; };
  document.addEventListener("htmx:beforeRequest", (event) => { step(event); asked.set(event.detail.xhr, steps); });
  form.addEventListener("htmx:afterRequest", step);
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target?.id === "matched" && asked.get(detail.xhr) !== steps) detail.shouldSwap = false;
  });

  let redrawing = 0;
  let asking = null;
  let pressed = [];
  const touched = new Set();

  const successor = (old) => {
    const found = old.id
      ? document.getElementById(old.id)
      : [...form.querySelectorAll("button")].find((each) => each.name === old.name && each.value === old.value);
    return found && found.tagName === old.tagName && found.name === old.name ? found : null;
  };

  const restore = (old) => {
    const now = old.isConnected ? null : successor(old);
    if (!now) return;
    if (now.matches("details")) now.open = old.open;
    else if (now.matches("[type=checkbox], [type=radio]")) now.checked = old.checked;
    else if (now.matches("select")) [...now.options].forEach((each) => {
      each.selected = [...old.selectedOptions].some((one) => one.value === each.value);
    });
    else now.value = old.value;
  };

  const note = (event) => {
    if (redrawing && event.target.matches("input, select, textarea, details")) touched.add(event.target);
  };
  form.addEventListener("input", note);
  form.addEventListener("toggle", note, true);

  /* One redraw at a time. Who presses the same button twice means it once, but for moving: that is
     so many steps. */
  const hold = (event, what) => {
    if (!redrawing || !what) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (what.matches("[id^='up-'], [id^='down-']")) pressed.push(what);
    else if (what !== asking) pressed = [what];
  };
  form.addEventListener("click", (event) => hold(event, event.target.closest("button[hx-post]")), true);
  form.addEventListener("change", (event) => {
    note(event);
    hold(event, event.target.closest("select[hx-post]"));
  }, true);

  const again = () => {
    const first = pressed.shift();
    const next = first && (first.isConnected ? first : successor(first));
    if (!next || next.disabled) pressed = [];
    else if (next.matches("select")) next.dispatchEvent(new Event("change", { bubbles: true }));
    else next.click();
  };

  form.addEventListener("htmx:beforeRequest", (event) => {
    if (redraws(event)) { redrawing += 1; asking = event.detail.elt; }
  });
  form.addEventListener("htmx:afterSwap", () => touched.forEach(restore));
  form.addEventListener("htmx:afterRequest", (event) => {
    if (!redraws(event)) return;
    redrawing = Math.max(0, redrawing - 1);
    if (redrawing) return;
    asking = null;
    touched.clear();
    if (event.detail.successful) setTimeout(again, 50);
    else pressed = [];
  });
})();
