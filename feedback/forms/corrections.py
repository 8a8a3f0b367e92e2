"""Points given or taken by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scoring import corrections


class CorrectionForm(forms.Form):
    """Points given or taken by hand. What may be given, and until when, is the verb's business:
    all that it would refuse is said at once, each beside its field."""

    points = forms.IntegerField(
        label=_("Points"),
        help_text=_("To take points, write a minus before them."),
        widget=forms.NumberInput(attrs={"step": 1, "min": -1000, "max": 1000}),
    )
    until = forms.DateField(
        label=_("Counts until"),
        help_text=_("This day included, within a year."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Reason"),
        help_text=_("Everybody who sees the lead reads it in the ledger."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at

    def clean(self) -> None:
        for refused in corrections.refusals(self.cleaned_data, at=self.at):
            self.add_error(refused.field, str(refused))


class EndingForm(forms.Form):
    """A correction ends before its day."""

    reason = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Why it ends now"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
