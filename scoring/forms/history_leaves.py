"""Inputs for conditions on the score, on what we did, and on where the lead has been."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from leads.models import Touch
from scoring.forms.bases import Leaf
from scoring.forms.deed_leaves import times_field, window_field
from scoring.forms.numbers import WholeNumber


class ScoreLeaf(Leaf):
    family = "score"
    operators = ("score_at_least", "score_below")
    new = {"op": "score_at_least", "which": "total", "value": 50}
    may_omit = {"which": "total"}

    which = forms.ChoiceField(
        label=gettext_lazy("Points"),
        choices={
            "total": gettext_lazy("score"),
            "fit": gettext_lazy("fit"),
            "engagement": gettext_lazy("engagement"),
        },
    )
    op = forms.ChoiceField(
        label=gettext_lazy("Comparison"),
        choices={
            "score_at_least": gettext_lazy("at least"),
            "score_below": gettext_lazy("below"),
        },
    )
    value = WholeNumber(label=gettext_lazy("Value"), min_value=-1000, max_value=10_000)


class TouchLeaf(Leaf):
    family = "touch"
    operators = ("unanswered_at_least", "unanswered_below")
    new = {"op": "unanswered_at_least", "kinds": [], "value": 3, "within_days": 90}
    lists = ("kinds",)
    may_omit = {"kinds": [], "within_days": None}

    op = forms.ChoiceField(
        label=gettext_lazy("The lead left unanswered"),
        choices={
            "unanswered_at_least": gettext_lazy("at least"),
            "unanswered_below": gettext_lazy("fewer than"),
        },
    )
    value = times_field(gettext_lazy("So many"))
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Of what we did"),
        required=False,
        choices=Touch.Kind,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen means anything we did."),
    )
    within_days = window_field()


class EntryLeaf(Leaf):
    family = "entry"
    operators = ("entered", "not_entered")
    new = {"op": "entered", "stages": [], "times": 1, "within_days": None}
    lists = ("stages",)
    may_omit = {"times": 1, "within_days": None}

    op = forms.ChoiceField(
        label=gettext_lazy("The lead"),
        choices={
            "entered": gettext_lazy("has been in"),
            "not_entered": gettext_lazy("has not been in"),
        },
    )
    stages = forms.MultipleChoiceField(
        label=gettext_lazy("Stages"), widget=forms.CheckboxSelectMultiple
    )
    times = times_field(gettext_lazy("At least"))
    within_days = window_field()

    def offer(self) -> None:
        self.fields["stages"].choices = self.context.stages(self.posted("stages"))


class RecycleLeaf(Leaf):
    family = "recycle"
    operators = ("recycled", "not_recycled")
    new = {"op": "recycled", "times": 1, "within_days": None}
    may_omit = {"times": 1, "within_days": None}

    op = forms.ChoiceField(
        label=gettext_lazy("The lead"),
        choices={
            "recycled": gettext_lazy("was given back"),
            "not_recycled": gettext_lazy("was not given back"),
        },
    )
    times = times_field(gettext_lazy("At least"))
    within_days = window_field()
