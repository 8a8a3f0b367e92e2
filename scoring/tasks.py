"""Wake-up calls: each does what its rows say, for a while, and lets the next call go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from celery import shared_task
from django.db import connection

from leads import events
from leads.clock import database_now
from leads.nudges import nudge
from scoring import agreements, replays, rescoring

LONGEST_SECONDS = 10
# While all leads are rescored, every worker is at it: whatever else there is waits so long.
TURN_SECONDS = 2
# Of the ten after which the schedule calls again.
REPLAY_SECONDS = 5
# SQLite has one writer, and who waits for it asks every tenth of a second: leave it a gap.
GAP_SECONDS = 0.12


@shared_task
def rescore_stale() -> None:
    if not _repeat(_score_what_was_learnt):
        nudge("scoring.tasks.rescore_stale")


@shared_task
def rescore_due() -> None:
    done = _repeat(lambda: not rescoring.due())
    _have_events_told()
    if not done:
        nudge("scoring.tasks.rescore_due")


@shared_task
def rescore_all() -> None:
    """A turn at the leads of a run. Who gets a range calls a colleague: that way every worker
    there is soon takes part, and one call waits for whoever has finished a turn. SQLite has one
    writer: there, one turn follows the other."""
    if _once(_rescore_range):
        return
    if connection.vendor != "sqlite":
        nudge("scoring.tasks.rescore_all")
    done = _repeat(_rescore_range, seconds=TURN_SECONDS)
    if connection.vendor == "sqlite" and not done:
        nudge("scoring.tasks.rescore_all")


@shared_task
def keep_rescoring() -> None:
    """The calls of a run call each other; where that has broken off, begin anew."""
    if rescoring.lies_idle():
        rescore_all()


@shared_task
def keep_agreement() -> None:
    """What falls due by itself: a signed version takes effect, a trial is over, a proposal waits
    too long. Asks the database's clock."""
    if agreements.take_effect():
        nudge("scoring.tasks.rescore_all")
    agreements.end_trial()
    agreements.remind()
    agreements.remind_of_trial()
    _have_events_told()


@shared_task
def replay() -> None:
    """A turn at the replays at work. The schedule calls again, and others have their turn between:
    nobody waits for a look at the past."""
    _repeat(_replay_chunk, seconds=REPLAY_SECONDS)


def _replay_chunk() -> bool:
    _score_what_was_learnt()
    return replays.step(at=database_now())


def _rescore_range() -> bool:
    """What was learnt comes first: somebody may be waiting for it."""
    _score_what_was_learnt()
    return rescoring.step()


def _score_what_was_learnt() -> bool:
    done = not rescoring.stale()
    if not done:
        _have_events_told()
    return done


def _have_events_told() -> None:
    """Who has moved is to be handed over: the worker need not wait for its schedule."""
    if events.pending(1, at=database_now()):
        nudge("feedback.tasks.deliver_events")


def _repeat(step: Callable[[], bool], *, seconds: float = LONGEST_SECONDS) -> bool:
    """Until `step` says that nothing is left, but not for long. Was nothing left?"""
    end = time.monotonic() + seconds
    done = False
    while not done and time.monotonic() < end:
        done = _once(step)
    return done


def _once(step: Callable[[], bool]) -> bool:
    done = False
    # A version that comes into force in the middle of a step: the next step is under it.
    with suppress(rescoring.NotInForce):
        done = step()
    if not done and connection.vendor == "sqlite":
        time.sleep(GAP_SECONDS)
    return done
