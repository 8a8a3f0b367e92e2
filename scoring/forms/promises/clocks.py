"""Clocks: within how long, for whom sooner, when to warn, and whom a breach is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.checks.promised import OWED_ALWAYS
from scoring.checks.structure import CLOCK_SIDES
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

SILENT = {"terms": [], "warn_at": None, "escalate_to": LEAD}


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
    # What a path of the text calls an input.
    inputs = {"side": "days"}

    def __init__(self, data: Any, *, key: str, owed: bool, old: ItemJSON | None) -> None:
        self.key, self.side, self.owed = key, CLOCK_SIDES[key], owed
        self.label, self.starts = values.CLOCKS[key], values.CLOCK_STARTS[key]
        self.old = old or {}
        shown = units(self.old.get("minutes")) | {
            "warn_at": self.old.get("warn_at"),
            "escalate_to": self.old.get("escalate_to") or LEAD,
        }
        super().__init__(data, prefix=f"clock-{key}", initial=shown)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if self.errors or self.total:
            return given
        if self.owed:
            raise forms.ValidationError(_("This clock cannot be left out. Give a time."))
        if given["warn_at"]:
            self.add_error("warn_at", _("Give a time first: of nothing there is no share."))
        return given

    def value(self, terms: list[ItemJSON]) -> ItemJSON:
        """The clock; what it does not have to say, and did not say, is left out."""
        given = self.cleaned_data
        said = {
            "terms": terms,
            "warn_at": given["warn_at"],
            "escalate_to": given["escalate_to"] or LEAD,
        }
        clock = {"key": self.key, "side": self.side, "minutes": self.total}
        for name, part in said.items():
            if part != SILENT[name]:
                clock[name] = part
            elif name in self.old and (self.old[name] or SILENT[name]) == part:
                clock[name] = self.old[name]
        return clock


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
        return [*self.clocks, *self.terms.values()]

    def is_valid(self) -> bool:
        valid = super().is_valid()
        for clock in self.clocks:
            left = [row for row in self.terms[clock.key] if self._stays(row)]
            if left and not clock.total and not clock.errors:
                message = _("Give the time for all other leads too.")
                clock.add_error("minutes", message)
                valid = False
        return valid

    def place(self, steps: list[str]) -> tuple[forms.Form | None, str | None]:
        """The form and the input that a path of the text means."""
        clock = next((each for each in self.clocks if each.key in steps), None)
        for row in self.terms[clock.key] if clock else ():
            if row.is_bound and (row.written_key or (row.item or {}).get("key")) in steps[2:]:
                return row, "minutes" if steps[-1] == "minutes" else None
        return clock, steps[-1] if clock and steps[-1] in clock.fields else None

    def value(self) -> list[ItemJSON]:
        given = {form.key: form for form in self.clocks if form.total}
        old = [each["key"] for each in self.body["clocks"]]
        order = [key for key in old if key in given]
        order += [key for key in given if key not in old]
        return [given[key].value(self.terms[key].value()) for key in order]

    def _stays(self, row: TermRow) -> bool:
        return not row.is_left_empty() and not row.is_removed()
