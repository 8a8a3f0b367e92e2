"""Forms of the setup, one a step."""

from __future__ import annotations

from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from holidays import list_supported_countries

from feedback.models.calendars import MIDNIGHT
from feedback.setups import NUMBERS
from leads import countries
from leads.models import Side, User
from leads.refusals import Refused
from scoring.forms.numbers import WholeNumber

SIDES = [(side.value, side.label) for side in (Side.MARKETING, Side.SALES)]


class StepForm(forms.Form):
    """A form that can say beside its fields why a verb declined."""

    def refuse(self, refusal: Refused, field: str = "") -> None:
        wanted = field or refusal.field
        self.add_error(wanted if wanted in self.fields else None, str(refusal))


class YouForm(StepForm):
    """The first person."""

    code = forms.CharField(
        label=_lazy("Code"),
        max_length=40,
        help_text=_lazy("The terminal in which Baton was started shows it."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )
    first_name = forms.CharField(label=_lazy("First name"), max_length=150)
    last_name = forms.CharField(label=_lazy("Last name"), max_length=150)
    email = forms.EmailField(
        label=_lazy("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_lazy("Eight characters or more, and not one of the common ones."),
    )
    side = forms.ChoiceField(
        label=_lazy("I lead, and sign for"), choices=SIDES, widget=forms.RadioSelect
    )

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        names = {name: given.get(name, "") for name in ("email", "first_name", "last_name")}
        try:
            validate_password(given.get("password", ""), User(**names))
        except ValidationError as error:
            self.add_error("password", error)
        return given


class TeamsForm(StepForm):
    """What both teams are called here."""

    marketing = forms.CharField(label=_lazy("The marketing team"), max_length=80)
    sales = forms.CharField(label=_lazy("The sales team"), max_length=80)


class HoursForm(StepForm):
    """When people answer: clocks run in working time."""

    starts = forms.TimeField(label=_lazy("From"), widget=forms.TimeInput(attrs={"type": "time"}))
    ends = forms.TimeField(label=_lazy("To"), widget=forms.TimeInput(attrs={"type": "time"}))
    country = forms.ChoiceField(label=_lazy("Public holidays of"), required=False)
    time_zone = forms.ChoiceField(label=_lazy("Time zone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [code for code in list_supported_countries(include_aliases=False) if len(code) == 2]
        named = sorted((countries.name(code), code) for code in known)
        self.fields["country"].choices = [("", _("none")), *[(code, name) for name, code in named]]
        zones = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
        self.fields["time_zone"].choices = [(zone, zone.replace("_", " ")) for zone in zones]

    @staticmethod
    def usual() -> dict[str, Any]:
        zone = settings.TIME_ZONE
        country = "DE" if zone == "Europe/Berlin" else ""
        return {"starts": time(9), "ends": time(17), "time_zone": zone, "country": country}

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        starts, ends = given.get("starts"), given.get("ends")
        if starts and ends and ends <= starts and ends != MIDNIGHT:
            self.add_error("ends", _("This must be later than the beginning."))
        return given


class NumbersForm(StepForm):
    """The five numbers, each in its sentence; those the text has no place for are left out."""

    def __init__(self, *args: Any, read: dict[str, int], **kwargs: Any) -> None:
        super().__init__(*args, initial=read, **kwargs)
        for number in NUMBERS:
            if number.key in read:
                self.fields[number.key] = WholeNumber(
                    label=number.before, min_value=number.least, max_value=number.most
                )

    def sentences(self) -> list[tuple[forms.BoundField, Any]]:
        return [(self[each.key], each) for each in NUMBERS if each.key in self.fields]

    def field_at(self, path: str) -> str:
        """Which of the five is at fault, by the path a refusal names."""
        named = (each.key for each in NUMBERS if each.key in path.split("."))
        section = path.split(".")[0]
        by_section = (each.key for each in NUMBERS if each.section == section)
        return next(named, next(by_section, ""))


class InvitationForm(StepForm):
    """Who leads the other side."""

    first_name = forms.CharField(label=_lazy("First name"), max_length=150)
    last_name = forms.CharField(label=_lazy("Last name"), max_length=150)
    email = forms.EmailField(label=_lazy("E-mail"), max_length=254)

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()
