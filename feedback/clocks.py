"""Clocks of a handoff: who owes which answer by when, in working time of the pool.

The only writer of a handoff's deadline and breach. `start` and `stop` expect the row locked.
A clock that was started ends in exactly one of: met, breached, or no verdict (what it asked for
fell away before its deadline).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from feedback import calendars, steps
from feedback.models import Handoff
from scoring import documents

BATCH = 500


def start(handoff: Handoff, clock: str, *, at: datetime) -> None:
    """Let `clock` run from `at` on, if the agreement has such a clock."""
    minutes = documents.minutes(handoff.version.body, clock)
    handoff.breached_at = None
    if minutes is None:
        _clear(handoff)
        return
    handoff.clock = clock
    handoff.clock_started_at = at
    handoff.term_minutes = minutes
    handoff.due_at = calendars.add_working_minutes(handoff.pool.calendar, at, minutes)
    _save(handoff)
    steps.record(handoff, "clock_started", at=at, data=_terms(handoff))


def stop(handoff: Handoff, *, at: datetime, met: bool) -> None:
    """End the running clock. Later than the deadline is a breach, recorded at its true moment
    unless a sweep was faster; in time is kept, if what was owed was done (`met`)."""
    if handoff.due_at is None:
        return
    if handoff.breached_at is None and at > handoff.due_at:
        handoff.breached_at = handoff.due_at
        _record_breach(handoff)
    elif handoff.breached_at is None and met:
        steps.record(handoff, "clock_met", at=at, data=_terms(handoff))
    _clear(handoff)


def sweep(*, at: datetime | None = None) -> int:
    """Flag every deadline that passed before `at`, by default before the database's now.

    Each is flagged once, at its true moment, whoever sweeps and however late. Returns how many.
    """
    flagged = 0
    while batch := _sweep_batch(at or Now()):
        flagged += batch
    return flagged


@transaction.atomic
def _sweep_batch(now: datetime | Now) -> int:
    """A row that somebody answers right now is skipped: the answer records the breach itself."""
    due = Handoff.objects.filter(breached_at=None, due_at__lt=now)
    claimed = list(
        due.order_by("due_at").select_for_update(skip_locked=True, of=("self",), no_key=True)[
            :BATCH
        ]
    )
    if not claimed:
        return 0
    due.filter(pk__in=[handoff.pk for handoff in claimed]).update(breached_at=F("due_at"))
    for handoff in claimed:
        _record_breach(handoff)
    return len(claimed)


def _record_breach(handoff: Handoff) -> None:
    steps.record(handoff, "breached", at=handoff.due_at, data=_terms(handoff))


def _terms(handoff: Handoff) -> dict[str, str | int | None]:
    return {
        "clock": handoff.clock,
        "due_at": handoff.due_at.isoformat(),
        "term_minutes": handoff.term_minutes,
    }


def _clear(handoff: Handoff) -> None:
    handoff.clock, handoff.clock_started_at = "", None
    handoff.term_minutes, handoff.due_at = None, None
    _save(handoff)


def _save(handoff: Handoff) -> None:
    handoff.save(
        update_fields=["clock", "clock_started_at", "term_minutes", "due_at", "breached_at"]
    )
