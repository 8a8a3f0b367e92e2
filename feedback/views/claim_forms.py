"""What a rep fills in to find a lead and to claim it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from leads import identities
from leads.refusals import Refused


class AddressForm(forms.Form):
    """One e-mail address, to the letter."""

    email = forms.CharField(
        max_length=254,
        label=_("E-mail address"),
        help_text=_("The whole address. Who knows it may know that we know the person."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def clean_email(self) -> str:
        try:
            return identities.email(self.cleaned_data["email"]).value
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from refused


class ClaimForm(forms.Form):
    """Why the rep takes the lead now."""

    reason = forms.CharField(
        max_length=1000,
        label=_("Why do you take this lead now?"),
        help_text=_("Marketing reads it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
