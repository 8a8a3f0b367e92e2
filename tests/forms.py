"""Reads the forms of a page as a browser would send them."""

from __future__ import annotations

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.inside = action, False
        self.found: dict[str, list[str]] = {}
        self.select = self.area = ""
        self.options: list[tuple[str, bool]] = []
        self.several = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = a.get("action", "") == self.action and a.get("method") == "post"
        elif not self.inside:
            return
        elif tag == "input":
            self._input(a, {name for name, _value in attrs})
        elif tag == "select":
            self.select, self.options, self.several = a["name"], [], "multiple" in a
        elif tag == "option":
            self.options.append((a["value"], "selected" in {name for name, _value in attrs}))
        elif tag == "textarea":
            self.area = a["name"]
            self.found[self.area] = [""]

    def _input(self, a: dict[str, str], names: set[str]) -> None:
        kind = a.get("type", "text")
        if kind in ("checkbox", "radio"):
            if "checked" in names:
                self.found.setdefault(a["name"], []).append(a.get("value", "on"))
        elif kind not in ("submit", "button"):
            self.found.setdefault(a["name"], []).append(a.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[self.area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self.area:
            self.found[self.area][0] = self.found[self.area][0].removeprefix("\n")
            self.area = ""
        elif tag == "select" and self.select:
            chosen = [value for value, selected in self.options if selected]
            first = [value for value, _selected in self.options][:1]
            if chosen or not self.several:
                self.found[self.select] = chosen or first
            self.select = ""


def form_of(html: str, action: str) -> dict[str, list[str]]:
    """What the form with this address would send, untouched, without its buttons."""
    reader = _Reader(action)
    reader.feed(html)
    if not reader.found:
        raise AssertionError(f"No form on this page posts to {action}.")
    return {name: values for name, values in reader.found.items() if name != "csrfmiddlewaretoken"}
