"""Working time: weekly hours in a time zone, public holidays, days off."""

from __future__ import annotations

from datetime import time
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from holidays import list_supported_countries
from simple_history.models import HistoricalRecords


class Calendar(models.Model):
    """Working time of a pool. `country` and `region` choose the public holidays (ISO 3166)."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=60, default="Europe/Berlin")
    country = models.CharField(_("country"), max_length=2, blank=True)
    region = models.CharField(_("region"), max_length=6, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """The zone and the place must be known: without them working time means something else."""
        if self.time_zone not in available_timezones():
            raise ValidationError({"time_zone": _("There is no such time zone.")})
        countries = list_supported_countries(include_aliases=False)
        if self.country and self.country not in countries:
            raise ValidationError({"country": _("Public holidays of this country are unknown.")})
        if self.region and self.region not in countries.get(self.country, []):
            raise ValidationError({"region": _("This country has no such region.")})


MIDNIGHT = time(0)


class WorkingHours(models.Model):
    """One interval of a weekday in local wall-clock time. Several a day are fine. One that ends at
    midnight ends with the day."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("to"), help_text=_("0:00: up to midnight."))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        ordering = ["weekday", "starts"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")) | Q(ends=MIDNIGHT), name="hours_end_after_start"
            ),
        ]

    def __str__(self) -> str:
        ends = "24:00" if self.ends == MIDNIGHT else f"{self.ends:%H:%M}"
        return f"{self.get_weekday_display()} {self.starts:%H:%M}–{ends}"


class DayOff(models.Model):
    """A day on which nobody of this calendar works."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="days_off")
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=80, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("day off")
        verbose_name_plural = _("days off")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "date"], name="day_off_once"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}".strip()
