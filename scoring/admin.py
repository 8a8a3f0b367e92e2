"""The agreement and the way of leads through it, to read: they are written by verbs alone."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from leads.admin.pages import ReadOnlyAdmin, ReadOnlyInline
from scoring.models import AgreementVersion, Reason, RescoreRun, Signature, Stage, StageEntry


class SignatureInline(ReadOnlyInline):
    model = Signature
    fields = ["side", "user", "sha256", "proposal", "signed_at"]


@admin.register(AgreementVersion)
class AgreementVersionAdmin(ReadOnlyAdmin):
    list_display = ["number", "status", "created_by", "created_at", "in_force_at", "superseded_at"]
    list_filter = ["status"]
    list_select_related = ["created_by"]
    inlines = [SignatureInline]


@admin.register(Signature)
class SignatureAdmin(ReadOnlyAdmin):
    list_display = ["version", "side", "user", "proposal", "signed_at"]
    list_filter = ["side"]
    list_select_related = ["version", "user"]


@admin.register(RescoreRun)
class RescoreRunAdmin(ReadOnlyAdmin):
    list_display = ["version", "started_at", "finished_at", "paused_at", "paused_by"]
    list_select_related = ["version", "paused_by"]


@admin.register(Stage)
class StageAdmin(ReadOnlyAdmin):
    list_display = ["name", "key", "kind", "side", "position", "retired"]
    list_filter = ["retired", "kind", "side"]


@admin.register(Reason)
class ReasonAdmin(ReadOnlyAdmin):
    list_display = ["label", "key", "group", "position", "retired"]
    list_filter = ["retired", "group"]


@admin.register(StageEntry)
class StageEntryAdmin(ReadOnlyAdmin):
    list_display = ["lead", "stage", "previous", "cause", "at", "version", "by"]
    list_filter = ["cause", "stage"]
    list_select_related = ["lead", "stage", "previous", "version", "by"]
    date_hierarchy = "at"
    search_fields = ["lead__name_folded"]
    search_help_text = _("A lead's name.")
