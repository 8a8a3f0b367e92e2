"""Rows of a section: those there are, changed or removed, and new ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.forms.utils import ErrorDict
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.documents import ItemJSON, Text, item, text
from scoring.forms import orders
from scoring.forms.bases import Context
from scoring.forms.nodes import Said
from scoring.forms.steps import HIGHER, LOWER, Step
from scoring.forms.texts import kept


class Row(forms.Form):
    """One item of a list. `item` is how it stands in the draft, None for a new one."""

    texts: ClassVar[tuple[str, ...]] = ()
    blank: ClassVar[ItemJSON] = {}
    unnamed: ClassVar[str | Promise] = gettext_lazy("New")

    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60)
    removed = forms.BooleanField(required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        prefix: str,
        context: Context,
        item: ItemJSON | None = None,
        family: str = "",
        step: Step | None = None,
    ) -> None:
        """`family` is what a new row starts from, `step` what a button in it asks for."""
        self.item, self.context, self.written_key = item, context, ""
        shown = self.shown(item or self.blank)
        super().__init__(data, prefix=prefix, initial=shown, use_required_attribute=False)
        self.empty_permitted = self.is_new
        self.fields["removed"].label = _("Remove")
        self.moved = step.what if step and step.what in (HIGHER, LOWER) else ""
        if family and self.is_new:
            focus(self)

    @property
    def is_new(self) -> bool:
        return self.item is None

    @property
    def is_begun(self) -> bool:
        """Is it being written? Else it is folded to its name."""
        return self.is_new or bool(self.moved) or (self.is_bound and self._differs())

    def _differs(self) -> bool:
        return self.has_changed() or bool(self.errors)

    @property
    def called(self) -> str:
        """Its name as it stands in the input, in the reader's language."""
        given = self[self.texts[0]].value()
        if not isinstance(given, dict | str):
            english_, german = [*(given or []), "", ""][:2]
            given = {"en": english_, "de": german} if german else english_
        return text(given).strip() or str(self.unnamed)

    @property
    def brief(self) -> str:
        """What is said beside the name of a row that is folded."""
        return ""

    @property
    def heading(self) -> str:
        """What the row is about, for its heading."""
        return text(self.item.get("label") or self.item.get("name")) if self.item else ""

    def shown(self, given: ItemJSON) -> dict[str, Any]:
        """The item as the inputs show it."""
        return dict(given)

    def is_removed(self) -> bool:
        return self.is_bound and bool(self["removed"].value())

    def is_left_empty(self) -> bool:
        """A new row that nobody filled in."""
        return self.is_new and not self.has_changed()

    def is_valid(self) -> bool:
        if self.is_left_empty():
            return True
        # What is removed need not be right.
        return super().is_valid() or self.is_removed()

    def value(self) -> ItemJSON:
        """The item as the inputs say; a text that says the same stays as it was written."""
        old = self.item or {}
        given = {
            name: kept(value, old.get(name)) if name in self.texts else value
            for name, value in self.cleaned_data.items()
            if name not in ("key", "removed")
        }
        return (self.item or self.blank) | given

    def every_form(self) -> Iterator[forms.Form]:
        """All forms whose inputs are in this row."""
        yield self

    def says(self) -> Iterator[Said]:
        """What is said of the parts of this row, to be kept up with what is typed."""
        yield from ()

    def calm(self) -> None:
        """While something is added, what is not complete yet is not called wrong."""
        _checked = self.errors
        self._errors = ErrorDict()

    def key_source(self) -> str:
        """The words from which a new item gets its key."""
        first = next(iter(self.texts), "")
        return english(self.cleaned_data.get(first, ""))


class Rows:
    """All rows of one list of the section."""

    def __init__(
        self,
        kind: type[Row],
        name: str,
        items: list[ItemJSON],
        context: Context,
        data: Any = None,
        *,
        add: str = "",
        step: Step | None = None,
    ) -> None:
        """`add` is what a row that a button asks for starts from."""
        self.step = step
        self.kind, self.name, self.items, self.context = kind, name, items, context
        self.forms = list(self._bound(data) if data is not None else self._unbound())
        if add:
            prefix = f"{name}-{len(self.forms)}"
            self.forms.append(kind(prefix=prefix, context=context, family=add))

    def __iter__(self) -> Iterator[Row]:
        return iter(self.forms)

    @property
    def count_name(self) -> str:
        return f"{self.name}-count"

    @property
    def order_name(self) -> str:
        return orders.order_name(self.name)

    @property
    def order(self) -> str:
        """The numbers of the rows, as they stand now."""
        numbers = [int(row.prefix.rpartition("-")[2]) for row in self.forms]
        return "" if numbers == sorted(numbers) else orders.written(numbers)

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in self.forms]
        return all(valid)

    def value(self) -> list[ItemJSON]:
        """The items that stay and those that are new, in order."""
        rows = [row for row in self.forms if not row.is_left_empty() and not row.is_removed()]
        taken = {each["key"] for each in self.items}
        found = []
        for row in rows:
            given = row.value()
            if row.is_new:
                given["key"] = fresh_key(row.key_source(), taken)
                taken.add(given["key"])
            row.written_key = given["key"]
            found.append(given)
        return found

    def _unbound(self) -> Iterator[Row]:
        for number, each in enumerate(self.items):
            yield self.kind(prefix=f"{self.name}-{number}", context=self.context, item=each)

    def _bound(self, data: Any) -> Iterator[Row]:
        for number in orders.read(data, self.name):
            prefix = f"{self.name}-{number}"
            known = item(self.items, data.get(f"{prefix}-key", ""))
            step = self.step if self.step and self.step.row == prefix else None
            yield self.kind(data, prefix=prefix, context=self.context, item=known, step=step)


def focus(form: forms.Form) -> None:
    """Its first input has the focus when the page comes. Who adds it does not begin with removing
    it."""
    for each in [each for each in form.visible_fields() if each.name != "removed"][:1]:
        widget = each.field.widget
        getattr(widget, "widgets", [widget])[0].attrs["autofocus"] = True


def fresh_key(words: str, taken: set[str]) -> str:
    """A key from words, unlike all taken ones."""
    stem = re.sub(r"[^a-z0-9]+", "_", slugify(words)).strip("_")[:50]
    stem = stem if stem[:1].isalpha() else f"item_{stem}".rstrip("_")
    numbers = iter(range(2, 10_000))
    key = stem
    while key in taken:
        key = f"{stem}_{next(numbers)}"
    return key


def english(words: Text) -> str:
    return words.get("en", "") if isinstance(words, dict) else words
