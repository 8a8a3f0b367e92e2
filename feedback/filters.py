"""Filters of the list of leads. They live in the address, so a view can be kept and sent."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leads.folding import fold
from leads.models import Channel, Company, Lead, Side, User
from leads.models.leads import LeadQuerySet
from scoring.models import Stage


def _companies(request: HttpRequest) -> QuerySet[Company]:
    """Those of leads that the reader may see: the list names the company it is narrowed to."""
    seen = Lead.objects.visible_to(request.user).filter(company__isnull=False)
    return Company.objects.filter(pk__in=seen.values("company"))


class LeadFilter(filters.FilterSet):
    """Search words, and stage, channel, owner or company."""

    q = filters.CharFilter(
        method="search",
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

    def active(self) -> dict[str, Any]:
        """The filters that are set, by name."""
        if not self.form.is_valid():
            return {}
        return {name: value for name, value in self.form.cleaned_data.items() if value}
