/* The bell counts along while the page is looked at, and unfolds the latest. Without this file it
   is a link to the page of notifications, as it is on phones. */
(() => {
  "use strict";

  const SECONDS = 30;
  const bell = () => document.getElementById("bell");
  const link = () => bell()?.querySelector("a");
  const panel = document.createElement("div");
  panel.className = "bell-panel";
  panel.hidden = true;

  /* Signed out or without a network, it keeps quiet: whatever is done next will say so. */
  const get = async (address) => {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    return answer?.status === 200 && !answer.redirected ? answer.text() : null;
  };

  const count = async () => {
    if (document.hidden || !bell()) return;
    const seen = encodeURIComponent(bell().dataset.seen);
    const text = await get(`${link().dataset.bell}?seen=${seen}`);
    if (!text || !bell()) return;
    const focused = document.activeElement === link();
    const here = link().getAttribute("aria-current");
    bell().outerHTML = text;
    if (here) link().setAttribute("aria-current", here);
    link().setAttribute("aria-expanded", String(!panel.hidden));
    if (focused) link().focus();
    if (!panel.hidden) fill();
  };

  const fill = async () => {
    const text = await get(link().dataset.latest);
    if (text) panel.innerHTML = text;
    return Boolean(text);
  };

  const close = (back) => {
    if (panel.hidden) return;
    panel.hidden = true;
    link()?.setAttribute("aria-expanded", "false");
    if (back) link()?.focus();
  };

  const open = async () => {
    if (!(await fill())) { location.assign(link().href); return; }
    document.body.append(panel);
    panel.hidden = false;
    link().setAttribute("aria-expanded", "true");
    panel.firstElementChild.focus();
  };

  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("#bell a");
    if (!pressed) { if (!panel.contains(event.target)) close(false); return; }
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button;
    if (elsewhere || matchMedia("(max-width: 720px)").matches) return;
    event.preventDefault();
    if (panel.hidden) open(); else close(true);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close(true);
  });
  panel.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !panel.contains(event.relatedTarget)) close(false);
  });
  panel.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = { method: "POST", body: new FormData(event.target) };
    const answer = await fetch(event.target.action, said).catch(() => null);
    if (answer?.ok) { await fill(); panel.firstElementChild.focus(); count(); }
  });

  /* On phones the bar may be longer than the screen: it shows where one is. */
  const bar = document.getElementById("navigation");
  const here = bar?.querySelector("[aria-current]");
  if (here) bar.scrollLeft = here.offsetLeft - bar.clientWidth / 2;

  setInterval(count, SECONDS * 1000);
  document.addEventListener("visibilitychange", count);
  document.addEventListener("baton:news", count);
})();
