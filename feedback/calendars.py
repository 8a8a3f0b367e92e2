"""Working time, computed on UTC intervals.

A moment is working time when the wall clock of the calendar's zone stands within the hours of
its weekday, on a day that is neither a public holiday nor a day off. So, around a clock change:
a local time that does not exist begins or ends at the change itself, and a local time that
comes twice counts twice. A calendar without any hours works around the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import holidays
from django.db import connection
from django.db.models import (
    DateField,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    TimeField,
    Value,
    prefetch_related_objects,
)
from django.db.models.functions import JSONObject

from feedback.models import Calendar, DayOff, Handoff, PoolMember, WorkingHours
from feedback.models.calendars import MIDNIGHT
from feedback.models.handoffs import HandoffQuerySet
from feedback.statements import Kept
from leads.prepared import Among, Blank

DAY = timedelta(days=1)
STRIDE = timedelta(days=14)
# Number of the advisory lock behind which changes of working time, and deadlines, take turns.
CHANGES = 0x484F5552
# Of a row that does not say whether its owner has own hours.
UNKNOWN = -1
# What there is to know of a calendar besides its hours and days off.
CALENDAR = ("id", "name", "time_zone", "country", "region")


# Of a calendar: hours of a weekday, from and to; or a day off.
Row = tuple[int | None, time | None, time | None, date | None]


class Interval(NamedTuple):
    """From `start` up to, not including, `end`; both in UTC."""

    start: datetime
    end: datetime


def hold() -> None:
    """Nobody changes working time until the transaction ends. Before hours are read of which a
    deadline is made: else it might be one of hours that are gone by the time it is written. Any
    number hold it at once; whoever changes hours waits for all of them. On SQLite we are the one
    writer."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [CHANGES])


def of(handoff: Handoff) -> Calendar:
    """In whose working time a handoff's clock runs: in the own hours of its owner, if they have
    any in its pool, else in the pool's. Marketing's clock runs in the pool's."""
    if handoff.clock == Handoff.Clock.ANSWER_RETURN or handoff.owner_id is None:
        return handoff.pool.calendar
    if "own_hours" not in handoff.__dict__:
        found = _with_own_hours().filter(pool=handoff.pool_id, user=handoff.owner_id)
        member = found.first()
        return member.calendar if member else handoff.pool.calendar
    return handoff.__dict__["own_hours"] or handoff.pool.calendar


def prepare(handoffs: Sequence[Handoff]) -> None:
    """Read for many handoffs at once what their working time asks for: two queries for a list that
    has its `pool__calendar`, however long. For rows that are only read: they do not learn of a new
    owner, nor of other hours. Where all rows bring `own_calendar` (`with_own_calendar`) it is one.
    """
    prefetch_related_objects(handoffs, "pool__calendar")
    own = _own_calendars(handoffs)
    shared: dict[int, Calendar] = {}
    for handoff in handoffs:
        calendar = own.get((handoff.pool_id, handoff.owner_id))
        handoff.own_hours = calendar and shared.setdefault(calendar.pk, calendar)
        calendar = handoff.pool.calendar
        handoff.pool.calendar = shared.setdefault(calendar.pk, calendar)
    rows = _rows(shared)
    for pk, calendar in shared.items():
        calendar.working_time = WorkingTime(calendar, rows[pk])


def with_own_calendar(found: HandoffQuerySet) -> HandoffQuerySet:
    """Rows that know their owner's own calendar, if any, without another query."""
    member = PoolMember.objects.filter(pool=OuterRef("pool"), user=OuterRef("owner"))
    said = JSONObject(**{name: f"calendar__{name}" for name in CALENDAR})
    own = member.filter(calendar__isnull=False).values(said=said)[:1]
    return found.annotate(own_calendar=Subquery(own))


def _own_calendars(handoffs: Sequence[Handoff]) -> dict[tuple[int, int | None], Calendar]:
    """By pool and owner, the calendars of those who have own hours."""
    known = [(h, h.__dict__.get("own_calendar", UNKNOWN)) for h in handoffs]
    if not any(own == UNKNOWN for _handoff, own in known):
        return {(h.pool_id, h.owner_id): Calendar(**own) for h, own in known if own}
    owners = {handoff.owner_id for handoff in handoffs} - {None}
    members = _with_own_hours().filter(user__in=owners) if owners else ()
    return {(member.pool_id, member.user_id): member.calendar for member in members}


def hours(calendar: Calendar) -> WorkingTime:
    """What the calendar says, as `prepare` has read it, or read now."""
    return calendar.__dict__.get("working_time") or WorkingTime(calendar)


