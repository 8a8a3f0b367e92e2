"""The agreement and the way of leads through it, to read: they are written by verbs alone."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leads.admin.pages import ConfigurationAdmin, FoldedSearch, ReadOnlyAdmin, ReadOnlyInline
from scoring.models import (
    AgreementVersion,
    Calibration,
    CalibrationLead,
    Comment,
    Freeze,
    Objection,
    Reason,
    RescoreRun,
    Signature,
    Stage,
    StageEntry,
    Thread,
    TrialAnswer,
)

LONGEST_YEARLY = 335


class SignatureInline(ReadOnlyInline):
    model = Signature
    fields = ["side", "user", "sha256", "proposal", "signed_at", "reservation"]


class ObjectionInline(ReadOnlyInline):
    model = Objection
    fields = ["side", "user", "proposal", "at", "reason"]


class TrialAnswerInline(ReadOnlyInline):
    model = TrialAnswer
    fields = ["side", "user", "answer", "at"]


@admin.register(AgreementVersion)
class AgreementVersionAdmin(ReadOnlyAdmin):
    list_display = ["number", "status", "created_by", "created_at", "in_force_at", "superseded_at"]
    list_filter = ["status"]
    list_select_related = ["created_by"]
    inlines = [SignatureInline, ObjectionInline, TrialAnswerInline]


@admin.register(Signature)
class SignatureAdmin(ReadOnlyAdmin):
    list_display = ["version", "side", "user", "proposal", "signed_at"]
    list_filter = ["side"]
    list_select_related = ["version", "user"]


@admin.register(Objection)
class ObjectionAdmin(ReadOnlyAdmin):
    list_display = ["version", "side", "user", "proposal", "at", "reason"]
    list_filter = ["side"]
    list_select_related = ["version", "user"]


class CommentInline(ReadOnlyInline):
    model = Comment
    fields = ["by", "at", "text"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("by")


@admin.register(Thread)
class ThreadAdmin(ReadOnlyAdmin):
    list_display = ["version", "section", "clause", "opened_by", "opened_at", "resolved_at"]
    list_select_related = ["version", "opened_by"]
    inlines = [CommentInline]


class CalibrationLeadInline(ReadOnlyInline):
    model = CalibrationLead
    fields = ["position", "lead", "handed_over", "total"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("lead")


@admin.register(Calibration)
class CalibrationAdmin(ReadOnlyAdmin):
    """Rounds of “Is this a lead?” and what was put to the vote. Who voted how is shown in the
    room alone: it is secret until the round is closed."""

    list_display = ["opened_at", "version", "stage", "opened_by", "closed_at"]
    list_select_related = ["version", "opened_by"]
    exclude = ["body", "code"]
    inlines = [CalibrationLeadInline]


class FreezeForm(forms.ModelForm):
    """Days that end after they begin; what comes again each year leaves days in between."""

    class Meta:
        model = Freeze
        fields = ["name", "starts_on", "ends_on", "yearly"]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        first, last = given.get("starts_on"), given.get("ends_on")
        if not first or not last:
            return given
        if last < first:
            self.add_error("ends_on", _("The last day comes before the first. Choose a later one."))
        elif given.get("yearly") and (last - first).days >= LONGEST_YEARLY:
            problem = _("Each year needs a month without a freeze. Choose an earlier day.")
            self.add_error("ends_on", problem)
        return given


@admin.register(Freeze)
class FreezeAdmin(ConfigurationAdmin):
    """Days on which no version takes effect. What was signed then waits for the day after."""

    form = FreezeForm
    list_display = ["name", "starts_on", "ends_on", "yearly"]


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
class StageEntryAdmin(FoldedSearch, ReadOnlyAdmin):
    list_display = ["lead", "stage", "previous", "cause", "at", "version", "by"]
    list_filter = ["cause", "stage"]
    list_select_related = ["lead", "stage", "previous", "version", "by"]
    date_hierarchy = "at"
    search_fields = ["lead__name_folded"]
    search_help_text = _("A lead's name.")
