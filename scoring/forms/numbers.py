"""Whole numbers, refused in our own words."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy


class WholeNumber(forms.IntegerField):
    """A whole number between `min_value` and `max_value`."""

    default_error_messages = {
        "invalid": gettext_lazy("Give a whole number."),
        "min_value": gettext_lazy("At least %(limit_value)s."),
        "max_value": gettext_lazy("At most %(limit_value)s."),
    }
