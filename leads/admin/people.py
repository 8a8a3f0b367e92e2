"""People, their teams and their keys to the API."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from leads import tokens
from leads.admin.pages import ConfigurationAdmin
from leads.models import ApiToken, Team, User
from leads.refusals import Refused

admin.site.unregister(Group)  # What people may do follows from their team.


class PersonCreationForm(AdminUserCreationForm):
    """A new person. E-mail addresses are folded."""

    class Meta:
        model = User
        fields = ["email", "first_name", "last_name", "team", "leads_team"]

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class PersonForm(UserChangeForm):
    """A person. E-mail addresses are folded."""

    class Meta:
        model = User
        fields = "__all__"

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


@admin.register(User)
class PersonAdmin(ConfigurationAdmin, UserAdmin):
    """People leave by being made inactive: what they did keeps their name."""

    form = PersonForm
    add_form = PersonCreationForm
    list_display = ["email", "full_name", "team", "leads_team", "is_active", "is_superuser"]
    list_filter = ["team", "leads_team", "is_active", "is_superuser"]
    list_select_related = ["team"]
    search_fields = ["email", "first_name", "last_name"]
    ordering = ["email"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "password", "first_name", "last_name"]}),
        (_lazy("Work"), {"fields": ["team", "leads_team"]}),
        (_lazy("Access"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_lazy("Look"), {"fields": ["language", "theme"]}),
        (_lazy("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "usable_password", "password1", "password2"]}),
        (_lazy("Work"), {"fields": ["first_name", "last_name", "team", "leads_team"]}),
    ]

    @admin.display(description=_lazy("name"), ordering="last_name")
    def full_name(self, person: User) -> str:
        return person.get_full_name()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Team)
class TeamAdmin(ConfigurationAdmin):
    list_display = ["name", "side", "people_count"]
    list_filter = ["side"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).annotate(people_count=Count("people"))

    @admin.display(description=_lazy("people"), ordering="people_count")
    def people_count(self, team: Team) -> int:
        return team.people_count


class TokenForm(forms.ModelForm):
    """Whose key, and what for."""

    class Meta:
        model = ApiToken
        fields = ["user", "label"]

    def clean_user(self) -> User:
        if not self.cleaned_data["user"].is_active:
            raise forms.ValidationError(_("This person may no longer sign in."))
        return self.cleaned_data["user"]


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Tokens are made and revoked, never edited or removed."""

    form = TokenForm
    list_display = ["prefix", "user", "label", "created_at", "last_used_at", "revoked_at"]
    list_filter = ["revoked_at"]
    list_select_related = ["user"]
    search_fields = ["prefix", "label", "user__email"]
    autocomplete_fields = ["user"]
    actions = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[str]:
        if obj is None:
            return ["user", "label"]
        return ["prefix", "user", "label", "created_at", "last_used_at", "revoked_at"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def save_model(
        self, request: HttpRequest, obj: ApiToken, form: ModelForm, change: bool
    ) -> None:
        token, plain = tokens.issue(obj.user, label=obj.label, at=timezone.now(), by=request.user)
        obj.pk = token.pk
        obj.refresh_from_db()
        notice = _("Copy this token now, it is not shown again: %(token)s")
        messages.warning(request, notice % {"token": plain})

    @admin.action(description=_lazy("Revoke the selected tokens"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, selected: QuerySet[ApiToken]) -> None:
        for token in selected.select_related("user"):
            try:
                tokens.revoke(token, by=request.user, at=timezone.now())
            except Refused as refused:
                messages.error(request, f"{token}: {refused}")
            else:
                messages.success(request, _("%(token)s is revoked.") % {"token": token})
