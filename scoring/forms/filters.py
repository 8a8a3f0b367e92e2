"""Inputs for what must hold of an activity's properties: those there are, and one more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.conditions.counts import MOST_FILTERS
from scoring.documents import ConditionJSON
from scoring.forms import writing

OPERATORS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "one_of": gettext_lazy("is one of"),
    "not_one_of": gettext_lazy("is none of"),
    "contains": gettext_lazy("contains"),
    "contains_not": gettext_lazy("does not contain"),
    "starts_with": gettext_lazy("starts with"),
    "starts_with_not": gettext_lazy("does not start with"),
    "at_least": gettext_lazy("is at least"),
    "below": gettext_lazy("is below"),
    "above": gettext_lazy("is above"),
    "at_most": gettext_lazy("is at most"),
    "known": gettext_lazy("is known"),
    "unknown": gettext_lazy("is unknown"),
}
MANY = ("one_of", "not_one_of")
BARE = ("known", "unknown")
OF_TEXT = ("contains", "contains_not", "starts_with", "starts_with_not")
OF_NUMBERS = ("at_least", "below", "above", "at_most")
YES, NO = ("true", "yes", "ja"), ("false", "no", "nein")
POSTED = re.compile(r"where([0-9])_(?:property|value)\Z")

Value = str | int | bool


class Filtered(forms.Form):
    """Part of a leaf whose condition has `where`. Clearing its property takes a filter away."""

    def shown(self, condition: ConditionJSON) -> dict[str, Any]:
        shown = super().shown(condition)
        for n, each in enumerate([*(condition.get("where") or []), {}]):
            shown[f"where{n}_property"] = each.get("property", "")
            shown[f"where{n}_op"] = each.get("op", "is")
            shown[f"where{n}_value"] = written(each.get("value"), each.get("op", "is"))
        return shown

    def offer(self) -> None:
        super().offer()
        for n in range(self._count()):
            self.fields[f"where{n}_property"] = forms.CharField(
                label=_("Property"), required=False, max_length=60
            )
            self.fields[f"where{n}_op"] = forms.ChoiceField(
                label=_("Comparison"), choices=OPERATORS, required=False
            )
            self.fields[f"where{n}_value"] = forms.CharField(
                label=_("Value"), required=False, max_length=2000
            )

    def filters(self) -> Iterator[list[BoundField]]:
        """The three inputs of each."""
        for n in range(self._count()):
            yield [self[f"where{n}_{part}"] for part in ("property", "op", "value")]

    def usual_inputs(self) -> list[BoundField]:
        return [each for each in super().usual_inputs() if not each.name.startswith("where")]

    @property
    def rare_open(self) -> bool:
        asked = any(row[0].value() for row in self.filters())
        return super().rare_open or asked or any(p.errors for row in self.filters() for p in row)

    def input_for(self, name: str) -> str | None:
        return "where0_property" if name in ("where", "property") else super().input_for(name)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        rows = []
        for n in range(self._count()):
            property, op, value = (
                given.pop(f"where{n}_{part}", "") for part in ("property", "op", "value")
            )
            if property and not any(f"where{n}_{part}" in self.errors for part in ("op", "value")):
                rows += self._filter(n, property, op or "is", value)
            elif value and not property:
                self.add_error(f"where{n}_property", _("Which property is this the value of?"))
        return given | {"where": rows}

    def _filter(self, n: int, property: str, op: str, value: str) -> list[ConditionJSON]:
        try:
            compared = {} if op in BARE else {"value": wanted(op, value)}
        except ValueError as problem:
            self.add_error(f"where{n}_value", str(problem))
            return []
        return [{"property": property, "op": op} | compared]

    def _count(self) -> int:
        """As many as there are, or as came with the page, and one more."""
        there = len(self.old.get("where") or [])
        if self.is_bound:
            prefix = self.add_prefix("")
            names = [key.removeprefix(prefix) for key in self.data if key.startswith(prefix)]
            found = [POSTED.match(name) for name in names if self.data.get(prefix + name)]
            there = max((int(each[1]) + 1 for each in found if each), default=0)
        return min(there + 1, MOST_FILTERS)


def shows(filters: list[ConditionJSON] | None) -> bool:
    """Can such inputs show all of these?"""
    filters = filters or []
    return len(filters) <= MOST_FILTERS and all(_shows(each) for each in filters)


def written(value: Any, op: str) -> str:
    """The value as somebody would type it."""
    if isinstance(value, list):
        return ", ".join(_written(each) for each in value)
    if isinstance(value, str) and op in OF_TEXT:
        return value
    return "" if value is None else _written(value)


def read(typed: str) -> Value:
    """A whole number, yes or no, or a text; in quotation marks, always a text."""
    typed, text = typed.strip(), writing.unquoted(typed)
    if text is not None:
        return text
    if writing.NUMBER.match(typed):
        return int(typed)
    if typed.casefold() in YES + NO:
        return typed.casefold() in YES
    return typed


def wanted(op: str, typed: str) -> Value | list[Value]:
    """What the filter compares with. Raises ValueError with a sentence."""
    parts = writing.divided(typed) if op in MANY else [typed] if typed.strip() else []
    if not parts:
        raise ValueError(_("Give a value to compare with."))
    if op in OF_TEXT:
        return typed.strip()
    values = [read(part) for part in parts]
    if op in OF_NUMBERS and (isinstance(values[0], bool) or not isinstance(values[0], int)):
        raise ValueError(_("Give a whole number."))
    return values if op in MANY else values[0]


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str) and (not writing.plain(value) or read(value) != value):
        return writing.quoted(value)
    return str(value)


def _shows(each: Any) -> bool:
    """Would it come back as it is?"""
    if not isinstance(each, dict) or set(each) - {"property", "op", "value"}:
        return False
    op, value = each.get("op"), each.get("value")
    if op not in OPERATORS or op in BARE:
        return op in BARE and "value" not in each
    try:
        back = wanted(op, written(value, op))
    except ValueError:
        return False
    return type(back) is type(value) and back == value
