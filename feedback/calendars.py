"""Working time, computed on UTC intervals.

A moment is working time when the wall clock of the calendar's zone stands within the hours of
its weekday, on a day that is neither a public holiday nor a day off. So, around a clock change:
a local time that does not exist begins or ends at the change itself, and a local time that
comes twice counts twice. A calendar without any hours works around the clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

from feedback.models import Calendar

DAY = timedelta(days=1)
STRIDE = timedelta(days=14)


class Interval(NamedTuple):
    """From `start` up to, not including, `end`; both in UTC."""

    start: datetime
    end: datetime


def working_intervals(calendar: Calendar, start: datetime, end: datetime) -> list[Interval]:
    """The working time within [start, end), in order, without overlaps."""
    return list(_intervals(_Rules(calendar), start.astimezone(UTC), end.astimezone(UTC)))


def add_working_minutes(calendar: Calendar, start: datetime, minutes: int) -> datetime:
    """The first moment (UTC) by which `minutes` of working time have passed since `start`."""
    rules = _Rules(calendar)
    since, left = start.astimezone(UTC), timedelta(minutes=minutes)
    while left:
        for interval in _intervals(rules, since, since + STRIDE):
            worked = interval.end - interval.start
            if worked >= left:
                return interval.start + left
            left -= worked
        since += STRIDE
    return since


def working_seconds(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Whole seconds of working time within [start, end); 0 when `end` is not after `start`."""
    intervals = working_intervals(calendar, start, end)
    return sum((i.end - i.start for i in intervals), timedelta()) // timedelta(seconds=1)


def is_working(calendar: Calendar, at: datetime) -> bool:
    """Whether `at` is working time."""
    return bool(working_intervals(calendar, at, at + timedelta(microseconds=1)))


class _Rules:
    """What a calendar says, read once."""

    def __init__(self, calendar: Calendar) -> None:
        self.zone = ZoneInfo(calendar.time_zone)
        self.place = (calendar.country, calendar.region)
        self.days_off = {day.date for day in calendar.days_off.all()}
        self._hours = [(h.weekday, h.starts, h.ends) for h in calendar.hours.all()]

    @cached_property
    def week(self) -> list[list[tuple[timedelta, timedelta]]]:
        """Per weekday, from and to since midnight, without overlaps."""
        if not self._hours:
            return [[(timedelta(), DAY)]] * 7
        return [_merged([h[1:] for h in self._hours if h[0] == day]) for day in range(7)]

    def of(self, day: date) -> list[tuple[timedelta, timedelta]]:
        free = day in self.days_off or day in _public_holidays(*self.place, day.year)
        return [] if free else self.week[day.weekday()]


def _merged(hours: list[tuple[time, time]]) -> list[tuple[timedelta, timedelta]]:
    merged: list[tuple[timedelta, timedelta]] = []
    for starts, ends in sorted((_since_midnight(a), _since_midnight(b)) for a, b in hours):
        if merged and starts <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(ends, merged[-1][1]))
        else:
            merged.append((starts, ends))
    return merged


def _since_midnight(moment: time) -> timedelta:
    return datetime.combine(date.min, moment) - datetime.combine(date.min, time())


@cache
def _public_holidays(country: str, region: str, year: int) -> frozenset[date]:
    """None where the place is unknown; whoever enters a calendar is told (`Calendar.clean`)."""
    try:
        found = holidays.country_holidays(country, subdiv=region or None, years=year)
    except NotImplementedError:
        return frozenset()
    return frozenset(found)


def _intervals(rules: _Rules, start: datetime, end: datetime) -> Iterator[Interval]:
    for since, until, offset in _offsets(rules.zone, start, end):
        midnight = datetime.combine((since + offset).date(), time(), UTC) - offset
        while midnight < until:
            for starts, ends in rules.of((midnight + offset).date()):
                begin, finish = max(since, midnight + starts), min(until, midnight + ends)
                if begin < finish:
                    yield Interval(begin, finish)
            midnight += DAY


def _offsets(
    zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """[start, end) cut where the zone's offset from UTC changes, each piece with its offset."""
    since = start
    while since < end:
        offset, until = _offset(zone, since), since
        while until < end and _offset(zone, until) == offset:
            known, until = until, min(until + DAY, end)
        if _offset(zone, until) != offset:
            until = _change(zone, known, until)
        yield since, until, offset
        since = until


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first moment with the new offset. Clocks change at whole seconds of UTC."""
    offset = _offset(zone, before)
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)
