"""What to vote on: which bar of which text, how many leads, and whether names are shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring import agreements, calibrations
from scoring.documents import text
from scoring.forms.numbers import WholeNumber
from scoring.models import AgreementVersion


class OpeningForm(forms.Form):
    """`bar` names a version and its stage; the one being written comes first."""

    bar = forms.ChoiceField(label=gettext_lazy("What the vote is about"))
    most = WholeNumber(
        label=gettext_lazy("How many leads"),
        initial=calibrations.USUAL,
        validators=[MinValueValidator(calibrations.FEWEST), MaxValueValidator(calibrations.MOST)],
        widget=forms.NumberInput(attrs={"min": calibrations.FEWEST, "max": calibrations.MOST}),
    )
    hides_names = forms.BooleanField(
        label=gettext_lazy("Hide the names of people and companies"), initial=True, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.versions = [each for each in (agreements.unsettled(), agreements.in_force()) if each]
        self.fields["bar"].choices = [
            (f"{version.pk}:{stage['key']}", _named(version, text(stage["name"])))
            for version in self.versions
            for stage in calibrations.handoff_stages(version.body)
        ]

    @property
    def is_possible(self) -> bool:
        """Is there a text that hands leads over?"""
        return bool(self.fields["bar"].choices)

    def chosen(self) -> tuple[AgreementVersion, str]:
        """The version and the key of the stage, of a valid form."""
        number, _colon, stage = self.cleaned_data["bar"].partition(":")
        return next(each for each in self.versions if str(each.pk) == number), stage


def _named(version: AgreementVersion, stage: str) -> str:
    words = {"stage": stage, "version": version, "status": version.get_status_display()}
    return _("%(stage)s in %(version)s (%(status)s)") % words
