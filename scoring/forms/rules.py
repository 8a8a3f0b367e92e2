"""Rows and limits of the points: what a rule gives, how often, and what limits it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.checks.meaning import counts_each
from scoring.checks.structure import MOST_POINTS, SENTENCE
from scoring.conditions import ACTIVITIES, PROFILE
from scoring.conditions.counts import LONGEST_WINDOW
from scoring.documents import GROUPS, Body, ConditionJSON, ItemJSON
from scoring.forms.conditional import ConditionRow
from scoring.forms.deed_leaves import DeedLeaf
from scoring.forms.leaves import LEAVES
from scoring.forms.nodes import every
from scoring.forms.numbers import WholeNumber
from scoring.forms.texts import BilingualField
from scoring.sentences import values

MOST_AGES = 8
EVERY, DAYS = "every", "days"
REPEATS = {
    "once": gettext_lazy("once"),
    "every": gettext_lazy("every time"),
    "day": gettext_lazy("once a day"),
    "week": gettext_lazy("once a week"),
    "month": gettext_lazy("once a month"),
    "days": gettext_lazy("once in some days"),
}


class AgesField(forms.CharField):
    """Ages in days, the youngest first: "7, 30, 90"."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[int]:
        written = [part.strip() for part in (super().clean(value) or "").split(",") if part.strip()]
        if not all(part.isdecimal() and len(part) < 5 for part in written):
            raise forms.ValidationError(_("Give days as whole numbers, divided by commas."))
        ages = [int(part) for part in written]
        if ages != sorted(set(ages)) or not all(1 <= age <= LONGEST_WINDOW for age in ages):
            message = _("Each number of days must be greater than the one before it.")
            raise forms.ValidationError(message)
        if len(ages) > MOST_AGES:
            raise forms.ValidationError(_("Give at most %(most)d of them.") % {"most": MOST_AGES})
        return ages

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class RuleRow(ConditionRow):
    about = frozenset({PROFILE, ACTIVITIES})
    families = tuple(family for family in LEAVES if family != "score")
    texts = ("label",)
    blank = {"label": "", "times": "once", "cap": None}

    points = WholeNumber(
        label=gettext_lazy("Points"), min_value=-MOST_POINTS, max_value=MOST_POINTS
    )
    times = forms.ChoiceField(label=gettext_lazy("Counts"), choices=REPEATS)
    days = WholeNumber(
        label=gettext_lazy("Once in so many days"),
        required=False,
        min_value=1,
        max_value=LONGEST_WINDOW,
    )
    cap = WholeNumber(
        label=gettext_lazy("At most"), required=False, min_value=1, max_value=MOST_POINTS
    )
    halving = AgesField(
        label=gettext_lazy("Halved after days"),
        required=False,
        max_length=60,
        help_text=gettext_lazy(
            "Such as 7, 30, 90: half after 7 days, a quarter after 30, nothing after 90."
        ),
    )
    label = BilingualField(
        label=gettext_lazy("Name, if the sentence needs one"), most=SENTENCE, required=False
    )

    def meaning(self) -> str:
        return capfirst(self.context.speaker.meant(self.shown_now()))

    def shown_now(self) -> ItemJSON:
        """The rule as it is typed so far, in a row that is complete."""
        if self.is_bound:
            return self.value()
        old = self.item or self.blank | {"points": 0}
        return old | {"when": self.tree.when()}

    @property
    def worth(self) -> list[str]:
        """What it gives, for the line of the rule: the points, how often, the limit."""
        points, cap = self["points"].value(), self["cap"].value()
        limit = _("at most %(points)s") % {"points": cap} if cap not in (None, "") else ""
        return [signed(points), self.often(), limit]

    def often(self) -> str:
        """How often it counts, where that is more than once."""
        times, days = self["times"].value(), str(self["days"].value() or "")
        if times == DAYS and days.isdecimal() and len(days) < 6:
            return values.often({"times": times, "days": int(days)})
        return str(REPEATS.get(times, "")) if times != "once" else ""

    @property
    def counting(self) -> list[forms.BoundField]:
        """The inputs on how it counts that few rules need."""
        return [self["days"], self["halving"]]

    @property
    def counting_open(self) -> bool:
        return any(each.errors or each.value() for each in self.counting)

    @property
    def may_repeat(self) -> bool:
        """Is there something to count more than once, or was it said that there is?"""
        leaves = [node.leaf for node in every(self.tree.root) if node.leaf is not None]
        counted = any(leaf.family in ("deed", "idle", "kept") for leaf in leaves)
        return counted or self["times"].value() != "once" or self.counting_open

    def clean_points(self) -> int:
        if self.cleaned_data["points"] == 0:
            raise forms.ValidationError(_("A rule of 0 points says nothing. Remove it instead."))
        return self.cleaned_data["points"]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        times = given.get("times")
        if given.get("cap") is not None and times == "once":
            self.add_error("cap", _("Only a rule that counts every time can have a limit."))
        if times == DAYS and given.get("days") is None and "days" not in self.errors:
            self.add_error("days", _("Once in how many days?"))
        if times and times != DAYS and given.get("days") is not None:
            self.add_error("days", _("Choose “once in some days”, or leave this empty."))
        if given.get("halving") and times and times != EVERY:
            self.add_error("halving", _("Choose “every time”, or leave this empty."))
        return given

    def can_run(self) -> bool:
        if not super().can_run():
            return False
        given, when = self.cleaned_data, self.when()
        if given["times"] != "once" and not counts_each(when):
            self.add_error("times", _("Only what a lead did, once, can count every time."))
        elif given["halving"] and _window(when) not in (None, given["halving"][-1]):
            message = _("Leave “within days” empty: the last of these is the window.")
            self.add_error("halving", message)
        return not self.errors

    def when(self) -> ConditionJSON:
        """Of a new rule whose points lose half with age, the last age is the window, not the one
        its inputs came with."""
        when = super().when()
        offered = self.is_new and when.get("within_days") == DeedLeaf.new["within_days"]
        if offered and when["op"] == "did" and self.cleaned_data.get("halving"):
            return when | {"within_days": None}
        return when

    def value(self) -> ItemJSON:
        given, old = super().value(), self.item or {}
        for name in ("days", "halving"):
            if not given[name]:
                given.pop(name)
                given |= {name: old[name]} if name in old and not old[name] else {}
        return given


