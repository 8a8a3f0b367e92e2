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

  /* From the back button comes the page as it was left: ask what is true now. */
  addEventListener("pageshow", (event) => {
    if (event.persisted) { if (touched) submitted = false; location.reload(); }
  });
})();
