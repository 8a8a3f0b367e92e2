"""Kinds of pages in the administration: what is set up here, and what is only read here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from leads.folding import fold


class ConfigurationAdmin(SimpleHistoryAdmin):
    """What administrators set up. Every change is kept; a correction is a change of its own."""

    key_fields: tuple[str, ...] = ()  # Agreements name these: they stay as they were added.

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        readonly = super().get_readonly_fields(request, obj)
        return (*readonly, *self.key_fields) if obj else readonly

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj else super().get_prepopulated_fields(request, obj)


class LookedAt:
    """A page or an inline to read: what stands here is written by Baton's verbs alone."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(LookedAt, admin.ModelAdmin):
    """A list and its pages, to read."""

    show_full_result_count = False
    actions = None


class FoldedSearch:
    """A list that is searched by names as they are stored beside: without case and accents."""

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, term: str) -> Any:
        return super().get_search_results(request, queryset, fold(term))


class ReadOnlyInline(LookedAt, admin.TabularInline):
    """Rows of a page, to read."""

    extra = 0
