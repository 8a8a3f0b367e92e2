"""Lead fields, channels, campaigns, kinds of activities, and who the reps of a source are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from leads import channels, fields, reps
from leads.admin.pages import ConfigurationAdmin
from leads.models import ActivityType, Attribute, Campaign, Channel, UnmappedOwner
from leads.nudges import nudge
from leads.refusals import Refused


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        lines = value if isinstance(value, list) else (value or "").splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)


class AttributeForm(forms.ModelForm):
    """A lead field, which the registry has to agree to."""

    choices = LinesField(
        label=_lazy("choices"), required=False, help_text=_lazy("For a choice: one a line.")
    )

    class Meta:
        model = Attribute
        fields = ["label", "key", "type", "choices", "purpose"]

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.errors:
            return
        try:
            fields.check(self.instance)
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, str(refused))


@admin.register(Attribute)
class AttributeAdmin(ConfigurationAdmin):
    """Lead fields. One that an agreement names, or that holds values, keeps its type and stays."""

    form = AttributeForm
    fields = ["label", "key", "type", "choices", "purpose", "bound"]
    list_display = ["label", "key", "type", "in_use", "purpose"]
    list_filter = ["type", "in_use"]
    search_fields = ["label", "key"]
    prepopulated_fields = {"key": ["label"]}
    readonly_fields = ["bound"]
    key_fields = ("key",)

    def get_readonly_fields(self, request: HttpRequest, obj: Attribute | None = None) -> Any:
        readonly = super().get_readonly_fields(request, obj)
        return (*readonly, "type") if obj and _why_bound(obj) else readonly

    @admin.display(description=_lazy("may be changed"))
    def bound(self, attribute: Attribute) -> str:
        why = _why_bound(attribute) if attribute.pk else ""
        return why or _("Type and choices may change, and the field may be deleted.")

    def save_model(
        self, request: HttpRequest, obj: Attribute, form: ModelForm, change: bool
    ) -> None:
        fields.save(obj)

    def delete_model(self, request: HttpRequest, obj: Attribute) -> None:
        fields.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Attribute]) -> None:
        for attribute in queryset:
            fields.remove(attribute)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        doomed, counts, missing, protected = super().get_deleted_objects(objs, request)
        return doomed, counts, missing, [*protected, *filter(None, map(_why_bound, objs))]


def _why_bound(attribute: Attribute) -> str:
    try:
        fields.check_removal(attribute)
    except Refused as refused:
        return str(refused)
    return ""


@admin.register(Channel)
class ChannelAdmin(ConfigurationAdmin):
    list_display = ["name", "key", "kind"]
    list_filter = ["kind"]
    search_fields = ["name", "key"]
    prepopulated_fields = {"key": ["name"]}
    key_fields = ("key",)

    def save_model(self, request: HttpRequest, obj: Channel, form: ModelForm, change: bool) -> None:
        channels.save(obj, at=timezone.now())
        nudge("scoring.tasks.rescore_stale")


@admin.register(Campaign)
class CampaignAdmin(ConfigurationAdmin):
    list_display = ["name", "key", "goal", "channel", "cost", "starts_on", "ends_on"]
    list_filter = ["goal", "channel"]
    list_select_related = ["channel"]
    search_fields = ["name", "key"]
    prepopulated_fields = {"key": ["name"]}
    key_fields = ("key",)


@admin.register(ActivityType)
class ActivityTypeAdmin(ConfigurationAdmin):
    list_display = ["name", "key"]
    search_fields = ["name", "key"]
    prepopulated_fields = {"key": ["name"]}
    key_fields = ("key",)


@admin.register(UnmappedOwner)
class UnmappedOwnerAdmin(admin.ModelAdmin):
    """Names of reps that came in with an export: say here who they are."""

    list_display = ["name", "source", "user"]
    list_filter = ["source"]
    list_select_related = ["user"]
    search_fields = ["name"]
    autocomplete_fields = ["user"]
    readonly_fields = ["source", "name"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: UnmappedOwner, form: ModelForm, change: bool
    ) -> None:
        if obj.user is None:
            obj.save()
            return
        given = reps.map_to(obj, obj.user)
        notice = ngettext(
            "%(user)s owns %(count)s lead of this name now.",
            "%(user)s owns %(count)s leads of this name now.",
            given,
        )
        messages.info(request, notice % {"user": obj.user, "count": given})
