"""Inputs for conditions on what a lead did: how often, first or last, at one event, or nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from leads.models import Channel
from scoring.conditions.counts import LONGEST_IDLE, LONGEST_WINDOW, MOST_MINUTES, MOST_TIMES
from scoring.documents import ConditionJSON
from scoring.forms import filters
from scoring.forms.bases import Context, Leaf
from scoring.forms.filters import Filtered

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


def times_field(label: Any, most: int = MOST_TIMES) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=most)


def window_field() -> forms.IntegerField:
    return forms.IntegerField(
        label=gettext_lazy("Within days"),
        required=False,
        min_value=1,
        max_value=LONGEST_WINDOW,
        help_text=NO_WINDOW,
    )


class OnDeeds(Filtered, Leaf):
    """Looks at activities of some types, through some channels, in some campaigns."""

    lists = ("types", "channels", "campaigns")
    may_omit = {"types": [], "channels": [], "campaigns": [], "within_days": None, "where": []}
    rare = ("campaigns",)

    @classmethod
    def shows(cls, condition: ConditionJSON, context: Context) -> bool:
        return super().shows(condition, context) and filters.shows(condition.get("where"))

    def offer(self) -> None:
        super().offer()
        for name in ("types", "since_types"):
            if name in self.fields:
                self.fields[name].choices = self.context.activity_types(self.posted(name))
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


class BothLeaf(Leaf):
    family = "both"
    operators = ("did_both", "did_not_both")
    new = {"op": "did_both", "types": [], "and_types": [], "same": "event", "within_days": None}
    lists = ("types", "and_types")
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

    def offer(self) -> None:
        for name in self.lists:
            self.fields[name].choices = self.context.activity_types(self.posted(name))


class IdleLeaf(Leaf):
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
    days = forms.IntegerField(label=gettext_lazy("For days"), min_value=1, max_value=LONGEST_IDLE)
    types = types_field(gettext_lazy("Activities"), NO_TYPES)
    channels = channels_field()

    def offer(self) -> None:
        self.fields["types"].choices = self.context.activity_types(self.posted("types"))
