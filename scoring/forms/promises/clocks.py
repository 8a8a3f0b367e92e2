"""Clocks: within how long, for whom sooner, when to warn, whom a breach is told and told further,
and whether the clock may be paused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.checks.promised import OWED_ALWAYS, TAKEN_BACK
from scoring.checks.structure import CLOCK_SIDES, MOST_CHAIN, MOST_PAUSE_DAYS
from scoring.conditions import EVERYTHING
from scoring.documents import ItemJSON, item
from scoring.forms.conditional import ConditionRow
from scoring.forms.numbers import WholeNumber
from scoring.forms.parts import Buttons, SectionForm, adding
from scoring.forms.promises.spans import UNITS, SpanForm, units
from scoring.forms.rows import Rows
from scoring.journeys import stages_of_kind
from scoring.promises import LEAD
from scoring.sentences import values

SILENT = {
    "terms": [],
    "warn_at": None,
    "escalate_to": LEAD,
    "chain": [],
    "take_back": False,
    "pause_days": None,
}


class ChainForm(SpanForm):
    """One step of a chain: so long after the deadline, and who is told then. All empty is none."""

    to = forms.ChoiceField(
        label=gettext_lazy("Told to"),
        choices=[("", "—"), *values.ESCALATIONS.items()],
        required=False,
    )

    def __init__(self, data: Any, *, prefix: str, number: int, old: ItemJSON | None) -> None:
        self.label = _("Step %(number)d") % {"number": number}
        shown = units(old["minutes"]) | {"to": old["to"]} if old else {}
        super().__init__(data, prefix=f"{prefix}-chain{number}", initial=shown)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.errors and self.total and not given["to"]:
            self.add_error("to", _("Choose who is told then."))
        if not self.errors and given["to"] and not self.total:
            self.add_error("minutes", _("Give the time after the deadline."))
        return given

    def value(self) -> ItemJSON:
        return {"minutes": self.total, "to": self.cleaned_data["to"]}


class ClockForm(SpanForm):
    """A term in working days, hours and minutes; all empty promises nothing."""

    warn_at = WholeNumber(
        label=gettext_lazy("Warn after (% of the time)"),
        required=False,
        min_value=1,
        max_value=99,
        help_text=gettext_lazy("Who owes the answer is told, once. Left empty: no warning."),
    )
    escalate_to = forms.ChoiceField(
        label=gettext_lazy("A breach is told to"), choices=values.ESCALATIONS, required=False
    )
    pause_days = WholeNumber(
        label=gettext_lazy("May be paused for up to (days)"),
        required=False,
        min_value=1,
        max_value=MOST_PAUSE_DAYS,
        help_text=gettext_lazy("Calendar days, once, with a reason. Left empty: no pause."),
    )
    take_back = forms.BooleanField(
        label=gettext_lazy("At a breach, take the lead back and offer it to others"), required=False
    )
    # What a path of the text calls an input.
    inputs = {"side": "days"}

    def __init__(self, data: Any, *, key: str, owed: bool, old: ItemJSON | None) -> None:
        self.key, self.side, self.owed = key, CLOCK_SIDES[key], owed
        self.label, self.starts = values.CLOCKS[key], values.CLOCK_STARTS[key]
        self.old = old or {}
        shown = units(self.old.get("minutes")) | {
            "warn_at": self.old.get("warn_at"),
            "escalate_to": self.old.get("escalate_to") or LEAD,
            "pause_days": self.old.get("pause_days"),
            "take_back": bool(self.old.get("take_back")),
        }
        super().__init__(data, prefix=f"clock-{key}", initial=shown)
        if self.side != "sales":
            del self.fields["pause_days"]
        if key != TAKEN_BACK:
            del self.fields["take_back"]
        self.chain = list(self._steps(data))

    @property
    def is_told_further(self) -> bool:
        """Is there a step of the chain to be seen?"""
        return any(step[name].value() for step in self.chain for name in step.fields)

    def told_further(self) -> list[ChainForm]:
        """The steps that are filled in, of a form that was checked."""
        return [step for step in self.chain if step.total]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if self.errors or self.total:
            return given
        if self.owed:
            raise forms.ValidationError(_("This clock cannot be left out. Give a time."))
        if given["warn_at"]:
            self.add_error("warn_at", _("Give a time first: of nothing there is no share."))
        for name in ("pause_days", "take_back"):
            if given.get(name):
                self.add_error(name, _("Give a time first: without one no clock runs."))
        return given

    def value(self, terms: list[ItemJSON]) -> ItemJSON:
        """The clock; what it does not have to say, and did not say, is left out."""
        given = self.cleaned_data
        said = {
            "terms": terms,
            "warn_at": given["warn_at"],
            "escalate_to": given["escalate_to"] or LEAD,
            "chain": [step.value() for step in self.told_further()],
            "take_back": given.get("take_back", False),
            "pause_days": given.get("pause_days"),
        }
        clock = {"key": self.key, "side": self.side, "minutes": self.total}
        for name, part in said.items():
            if part != SILENT[name]:
                clock[name] = part
            elif name in self.old and (self.old[name] or SILENT[name]) == part:
                clock[name] = self.old[name]
        return clock

    def _steps(self, data: Any) -> Iterator[ChainForm]:
        """As many as there may be."""
        old = dict(enumerate(self.old.get("chain") or [], 1))
        for number in range(1, MOST_CHAIN + 1):
            yield ChainForm(data, prefix=self.prefix, number=number, old=old.get(number))


class TermRow(ConditionRow, SpanForm):
    """A condition on the lead, and the time that holds for whom it is true of."""

    about = EVERYTHING

    @property
    def brief(self) -> str:
        """The time that holds."""
        return values.duration(self.item["minutes"]) if self.item else ""

    def shown(self, given: ItemJSON) -> dict[str, Any]:
        return given | dict.fromkeys(UNITS) | units(given.get("minutes"))

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.total and not self.errors:
            self.add_error("minutes", _("Give the time that holds for these leads."))
        return given

    def value(self) -> ItemJSON:
        given = super().value()
        found = {name: part for name, part in given.items() if name not in UNITS}
        return found | {"minutes": self.total}


class ClocksSection(SectionForm):
    key = "clocks"
    title = gettext_lazy("Clocks")
    hint = gettext_lazy("Working time. A day is a working day of 8 hours.")

    def build(self) -> None:
        handed = bool(stages_of_kind(self.body, "handoff"))
        self.clocks, self.terms = [], {}
        for key in CLOCK_SIDES:
            old = item(self.body["clocks"], key)
            owed = handed and key in OWED_ALWAYS
            self.clocks.append(ClockForm(self.data, key=key, owed=owed, old=old))
            self.terms[key] = self.rows(TermRow, f"terms-{key}", (old or {}).get("terms") or [])

    def blocks(self) -> Iterator[tuple[ClockForm, Rows, Buttons]]:
        """Each clock with its conditions and what adds one."""
        for clock in self.clocks:
            rows = self.terms[clock.key]
            yield clock, rows, adding(rows.name, TermRow)

    def parts(self) -> list[Any]:
        chains = [step for clock in self.clocks for step in clock.chain]
        return [*self.clocks, *chains, *self.terms.values()]

    def is_valid(self) -> bool:
        valid = super().is_valid()
        for clock in self.clocks:
            if clock.total or clock.errors:
                continue
            if any(self._stays(row) for row in self.terms[clock.key]):
                clock.add_error("minutes", _("Give the time for all other leads too."))
                valid = False
            elif clock.told_further():
                clock.add_error("minutes", _("Give a time first: without one no clock runs."))
                valid = False
        return valid

    def place(self, steps: list[str]) -> tuple[forms.Form | None, str | None]:
        """The form and the input that a path of the text means."""
        clock = next((each for each in self.clocks if each.key in steps), None)
        part = steps[2] if clock and steps[2:] else ""
        for row in self.terms[clock.key] if part == "terms" else ():
            if row.is_bound and (row.written_key or (row.item or {}).get("key")) in steps[3:]:
                return row, "minutes" if steps[-1] == "minutes" else None
        if part == "chain" and steps[3:]:
            return _numbered(clock, steps[3]), steps[-1] if steps[4:] else None
        return clock, steps[-1] if clock and steps[-1] in clock.fields else None

    def value(self) -> list[ItemJSON]:
        given = {form.key: form for form in self.clocks if form.total}
        old = [each["key"] for each in self.body["clocks"]]
        order = [key for key in old if key in given]
        order += [key for key in given if key not in old]
        return [given[key].value(self.terms[key].value()) for key in order]

    def _stays(self, row: TermRow) -> bool:
        return not row.is_left_empty() and not row.is_removed()


def _numbered(clock: ClockForm, number: str) -> ChainForm:
    """The step of the chain that has this number in the text: those left empty have none."""
    filled = clock.told_further() if clock.is_bound else clock.chain
    return dict(enumerate(filled, 1)).get(int(number) if number.isdecimal() else 1, clock.chain[0])
