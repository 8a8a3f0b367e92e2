"""Working hours, written by who leads: weekly hours, days off, time zone, place.

Whatever changes them brings the deadlines of running clocks along (`clocks.rewriting`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from feedback import calendars, clocks
from feedback.handoffs import rights
from feedback.models import Calendar, DayOff, WorkingHours
from leads.models import User
from leads.refusals import Refused

Span = tuple[int, time, time]


@dataclass(frozen=True)
class Written:
    """The calendar as it is now, and how many running deadlines moved with it."""

    calendar: Calendar
    moved: int


@dataclass(frozen=True)
class Week:
    """What a calendar is to say. `hours` are (weekday, from, to), `days_off` (day, name)."""

    name: str
    time_zone: str
    country: str
    region: str
    hours: tuple[Span, ...]
    days_off: tuple[tuple[date, str], ...]

    @classmethod
    def of(cls, calendar: Calendar) -> Week:
        """As it is."""
        hours = calendar.hours.values_list("weekday", "starts", "ends")
        return cls(
            calendar.name,
            calendar.time_zone,
            calendar.country,
            calendar.region,
            tuple(sorted(hours)),
            tuple(sorted(calendar.days_off.values_list("date", "name"))),
        )


@transaction.atomic
def add(week: Week, *, by: User, at: datetime) -> Calendar:
    """New hours, nobody's yet. Raises Refused: not_yours, same_name, no_time, wrong_hours,
    and unknown_place for a zone or a place nobody knows."""
    _require_editor(by)
    calendar = Calendar()
    _write(calendar, week, by=by, at=at)
    return calendar


@transaction.atomic
def change(calendar: Calendar, week: Week, *, by: User, at: datetime) -> Written:
    """Other hours, and the deadlines that run on them moved along. Raises Refused as `add`."""
    _require_editor(by)
    with clocks.rewriting(at=at) as rewritten:
        calendar = Calendar.objects.select_for_update(no_key=True).get(pk=calendar.pk)
        if Week.of(calendar) == week:
            return Written(calendar, 0)
        _write(calendar, week, by=by, at=at)
    return Written(calendar, rewritten.moved)


def _write(calendar: Calendar, week: Week, *, by: User, at: datetime) -> None:
    _require_name(calendar, week.name)
    _require_time(week.hours)
    calendar.name, calendar.time_zone = week.name, week.time_zone
    calendar.country, calendar.region = week.country, week.region
    try:
        calendar.clean()
    except ValidationError as error:
        field, problems = next(iter(error.message_dict.items()))
        raise Refused("unknown_place", problems[0], field=field) from None
    calendar._history_user, calendar._history_date = by, at
    try:
        with transaction.atomic():
            calendar.save()
    except IntegrityError:  # Somebody adds hours of this name at this moment.
        raise _same_name() from None
    _replace_hours(calendar, week.hours)
    _replace_days(calendar, week.days_off)


def _replace_hours(calendar: Calendar, hours: Iterable[Span]) -> None:
    wanted = set(hours)
    for row in calendar.hours.all():
        if (row.weekday, row.starts, row.ends) in wanted:
            wanted.discard((row.weekday, row.starts, row.ends))
        else:
            row.delete()
    for weekday, starts, ends in sorted(wanted):
        WorkingHours.objects.create(calendar=calendar, weekday=weekday, starts=starts, ends=ends)


def _replace_days(calendar: Calendar, days: Iterable[tuple[date, str]]) -> None:
    wanted = dict(days)
    for row in calendar.days_off.all():
        if row.date not in wanted:
            row.delete()
        elif row.name != wanted[row.date]:
            row.name = wanted[row.date]
            row.save(update_fields=["name"])
        wanted.pop(row.date, None)
    for day, name in sorted(wanted.items()):
        DayOff.objects.create(calendar=calendar, date=day, name=name)


def _require_editor(by: User) -> None:
    if not rights.is_manager(by):
        raise Refused(
            "not_yours",
            _("Who leads sales or runs the operation sets working hours."),
            _("Ask one of them."),
            status=403,
        )


def _require_name(calendar: Calendar, name: str) -> None:
    if Calendar.objects.filter(name=name).exclude(pk=calendar.pk).exists():
        raise _same_name()


def _same_name() -> Refused:
    return Refused(
        "same_name",
        _("Other hours have this name."),
        _("Name them otherwise."),
        field="name",
    )


def _require_time(hours: Iterable[Span]) -> None:
    """A calendar without hours would work around the clock, which nobody means by clearing it."""
    spans = sorted((day, *calendars.span(*span)) for day, *span in hours)
    if not spans:
        raise Refused(
            "no_time",
            _("Without any hours, clocks would run day and night."),
            _("Give hours for at least one weekday; 0:00–24:00 is a whole day."),
            field="day0",
        )
    for day, starts, ends in spans:
        if ends <= starts:
            raise _wrong_hours(day, _("On %(day)s the end is not after the beginning."))
    for (day, _starts, ends), (next_day, starts, _ends) in pairwise(spans):
        if day == next_day and starts < ends:
            raise _wrong_hours(day, _("The hours of %(day)s overlap."))


def _wrong_hours(day: int, pattern: str) -> Refused:
    message = pattern % {"day": WorkingHours.Weekday(day).label}
    return Refused("wrong_hours", message, field=f"day{day}")
