"""Reasons for a return, and what follows each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.checks.structure import MOST_REST_DAYS, NAME, SENTENCE
from scoring.documents import ItemJSON, text
from scoring.forms.numbers import WholeNumber
from scoring.forms.parts import SectionForm, one_more
from scoring.forms.rows import Row
from scoring.forms.texts import BilingualField
from scoring.journeys import stage, stages_of_kind
from scoring.sentences import values
from scoring.sentences.values import BACK_TO, REASON_GROUPS

SILENT = {"resets": False, "track": "", "back_to": ""}


class ReasonRow(Row):
    texts = ("label", "advice", "track")
    blank = {"group": "other", "rest_days": 30, "then": "nurture", "advice": ""}
    # What a path of the text calls an input.
    inputs = {"to": "then"}

    label = BilingualField(label=gettext_lazy("Reason"), most=120)
    group = forms.ChoiceField(label=gettext_lazy("Group"), choices=REASON_GROUPS)
    then = forms.ChoiceField(label=gettext_lazy("Then the lead goes to"))
    rest_days = WholeNumber(
        label=gettext_lazy("Rests for days"), min_value=0, max_value=MOST_REST_DAYS
    )
    track = BilingualField(
        label=gettext_lazy("Nurture track"),
        most=NAME,
        required=False,
        help_text=gettext_lazy("What marketing does meanwhile, by name."),
    )
    back_to = forms.ChoiceField(
        label=gettext_lazy("When it is handed over again"),
        choices=[("", gettext_lazy("to the lead’s owner, else to the pool")), *BACK_TO.items()],
        required=False,
    )
    resets = forms.BooleanField(
        label=gettext_lazy("What the lead did before counts no more"), required=False
    )
    advice = BilingualField(
        label=gettext_lazy("What to say next time"), most=SENTENCE, rows=2, required=False
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["then"].choices = list(self._places())

    @property
    def brief(self) -> str:
        """Where the lead goes, and for how long it rests."""
        if not self.item:
            return ""
        places = dict(self.fields["then"].choices)
        rests = self.item["rest_days"] and values.days(self.item["rest_days"])
        said = (places.get(self.initial["then"], ""), rests or "")
        return ", ".join(str(each) for each in said if each)

    def shown(self, given: ItemJSON) -> dict[str, Any]:
        to = given.get("to")
        return given | {"then": f"{given['then']}:{to}" if to else given["then"]}

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        gone = not (given.get("then") or "nurture").startswith("nurture")
        if gone and given.get("track"):
            message = _("With this reason the lead does not come back. Leave the track empty.")
            self.add_error("track", message)
        if gone and given.get("back_to"):
            message = _("With this reason the lead does not come back: nobody is offered it.")
            self.add_error("back_to", message)
        return given

    def value(self) -> ItemJSON:
        given = super().value()
        given.pop("to", None)
        given["then"], _colon, to = given["then"].partition(":")
        old = self.item or {}
        for name, silent in SILENT.items():
            if given[name] == silent and (name not in old or old[name] != silent):
                given.pop(name)
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


class ReasonsSection(SectionForm):
    key = "reasons"
    title = gettext_lazy("Reasons for a return")
    hint = gettext_lazy("A returned lead rests, and then needs to do something new.")

    def build(self) -> None:
        self.reasons = self.rows(ReasonRow, "reasons", self.body["reasons"])
        self.buttons = one_more("reasons", gettext_lazy("Add a reason"))

    def parts(self) -> list[Any]:
        return [self.reasons]

    def value(self) -> list[ItemJSON]:
        return self.reasons.value()
