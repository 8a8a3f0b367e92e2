"""A running clock as people read it: working time left, and whether it deserves a word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from feedback import calendars
from feedback.models import Handoff

SOON = timedelta(hours=2)
SOON_SHARE = 10
LONG = 86400
# A span is one word: it stands in one line.
NO_BREAK = "\xa0"
DAYS, HOURS, MINUTES = gettext_noop("%(n)s d"), gettext_noop("%(n)s h"), gettext_noop("%(n)s min")


@dataclass(frozen=True)
class ClockFace:
    """`seconds` of working time left, negative when over, which are so many `days` of the
    calendar; `share` of the term left, 0–100.

    `state` is over, due or ample: ample time is silent.
    """

    clock: str
    label: str
    due_at: datetime
    seconds: int
    days: int
    share: int
    term: str
    state: str

    @cached_property
    def span(self) -> str:
        """How much, in hours and minutes of working time; from a day of it on, in days of the
        calendar: so far ahead nobody counts hours."""
        if abs(self.seconds) < LONG or not self.days:
            return working_time(abs(self.seconds))
        return ngettext("%(n)s day", "%(n)s days", self.days) % {"n": self.days}

    @property
    def words(self) -> str:
        """How much is left, or how late it is."""
        pattern = _("%(time)s over") if self.state == "over" else _("%(time)s left")
        return pattern % {"time": self.span}

    @property
    def chip(self) -> str:
        """The few words of a row; nothing while there is ample time."""
        if self.state == "ample":
            return ""
        return self.words if self.state == "over" else self.span


def prepare(handoffs: Iterable[Handoff]) -> None:
    """Read at once what the clocks of several handoffs ask for: two queries for a list that has
    its `pool__calendar`, none where no clock runs."""
    running = [handoff for handoff in handoffs if handoff.due_at]
    if running:
        calendars.prepare(running)


def read(handoff: Handoff, *, at: datetime) -> ClockFace | None:
    """The clock that runs on a handoff, or None. While it is paused, what is left of it stays."""
    if not handoff.clock or handoff.due_at is None:
        return None
    over = at > handoff.due_at
    now = max(at, handoff.rests_until) if handoff.paused_at and handoff.rests_until else at
    between = (handoff.due_at, at) if over else (now, handoff.due_at)
    seconds = calendars.working_seconds(calendars.of(handoff), *between)
    term = (handoff.term_minutes or 0) * 60
    return ClockFace(
        clock=handoff.clock,
        label=handoff.get_clock_display(),
        due_at=handoff.due_at,
        seconds=-seconds if over else seconds,
        days=(between[1] - between[0]).days,
        share=0 if over or not term else min(100, round(seconds * 100 / term)),
        term=working_time(term),
        state=_state(over, seconds, term),
    )


def working_time(seconds: int) -> str:
    """A span of working time: “3 h 20 min”. Days would mislead: a working day has no 24 hours."""
    hours, minutes = divmod(int(seconds) // 60, 60)
    return _units((hours, HOURS), (minutes, MINUTES))


def wall_time(seconds: int) -> str:
    """A span of wall-clock time in at most two units: “2 d 4 h”."""
    days, hours = divmod(int(seconds) // 3600, 24)
    if not days:
        return working_time(seconds)
    return _units((days, DAYS), (hours, HOURS))


def age(seconds: int) -> str:
    """How long ago, in one unit: “5 h”."""
    for length, pattern in ((86400, DAYS), (3600, HOURS), (60, MINUTES)):
        if seconds >= length:
            return _unit(int(seconds) // length, pattern)
    return _("just now")


def _units(*parts: tuple[int, str]) -> str:
    said = NO_BREAK.join(_unit(number, pattern) for number, pattern in parts if number)
    return said or _("under 1 min")


def _unit(number: int, pattern: str) -> str:
    return (_(pattern) % {"n": number}).replace(" ", NO_BREAK)


def _state(over: bool, seconds: int, term: int) -> str:
    if over:
        return "over"
    soon = max(int(SOON.total_seconds()), term // SOON_SHARE)
    return "due" if seconds <= soon else "ample"
