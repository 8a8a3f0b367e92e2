"""When a person works: in the own hours of a pool member, else in those of the first pool they are
in, else in those of the first pool there is; and not while they are away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import prefetch_related_objects

from feedback import calendars
from feedback.models import Absence, Calendar, Pool, PoolMember
from leads.models import User

DAY = timedelta(days=1)
AHEAD = 14 * DAY
FARTHEST = 30  # Times as far ahead; who is away for longer is written to then.


@dataclass(frozen=True)
class Hours:
    """The working time of one person. Without a calendar they are always there."""

    calendar: Calendar | None = None
    away: tuple[tuple[date, date], ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.calendar.time_zone if self.calendar else settings.TIME_ZONE)

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def is_away(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.away)

    def is_open(self, at: datetime) -> bool:
        """Whether the person works at `at`."""
        open_then = self.calendar is None or calendars.is_working(self.calendar, at)
        return open_then and not self.is_away(self.day(at))

    def works_on(self, day: date) -> bool:
        """Whether the person works at any time of `day`."""
        if self.is_away(day) or self.calendar is None:
            return not self.is_away(day)
        start = datetime.combine(day, time(), self.zone)
        return bool(calendars.working_intervals(self.calendar, start, start + DAY))

    def opening(self, at: datetime) -> datetime:
        """The first moment from `at` on at which the person works."""
        for _turn in range(FARTHEST):
            for start, end in self._spans(at):
                found = self._there(start, end)
                if found is not None:
                    return found
            at += AHEAD
        return at

    def _spans(self, at: datetime) -> list[tuple[datetime, datetime]]:
        if self.calendar is None:
            return [(at, at + AHEAD)]
        return [tuple(each) for each in calendars.working_intervals(self.calendar, at, at + AHEAD)]

    def _there(self, start: datetime, end: datetime) -> datetime | None:
        """The first moment within [start, end) of a day on which they are not away."""
        while self.is_away(self.day(start)):
            start = datetime.combine(self.day(start) + DAY, time(), self.zone)
            if start >= end:
                return None
        return start


def of(people: Iterable[User]) -> dict[int, Hours]:
    """The hours of each, by their ids. Six queries for all."""
    ids = [person.pk for person in people]
    found = _calendars(ids)
    away: dict[int, list[tuple[date, date]]] = {}
    for absence in Absence.objects.filter(user__in=ids):
        away.setdefault(absence.user_id, []).append((absence.first_day, absence.last_day))
    return {pk: Hours(found[pk], tuple(away.get(pk, ()))) for pk in ids}


def working_hours(person: User) -> Hours:
    """The hours of one person."""
    return of([person])[person.pk]


def _calendars(ids: list[int]) -> dict[int, Calendar | None]:
    members = PoolMember.objects.filter(user__in=ids).select_related("calendar", "pool__calendar")
    chosen: dict[int, Calendar | None] = {}
    for member in members.order_by("pool__position", "pool__name"):
        chosen.setdefault(member.user_id, member.calendar or member.pool.calendar)
    if len(chosen) < len(set(ids)):
        first = Pool.objects.select_related("calendar").first()
        chosen = dict.fromkeys(ids, first and first.calendar) | chosen
    found = {each.pk: each for each in chosen.values() if each}
    prefetch_related_objects(list(found.values()), "hours", "days_off")
    return {pk: each and found[each.pk] for pk, each in chosen.items()}
