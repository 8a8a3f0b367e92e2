"""The rows of each section: which inputs an item has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.checks.meaning import counts_each
from scoring.checks.structure import (
    MOST_MINUTES,
    MOST_POINTS,
    MOST_REST_DAYS,
    NAME,
    SENTENCE,
)
from scoring.conditions import ACTIVITIES, EVERYTHING, PROFILE
from scoring.documents import ItemJSON, text
from scoring.forms.rows import ConditionRow, Row, english, fresh_key
from scoring.forms.texts import BilingualField, kept
from scoring.sentences import Speaker
from scoring.sentences.values import GROUPS, REASON_GROUPS, WORKING_DAY


class StageRow(Row):
    """Names and meanings; kinds and arrows are not changed here."""

    texts = ("name", "meaning")

    name = BilingualField(label=gettext_lazy("Name"), most=NAME)
    meaning = BilingualField(label=gettext_lazy("Meaning"), most=SENTENCE, rows=2)


class CriterionRow(ConditionRow):
    about = EVERYTHING
    families = ("score", "field", "deed", "persona", "mail")
    blank = {"group": "profile", "label": ""}

    group = forms.ChoiceField(label=gettext_lazy("Group"), choices=GROUPS)

    def key_source(self) -> str:
        return Speaker(self.context.body, self.context.vocabulary).words(self.when())


class PersonaRow(ConditionRow):
    about = frozenset({PROFILE})
    families = ("field", "mail")
    texts = ("name",)

    name = BilingualField(label=gettext_lazy("Name"), most=NAME)


class RuleRow(ConditionRow):
    about = frozenset({PROFILE, ACTIVITIES})
    families = ("deed", "field", "persona", "mail")
    blank = {"label": "", "times": "once", "cap": None}

    points = forms.IntegerField(
        label=gettext_lazy("Points"), min_value=-MOST_POINTS, max_value=MOST_POINTS
    )
    times = forms.ChoiceField(
        label=gettext_lazy("Counts"),
        choices={"once": gettext_lazy("once"), "every": gettext_lazy("every time")},
    )
    cap = forms.IntegerField(
        label=gettext_lazy("At most"), required=False, min_value=1, max_value=MOST_POINTS
    )

    def key_source(self) -> str:
        return Speaker(self.context.body, self.context.vocabulary).words(self.when())

    def clean_points(self) -> int:
        if self.cleaned_data["points"] == 0:
            raise forms.ValidationError(_("A rule of 0 points says nothing. Remove it instead."))
        return self.cleaned_data["points"]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("cap") is not None and given.get("times") == "once":
            self.add_error("cap", _("Only a rule that counts every time can have a limit."))
        return given

    def is_valid(self) -> bool:
        valid = super().is_valid()
        if not valid or self.is_left_empty() or self.is_removed():
            return valid
        if self.cleaned_data["times"] == "every" and not counts_each(self.when()):
            message = _("Only what a lead did, once, can count every time.")
            self.add_error("times", message)
            return False
        return True


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
        stages = self.context.body["stages"]
        names = {each["kind"]: text(each["name"]) for each in reversed(stages)}
        back = {"nurture": names.get("nurture", names.get("open", ""))}
        ends = {kind: names[kind] for kind in ("disqualified", "lost") if kind in names}
        self.fields["then"].choices = list((back | ends).items())


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


class LimitsForm(forms.Form):
    """Caps of the groups, and the floor of the score."""

    profile = forms.IntegerField(required=False, min_value=0, max_value=MOST_POINTS)
    channel = forms.IntegerField(required=False, min_value=0, max_value=MOST_POINTS)
    actions = forms.IntegerField(required=False, min_value=0, max_value=MOST_POINTS)
    floor = forms.IntegerField(
        label=gettext_lazy("The total never falls below"), min_value=-MOST_POINTS, max_value=0
    )


class AboutForm(forms.Form):
    title = BilingualField(label=gettext_lazy("Title"), most=NAME)
    summary = BilingualField(label=gettext_lazy("Summary"), most=1000, rows=3, required=False)


def _units(minutes: int | None) -> dict[str, int]:
    if minutes is None:
        return {}
    days, rest = divmod(minutes, WORKING_DAY)
    hours, left = divmod(rest, 60)
    units = {"days": days, "hours": hours, "minutes": left}
    return {name: value for name, value in units.items() if value}
