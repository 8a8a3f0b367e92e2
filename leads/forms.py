"""Forms of people: signing in, and what they choose for themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from leads import invitations
from leads.models import Team, User
from leads.refusals import Refused


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


class ChosenPassword(SetPasswordForm):
    """A password of one's own, typed twice, with what it must be in one line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = _(
            "Eight characters or more, and not one of the common ones."
        )
        self.fields["new_password2"].help_text = ""
        self.fields["new_password2"].label = _("The same password again")


class OtherPassword(ChosenPassword, PasswordChangeForm):
    """Another password instead of the old one: no field of it takes the focus of its page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)


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


class InvitationForm(forms.Form):
    """Whom to invite, and into which team. Who may say so names who signs for a side."""

    email = forms.EmailField(label=_("E-mail"), max_length=254)
    first_name = forms.CharField(label=_("First name"), max_length=150)
    last_name = forms.CharField(label=_("Last name"), max_length=150)
    team = forms.ModelChoiceField(Team.objects.none(), label=_("Team"), empty_label=None)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = invitations.teams_of(by)

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()

    def refuse(self, refusal: Refused) -> None:
        """Say beside the field why the verb declined."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))


def _own_names() -> list[tuple[str, str]]:
    """Each language by the name its speakers give it."""
    return [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES]
