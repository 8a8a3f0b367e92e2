"""Clocks of a handoff: who owes which answer by when, in working time of the pool.

The only writer of a handoff's deadline, warning and breach. `start` and `stop` expect the row
locked.
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
from scoring import promises

BATCH = 500
FIELDS = (
    *("clock", "clock_started_at", "term_minutes", "due_at", "breached_at"),
    *("warn_at", "warned_at"),
)


def start(handoff: Handoff, clock: str, *, at: datetime) -> None:
    """Let `clock` run from `at` on, if the agreement has such a clock: for as long as it says for
    a lead of whom this is known by now. The term and its warning stay as they are from then on;
    the step names the condition that decided."""
    term = promises.term(handoff.version, clock, lead=handoff.lead, at=at)
    handoff.breached_at = handoff.warned_at = None
    if term is None:
        _clear(handoff)
        return
    handoff.clock = clock
    handoff.clock_started_at = at
    handoff.term_minutes = term.minutes
    calendar, warn_after = handoff.pool.calendar, term.warn_after
    handoff.due_at = calendars.add_working_minutes(calendar, at, term.minutes)
    handoff.warn_at = warn_after and calendars.add_working_minutes(calendar, at, warn_after)
    _save(handoff)
    said = _terms(handoff) | ({"term": term.key} if term.key else {})
    steps.record(handoff, "clock_started", at=at, data=said)


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


def warn(*, at: datetime | None = None) -> int:
    """Warn of every deadline that is near at `at`, by default at the database's now: whoever owes
    the answer is told, once for each clock. What is over already is a breach, and no warning.
    Returns how many."""
    warned = 0
    while batch := _warn_batch(at or Now()):
        warned += batch
    return warned


@transaction.atomic
def _warn_batch(now: datetime | Now) -> int:
    """A row that somebody answers right now is skipped: it needs no warning."""
    near = Handoff.objects.filter(warned_at=None, warn_at__lte=now, due_at__gt=now)
    ordered = near.order_by("warn_at").select_related("lead", "version")
    claimed = list(ordered.select_for_update(skip_locked=True, of=("self",), no_key=True)[:BATCH])
    if not claimed:
        return 0
    near.filter(pk__in=[handoff.pk for handoff in claimed]).update(warned_at=now)
    for handoff in claimed:
        steps.record(handoff, "warned", at=handoff.warn_at, data=_terms(handoff))
    return len(claimed)


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
    handoff.warn_at = handoff.warned_at = None
    _save(handoff)


def _save(handoff: Handoff) -> None:
    handoff.save(update_fields=FIELDS)
