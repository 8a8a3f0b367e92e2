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

  let touched = false;
  form.addEventListener("input", () => { touched = true; });

  addEventListener("pagehide", () => {
    if (submitted) return;
    const said = new FormData(form);
    said.append("left", "1");
    navigator.sendBeacon(form.dataset.leave, said);
  });

  /* What a button in the form has redrawn is shown beside it too. */
  form.addEventListener("htmx:afterRequest", (event) => {
    const path = event.detail.requestConfig?.path ?? "";
    if (event.detail.successful && path === form.getAttribute("action")) {
      setTimeout(() => form.dispatchEvent(new Event("change", { bubbles: true })), 50);
    }
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
