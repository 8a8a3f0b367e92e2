/* The administration takes its theme from the person, before anything is painted. */
document.documentElement.dataset.theme =
  document.querySelector("meta[name=theme]")?.content || "auto";