def working_intervals(calendar: Calendar, start: datetime, end: datetime) -> list[Interval]:
    """The working time within [start, end), in order, without overlaps."""
    return list(_intervals(hours(calendar), start.astimezone(UTC), end.astimezone(UTC)))


def add_working_minutes(calendar: Calendar, start: datetime, minutes: int) -> datetime:
    """The first moment (UTC) by which `minutes` of working time have passed since `start`."""
    return hours(calendar).after(start, timedelta(minutes=minutes))


def add_working_time(calendar: Calendar, start: datetime, span: timedelta) -> datetime:
    """The first moment (UTC) by which `span` of working time has passed since `start`."""
    return hours(calendar).after(start, span)


def working_time(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """The working time within [start, end); none when `end` is not after `start`."""
    return hours(calendar).between(start, end)


def working_seconds(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Whole seconds of working time within [start, end); 0 when `end` is not after `start`."""
    return working_time(calendar, start, end) // timedelta(seconds=1)


def span(starts: time, ends: time) -> tuple[timedelta, timedelta]:
    """From and to since midnight. What ends at midnight ends with the day."""
    return _since_midnight(starts), DAY if ends == MIDNIGHT else _since_midnight(ends)


def is_working(calendar: Calendar, at: datetime) -> bool:
    """Whether `at` is working time."""
    return bool(working_intervals(calendar, at, at + timedelta(microseconds=1)))


def _with_own_hours() -> QuerySet[PoolMember]:
    return PoolMember.objects.filter(calendar__isnull=False).select_related("calendar")


def _rows(calendars: Iterable[int]) -> dict[int, list[Row]]:
    """Hours and days off of several calendars in one query."""
    found: dict[int, list[Row]] = {pk: [] for pk in calendars}
    for pk, *row in _kept_rows().rows(lambda _numbers: list(found)):
        found[pk].append(tuple(row))
    return found


@cache
def _kept_rows() -> Kept:
    among = Among("calendar_id", Blank())
    no_day, no_number = (Value(None, DateField()), Value(None, IntegerField()))
    no_time = Value(None, TimeField())
    week = WorkingHours.objects.filter(among).order_by()
    week = week.values_list("calendar_id", "weekday", "starts", "ends", no_day)
    free = DayOff.objects.filter(among).order_by()
    free = free.values_list("calendar_id", no_number, no_time, no_time, "date")
    return Kept(week.union(free, all=True))


def _rows_of(calendar: Calendar) -> list[Row]:
    week = [(h.weekday, h.starts, h.ends, None) for h in calendar.hours.all()]
    return week + [(None, None, None, day.date) for day in calendar.days_off.all()]


class WorkingTime:
    """What a calendar says, read once: two that say the same are equal."""

    def __init__(self, calendar: Calendar, rows: Sequence[Row] | None = None) -> None:
        self.zone = ZoneInfo(calendar.time_zone)
        self.place = (calendar.country, calendar.region)
        rows = _rows_of(calendar) if rows is None else rows
        self.days_off = {day for *_, day in rows if day}
        self._hours = sorted(row[:3] for row in rows if not row[3])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WorkingTime) and self._said == other._said

    def __hash__(self) -> int:
        return hash(self.zone.key)

    def to_list(self) -> list[Any]:
        """As JSON."""
        days = sorted(day.isoformat() for day in self.days_off)
        hours = [[day, *(moment.isoformat() for moment in span)] for day, *span in self._hours]
        return [self.zone.key, *self.place, hours, days]

    @classmethod
    def from_list(cls, said: Sequence[Any]) -> WorkingTime:
        """What `to_list` said."""
        zone, country, region, hours, days = said
        read = time.fromisoformat
        rows: list[Row] = [(day, read(starts), read(ends), None) for day, starts, ends in hours]
        rows += [(None, None, None, date.fromisoformat(day)) for day in days]
        return cls(Calendar(time_zone=zone, country=country, region=region), rows)

    @property
    def _said(self) -> tuple[object, ...]:
        return (self.zone.key, self.place, self.days_off, self._hours)

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The first moment (UTC) by which `span` of working time has passed since `start`."""
        since, left = start.astimezone(UTC), span
        while left:
            for interval in _intervals(self, since, since + STRIDE):
                worked = interval.end - interval.start
                if worked >= left:
                    return interval.start + left
                left -= worked
            since += STRIDE
        return since

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time within [start, end); none when `end` is not after `start`."""
        intervals = _intervals(self, start.astimezone(UTC), end.astimezone(UTC))
        return sum((i.end - i.start for i in intervals), timedelta())

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
    for starts, ends in sorted(span(*each) for each in hours):
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


def _intervals(rules: WorkingTime, start: datetime, end: datetime) -> Iterator[Interval]:
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
