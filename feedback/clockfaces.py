"""A running clock as people read it: working time left, and whether it deserves a word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from feedback import calendars
from feedback.models import Calendar, Handoff

SOON = timedelta(hours=2)
SOON_SHARE = 10
# What reading the clocks of several handoffs wants to be prefetched.
CALENDARS = ("pool__calendar__hours", "pool__calendar__days_off")


@dataclass(frozen=True)
class ClockFace:
    """`seconds` of working time left, negative when over; `share` of the term left, 0–100.

    `state` is over, due or ample: ample time is silent.
    """

    clock: str
    label: str
    due_at: datetime
    seconds: int
    share: int
    term: str
    state: str

    @property
    def span(self) -> str:
        """How much, in hours and minutes of working time."""
        return working_time(abs(self.seconds))

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


def read(handoff: Handoff, calendar: Calendar, *, at: datetime) -> ClockFace | None:
    """The clock that runs on a handoff, or None. `calendar` should have its hours and days off
    prefetched."""
    if not handoff.clock or handoff.due_at is None:
        return None
    over = at > handoff.due_at
    between = (handoff.due_at, at) if over else (at, handoff.due_at)
    seconds = calendars.working_seconds(calendar, *between)
    term = (handoff.term_minutes or 0) * 60
    return ClockFace(
        clock=handoff.clock,
        label=handoff.get_clock_display(),
        due_at=handoff.due_at,
        seconds=-seconds if over else seconds,
        share=0 if over or not term else min(100, round(seconds * 100 / term)),
        term=working_time(term),
        state=_state(over, seconds, term),
    )


def working_time(seconds: int) -> str:
    """A span of working time: “3 h 20 min”. Days would mislead: a working day has no 24 hours."""
    hours, minutes = divmod(int(seconds) // 60, 60)
    return _units((hours, _("%(n)s h")), (minutes, _("%(n)s min")))


def wall_time(seconds: int) -> str:
    """A span of wall-clock time in at most two units: “2 d 4 h”."""
    days, hours = divmod(int(seconds) // 3600, 24)
    if not days:
        return working_time(seconds)
    return _units((days, _("%(n)s d")), (hours, _("%(n)s h")))


def age(seconds: int) -> str:
    """How long ago, in one unit: “5 h”."""
    for length, pattern in ((86400, _("%(n)s d")), (3600, _("%(n)s h")), (60, _("%(n)s min"))):
        if seconds >= length:
            return pattern % {"n": int(seconds) // length}
    return _("just now")


def _units(*parts: tuple[int, str]) -> str:
    said = " ".join(pattern % {"n": number} for number, pattern in parts if number)
    return said or _("under 1 min")


def _state(over: bool, seconds: int, term: int) -> str:
    if over:
        return "over"
    soon = max(int(SOON.total_seconds()), term // SOON_SHARE)
    return "due" if seconds <= soon else "ample"
