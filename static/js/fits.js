/* Of the comparisons of a condition only those are offered that fit the field chosen. Without this
   file all are, and saving says which fit. */
(() => {
  "use strict";

  const form = document.querySelector("form[data-fits]");
  if (!form) return;
  const fits = JSON.parse(form.dataset.fits);

  const narrow = (field) => {
    const allowed = fits[field.value];
    const op = form.elements[field.name.replace(/field$/, "op")];
    if (!allowed || !op) return;
    for (const option of op.options) option.hidden = option.disabled = !allowed.includes(option.value);
    if (!allowed.includes(op.value)) op.value = allowed[0];
  };
  const fields = () => form.querySelectorAll("select[name^='when-'][name$='-field']");

  /* Before the preview asks what the form says. */
  form.addEventListener("change", (event) => {
    if (event.target.matches("select[name$='-field']")) narrow(event.target);
  }, true);
  document.addEventListener("htmx:afterSwap", () => fields().forEach(narrow));
  fields().forEach(narrow);
})();
