"""Rows of a section: those there are, changed or removed, and new ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _

from leads.refusals import Refused
from scoring import conditions
from scoring.documents import BRANCHES, ConditionJSON, ItemJSON, Text, item, text
from scoring.forms.bases import Context, Leaf
from scoring.forms.leaves import LEAVES, leaf_for
from scoring.forms.texts import kept
from scoring.sentences import Speaker

MOST_ROWS = 150


class Row(forms.Form):
    """One item of a list. `item` is how it stands in the draft, None for a new one."""

    texts: ClassVar[tuple[str, ...]] = ()
    blank: ClassVar[ItemJSON] = {}

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
    ) -> None:
        self.item, self.context = item, context
        shown = self.shown(item or self.blank)
        super().__init__(data, prefix=prefix, initial=shown, use_required_attribute=False)
        self.empty_permitted = self.is_new
        self.fields["removed"].label = _("Remove")

    @property
    def is_new(self) -> bool:
        return self.item is None

    @property
    def heading(self) -> str:
        """What the row is about, for its heading."""
        return text(self.item.get("label") or self.item.get("name")) if self.item else ""

    def shown(self, given: ItemJSON) -> dict[str, Any]:
        """The item as the inputs show it."""
        return dict(given)

    def is_removed(self) -> bool:
        return bool(self.cleaned_data.get("removed"))

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

    def key_source(self) -> str:
        """The words from which a new item gets its key."""
        first = next(iter(self.texts), "")
        return english(self.cleaned_data.get(first, ""))


class ConditionRow(Row):
    """A row with a condition: simple inputs for a simple one, or for a flat group of simple ones.

    What is nested deeper is shown as a sentence and kept as it is.
    """

    about: ClassVar[frozenset[str]] = conditions.EVERYTHING
    families: ClassVar[tuple[str, ...]] = tuple(LEAVES)

    family = forms.CharField(required=False, widget=forms.HiddenInput, max_length=10)

    def __init__(self, data: Any = None, *, family: str = "", **options: Any) -> None:
        super().__init__(data, **options)
        posted = data.get(self.add_prefix("family"), "") if data is not None else ""
        family = family or posted
        self.leaves = self._leaves(data, family if family in self.families else self.families[0])
        # Posted with the row: should somebody remove it meanwhile, its inputs can still be read.
        self.initial["family"] = self.leaves[0].family if self.leaves else ""
        if self.is_new and not self.has_changed():
            for leaf in self.leaves:
                leaf.empty_permitted = True

    @property
    def branch(self) -> str:
        """all, any or none, of a flat group; else empty."""
        when = self.item["when"] if self.item else {}
        return next((name for name in BRANCHES if name in when), "")

    @property
    def is_open(self) -> bool:
        """Are the inputs of the condition to be seen at once?"""
        wrong = self.is_bound and any(leaf.errors for leaf in self.leaves)
        return self.is_new or wrong or any(leaf.family == "score" for leaf in self.leaves)

    @property
    def sentence(self) -> str:
        if not self.item:
            return ""
        return Speaker(self.context.body, self.context.vocabulary).words(self.item["when"])

    def is_valid(self) -> bool:
        own = super().is_valid()
        if self.is_left_empty() or (own and self.is_removed()):
            return own
        leaves = [leaf.is_valid() for leaf in self.leaves]
        return own and all(leaves) and self.can_run()

    def has_changed(self) -> bool:
        return super().has_changed() or any(leaf.has_changed() for leaf in self.leaves)

    def value(self) -> ItemJSON:
        given = super().value()
        given.pop("family", None)
        return given | {"when": self.when()}

    def when(self) -> ConditionJSON:
        """The condition as the inputs say."""
        if not self.leaves:
            return self.item["when"]
        parts = [leaf.condition() for leaf in self.leaves]
        return {self.branch: parts} if self.branch else parts[0]

    def _leaves(self, data: Any, family: str) -> list[Leaf]:
        parts = _parts(self.item["when"], self.branch) if self.item else [None]
        made = []
        for number, part in enumerate(parts):
            kind = LEAVES[family] if part is None else leaf_for(part, self.context)
            if kind is None or kind.family not in self.families:
                return []
            prefix = f"{self.prefix}-c{number}"
            made.append(kind(data, prefix=prefix, context=self.context, old=part))
        return made

    def can_run(self) -> bool:
        """Does the condition say something? Else its fault is shown where it is."""
        faults = [(leaf, self._fault(leaf.condition())) for leaf in self.leaves]
        faults = [(leaf, fault) for leaf, fault in faults if fault]
        for leaf, fault in faults:
            leaf.add_error(leaf.input_for(fault.field), str(fault))
        if not faults and (whole := self._fault(self.when())):
            self.add_error(None, str(whole))
        return not faults and not self.errors

    def _fault(self, when: ConditionJSON) -> Refused | None:
        personas = self.context.body["personas"] if "persona" in self.families else []
        try:
            conditions.parse(
                when, vocabulary=self.context.vocabulary, personas=personas, about=self.about
            )
        except Refused as refusal:
            return refusal
        return None


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
    ) -> None:
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

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in self.forms]
        return all(valid)

    def value(self) -> list[ItemJSON]:
        """The items that stay and those that are new, in order."""
        rows = [row for row in self.forms if not row.is_left_empty() and not row.is_removed()]
        taken = {row.item["key"] for row in rows if row.item}
        found = []
        for row in rows:
            given = row.value()
            if row.is_new:
                given["key"] = fresh_key(row.key_source(), taken)
                taken.add(given["key"])
            found.append(given)
        return found

    def _unbound(self) -> Iterator[Row]:
        for number, each in enumerate(self.items):
            yield self.kind(prefix=f"{self.name}-{number}", context=self.context, item=each)

    def _bound(self, data: Any) -> Iterator[Row]:
        posted = data.get(self.count_name, "")
        count = min(int(posted), MOST_ROWS) if posted.isdecimal() else 0
        for number in range(count):
            prefix = f"{self.name}-{number}"
            known = item(self.items, data.get(f"{prefix}-key", ""))
            yield self.kind(data, prefix=prefix, context=self.context, item=known)


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


def _parts(when: ConditionJSON, branch: str) -> list[ConditionJSON]:
    return when[branch] if branch else [when]
