"""How an opportunity ended."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _


class WinForm(forms.Form):
    """The opportunity was won, with amount or without."""

    amount = forms.DecimalField(
        required=False,
        min_value=Decimal("0.01"),
        max_digits=14,
        decimal_places=2,
        label=_("Amount in euro, if known"),
    )


class LossForm(forms.Form):
    """The opportunity was lost."""

    because = forms.CharField(max_length=200, label=_("Lost because"))
