"""Forms of people: signing in, and what they choose for themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from leads.models import User


class SignInForm(AuthenticationForm):
    """E-mail and password. The address is folded first: lockouts count per account."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": _("E-mail and password don't belong together. Check both and try again."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget = forms.EmailInput(
            attrs={"autocomplete": "username", "autofocus": True, "maxlength": 254}
        )

    def clean_username(self) -> str:
        return self.cleaned_data["username"].strip().lower()


class PreferencesForm(forms.ModelForm):
    """The language and the look a person works in."""

    language = forms.ChoiceField(label=_("Language"), required=False)

    class Meta:
        model = User
        fields = ["language", "theme"]
        labels = {"theme": _("Look")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", _("As the browser asks")), *_own_names()]


def _own_names() -> list[tuple[str, str]]:
    """Each language by the name its speakers give it."""
    return [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES]
