"""Checklists: what a rep confirms, what is written down with it, and what a machine ticks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.checks.structure import COLLECTED_TYPES, NAME, SENTENCE
from scoring.documents import ItemJSON, Text, text
from scoring.forms.nodes import Said
from scoring.forms.parts import PLAIN, Adding, Buttons, SectionForm
from scoring.forms.promises import offers
from scoring.forms.rows import Row, Rows, english, fresh_key
from scoring.forms.steps import OF_ROWS, Step
from scoring.forms.texts import BilingualField, kept
from scoring.forms.trees import ConditionTree
from scoring.sentences import phrases, values


class CheckRow(Row):
    """An item. In its `ticking` stands the condition that ticks it; it may be left empty."""

    texts = ("label",)
    # What a path of the text calls an input.
    inputs = {"collects": "asks", "attribute": "asks"}

    label = BilingualField(label=gettext_lazy("Item"), most=SENTENCE)
    asks = BilingualField(
        label=gettext_lazy("Asks for"),
        most=NAME,
        required=False,
        help_text=gettext_lazy("What the rep writes down here is kept with the lead."),
    )
    type = forms.ChoiceField(
        label=gettext_lazy("Kind of answer"),
        choices=[(each, values.FIELD_TYPES[each]) for each in COLLECTED_TYPES],
        required=False,
    )
    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        max_length=5000,
        help_text=gettext_lazy("For a choice. Several values are divided by commas."),
    )
    criteria = forms.BooleanField(
        label=gettext_lazy("Tick it already if every criterion of the handover still holds"),
        required=False,
    )

    def __init__(
        self,
        data: Any = None,
        *,
        prefix: str,
        family: str = "",
        step: Step | None = None,
        **options: Any,
    ) -> None:
        self.blank = offers.item(family) or self.blank
        super().__init__(data, prefix=prefix, family=family, step=step, **options)
        if not prefix.startswith("acceptance"):
            del self.fields["criteria"]
        self.ticking = ConditionTree(
            data,
            prefix=prefix,
            context=self.context,
            when=(self.item or {}).get("when"),
            step=step if step and step.what not in OF_ROWS else None,
            optional=True,
        )

    @property
    def brief(self) -> str:
        """What is asked for, and what ticks it."""
        if not self.item:
            return ""
        ticked = phrases.ticked(self.item, self.context.speaker.words)
        said = _("ticked already %(when)s") % {"when": ticked} if ticked else ""
        return "; ".join(filter(None, [phrases.asked(self.item), said]))

    def says(self) -> Iterator[Said]:
        if not self.ticking.is_empty:
            yield self.ticking.said
            yield from self.ticking.says()

    def every_form(self) -> Iterator[forms.Form]:
        yield self
        yield from self.ticking.forms()

    def calm(self) -> None:
        self.ticking.calm()
        super().calm()

    def has_changed(self) -> bool:
        return super().has_changed() or self.ticking.has_changed()

    def is_valid(self) -> bool:
        own = super().is_valid()
        if self.is_left_empty() or self.is_removed():
            return own
        stands = self.ticking.is_valid()
        if self.ticking.problem:
            self.add_error(None, self.ticking.problem)
        return own and stands and not self.ticking.problem

    def shown(self, given: ItemJSON) -> dict[str, Any]:
        collects = given.get("collects") or {}
        return given | {
            "asks": collects.get("label", ""),
            "type": collects.get("type", "text"),
            "choices": ", ".join(collects.get("choices") or []),
        }

    def clean_choices(self) -> list[str]:
        parts = [part.strip() for part in self.cleaned_data["choices"].split(",")]
        return list(dict.fromkeys(part for part in parts if part))

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        choosing, choices = given.get("type") == "choice", given.get("choices") or []
        if choosing and not choices:
            self.add_error("choices", _("Give at least one value to choose."))
        elif choices and not choosing:
            self.add_error("choices", _("Only a choice has choices. Leave this empty."))
        if choosing and not given.get("asks"):
            self.add_error("asks", _("Say what is asked for."))
        return given

    def value(self) -> ItemJSON:
        given = super().value()
        asks, type, choices = given.pop("asks"), given.pop("type") or "text", given.pop("choices")
        given.pop("collects", None)
        given.pop("when", None)
        if not self.ticking.is_empty:
            given["when"] = self.ticking.when()
        if not given.get("criteria") and (self.item or {}).get("criteria", True):
            given.pop("criteria", None)
        old = (self.item or {}).get("collects")
        if not asks:
            return given
        collects = {
            "attribute": self._attribute(asks, type, old),
            "label": kept(asks, old["label"] if old else None),
            "type": type,
        }
        if choices or (old and old.get("choices") == choices):
            collects["choices"] = choices
        return given | {"collects": collects}

    def _attribute(self, asks: Text, type: str, old: ItemJSON | None) -> str:
        """The lead field it is kept in: as it was, a known one of the same name and kind, or a
        new one. A field never changes its kind."""
        if old and old["type"] == type:
            return old["attribute"]
        known, words = self.context.vocabulary.fields, english(asks).casefold()
        for key, field in known.items():
            same = str(field.label).casefold() in (words, text(asks).casefold())
            if same and field.type == type and not field.derived and field.column is None:
                return key
        return fresh_key(english(asks), set(known))


class ChecklistsSection(SectionForm):
    key = "checklists"
    title = gettext_lazy("Checklists")
    hint = gettext_lazy("What a rep confirms, item by item.")

    def build(self) -> None:
        self.by_name = {
            name: self.rows(CheckRow, name, self.body["checklists"][name])
            for name in values.CHECKLISTS
        }

    def blocks(self) -> Iterator[tuple[str | Promise, Rows, Buttons]]:
        for name, rows in self.by_name.items():
            ready = [Adding(f"{name}:{key}", label) for key, label in offers.LABELS.items()]
            plain = Adding(f"{name}:{PLAIN}", gettext_lazy("Add an item"))
            yield values.CHECKLISTS[name], rows, Buttons(name, (plain, *ready))

    def parts(self) -> list[Any]:
        return list(self.by_name.values())

    def place(self, steps: list[str]) -> tuple[forms.Form | None, str | None]:
        """The form and the input that a path of the text means; not every path names the list."""
        named = self.by_name.get(steps[1]) if steps[1:] else None
        keys = steps[2:] if named else steps[1:]
        for row in (row for rows in ([named] if named else self.parts()) for row in rows):
            key = row.written_key or (row.item or {}).get("key")
            if key and key in keys:
                names = (row.inputs.get(step, step) for step in keys[keys.index(key) + 1 :])
                return row, next((name for name in names if name in row.fields), None)
        return next(iter(named or self.parts()[0]), None), None

    def value(self) -> dict[str, list[ItemJSON]]:
        return {name: rows.value() for name, rows in self.by_name.items()}
