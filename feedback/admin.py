"""The administration of working time and pools; rules, handoffs and deals are read here."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

import holidays
from django import forms
from django.contrib import admin, messages
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from feedback import calendars, clocks
from feedback.models import (
    Absence,
    Calendar,
    ChecklistAnswer,
    DayOff,
    Handoff,
    HandoffEvent,
    Opportunity,
    OpportunityContact,
    Pool,
    PoolMember,
    RoutingRule,
    WorkingHours,
)
from leads.admin.pages import (
    ConfigurationAdmin,
    FoldedSearch,
    ReadOnlyAdmin,
    ReadOnlyInline,
)
from leads.clock import database_now
from leads.models import Side, User
from leads.nudges import nudge


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


class HoursForm(forms.ModelForm):
    """Hours that end after they begin."""

    class Meta:
        model = WorkingHours
        fields = ["weekday", "starts", "ends"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if {"starts", "ends"} <= cleaned.keys():
            begin, end = calendars.span(cleaned["starts"], cleaned["ends"])
            if end <= begin:
                self.add_error("ends", _("These hours end before they begin."))
        return cleaned


class HoursFormSet(forms.BaseInlineFormSet):
    """The hours of a day don't overlap."""

    def clean(self) -> None:
        super().clean()
        given = [form.cleaned_data for form in self.forms if _is_kept(form)]
        spans = sorted(
            (row["weekday"], *calendars.span(row["starts"], row["ends"])) for row in given
        )
        for (day, _start, end), (next_day, start, _end) in pairwise(spans):
            if day == next_day and start < end:
                weekday = WorkingHours.Weekday(day).label
                raise forms.ValidationError(_("The hours of %(day)s overlap.") % {"day": weekday})


def _is_kept(form: ModelForm) -> bool:
    row = getattr(form, "cleaned_data", {})
    return {"weekday", "starts", "ends"} <= row.keys() and not row.get("DELETE")


class WorkingHoursInline(admin.TabularInline):
    model = WorkingHours
    form = HoursForm
    formset = HoursFormSet
    extra = 0
    # Times of a week, of no day: “Now”, and what the server's clock says, mean nothing here.
    formfield_overrides = {models.TimeField: {"widget": forms.TimeInput(format="%H:%M")}}


class DayOffInline(admin.TabularInline):
    model = DayOff
    extra = 0


class WorkingTimeAdmin(ConfigurationAdmin):
    """What decides when people work: with a change of it the deadlines that run move along."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        with clocks.rewriting(at=database_now()) as rewritten:
            response = super().changeform_view(request, *args, **kwargs)
        nudge("feedback.tasks.carry_over")
        if number := rewritten.left:
            said = ngettext(
                "%(n)s running deadline follows by and by.",
                "%(n)s running deadlines follow by and by.",
                number,
            )
            messages.info(request, said % {"n": number})
        if number := rewritten.moved:
            said = ngettext(
                "%(n)s running deadline moved along.",
                "%(n)s running deadlines moved along.",
                number,
            )
            messages.info(request, said % {"n": number})
        return response


@admin.register(Calendar)
class CalendarAdmin(WorkingTimeAdmin):
    """Working time; saved as new it is a copy, for a rep's own hours."""

    form = CalendarForm
    save_as = True
    list_display = ["name", "time_zone", "country", "region"]
    search_fields = ["name"]
    inlines = [WorkingHoursInline, DayOffInline]


class ShownOnlyAdmin(WorkingTimeAdmin):
    """Writes what the page shows and somebody changed there, and nothing else of the rows: whose
    turn it is moves on meanwhile."""

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        obj.save(update_fields=form.changed_data if change else None)

    def save_formset(
        self, request: HttpRequest, form: ModelForm, formset: Any, change: bool
    ) -> None:
        formset.save(commit=False)
        for row in formset.deleted_objects:
            row.delete()
        for row, changed in formset.changed_objects:
            row.save(update_fields=changed)
        for row in formset.new_objects:
            row.save()


class PoolMemberInline(admin.TabularInline):
    model = PoolMember
    extra = 0
    fields = ["user", "on_duty", "capacity", "daily_capacity", "weight", "calendar"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(team__side=Side.SALES, is_active=True)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.choices = list(field.choices)  # Asked for once, not once a row.
        return field

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("pool", "user", "calendar")


@admin.register(Pool)
class PoolAdmin(ShownOnlyAdmin):
    list_display = ["name", "team", "calendar", "position"]
    list_select_related = ["team", "calendar"]
    search_fields = ["name"]
    inlines = [PoolMemberInline]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "team":
            kwargs["queryset"] = db_field.related_model.objects.filter(side=Side.SALES)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Absence)
class AbsenceAdmin(ReadOnlyAdmin):
    """Entered on the pages of duty, by reps themselves or by who leads them."""

    list_display = ["user", "first_day", "last_day", "entered_by", "entered_at"]
    list_select_related = ["user", "entered_by"]
    ordering = ["-first_day", "-id"]


@admin.register(RoutingRule)
class RoutingRuleAdmin(ReadOnlyAdmin):
    """Written on the pages of routing, with their history."""

    list_display = ["position", "name", "active", "pool", "strategy"]
    list_display_links = ["name"]
    list_select_related = ["pool"]


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
class HandoffAdmin(FoldedSearch, ReadOnlyAdmin):
    list_display = ["id", "lead", "state", "pool", "owner", "score", "opened_at", "due_at"]
    list_display_links = ["id", "lead"]
    list_select_related = ["lead", "pool", "owner"]
    list_filter = ["answer", "outcome", "pool"]
    search_fields = ["=id", "=lead__id", "lead__name_folded"]
    ordering = ["-id"]
    inlines = [StepInline, ChecklistAnswerInline]

    @admin.display(description=_lazy("state"))
    def state(self, handoff: Handoff) -> str:
        return handoff.state_label


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
