/* What is typed about a lead in hand survives a reload and a look at another lead: kept in this tab
   alone, for the person who typed it, and forgotten as soon as it is sent. */
(() => {
  "use strict";

  const FIELDS = "textarea, input[type=text], input[type=number], input[type=date], input[type=datetime-local]";
  const SENT = "draft-sent";
  const byId = (id) => document.getElementById(id);

  /* Without a place to keep it (a locked-down browser) it is as before: what is typed stays on the page. */
  const kept = (key) => { try { return JSON.parse(sessionStorage.getItem(key)) ?? {}; } catch { return {}; } };
  const keep = (key, value) => { try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* full, or none */ } };
  const forget = (key) => { try { sessionStorage.removeItem(key); } catch { /* none */ } };

  const keyOf = (form) => `draft:${byId("hand")?.dataset.reader}:${form.getAttribute("action")}`;
  const formOf = (element) => element.closest?.(".answer form[method=post]");

  document.addEventListener("input", ({ target }) => {
    const form = target.matches(FIELDS) && formOf(target);
    if (!form) return;
    const typed = [...form.querySelectorAll(FIELDS)].filter((field) => field.value !== field.defaultValue);
    if (typed.length) keep(keyOf(form), Object.fromEntries(typed.map((field) => [field.name, field.value])));
    else forget(keyOf(form));
  });

  const restore = () => {
    for (const form of document.querySelectorAll(".answer form[method=post]")) {
      const draft = kept(keyOf(form));
      for (const field of form.querySelectorAll(FIELDS)) {
        if (!draft[field.name] || field.value !== field.defaultValue) continue;
        field.value = draft[field.name];
        const folded = field.closest("details");
        if (folded) folded.open = true;
      }
    }
  };

  /* Sent is what the server took: 409 and 422 bring the form back. */
  document.addEventListener("htmx:beforeOnLoad", ({ target, detail }) => {
    const form = formOf(target);
    if (form && detail.xhr.status < 400) forget(keyOf(form));
  });
  document.addEventListener("submit", ({ target }) => {
    if (formOf(target) && !target.hasAttribute("hx-post")) keep(SENT, keyOf(target));
  });
  const sent = kept(SENT);
  if (typeof sent === "string" && !document.querySelector("#refusal, .answer [aria-invalid=true]")) forget(sent);
  forget(SENT);

  document.addEventListener("htmx:afterSettle", restore);
  restore();
})();
