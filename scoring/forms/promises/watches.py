"""The numbers each side watches for itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from scoring.checks.structure import WATCHED
from scoring.documents import ItemJSON
from scoring.forms.parts import SectionForm
from scoring.sentences.values import WATCHES

SIDES = {"marketing": gettext_lazy("Marketing"), "sales": gettext_lazy("Sales")}


class WatchesForm(forms.Form):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for side, label in SIDES.items():
            self.fields[side] = forms.MultipleChoiceField(
                label=label,
                choices=[(name, WATCHES[name]) for name in WATCHED],
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )


class WatchesSection(SectionForm):
    key = "watches"
    title = gettext_lazy("What each side watches")
    hint = gettext_lazy(
        "Not goals, only numbers a team looks at. The count of handoffs may be left out."
    )

    def build(self) -> None:
        self.form = WatchesForm(self.data, prefix="watches", initial=self.old)

    @property
    def old(self) -> ItemJSON:
        return self.body.get("watches") or {}

    def parts(self) -> list[Any]:
        return [self.form]

    def value(self) -> ItemJSON:
        """In the order in which they are offered, where a side's choice was changed."""
        found = {}
        for side, chosen in self.form.cleaned_data.items():
            old = self.old.get(side)
            if old is not None and set(old) == set(chosen):
                found[side] = old
            elif chosen:
                found[side] = chosen
        return found
