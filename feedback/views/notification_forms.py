"""How a person wishes to be told."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from feedback.models import NotificationPreference


class WishForm(forms.ModelForm):
    """Mails: at once, once a day, or none; and outside of one's hours only if asked."""

    digest_hour = forms.TypedChoiceField(
        label=_("The daily mail comes at"),
        coerce=int,
        choices=[(hour, f"{hour:02d}:00") for hour in range(24)],
    )

    class Meta:
        model = NotificationPreference
        fields = ["mode", "digest_hour", "any_hour"]
        labels = {"mode": _("Mails"), "any_hour": _("Also outside of my hours")}
        widgets = {"mode": forms.RadioSelect}
