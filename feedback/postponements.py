"""Until when a lead may be put off: moments in the working time of whoever has it, and what the
clock does meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback import calendars, clocks
from feedback.models import Calendar, Handoff

MORNING, NOON, AFTERNOON = time(8), time(12), time(14)
MONDAY = 0
INSTANT, MINUTE, HOUR = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Choice:
    """A moment, and how it is called."""

    at: datetime
    name: str

    @property
    def words(self) -> str:
        said = {"name": self.name} | _day_and_time(self.at)
        return _("%(name)s: %(day)s, %(time)s") % said


@dataclass(frozen=True)
class Later:
    """What may be chosen: the usual moments, and for how many days the clock may be paused
    (None: not). Without a pause the clock runs on, up to `due_at`, if there is a deadline."""

    choices: list[Choice]
    pause_days: int | None
    due_at: datetime | None
    words: str

    @property
    def pause(self) -> str:
        """The name of the pause."""
        pattern = ngettext(
            "Pause the clock until then: the agreement allows it once, for %(n)s day at most",
            "Pause the clock until then: the agreement allows it once, for %(n)s days at most",
            self.pause_days or 0,
        )
        return pattern % {"n": self.pause_days}

    def is_late(self, moment: datetime) -> bool:
        """Can it only wait until then with a pause?"""
        return self.due_at is not None and moment > self.due_at


def of(handoff: Handoff, *, at: datetime) -> Later:
    """In an hour, this afternoon, tomorrow morning, next Monday: those in working time of the
    handoff's calendar that the agreement allows, each moment once."""
    days = clocks.may_pause(handoff, at=at)
    latest, found = at + timedelta(days=days) if days else handoff.due_at, {}
    for choice in _usual(calendars.of(handoff), at=at):
        if choice.at > at and (latest is None or choice.at <= latest):
            found.setdefault(choice.at, choice)
    words = _words(handoff, pausable=bool(days), at=at)
    return Later(list(found.values()), days, handoff.due_at, words)


def _words(handoff: Handoff, *, pausable: bool, at: datetime) -> str:
    """What the clock does meanwhile, until when it allows to wait, and what a pause would do."""
    if handoff.due_at is None:
        return _("No clock runs.")
    if handoff.due_at <= at:
        return _("The deadline has passed: this lead cannot wait.")
    runs = _("The clock runs on: the lead can wait until its deadline, %(day)s, %(time)s.")
    pauses = _("With a pause the clock stands still, and the time that is left runs from then on.")
    said = runs % _day_and_time(handoff.due_at)
    return f"{said} {pauses}" if pausable else said


def _day_and_time(moment: datetime) -> dict[str, str]:
    local = timezone.localtime(moment)
    day = date_format(local, "SHORT_DATE_FORMAT")
    return {"day": day, "time": date_format(local, "TIME_FORMAT")}


def _usual(calendar: Calendar, *, at: datetime) -> Iterator[Choice]:
    zone = ZoneInfo(calendar.time_zone)
    now = at.astimezone(zone)
    soon = (at + HOUR + MINUTE).replace(second=0, microsecond=0)
    if calendars.is_working(calendar, soon):
        yield Choice(soon, _("In an hour"))
    if now.time() < NOON:
        afternoon = _opening(calendar, zone, now.date(), AFTERNOON)
        if afternoon.astimezone(zone).date() == now.date():
            yield Choice(afternoon, _("This afternoon"))
    morning = _opening(calendar, zone, now.date() + timedelta(days=1), MORNING)
    is_tomorrow = morning.astimezone(zone).date() == now.date() + timedelta(days=1)
    yield Choice(morning, _("Tomorrow morning") if is_tomorrow else _("Next working day"))
    ahead = (MONDAY - now.weekday()) % 7 or 7
    monday = _opening(calendar, zone, now.date() + timedelta(days=ahead), MORNING)
    is_monday = monday.astimezone(zone).weekday() == MONDAY
    yield Choice(monday, _("Next Monday") if is_monday else _("Next week"))


def _opening(calendar: Calendar, zone: ZoneInfo, day: date, earliest: time) -> datetime:
    """The first moment of working time on or after `earliest` on that day."""
    return _in_hours(calendar, datetime.combine(day, earliest, zone).astimezone(UTC))


def _in_hours(calendar: Calendar, start: datetime) -> datetime:
    """The first moment of working time from `start` on."""
    return calendars.add_working_time(calendar, start, INSTANT) - INSTANT
