"""The form of a routing rule: its condition is built as in the agreement."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.models import Pool, RoutingRule
from feedback.rule_words import Words
from scoring.conditions import operators
from scoring.documents import ConditionJSON
from scoring.forms.bases import Context
from scoring.forms.nodes import Said
from scoring.forms.outlines import BLANK
from scoring.forms.steps import Step
from scoring.forms.trees import ConditionTree

SOME, ALL = "some", "all"
WHOM = [
    (SOME, gettext_lazy("Leads that meet a condition")),
    (ALL, gettext_lazy("Every lead that comes this far")),
]
WRITTEN = ("name", "pool", "strategy", "keeps_lead_owner", "keeps_company_owner", "owner_any_hour")


class RuleForm(forms.Form):
    """A rule as it stands, or as typed. `step` is what a button in its condition asks for."""

    is_calm = False
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    whom = forms.ChoiceField(
        label=gettext_lazy("For whom"), choices=WHOM, widget=forms.RadioSelect, initial=SOME
    )
    pool = forms.ModelChoiceField(
        label=gettext_lazy("Offered to"), queryset=Pool.objects.none(), empty_label=None
    )
    strategy = forms.ChoiceField(
        label=gettext_lazy("Who gets the lead"),
        choices=RoutingRule.Strategy,
        widget=forms.RadioSelect,
        initial=RoutingRule.Strategy.ROUND_ROBIN,
    )
    keeps_lead_owner = forms.BooleanField(
        label=gettext_lazy("Before that, the owner of the lead, if there is one"),
        required=False,
        initial=True,
    )
    keeps_company_owner = forms.BooleanField(
        label=gettext_lazy("Then the owner of its company"), required=False, initial=True
    )
    owner_any_hour = forms.BooleanField(
        label=gettext_lazy("Owners get it outside of their hours too"), required=False
    )

    def __init__(
        self,
        data: Any = None,
        *,
        rule: RoutingRule | None = None,
        words: Words,
        step: Step | None = None,
    ) -> None:
        shown = {name: getattr(rule, name) for name in WRITTEN} if rule else {}
        if rule:
            shown["whom"] = SOME if rule.when else ALL
        super().__init__(data, initial=shown, use_required_attribute=False)
        self.fields["pool"].queryset = Pool.objects.all()
        # A condition that nobody began begins with the choice of what it asks.
        blank = None if rule and rule.when else {"when-shape": f"{BLANK}0"}
        self.context = Context(words.body, words.speaker.vocabulary)
        self.tree = ConditionTree(
            blank if data is None else data,
            prefix="when",
            context=self.context,
            when=rule.when if rule else None,
            step=step,
        )

    @property
    def owners(self) -> list[forms.BoundField]:
        return [self[name] for name in WRITTEN[3:]]

    def is_valid(self) -> bool:
        own = super().is_valid()
        if not self.asks:
            return own
        stands = self.tree.is_valid()
        return own and stands

    @property
    def asks(self) -> bool:
        """Has it a condition at all?"""
        return self["whom"].value() != ALL

    @property
    def when(self) -> ConditionJSON | None:
        """The condition of a valid form."""
        return self.tree.when() if self.asks else None

    @cached_property
    def said(self) -> Said:
        """Whom the rule is for, or what the condition lacks."""
        name = f"said-{self.tree.prefix}"
        if not self.asks:
            return Said(name, _("Every lead"))
        if self.tree.root.is_blank:
            return Said(name, missing=_("Choose a condition."))
        return self.tree.said

    @property
    def fits(self) -> str:
        """Which comparisons fit which lead field, as JSON for the page."""
        return json.dumps({each.key: operators(each) for each in self.context.fields()})

    @property
    def untouched(self) -> bool:
        """Nobody has chosen a condition, and nothing was said to be wrong."""
        return self.asks and self.tree.root.is_blank and not self.lacks_condition

    @property
    def lacks_condition(self) -> bool:
        """Was it to be saved without one?"""
        wrong = self.tree.checked and not self.is_calm
        return self.asks and self.tree.root.is_blank and wrong

    def sayings(self) -> Iterator[Said]:
        """The sentences of the parts, to be kept up with what is typed."""
        if self.asks:
            yield from self.tree.says()

    def calm(self) -> None:
        """While it is being built, what is not complete yet is not called wrong."""
        self.is_calm = True
        _checked = self.tree.is_valid()
        self.tree.calm()
        self._errors = forms.utils.ErrorDict()

    def facts(self) -> dict[str, Any]:
        given = {name: self.cleaned_data[name] for name in WRITTEN}
        return given | {"when": self.when}
