"""Goals both teams own: measured by Baton, or said in words; each with what keeps it honest."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from scoring.checks import targets
from scoring.checks.structure import MOST_AMOUNT, SENTENCE
from scoring.documents import ItemJSON
from scoring.forms.numbers import WholeNumber
from scoring.forms.parts import SectionForm, one_more
from scoring.forms.rows import Row
from scoring.forms.texts import BilingualField
from scoring.sentences import phrases
from scoring.sentences.values import COUNTER_METRICS, METRICS, PERIODS

NUMBERS = ("metric", "amount", "currency", "period", "counter_metric", "counter_amount")


class GoalRow(Row):
    texts = ("label", "target", "counter")

    label = BilingualField(label=gettext_lazy("Goal"), most=SENTENCE)
    metric = forms.ChoiceField(
        label=gettext_lazy("Measured by"),
        choices=[("", gettext_lazy("nothing, said in words")), *METRICS.items()],
        required=False,
    )
    amount = WholeNumber(
        label=gettext_lazy("Amount"), required=False, min_value=1, max_value=MOST_AMOUNT
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency, for money"), required=False, max_length=3
    )
    period = forms.ChoiceField(
        label=gettext_lazy("In a"),
        choices=[("", "—"), *PERIODS.items()],
        required=False,
    )
    counter_metric = forms.ChoiceField(
        label=gettext_lazy("Kept honest by"),
        choices=[("", gettext_lazy("nothing measured")), *COUNTER_METRICS.items()],
        required=False,
    )
    counter_amount = WholeNumber(
        label=gettext_lazy("Per cent"), required=False, min_value=1, max_value=100
    )
    target = BilingualField(label=gettext_lazy("Target, in words"), most=SENTENCE, required=False)
    counter = BilingualField(
        label=gettext_lazy("Counter-metric, in words"),
        most=SENTENCE,
        required=False,
        help_text=gettext_lazy("The number that shows it is not reached by cheating."),
    )

    @property
    def brief(self) -> str:
        """The figure it sets."""
        return phrases.target(self.item) if self.item else ""

    def clean_currency(self) -> str:
        return self.cleaned_data["currency"].strip().upper()

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.errors:
            for name, message in targets.faults(given):
                self.add_error(name, message)
        return given

    def value(self) -> ItemJSON:
        given, old = super().value(), self.item or {}
        for name in NUMBERS:
            if not given[name] and (name not in old or old[name]):
                given.pop(name)
        return given


class GoalsSection(SectionForm):
    key = "goals"
    title = gettext_lazy("Goals")
    hint = gettext_lazy("Numbers both teams own, each with what keeps it honest.")

    def build(self) -> None:
        self.goals = self.rows(GoalRow, "goals", self.body["goals"])
        self.buttons = one_more("goals", gettext_lazy("Add a goal"))

    def parts(self) -> list[Any]:
        return [self.goals]

    def value(self) -> list[ItemJSON]:
        return self.goals.value()
