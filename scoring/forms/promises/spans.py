"""A span of working time, typed in days, hours and minutes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.checks.structure import MOST_MINUTES
from scoring.forms.numbers import WholeNumber
from scoring.sentences.values import WORKING_DAY

UNITS = ("days", "hours", "minutes")


class SpanForm(forms.Form):
    """Inputs of a span. `total` of a clean form is the sum in working minutes; 0: all are empty."""

    days = WholeNumber(label=gettext_lazy("Days"), required=False, min_value=0)
    hours = WholeNumber(label=gettext_lazy("Hours"), required=False, min_value=0)
    minutes = WholeNumber(label=gettext_lazy("Minutes"), required=False, min_value=0)

    total = 0

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        days, hours, minutes = (given.get(unit) or 0 for unit in UNITS)
        self.total = days * WORKING_DAY + hours * 60 + minutes
        if self.total > MOST_MINUTES:
            raise forms.ValidationError(_("That is longer than anybody would wait."))
        return given

    @property
    def span(self) -> list[forms.BoundField]:
        return [self[unit] for unit in UNITS]


def units(minutes: int | None) -> dict[str, int]:
    """Minutes as the inputs show them; nothing where there are none."""
    days, rest = divmod(minutes or 0, WORKING_DAY)
    hours, left = divmod(rest, 60)
    shown = dict(zip(UNITS, (days, hours, left), strict=True))
    return {name: value for name, value in shown.items() if value}
