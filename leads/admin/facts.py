"""What happened, to read: leads and what they did are written by Baton's verbs alone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from leads import events
from leads.admin.pages import FoldedSearch, ReadOnlyAdmin, ReadOnlyInline
from leads.models import (
    Activity,
    Company,
    Event,
    Identity,
    Import,
    Lead,
    LeadChange,
    Quarantine,
    Touch,
)


class IdentityInline(ReadOnlyInline):
    model = Identity
    fields = ["kind", "source", "value"]


@admin.register(Lead)
class LeadAdmin(FoldedSearch, ReadOnlyAdmin):
    list_display = ["name", "email", "company_name", "owner", "created_at"]
    list_select_related = ["owner"]
    search_fields = ["name_folded", "email", "company_name_folded"]
    search_help_text = _lazy("Name, e-mail or company")
    ordering = ["-created_at"]
    inlines = [IdentityInline]


@admin.register(Company)
class CompanyAdmin(FoldedSearch, ReadOnlyAdmin):
    list_display = ["name", "domain", "owner"]
    list_select_related = ["owner"]
    search_fields = ["name_folded", "domain"]


@admin.register(LeadChange)
class LeadChangeAdmin(ReadOnlyAdmin):
    list_display = ["lead", "source", "by", "known_at", "recorded_at"]
    list_select_related = ["lead", "by"]
    search_fields = ["=lead__id", "source"]
    ordering = ["-id"]


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    list_display = ["lead", "type", "channel", "campaign", "occurred_at", "source"]
    list_select_related = ["lead", "type", "channel", "campaign"]
    search_fields = ["=lead__id", "=external_id"]
    ordering = ["-id"]


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnlyAdmin):
    list_display = ["activity_id", "cause", "detail", "at", "by"]
    list_select_related = ["by"]
    list_filter = ["cause"]
    search_fields = ["=activity__lead__id"]
    ordering = ["-id"]


@admin.register(Touch)
class TouchAdmin(ReadOnlyAdmin):
    list_display = ["lead", "kind", "outcome", "by", "occurred_at"]
    list_select_related = ["lead", "by"]
    search_fields = ["=lead__id"]
    ordering = ["-id"]


class Delivery(admin.SimpleListFilter):
    """Which of the events were delivered, and which failed for good."""

    title = _lazy("delivery")
    parameter_name = "delivery"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("failing", _lazy("tried again")), ("set_aside", _lazy("set aside"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "set_aside":
            return queryset.filter(pk__in=events.set_aside())
        if self.value() == "failing":
            failing = queryset.filter(delivered_at=None, attempts__gt=0)
            return failing.exclude(pk__in=events.set_aside())
        return queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["kind", "lead", "actor", "at", "delivered_at", "attempts", "problem"]
    list_filter = [Delivery]
    list_select_related = ["lead", "actor"]
    actions = ["deliver_again"]
    search_fields = ["=lead__id", "kind"]
    ordering = ["-id"]

    @admin.action(description=_lazy("Try to deliver again what was set aside"))
    def deliver_again(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        number = events.retry(queryset.values_list("pk", flat=True))
        notice = ngettext("%(n)s event is tried again.", "%(n)s events are tried again.", number)
        self.message_user(request, notice % {"n": number})


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = ["file_name", "kind", "mode", "source", "by", "started_at", "finished_at"]
    list_select_related = ["by"]
    list_filter = ["kind", "mode"]
    search_fields = ["file_name", "source"]
