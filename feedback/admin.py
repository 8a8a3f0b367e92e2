"""The administration of working time and pools; handoffs and opportunities are read here."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

import holidays
from django import forms
from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from feedback.models import (
    Calendar,
    ChecklistAnswer,
    DayOff,
    Handoff,
    HandoffEvent,
    Opportunity,
    OpportunityContact,
    Pool,
    PoolMember,
    WorkingHours,
)
from leads.admin.pages import ConfigurationAdmin, ReadOnlyAdmin, ReadOnlyInline
from leads.models import Side, User


class CalendarForm(forms.ModelForm):
    """A calendar whose time zone and place exist."""

    time_zone = forms.ChoiceField(
        label=_lazy("time zone"),
        choices=[(zone, zone) for zone in sorted(available_timezones())],
    )

    class Meta:
        model = Calendar
        fields = ["name", "time_zone", "country", "region"]
        help_texts = {
            "country": _lazy("Two letters. Its public holidays are free; empty: none are."),
            "region": _lazy("State or province, for holidays of its own: BY, NW, …"),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        country = cleaned["country"] = (cleaned.get("country") or "").upper()
        region = cleaned["region"] = (cleaned.get("region") or "").upper()
        places = holidays.list_supported_countries()
        if country and country not in places:
            self.add_error("country", _("The holidays of this country are not known."))
        elif region and not country:
            self.add_error("region", _("Name the country of this region."))
        elif region and region not in places[country]:
            known = ", ".join(places[country]) or _("none")
            problem = _("Regions with holidays of their own there: %(known)s.")
            self.add_error("region", problem % {"known": known})
        return cleaned


class HoursFormSet(forms.BaseInlineFormSet):
    """The hours of a day don't overlap."""

    def clean(self) -> None:
        super().clean()
        given = [form.cleaned_data for form in self.forms if _is_kept(form)]
        spans = sorted((row["weekday"], row["starts"], row["ends"]) for row in given)
        for (day, _start, end), (next_day, start, _end) in pairwise(spans):
            if day == next_day and start < end:
                weekday = WorkingHours.Weekday(day).label
                raise forms.ValidationError(_("The hours of %(day)s overlap.") % {"day": weekday})


def _is_kept(form: ModelForm) -> bool:
    row = getattr(form, "cleaned_data", {})
    return {"weekday", "starts", "ends"} <= row.keys() and not row.get("DELETE")


class WorkingHoursInline(admin.TabularInline):
    model = WorkingHours
    formset = HoursFormSet
    extra = 0


class DayOffInline(admin.TabularInline):
    model = DayOff
    extra = 0


@admin.register(Calendar)
class CalendarAdmin(ConfigurationAdmin):
    """Working time. Terms that run already keep the deadline they were given."""

    form = CalendarForm
    list_display = ["name", "time_zone", "country", "region"]
    search_fields = ["name"]
    inlines = [WorkingHoursInline, DayOffInline]


class PoolMemberInline(admin.TabularInline):
    model = PoolMember
    extra = 0
    fields = ["user", "on_duty", "capacity"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(team__side=Side.SALES, is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Pool)
class PoolAdmin(ConfigurationAdmin):
    list_display = ["name", "team", "calendar", "position"]
    list_select_related = ["team", "calendar"]
    search_fields = ["name"]
    inlines = [PoolMemberInline]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "team":
            kwargs["queryset"] = db_field.related_model.objects.filter(side=Side.SALES)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class StepInline(ReadOnlyInline):
    model = HandoffEvent
    fields = ["kind", "at", "by", "data"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("by")


class ChecklistAnswerInline(ReadOnlyInline):
    model = ChecklistAnswer
    fields = ["checklist", "item", "by", "at"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("by")


@admin.register(Handoff)
class HandoffAdmin(ReadOnlyAdmin):
    list_display = ["id", "lead", "state", "pool", "owner", "score", "opened_at", "due_at"]
    list_display_links = ["id", "lead"]
    list_select_related = ["lead", "pool", "owner"]
    list_filter = ["answer", "outcome", "pool"]
    search_fields = ["=id", "=lead__id", "lead__name_folded"]
    ordering = ["-id"]
    inlines = [StepInline, ChecklistAnswerInline]

    @admin.display(description=_lazy("state"))
    def state(self, handoff: Handoff) -> str:
        return handoff.state


class ContactInline(ReadOnlyInline):
    model = OpportunityContact
    fields = ["lead", "role", "primary"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("lead")


@admin.register(Opportunity)
class OpportunityAdmin(ReadOnlyAdmin):
    list_display = ["name", "company", "kind", "status", "amount", "currency", "owner", "opened_at"]
    list_select_related = ["company", "owner"]
    list_filter = ["kind", "status"]
    search_fields = ["name", "=external_id"]
    ordering = ["-opened_at"]
    inlines = [ContactInline]
