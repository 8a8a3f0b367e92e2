"""Days on which no version takes effect. Pure functions but for `known`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from scoring.models import Freeze

DAY = timedelta(days=1)
# Freezes that follow each other are stepped over; nobody freezes for longer than this.
MOST_STEPS = 100


def known() -> list[Freeze]:
    """All freezes of the installation."""
    return list(Freeze.objects.all())


def freeze_on(day: date, freezes: Iterable[Freeze]) -> Freeze | None:
    """The freeze that a local day falls into, the one that ends last where there are several."""
    found = [(last, each) for each in freezes for first, last in _spans(each, day) if first <= day]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def free_from(moment: datetime, freezes: Iterable[Freeze]) -> datetime:
    """`moment`, or the midnight at which the freeze it falls into is over."""
    freezes = list(freezes)
    for _step in range(MOST_STEPS):
        day = timezone.localdate(moment)
        freeze = freeze_on(day, freezes)
        if freeze is None:
            return moment
        moment = midnight(last_day(freeze, day) + DAY)
    return moment


def last_day(freeze: Freeze, day: date) -> date:
    """The last day of the freeze `day` falls into."""
    return max(last for first, last in _spans(freeze, day) if first <= day)


def midnight(day: date) -> datetime:
    """The local midnight at which a day begins."""
    return timezone.make_aware(datetime.combine(day, time()))


def _spans(freeze: Freeze, day: date) -> Iterator[tuple[date, date]]:
    """First and last days of the freeze that do not end before `day`: of a yearly one, of the
    years around it."""
    if not freeze.yearly:
        spans = [(freeze.starts_on, freeze.ends_on)]
    else:
        # By the calendar: until 31 March is until 31 March in a leap year, too.
        starts, ends = freeze.starts_on, freeze.ends_on
        turns = ends.year - starts.year
        spans = [
            (_in_year(starts, year), _in_year(ends, year + turns))
            for year in (day.year - 1, day.year)
        ]
    yield from (span for span in spans if span[1] >= day)


def _in_year(day: date, year: int) -> date:
    """The same day of another year; 29 February is the 28th where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
