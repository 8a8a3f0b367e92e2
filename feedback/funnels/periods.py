"""The stretch of time a report looks at, in whole local weeks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

WEEKS = (4, 13, 52)
DEFAULT_WEEKS = 13


@dataclass(frozen=True)
class Period:
    """From `since` (inclusive) to `until` (exclusive), both aware and at local midnight,
    except that the running week ends now."""

    since: datetime
    until: datetime

    def mondays(self) -> Iterator[date]:
        """The first day of every week in the period."""
        day = timezone.localdate(self.since)
        while day < timezone.localdate(self.until) or day == timezone.localdate(self.since):
            yield day
            day += timedelta(weeks=1)

    def week(self, monday: date) -> Period:
        """The week that starts on `monday`, cut at this period's end."""
        start = midnight(monday)
        return Period(start, min(midnight(monday + timedelta(weeks=1)), self.until))


def last_weeks(count: int, *, at: datetime) -> Period:
    """The `count` weeks up to `at`, the running one included."""
    today = timezone.localdate(at)
    monday = today - timedelta(days=today.weekday(), weeks=count - 1)
    return Period(midnight(monday), at)


def midnight(day: date) -> datetime:
    """Local midnight of a day."""
    return timezone.make_aware(datetime.combine(day, time()))
