/* Keys: j and k move between rows; every other key clicks the [data-key] it names.
   Ignored while typing, with modifiers, and while a dialog is open. */
(() => {
  "use strict";

  const typing = (element) =>
    element.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

  const rows = () => [...document.querySelectorAll("[data-row]")];

  const move = (step) => {
    const all = rows();
    const at = all.findIndex((row) => row.getAttribute("aria-current") === "true");
    const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
    if (!next || next === all[at]) return;
    next.scrollIntoView({ block: "nearest" });
    next.focus({ preventScroll: true });
    next.click();
  };

  const press = (key) => {
    const target = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)]
      .find((element) => element.offsetParent !== null && !element.disabled);
    if (!target) return false;
    target.focus();
    if (!target.matches("input")) target.click();
    return true;
  };

  const sheet = () => document.getElementById("keys-sheet");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const handled =
      event.key === "j" ? (move(1), true)
      : event.key === "k" ? (move(-1), true)
      : event.key === "?" ? (sheet()?.showModal(), true)
      : press(event.key);
    if (handled) event.preventDefault();
  });

  /* A row that htmx loads becomes the current one at once; its neighbours do not. */
  document.addEventListener("htmx:beforeRequest", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row) return;
    rows().forEach((other) => other.removeAttribute("aria-current"));
    row.setAttribute("aria-current", "true");
  });

  /* After an answer its row is gone: the row that took its place gets the focus. */
  document.addEventListener("htmx:afterSettle", () => {
    document.querySelector("[data-row][autofocus]")?.focus({ preventScroll: true });
  });

  document.addEventListener("htmx:responseError", () => {
    const toasts = document.getElementById("toasts");
    const toast = document.createElement("p");
    toast.className = "toast error";
    toast.textContent = document.documentElement.lang === "de"
      ? "Der Server hat nicht geantwortet. Nichts wurde geändert; bitte noch einmal."
      : "The server did not answer. Nothing was changed; please try again.";
    toasts.append(toast);
  });
})();
