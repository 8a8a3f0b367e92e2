"""Working hours in words: Mon–Fri 8:00–18:00, in which zone, with whose holidays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import holidays
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from feedback.models import Calendar
from feedback.models.calendars import MIDNIGHT
from leads import countries

AHEAD, MOST = timedelta(days=120), 3


@dataclass(frozen=True)
class FreeDay:
    """A day on which this calendar does not work although it is its weekday."""

    day: date
    name: str


def week(calendar: Calendar) -> str:
    """The weekly hours. `hours` are best prefetched."""
    by_day: dict[int, list[str]] = {}
    for row in sorted(calendar.hours.all(), key=lambda row: (row.weekday, row.starts)):
        by_day.setdefault(row.weekday, []).append(span(row.starts, row.ends))
    if not by_day:
        return _("around the clock")
    said = [(day, " ".join(spans)) for day, spans in sorted(by_day.items())]
    return ", ".join(_runs(said))


def span(starts: time, ends: time) -> str:
    """From and to; the end of the day is 24:00."""
    until = "24:00" if ends == MIDNIGHT else date_format(ends, "G:i")
    return f"{date_format(starts, 'G:i')}–{until}"


def place(calendar: Calendar) -> str:
    """The zone, and whose public holidays are free."""
    zone = calendar.time_zone.replace("_", " ")
    if not calendar.country:
        return _("%(zone)s, no public holidays") % {"zone": zone}
    where = countries.name(calendar.country)
    where = f"{where} ({calendar.region})" if calendar.region else where
    return _("%(zone)s, public holidays of %(place)s") % {"zone": zone, "place": where}


def next_free_days(calendar: Calendar, *, at: datetime) -> list[FreeDay]:
    """The next days off and public holidays. `hours` and `days_off` are best prefetched."""
    today = at.astimezone(ZoneInfo(calendar.time_zone)).date()
    works = {row.weekday for row in calendar.hours.all()} or set(range(7))
    found = _public(calendar, today) | {row.date: row.name for row in calendar.days_off.all()}
    days = sorted(day for day in found if today <= day <= today + AHEAD)
    return [FreeDay(day, found[day]) for day in days if day.weekday() in works][:MOST]


def _runs(said: list[tuple[int, str]]) -> Iterator[str]:
    """Days in a row with the same hours are said once."""
    numbered = enumerate(said)
    for (_shift, spans), run in groupby(numbered, lambda each: (each[1][0] - each[0], each[1][1])):
        days = [day for _number, (day, _spans) in run]
        first, last = WEEKDAYS_ABBR[days[0]], WEEKDAYS_ABBR[days[-1]]
        yield f"{first} {spans}" if len(days) == 1 else f"{first}–{last} {spans}"


def _public(calendar: Calendar, today: date) -> dict[date, str]:
    if not calendar.country:
        return {}
    years = range(today.year, (today + AHEAD).year + 1)
    try:
        found = holidays.country_holidays(
            calendar.country, subdiv=calendar.region or None, years=years
        )
    except NotImplementedError:
        return {}
    named = _in_reader_language(calendar, years)
    return {day: named.get(day, name) for day, name in found.items()}


def _in_reader_language(calendar: Calendar, years: range) -> dict[date, str]:
    """Names of holidays in the reader's language, where they are known in it."""
    language = {"en": "en_US"}.get(get_language() or "", get_language())
    place = {"subdiv": calendar.region or None, "years": years, "language": language}
    return dict(holidays.country_holidays(calendar.country, **place))
