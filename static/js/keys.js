/* Keys, toasts and the look. Everything works without this file; with it, faster.

   j and k move between [data-row]; any other key clicks the visible [data-key] it names, and where a
   form is named, leads to what is still open in it. Keys are ignored while typing, with modifiers, and
   while a dialog is open; a key held down clicks once. Enter sends the form that a box stands in, with
   Ctrl from a text too. */
(() => {
  "use strict";

  const root = document.documentElement;
  root.classList.add("scripted");
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
    pointTo(next);
    next.click();
  };

  /* A row becomes the current one when it is moved to, however many are still on their way: j is as
     quick as fingers are. Where its lead does not come, the row that is in hand is the current one
     again: an answer is for nobody else. */
  const pointTo = (row) => {
    rows().forEach((other) => other.removeAttribute("aria-current"));
    row?.setAttribute("aria-current", "true");
  };
  const rowInHand = () => document.querySelector(`#row-${byId("hand")?.dataset.handoff ?? "none"} [data-row]`);
  document.addEventListener("htmx:beforeRequest", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) pointTo(row);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.closest("[data-row]") && !event.detail.successful) pointTo(rowInHand());
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
    const taken = document.querySelector("[data-row][autofocus]");
    taken?.focus({ preventScroll: true });
    taken?.removeAttribute("autofocus");
    if (document.activeElement === document.body) {
      (byId("refusal") || document.querySelector("#answer [aria-invalid=true]"))?.focus();
    }
    all(".toast:not(#no-use-said)").forEach(attend);
    tellKeys();
  });

  /* Below the list stand the keys that do something now, behind those that always do. */
  const tellKeys = () => {
    all("#keys [data-of]").forEach((said) => {
      said.classList.toggle("idle", !document.querySelector(`[data-key="${said.dataset.of}"]`));
    });
  };
  tellKeys();

  /* On the phone the next lead begins with its name. */
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "main" && matchMedia("(max-width: 720px)").matches) scrollTo(0, 0);
  });

  /* Later: a moment after the deadline asks for a pause of the clock. */
  document.addEventListener("change", ({ target }) => {
    const pause = target.form?.querySelector("[data-after]");
    if (!pause || !["until", "moment"].includes(target.name)) return;
    const { until, moment } = target.form.elements;
    const chosen = until.value === "other" ? moment.value : until.value;
    pause.checked = new Date(chosen) > new Date(pause.dataset.after);
  });

  /* Keys. */
  const open = (details) => {
    details.closest(".answer")?.querySelectorAll(":is(.return, .later, .step)[open]").forEach((other) => {
      if (other !== details) other.open = false;
    });
    details.open = true;
    details.scrollIntoView({ block: "nearest" });
    const first = details.querySelector("input:not([type=hidden]), select, textarea") || details.querySelector("button");
    first?.focus({ preventScroll: true });
  };

  /* Out of a text to the name of its form, out of a form back to what was there before: what was
     written stays in it. */
  const leave = (from) => {
    const around = from.closest(".answer details[open]");
    const details = around || all(".answer :is(.return, .later)[open]").at(-1);
    if (typing(from)) from.blur();
    else if (details) details.open = false;
    details?.querySelector("summary").focus({ preventScroll: true });
    return Boolean(details);
  };

  /* What is on its way out (.htmx-request) cannot be pressed: j, a must not answer the lead before. */
  const pressable = (key) => all(`[data-key="${CSS.escape(key)}"]`)
    .filter((element) => !element.disabled && seen(element) && !element.closest(".htmx-request"));

  /* What is still to be answered in a form: a box to tick, an input to fill in, else its button. */
  const openIn = (form) =>
    form.querySelector(".checks input[type=checkbox]:not(:checked)")
    || [...form.querySelectorAll("[name^=item_]")].find((input) => input.type !== "checkbox" && !input.value)
    || form.querySelector("button:not([type=button])");

  /* Of several that are named by the same key, the one nearest to the focus is meant: but what was
     just done is undone before anything else is. */
  const press = (key, from) => {
    const found = pressable(key);
    const done = found.find((element) => element.closest(".toast"));
    if (done) { done.click(); return true; }
    let around = from;
    while (around && !found.some((element) => around.contains(element))) around = around.parentElement;
    const target = found.find((element) => around.contains(element));
    if (!target) return false;
    if (target.matches("summary")) open(target.parentElement);
    else if (target.matches("form")) { target.scrollIntoView({ block: "nearest" }); openIn(target)?.focus(); }
    else if (target.matches("input, select, textarea")) { target.focus(); target.select?.(); }
    else { target.focus(); target.click(); }
    return true;
  };

  /* A key of the inbox that has nothing to do now says so, in passing; not while its button is on its
     way out. */
  const passUp = (key) => {
    const words = byId("no-use")?.dataset[key];
    const box = key === "x" && document.querySelector("#rows [aria-current]")?.closest(".row").querySelector(".pick input");
    if (!words || box || document.querySelector(`[data-key="${key}"]`)) return;
    byId("no-use-said")?.remove();
    const said = document.createElement("p");
    Object.assign(said, { id: "no-use-said", className: "toast", textContent: words });
    byId("toasts").append(said);
    setTimeout(() => said.remove(), 4000);
  };

  /* Pressed, not submitted: htmx sends only a button that was clicked along, with its name. What is
     on its way is not sent again, by the browser either. */
  const send = (form) => {
    const button = form.querySelector("button:not([type=button])");
    if (!button || button.disabled || form.closest(".htmx-request")) return false;
    button.click();
    return true;
  };
  const sends = (event) => event.key === "Enter" && !event.repeat && !event.isComposing && event.target.form
    && (event.ctrlKey || event.metaKey ? event.target.matches("textarea, input, select")
      : event.target.matches(".answer input[type=checkbox], .answer input[type=radio]"));

  document.addEventListener("keydown", (event) => {
    if (sends(event)) { send(event.target.form); event.preventDefault(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && (typing(event.target) || event.target.closest(".answer") || event.target === document.body)) {
      leave(event.target);
      return;
    }
    if (typing(event.target)) return;
    const handled =
      event.key === "j" ? (move(1), true)
      : event.key === "k" ? (move(-1), true)
      : event.key === "?" ? (byId("keys-sheet")?.showModal(), true)
      : event.key.length === 1 && event.key !== " " && !event.repeat && press(event.key.toLowerCase(), event.target);
    if (handled) event.preventDefault();
    else if (!event.repeat) passUp(event.key.toLowerCase());
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
    close.setAttribute("aria-label", byId("toasts").dataset.shut);
    close.addEventListener("click", () => toast.remove());
    toast.append(close);
    if (toast.matches(".error, .warning")) return;
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
    setTimeout(leave, toast.querySelector("form") ? 20000 : 8000);
  };

  const complain = (words) => {
    all(".toast.error").find((said) => said.dataset.words === words)?.remove();
    const toast = document.createElement("p");
    toast.className = "toast error";
    toast.dataset.words = words;
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

  /* Words to be taken elsewhere. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const words = byId(button.dataset.copy);
    const mark = () => {
      const range = document.createRange();
      range.selectNodeContents(words);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    };
    const copied = navigator.clipboard?.writeText(words.textContent) ?? Promise.reject();
    copied.then(() => { button.textContent = button.dataset.done; }, mark);
  });

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
