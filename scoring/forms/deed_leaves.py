"""Inputs for conditions on what a lead did: how often, first or last, at one event, or nothing."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.models import Channel
from scoring.checks.pieces import KEY
from scoring.conditions.counts import LONGEST_IDLE, LONGEST_WINDOW, MOST_MINUTES, MOST_TIMES
from scoring.documents import ConditionJSON
from scoring.forms import filters
from scoring.forms.bases import Context, Leaf
from scoring.forms.filters import Filtered
from scoring.forms.numbers import WholeNumber

NO_TYPES = gettext_lazy("None chosen means any activity.")
NO_CHANNELS = gettext_lazy("None chosen means any channel.")
NO_WINDOW = gettext_lazy("Empty means ever.")


def types_field(label: Any, help_text: Any = "") -> forms.MultipleChoiceField:
    widget = forms.CheckboxSelectMultiple
    return forms.MultipleChoiceField(
        label=label, required=False, widget=widget, help_text=help_text
    )


def picked_field(label: Any, help_text: Any = "") -> forms.MultipleChoiceField:
    """A list that stays small, however much there is to choose from."""
    widget = forms.SelectMultiple(attrs={"size": 5})
    return forms.MultipleChoiceField(
        label=label, required=False, widget=widget, help_text=help_text
    )


def channels_field() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=gettext_lazy("Channels"),
        required=False,
        choices=Channel.Kind,
        widget=forms.CheckboxSelectMultiple,
        help_text=NO_CHANNELS,
    )


def times_field(label: Any, most: int = MOST_TIMES) -> WholeNumber:
    return WholeNumber(label=label, min_value=1, max_value=most)


def window_field() -> WholeNumber:
    return WholeNumber(
        label=gettext_lazy("Within days"),
        required=False,
        min_value=1,
        max_value=LONGEST_WINDOW,
        help_text=NO_WINDOW,
    )


class NamingTypes(Leaf):
    """Names activities by their types: of those there are, or by the key of one nobody did yet."""

    named_in: ClassVar[tuple[str, ...]] = ("types",)

    def offer(self) -> None:
        super().offer()
        for name in self.named_in:
            self.fields[name].choices = self.context.activity_types(self.posted(name))
            self.fields[f"{name}_more"] = forms.CharField(
                label=_("%(activities)s, by key") % {"activities": self.fields[name].label},
                required=False,
                max_length=2000,
                help_text=_("For what no lead has done yet, such as demo_requested."),
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        for name in self.named_in:
            more = [each.strip() for each in given.pop(f"{name}_more", "").split(",")]
            more = [each for each in more if each]
            wrong = [each for each in more if not KEY.match(each)]
            if wrong:
                message = _("“%(key)s” is no key: use small letters, digits and “_”, letter first.")
                self.add_error(f"{name}_more", message % {"key": wrong[0]})
            elif name in given:
                given[name] = list(dict.fromkeys([*given[name], *more]))
        return given

    def rare_inputs(self) -> list[BoundField]:
        more = [self[f"{name}_more"] for name in self.named_in]
        return [*[each for each in super().rare_inputs() if each not in more], *more]

    def usual_inputs(self) -> list[BoundField]:
        more = [f"{name}_more" for name in self.named_in]
        return [each for each in super().usual_inputs() if each.name not in more]


class OnDeeds(NamingTypes, Filtered, Leaf):
    """Looks at activities of some types, through some channels, in some campaigns."""

    lists = ("types", "channels", "campaigns")
    may_omit = {"types": [], "channels": [], "campaigns": [], "within_days": None, "where": []}
    rare = ("campaigns",)

    @classmethod
    def shows(cls, condition: ConditionJSON, context: Context) -> bool:
        return super().shows(condition, context) and filters.shows(condition.get("where"))

    def offer(self) -> None:
        super().offer()
        self.fields["campaigns"].choices = self.context.campaigns(self.posted("campaigns"))


class DeedLeaf(OnDeeds):
    family = "deed"
    operators = ("did", "did_not")
    new = {
        "op": "did",
        "types": [],
        "channels": [],
        "campaigns": [],
        "times": 1,
        "within_days": 30,
    }
    lists = (*OnDeeds.lists, "since_types")
    named_in = ("types", "since_types")
    may_omit = OnDeeds.may_omit | {
        "times": 1,
        "count": "times",
        "since_recycle": False,
        "since_types": [],
    }
    rare = (*OnDeeds.rare, "count", "since_recycle", "since_types")

    op = forms.ChoiceField(
        label=gettext_lazy("The lead"),
        choices={"did": gettext_lazy("did this"), "did_not": gettext_lazy("did not do this")},
    )
    types = types_field(gettext_lazy("Activities"), NO_TYPES)
    channels = channels_field()
    times = times_field(gettext_lazy("At least"), MOST_MINUTES)
    within_days = window_field()
    count = forms.ChoiceField(
        label=gettext_lazy("What is counted"),
        choices={
            "times": gettext_lazy("times"),
            "days": gettext_lazy("different days"),
            "channels": gettext_lazy("different channels"),
            "minutes": gettext_lazy("minutes"),
        },
    )
    campaigns = picked_field(gettext_lazy("Campaigns"), gettext_lazy("None chosen means any."))
    since_recycle = forms.BooleanField(
        label=gettext_lazy("Only since the lead was last given back"), required=False
    )
    since_types = picked_field(
        gettext_lazy("Only since the last"),
        gettext_lazy("Whatever was done before the last of these does not count."),
    )


class OrderLeaf(OnDeeds):
    family = "order"
    operators = ("first_was", "first_was_not", "latest_was", "latest_was_not")
    new = {"op": "first_was", "types": [], "channels": [], "campaigns": [], "within_days": None}

    op = forms.ChoiceField(
        label=gettext_lazy("The lead"),
        choices={
            "first_was": gettext_lazy("did this first"),
            "first_was_not": gettext_lazy("did not do this first"),
            "latest_was": gettext_lazy("did this last"),
            "latest_was_not": gettext_lazy("did not do this last"),
        },
    )
    types = types_field(gettext_lazy("Activities"), NO_TYPES)
    channels = channels_field()
    within_days = window_field()
    campaigns = picked_field(gettext_lazy("Campaigns"), gettext_lazy("None chosen means any."))


class BothLeaf(NamingTypes):
    family = "both"
    operators = ("did_both", "did_not_both")
    new = {"op": "did_both", "types": [], "and_types": [], "same": "event", "within_days": None}
    lists = named_in = ("types", "and_types")
    may_omit = {"same": "event", "within_days": None}
    rare = ("same",)

    op = forms.ChoiceField(
        label=gettext_lazy("The lead"),
        choices={
            "did_both": gettext_lazy("did both"),
            "did_not_both": gettext_lazy("did not do both"),
        },
    )
    types = types_field(gettext_lazy("One of these"))
    and_types = types_field(gettext_lazy("And one of these"))
    within_days = window_field()
    same = forms.CharField(
        label=gettext_lazy("With the same"),
        max_length=60,
        help_text=gettext_lazy("The property that both have in common, such as event."),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        for name in self.named_in:
            if not given.get(name) and f"{name}_more" not in self.errors:
                self.add_error(name, _("Choose at least one."))
        return given


class IdleLeaf(NamingTypes):
    family = "idle"
    operators = ("idle", "not_idle")
    new = {"op": "idle", "days": 30, "types": [], "channels": []}
    lists = ("types", "channels")
    may_omit = {"types": [], "channels": []}
    rare = ("types", "channels")

    op = forms.ChoiceField(
        label=gettext_lazy("The lead"),
        choices={
            "idle": gettext_lazy("did nothing"),
            "not_idle": gettext_lazy("did something"),
        },
    )
    days = WholeNumber(label=gettext_lazy("For days"), min_value=1, max_value=LONGEST_IDLE)
    types = types_field(gettext_lazy("Activities"), NO_TYPES)
    channels = channels_field()
