"""Filters of the inbox and of the list of leads. They live in the address, so a view can be kept
and sent."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat
from django.forms import BoundField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from feedback.models import Handoff, Pool
from feedback.models.handoffs import HandoffQuerySet
from leads.folding import fold
from leads.models import Channel, Company, Lead, Side, User
from leads.models.leads import LeadQuerySet
from scoring.models import Stage

SOON = timedelta(hours=2)
# More people than this are asked for by name, and no more.
MOST_OWNERS = 50
NOBODY = "none"
MOST_DIGITS = 18
# Of what is searched for: each word is asked for by itself, and databases bear no more than many.
LONGEST = 200
# Where a journey ends nobody is waited for.
ENDS = (Stage.Kind.WON, Stage.Kind.LOST, Stage.Kind.CUSTOMER, Stage.Kind.DISQUALIFIED)

# Filters by name, and what each is set to.
Terms = tuple[tuple[str, Any], ...]


def _companies(request: HttpRequest) -> QuerySet[Company]:
    """Those of leads that the reader may see: the list names the company it is narrowed to."""
    seen = Lead.objects.visible_to(request.user).filter(company__isnull=False)
    return Company.objects.filter(pk__in=seen.values("company"))


class LeadFilter(filters.FilterSet):
    """Search words, and stage, channel, owner or company; or in whose hands a lead is, and whether
    nobody works on it."""

    q = filters.CharFilter(
        method="search",
        max_length=LONGEST,
        label=_("Search"),
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("Name, company or e-mail"), "data-key": "/"}
        ),
    )
    stage = filters.ModelChoiceFilter(
        field_name="standing__stage",
        to_field_name="key",
        queryset=Stage.objects.filter(retired=False),
        label=_("Stage"),
        empty_label=_("Any stage"),
    )
    channel = filters.ModelChoiceFilter(
        field_name="first_channel",
        to_field_name="key",
        queryset=Channel.objects.all(),
        label=_("First channel"),
        empty_label=_("Any channel"),
    )
    owner = filters.ModelChoiceFilter(
        queryset=User.objects.filter(team__side=Side.SALES),
        label=_("Owner"),
        empty_label=_("Any owner"),
        null_label=_("Nobody"),
        null_value="none",
    )
    side = filters.ChoiceFilter(
        method="in_the_hands_of",
        choices=[(Side.MARKETING, _("Marketing")), (Side.SALES, _("Sales"))],
        widget=forms.HiddenInput,
    )
    handoff = filters.ChoiceFilter(
        method="handed_over", choices=[("none", _("None"))], widget=forms.HiddenInput
    )
    company = filters.ModelChoiceFilter(queryset=_companies, widget=forms.HiddenInput)

    class Meta:
        model = Lead
        fields: list[str] = []

    def search(self, leads: LeadQuerySet, name: str, words: str) -> LeadQuerySet:
        """Every word must be in the name, the company or the e-mail address."""
        for word in words.split():
            folded = fold(word)
            leads = leads.filter(
                Q(name_folded__contains=folded)
                | Q(company_name_folded__contains=folded)
                | Q(email__contains=folded)
            )
        return leads

    def in_the_hands_of(self, leads: LeadQuerySet, name: str, side: str) -> LeadQuerySet:
        return _in_the_hands_of(leads, side)

    def handed_over(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return _without_handoff(leads)

    def active(self) -> dict[str, Any]:
        """The filters that are set, by name."""
        if not self.form.is_valid():
            return {}
        return {name: value for name, value in self.form.cleaned_data.items() if value}


# Leads that stand in sales' stages although nobody of sales has them, as the address of the list
# says it; the same as a set.
LEFT_ALONE = {"owner": "none", "side": "sales", "handoff": "none"}


def left_alone(leads: LeadQuerySet) -> LeadQuerySet:
    return _without_handoff(_in_the_hands_of(leads.filter(owner=None), Side.SALES))


def _in_the_hands_of(leads: LeadQuerySet, side: str) -> LeadQuerySet:
    """Those who stand in a stage of this side, short of the end of the journey."""
    stages = Stage.objects.filter(side=side).exclude(kind__in=ENDS)
    return leads.filter(standing__stage__in=stages)


def _without_handoff(leads: LeadQuerySet) -> LeadQuerySet:
    return leads.exclude(Exists(Handoff.objects.unclosed().filter(lead=OuterRef("pk"))))


class InboxFilter(filters.FilterSet):
    """Search words, channel, pool, owner, least points, clock, speed lane and claims. An owner is
    a number, part of a name, or “none”. `at` is the moment that clocks are compared with; `user`
    sees the choices of their own team alone."""

    q = filters.CharFilter(method="search", max_length=LONGEST, label=_("Name or company"))
    clock = filters.ChoiceFilter(
        method="due",
        label=_("Clock"),
        choices=[("over", _("Overdue")), ("soon", _("Due soon"))],
        empty_label=_("Any"),
    )
    channel = filters.ChoiceFilter(
        field_name="channel_id", label=_("Channel"), empty_label=_("Any channel")
    )
    pool = filters.ChoiceFilter(field_name="pool_id", label=_("Pool"), empty_label=_("Any pool"))
    owner = filters.CharFilter(method="owned", max_length=LONGEST, label=_("Owner"))
    points = filters.NumberFilter(
        field_name="score",
        lookup_expr="gte",
        label=_("Points, at least"),
        decimal_places=0,
        validators=[MinValueValidator(-(10**6)), MaxValueValidator(10**6)],
    )
    lane = filters.ChoiceFilter(
        method="marked",
        field_name="speed_lane",
        label=_("Speed lane"),
        choices=[("yes", _("Only these"))],
        empty_label=_("Any"),
    )
    claimed = filters.ChoiceFilter(
        method="marked",
        label=_("Claimed"),
        choices=[("yes", _("Only these")), ("no", _("Without these"))],
        empty_label=_("Any"),
    )

    class Meta:
        model = Handoff
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.at = user, at
        for name in ("channel", "pool"):
            self.filters[name].extra["choices"] = lambda name=name: self.offered[name]
        self.filters["owner"].extra["validators"] = [self._require_known]

    @property
    def boxes(self) -> list[tuple[BoundField, list[tuple[str, str]]]]:
        """The fields but for the search, and what may be chosen in each: nothing where one
        writes."""
        fields = [self.form[name] for name in self.filters if name != "q"]
        choices = {field.name: list(getattr(field.field, "choices", ())) for field in fields}
        people = self.offered["owner"]
        if len(people) <= MOST_OWNERS:
            choices["owner"] = [("", _("Any owner")), (NOBODY, _("Nobody")), *people]
        return [(field, choices[field.name]) for field in fields]

    @cached_property
    def offered(self) -> dict[str, list[tuple[str, str]]]:
        """The channels, pools and owners to choose from, in one statement; no more owners than
        show that they are too many."""
        pools = Pool.objects.all()
        if not self.user.is_manager:
            pools = pools.filter(team_id=self.user.team_id)
        people = User.objects.filter(pk__in=self._people().values("pk")[: MOST_OWNERS + 1])
        name = Concat("first_name", Value(" "), "last_name")
        found = _named("channel", Channel.objects.all(), "name").union(
            _named("pool", pools, "name"), _named("owner", people, name), all=True
        )
        choices = defaultdict(list)
        for which, key, label in found.order_by("label"):
            choices[which].append((str(key), label))
        return choices

    @cached_property
    def chosen(self) -> User | None:
        """Whose number stands in the address."""
        number = self.data.get("owner", "")
        known = number.isdecimal() and len(number) < MOST_DIGITS
        return self._people().filter(pk=number).first() if known else None

    def _require_known(self, value: str) -> None:
        if value.isdecimal() and self.chosen is None:
            raise ValidationError(_("Nobody has this number."))

    def _people(self) -> QuerySet[User]:
        people = User.objects.filter(is_active=True, team__side=Side.SALES)
        return people if self.user.is_manager else people.filter(team_id=self.user.team_id)

    def owned(self, handoffs: HandoffQuerySet, name: str, value: str) -> HandoffQuerySet:
        """Nobody's, somebody's by their number, or those of whoever has every word in the name."""
        if value == NOBODY:
            return handoffs.filter(owner=None)
        if value.isdecimal():
            return handoffs.filter(owner=int(value))
        people = self._people()
        for word in value.split():
            people = people.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word))
        return handoffs.filter(owner__in=people.order_by().values("pk"))

    def search(self, handoffs: HandoffQuerySet, name: str, words: str) -> HandoffQuerySet:
        """Every word must be in the name or the company."""
        for word in words.split():
            folded = fold(word)
            handoffs = handoffs.filter(
                Q(lead__name_folded__contains=folded)
                | Q(lead__company_name_folded__contains=folded)
            )
        return handoffs

    def due(self, handoffs: HandoffQuerySet, name: str, which: str) -> HandoffQuerySet:
        """Past the deadline; or before it by less than two hours of the wall clock, or than the
        agreement's warning."""
        if which == "over":
            return handoffs.filter(due_at__lt=self.at)
        soon = Q(due_at__lt=self.at + SOON) | Q(warn_at__lte=self.at)
        return handoffs.filter(soon, due_at__gte=self.at)

    def marked(self, handoffs: HandoffQuerySet, name: str, value: str) -> HandoffQuerySet:
        return handoffs.filter(**{name: value == "yes"})

    @cached_property
    def given(self) -> Terms:
        """The filters that are set, and to what."""
        self.form.is_valid()  # What is not understood is left out.
        values = self.form.cleaned_data.items()
        return tuple((name, value) for name, value in values if value not in (None, ""))

    @property
    def active(self) -> list[tuple[str, str, str]]:
        """The filters that are set: name, label, and what is chosen, in words."""
        return [
            (name, str(self.form.fields[name].label), self._said(name, value))
            for name, value in self.given
        ]

    @property
    def recurring(self) -> bool:
        """Whether others ask the same: nothing is searched for by what somebody wrote, or reckoned
        from the moment of asking."""
        given = dict(self.given)
        owner = given.get("owner", NOBODY)
        by_words = "q" in given or not (owner == NOBODY or owner.isdecimal())
        return not by_words and given.get("clock") != "soon"

    def narrow(self, handoffs: HandoffQuerySet, given: Terms) -> HandoffQuerySet:
        """Those that filters leave which were found valid before."""
        for name, value in given:
            handoffs = self.filters[name].filter(handoffs, value)
        return handoffs

    def _said(self, name: str, value: Any) -> str:
        if name == "owner":
            return str(_("Nobody") if value == NOBODY else self.chosen or value)
        choices = getattr(self.form.fields[name], "choices", ())
        return str(dict(choices).get(value, value))


def _named(which: str, rows: QuerySet, name: Any) -> QuerySet:
    text = Cast(name, TextField())
    return (
        rows.order_by()
        .annotate(which=Value(which, CharField()), label=text)
        .values_list("which", "pk", "label")
    )
