"""Days and hours in words."""

from __future__ import annotations

from django import template

from feedback import absences, workweek_words
from feedback.models import Absence, Calendar

register = template.Library()


@register.filter
def days(absence: Absence) -> str:
    """From when to when somebody is away."""
    return absences.days(absence)


@register.filter
def week(calendar: Calendar) -> str:
    """Weekly hours: Mon–Fri 8:00–18:00."""
    return workweek_words.week(calendar)


@register.filter
def place(calendar: Calendar) -> str:
    """The zone, and whose public holidays are free."""
    return workweek_words.place(calendar)
