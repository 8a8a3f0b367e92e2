/* What is signed, proposed or put on record is sent once, however often its button is pressed. The
   server finds the second time done, too: this only spares the wait. */
(() => {
  "use strict";

  const forms = [...document.querySelectorAll("form[data-once]")];
  const buttons = (form) => form.querySelectorAll("button[type=submit]");
  const free = (form) => {
    if (!("sent" in form.dataset)) return;
    delete form.dataset.sent;
    buttons(form).forEach((button) => { button.disabled = false; });
  };

  for (const form of forms) form.addEventListener("submit", (event) => {
    if ("sent" in form.dataset) { event.preventDefault(); return; }
    form.dataset.sent = "";
    /* A button that is disabled at once would not be sent along. */
    setTimeout(() => buttons(form).forEach((button) => { button.disabled = true; }));
    /* Whom the browser left here (no connection, Esc) may press again. */
    setTimeout(free, 20000, form);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) forms.forEach(free); });
})();
