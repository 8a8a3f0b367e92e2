"""What marketing promises: how many handoffs a month, and of what quality."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.checks.structure import MOST_BOUND
from scoring.documents import ItemJSON
from scoring.forms.numbers import WholeNumber
from scoring.forms.parts import SectionForm


class SupplyForm(forms.Form):
    """All empty promises nothing."""

    handoffs = WholeNumber(
        label=gettext_lazy("Handoffs a month"), required=False, min_value=1, max_value=MOST_BOUND
    )
    least_score = WholeNumber(
        label=gettext_lazy("Each with at least so many points"),
        required=False,
        min_value=-MOST_BOUND,
        max_value=MOST_BOUND,
    )
    accepted = WholeNumber(
        label=gettext_lazy("Of which sales accepts at least (%)"),
        required=False,
        min_value=1,
        max_value=100,
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if self.errors or given["handoffs"]:
            return given
        if given["least_score"] is not None or given["accepted"] is not None:
            self.add_error("handoffs", _("Say how many handoffs, or leave all of it empty."))
        return given


class SupplySection(SectionForm):
    key = "supply"
    title = gettext_lazy("What marketing supplies")
    hint = gettext_lazy("Clocks bind sales; this binds marketing. Left empty, nothing is promised.")

    def build(self) -> None:
        self.form = SupplyForm(self.data, prefix="supply", initial=self.old)

    @property
    def old(self) -> ItemJSON:
        return self.body.get("supply") or {}

    def parts(self) -> list[Any]:
        return [self.form]

    def value(self) -> ItemJSON | None:
        given = self.form.cleaned_data
        if not given["handoffs"]:
            return None
        return {
            name: value
            for name, value in given.items()
            if value is not None or (self.old.get(name, value) is None and name in self.old)
        }