class LimitsForm(forms.Form):
    """Caps and floors of the groups, the floor of the score, and what its grades begin at."""

    floor = WholeNumber(
        label=gettext_lazy("The total never falls below"), min_value=-MOST_POINTS, max_value=0
    )

    def __init__(self, body: Body, data: Any = None) -> None:
        super().__init__(data, prefix="limits", initial=_limits(body))
        for name, (least, most) in {"cap": (0, MOST_POINTS), "floor": (-MOST_POINTS, 0)}.items():
            for group in GROUPS:
                self.fields[f"{name}_{group}"] = WholeNumber(
                    label=LIMITS[name], required=False, min_value=least, max_value=most
                )
        for which, marks in GRADES.items():
            for mark in marks:
                self.fields[f"{which}_{mark}"] = WholeNumber(
                    label=_("%(grade)s from") % {"grade": mark}, required=False, **_RANGE
                )

    def of_group(self, group: str) -> list[forms.BoundField]:
        return [self[f"cap_{group}"], self[f"floor_{group}"]]

    def grades(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [
            (GRADE_NAMES[which], [self[f"{which}_{mark}"] for mark in marks])
            for which, marks in GRADES.items()
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        bars = {w: [given.get(f"{w}_{m}") for m in marks] for w, marks in GRADES.items()}
        for which, each in bars.items():
            first = f"{which}_{GRADES[which][0]}"
            if None in each and (any(b is not None for b in each) or bars != _EMPTY):
                self.add_error(first, _("Give all six numbers, or none of them."))
            elif None not in each and sorted(each, reverse=True) != each:
                self.add_error(first, _("A better grade begins at more points than a worse one."))
        return given

    def value(self, score: ItemJSON) -> ItemJSON:
        """The score of the body with these limits."""
        given = self.cleaned_data
        found = score | {"floor": given["floor"]}
        for name in ("cap", "floor"):
            found |= _by_group(f"{name}s", score, {g: given[f"{name}_{g}"] for g in GROUPS})
        bars = {w: [given[f"{w}_{m}"] for m in marks] for w, marks in GRADES.items()}
        if bars != _EMPTY:
            return found | {"grades": bars}
        return {name: each for name, each in found.items() if name != "grades"}


LIMITS = {
    "cap": gettext_lazy("All rules of this group together give at most"),
    "floor": gettext_lazy("and never less than"),
}
GRADES = {"fit": "ABC", "engagement": "123"}
GRADE_NAMES = {"fit": gettext_lazy("Fit"), "engagement": gettext_lazy("Engagement")}
_EMPTY = {which: [None] * len(marks) for which, marks in GRADES.items()}
_RANGE = {"min_value": -100_000, "max_value": 100_000}


def _limits(body: Body) -> dict[str, Any]:
    """What the inputs show."""
    score, shown = body["score"], {"floor": body["score"]["floor"]}
    for group in GROUPS:
        shown[f"cap_{group}"] = score["caps"].get(group)
        shown[f"floor_{group}"] = (score.get("floors") or {}).get(group)
    for which, marks in GRADES.items():
        bars = (score.get("grades") or {}).get(which, [])
        shown |= {f"{which}_{mark}": bar for mark, bar in zip(marks, bars, strict=False)}
    return shown


def _by_group(name: str, score: ItemJSON, given: dict[str, int | None]) -> ItemJSON:
    """Limits that changed; those that say the same stay as they were written."""
    old = score.get(name) or {}
    changed = {group: limit for group, limit in given.items() if limit != old.get(group)}
    return {name: old | changed} if changed else {}


def _window(when: dict[str, Any]) -> int | None:
    parts = when.get("all", [when])
    return next((part.get("within_days") for part in parts if part.get("op") == "did"), None)


def signed(points: Any) -> str:
    """Points as typed, with their sign."""
    try:
        return values.points(int(points))
    except (TypeError, ValueError):
        return ""
