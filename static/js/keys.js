/* Keys, toasts and the look. Everything works without this file; with it, faster.

   j and k move between [data-row]; any other key clicks the visible [data-key] it names. Keys are
   ignored while typing, with modifiers, and while a dialog is open; a key held down clicks once. */
(() => {
  "use strict";

  const root = document.documentElement;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const seen = (element) => element.getClientRects().length > 0;

  const typing = (element) =>
    element.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

  /* Rows. */
  const rows = () => all("[data-row]");

  const move = (step) => {
    const list = rows();
    const at = list.findIndex((row) => row.getAttribute("aria-current") === "true");
    const next = list[Math.min(list.length - 1, Math.max(0, at + step))];
    if (!next || next === list[at]) return;
    next.scrollIntoView({ block: "nearest" });
    next.focus({ preventScroll: true });
    next.click();
  };

  /* A row that htmx loads becomes the current one at once; its neighbours do not. */
  document.addEventListener("htmx:beforeRequest", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row) return;
    rows().forEach((other) => other.removeAttribute("aria-current"));
    row.setAttribute("aria-current", "true");
  });

  /* On the phone the list makes room for the lead in hand. */
  const showInHand = () => {
    const hand = byId("hand");
    hand?.closest(".inbox")?.classList.toggle("in-hand", hand.matches(".chosen"));
  };

  /* After an answer its row is gone: the row that took its place gets the focus. Where an answer
     was refused, what is in its way gets it, if the button went with the old form. */
  document.addEventListener("htmx:afterSettle", () => {
    showInHand();
    document.querySelector("[data-row][autofocus]")?.focus({ preventScroll: true });
    if (document.activeElement === document.body) byId("refusal")?.focus();
    all(".toast").forEach(attend);
  });

  /* Keys. */
  const open = (details) => {
    details.open = true;
    details.scrollIntoView({ block: "nearest" });
    const first = details.querySelector("input:not([type=hidden]), select, textarea") || details.querySelector("button");
    first?.focus({ preventScroll: true });
  };

  /* What is on its way out (.htmx-request) cannot be pressed: j, a must not answer the lead before. */
  const pressable = (key) => all(`[data-key="${CSS.escape(key)}"]`)
    .filter((element) => !element.disabled && seen(element) && !element.closest(".htmx-request"));

  /* Of several that are named by the same key, the one nearest to the focus is meant. */
  const press = (key, from) => {
    const found = pressable(key);
    let around = from;
    while (around && !found.some((element) => around.contains(element))) around = around.parentElement;
    const target = found.find((element) => around.contains(element));
    if (!target) return false;
    if (target.matches("summary") && !target.parentElement.open) open(target.parentElement);
    else if (target.matches("input, select, textarea")) { target.focus(); target.select?.(); }
    else { target.focus(); target.click(); }
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const handled =
      event.key === "j" ? (move(1), true)
      : event.key === "k" ? (move(-1), true)
      : event.key === "?" ? (byId("keys-sheet")?.showModal(), true)
      : event.key.length === 1 && event.key !== " " && !event.repeat && press(event.key.toLowerCase(), event.target);
    if (handled) event.preventDefault();
  });

  /* The phone's bar leads into the forms above it, unfolds them, and leaves no step in history. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".bottom a[href^='#']");
    const target = link && byId(link.hash.slice(1));
    if (!target) return;
    event.preventDefault();
    const details = target.closest("details");
    if (details) details.open = true;
    target.scrollIntoView({ block: "start" });
    target.querySelector("input:not([type=hidden]), select, textarea")?.focus({ preventScroll: true });
  });

  /* Toasts leave by themselves, not under the pointer or the focus; failures stay. */
  const attend = (toast) => {
    if (toast.querySelector(".close")) return;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "close";
    close.textContent = "×";
    close.setAttribute("aria-label", byId("toasts").dataset.close);
    close.addEventListener("click", () => toast.remove());
    toast.append(close);
    if (toast.matches(".error, .warning")) return;
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
    setTimeout(leave, 8000);
  };

  const complain = (words) => {
    const toast = document.createElement("p");
    toast.className = "toast error";
    toast.textContent = words;
    byId("toasts").append(toast);
    attend(toast);
    return toast;
  };

  /* Signed out, the page stays with all that is typed in it. Said once, until something is answered
     again: whoever signs in in another tab goes on here, with the token of the new session. */
  const signedOut = () => {
    if (byId("signed-out")) return;
    const { out, door, enter } = byId("toasts").dataset;
    const link = document.createElement("a");
    Object.assign(link, { href: door, target: "_blank", rel: "noopener", textContent: enter });
    const toast = complain(out);
    toast.id = "signed-out";
    toast.querySelector(".close").before(link);
  };

  const renew = () => {
    const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
    if (token) all("input[name=csrfmiddlewaretoken]").forEach((field) => { field.value = token; });
    return token;
  };
  document.addEventListener("submit", renew, true);
  document.addEventListener("htmx:configRequest", (event) => {
    const token = renew();
    const { headers, parameters } = event.detail;
    if (!token) return;
    headers["X-CSRFToken"] = token;
    if (parameters.csrfmiddlewaretoken) parameters.csrfmiddlewaretoken = token;
  });

  document.addEventListener("htmx:sendError", () => complain(byId("toasts").dataset.silent));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) signedOut();
    else complain(byId("toasts").dataset.broken);
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) byId("signed-out")?.remove(); });
  all(".toast").forEach(attend);

  /* Light or dark: shown at once, kept by the server. */
  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  const look = (theme) => {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
  };

  all("[data-theme-switch] button").forEach((button) => {
    button.addEventListener("click", () => { button.value = dark() ? "light" : "dark"; });
    button.form.addEventListener("htmx:afterRequest", (event) => {
      if (event.detail.successful) look(button.value);
    });
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("select[name=theme]")) look(event.target.value);
  });
})();
