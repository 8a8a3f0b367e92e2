"""The rows of each section: which inputs an item has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.models import Attribute
from scoring.checks.structure import (
    FIELD_TYPES,
    MOST_MINUTES,
    MOST_REST_DAYS,
    NAME,
    NOTE,
    PARAGRAPH,
    PURPOSE,
    SENTENCE,
)
from scoring.conditions import EVERYTHING, PROFILE
from scoring.documents import ItemJSON, text
from scoring.forms.leaves import RARE
from scoring.forms.rows import ConditionRow, Row, english, fresh_key
from scoring.forms.texts import BilingualField, kept
from scoring.journeys import stage, stages_of_kind
from scoring.sentences import Speaker
from scoring.sentences.values import GROUPS, REASON_GROUPS, WORKING_DAY


class StageRow(Row):
    """Names and meanings; kinds and arrows are not changed here."""

    texts = ("name", "meaning")

    name = BilingualField(label=gettext_lazy("Name"), most=NAME)
    meaning = BilingualField(label=gettext_lazy("Meaning"), most=SENTENCE, rows=2)


class CriterionRow(ConditionRow):
    about = EVERYTHING
    families = ("score", "field", "deed", "persona", "mail", *RARE)
    blank = {"group": "profile", "label": ""}

    group = forms.ChoiceField(label=gettext_lazy("Group"), choices=GROUPS)

    def key_source(self) -> str:
        return Speaker(self.context.body, self.context.vocabulary).words(self.when())


class PersonaRow(ConditionRow):
    about = frozenset({PROFILE})
    families = ("field", "mail")
    texts = ("name",)

    name = BilingualField(label=gettext_lazy("Name"), most=NAME)


class CheckRow(Row):
    texts = ("label",)

    label = BilingualField(label=gettext_lazy("Item"), most=SENTENCE)
    asks = BilingualField(
        label=gettext_lazy("Asks for"),
        most=NAME,
        required=False,
        help_text=gettext_lazy("What the rep writes down here is kept with the lead."),
    )

    def shown(self, given: ItemJSON) -> dict[str, Any]:
        return given | {"asks": given.get("collects", {}).get("label", "")}

    def value(self) -> ItemJSON:
        given = super().value()
        asks = given.pop("asks")
        old = given.pop("collects", None)
        if not asks:
            return given
        label = kept(asks, old["label"] if old else None)
        collects = old or {"attribute": self._attribute(asks), "type": "text"}
        return given | {"collects": collects | {"label": label}}

    def _attribute(self, asks: Any) -> str:
        return fresh_key(english(asks), set(self.context.vocabulary.fields))


class ReasonRow(Row):
    texts = ("label", "advice")
    blank = {"group": "other", "rest_days": 30, "then": "nurture", "advice": ""}

    label = BilingualField(label=gettext_lazy("Reason"), most=120)
    group = forms.ChoiceField(label=gettext_lazy("Group"), choices=REASON_GROUPS)
    then = forms.ChoiceField(label=gettext_lazy("Then the lead goes to"))
    rest_days = forms.IntegerField(
        label=gettext_lazy("Rests for days"), min_value=0, max_value=MOST_REST_DAYS
    )
    advice = BilingualField(
        label=gettext_lazy("What to say next time"), most=SENTENCE, rows=2, required=False
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["then"].choices = list(self._places())

    def shown(self, given: ItemJSON) -> dict[str, Any]:
        to = given.get("to")
        return given | {"then": f"{given['then']}:{to}" if to else given["then"]}

    def value(self) -> ItemJSON:
        given = super().value()
        given.pop("to", None)
        given["then"], _colon, to = given["then"].partition(":")
        return given | {"to": to} if to else given

    def _places(self) -> Iterator[tuple[str, str]]:
        """Kinds of stages by the stage they lead to, and each stage of which there are several."""
        body = self.context.body
        for kind in ("nurture", "disqualified", "lost"):
            keys = stages_of_kind(body, kind)
            places = keys or (stages_of_kind(body, "open") if kind == "nurture" else [])
            if places:
                name = text(stage(body, places[0])["name"])
                yield kind, _("the nearest, %(stage)s") % {"stage": name} if keys[1:] else name
            for key in keys if keys[1:] or self._names(keys) else []:
                yield f"{kind}:{key}", text(stage(body, key)["name"])

    def _names(self, keys: list[str]) -> bool:
        """Does the reason name one of these stages?"""
        return bool(self.item and self.item.get("to") in keys)


class FieldRow(Row):
    """A lead field that the text brings."""

    texts = ("label", "purpose")
    blank = {"type": "text", "purpose": ""}

    label = BilingualField(label=gettext_lazy("Name"), most=NAME)
    type = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[each for each in Attribute.Type.choices if each[0] in FIELD_TYPES],
    )
    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        max_length=5000,
        help_text=gettext_lazy("Several values are divided by commas."),
    )
    purpose = BilingualField(
        label=gettext_lazy("What it is for"), most=PURPOSE, rows=2, required=False
    )

    def shown(self, given: ItemJSON) -> dict[str, Any]:
        return given | {"choices": ", ".join(given.get("choices") or [])}

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        parts = [part.strip() for part in given.get("choices", "").split(",")]
        given["choices"] = list(dict.fromkeys(part for part in parts if part))
        if given.get("type") == Attribute.Type.CHOICE and not given["choices"]:
            self.add_error("choices", _("Give at least one value to choose."))
        elif given.get("type") != Attribute.Type.CHOICE and given["choices"]:
            self.add_error("choices", _("Only a choice has choices. Leave this empty."))
        return given

    def value(self) -> ItemJSON:
        given = super().value()
        if not given["choices"] and not (self.item or {}).get("choices"):
            given.pop("choices")
        return given


class GoalRow(Row):
    texts = ("label", "target", "counter")

    label = BilingualField(label=gettext_lazy("Goal"), most=SENTENCE)
    target = BilingualField(label=gettext_lazy("Target"), most=SENTENCE)
    counter = BilingualField(
        label=gettext_lazy("Counter-metric"),
        most=SENTENCE,
        required=False,
        help_text=gettext_lazy("The number that shows it is not reached by cheating."),
    )


class ClockForm(forms.Form):
    """A term in working days, hours and minutes; all empty promises nothing."""

    days = forms.IntegerField(label=gettext_lazy("Days"), required=False, min_value=0)
    hours = forms.IntegerField(label=gettext_lazy("Hours"), required=False, min_value=0)
    minutes = forms.IntegerField(label=gettext_lazy("Minutes"), required=False, min_value=0)

    def __init__(
        self,
        data: Any = None,
        *,
        key: str,
        side: str,
        label: str,
        starts: str,
        owed: bool,
        minutes: int | None,
    ) -> None:
        self.key, self.side, self.label, self.starts, self.owed = key, side, label, starts, owed
        super().__init__(data, prefix=f"clock-{key}", initial=_units(minutes))

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if self.errors:
            return given
        self.total = (
            (given["days"] or 0) * WORKING_DAY
            + (given["hours"] or 0) * 60
            + (given["minutes"] or 0)
        )
        if self.total > MOST_MINUTES:
            raise forms.ValidationError(_("That is longer than anybody would wait."))
        if self.owed and not self.total:
            raise forms.ValidationError(_("This clock cannot be left out. Give a time."))
        return given


class AboutForm(forms.Form):
    title = BilingualField(label=gettext_lazy("Title"), most=NAME)
    summary = BilingualField(label=gettext_lazy("Summary"), most=PARAGRAPH, rows=3, required=False)
    note = BilingualField(
        label=gettext_lazy("Note"),
        most=NOTE,
        rows=5,
        required=False,
        help_text=gettext_lazy("What a reader should know of how this text came about."),
    )


def _units(minutes: int | None) -> dict[str, int]:
    if minutes is None:
        return {}
    days, rest = divmod(minutes, WORKING_DAY)
    hours, left = divmod(rest, 60)
    units = {"days": days, "hours": hours, "minutes": left}
    return {name: value for name, value in units.items() if value}
