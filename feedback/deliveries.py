"""Events are delivered: stage entries become handoffs, and people are told."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from feedback import handoffs, notifications, releases
from leads import events
from leads.models import Event
from leads.refusals import Refused
from scoring.models import Stage, StageEntry

logger = logging.getLogger(__name__)

BATCH = 200
FAILED = "delivery.failed"


def deliver(*, at: datetime, limit: int = 2000) -> int:
    """Deliver what is due at `at`, oldest first, about `limit` events at most. Returns how many
    were taken up.

    Each event that something follows from has a transaction of its own: one that fails keeps its
    problem, is tried again later, and holds nobody up. The rest is ticked off in one go.
    """
    done = 0
    while done < limit and (batch := events.pending(BATCH, at=at)):
        following = [event for event in batch if follows(event)]
        taken = _tick_off([event for event in batch if not follows(event)], at=at)
        taken += sum(_deliver_one(event, at=at) for event in following)
        if any(_concerns_waiting(event) for event in following):
            releases.release(at=at)
        done += taken
        if not taken:  # Somebody else has all of them in hand.
            break
    return done


def follows(event: Event) -> Callable[[Event, datetime], object] | None:
    """What follows from an event, if anything does. Nothing follows from an import."""
    if event.data.get("cause") == StageEntry.Cause.IMPORT:
        return None
    if event.kind == "stage.entered":
        return _hand_over if event.data.get("kind") == Stage.Kind.HANDOFF else None
    return _tell if notifications.concerns_people(event) else None


def _concerns_waiting(event: Event) -> bool:
    """Is there something new to offer, or must what waits be decided on anew?"""
    return follows(event) is _hand_over or event.kind == "agreement.in_force"


def _tick_off(batch: list[Event], *, at: datetime) -> int:
    undelivered = Event.objects.filter(delivered_at=None, pk__in=[event.pk for event in batch])
    return undelivered.update(delivered_at=at) if batch else 0


def _deliver_one(event: Event, *, at: datetime) -> bool:
    """False when another worker has it in hand or has delivered it."""
    try:
        with transaction.atomic():
            rows = Event.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
            claimed = rows.filter(pk=event.pk, delivered_at=None).first()
            if claimed is None:
                return False
            follows(claimed)(claimed, at)
            events.delivered(claimed, at=at)
    except Exception as problem:  # Whatever it is, the next event must not wait for it.
        logger.exception("Event %s (%s) could not be delivered.", event.pk, event.kind)
        _failed(event, problem, at=at)
    return True


def _failed(event: Event, problem: Exception, *, at: datetime) -> None:
    """An event waits for as long as there is no pool, which is told once however many wait. Any
    other is set aside in the end, which is told too."""
    waits = isinstance(problem, Refused) and problem.code == "no_pool"
    alike = Event.objects.filter(delivered_at=None, problem=_named(problem)[:200])
    first = waits and not alike.exists()
    set_aside = events.failed(event, at=at, problem=_named(problem), waits=waits)
    if (first or set_aside) and event.kind != FAILED:
        data = {"event": event.pk, "kind": event.kind, "waits": waits}
        events.write(FAILED, at=at, lead=event.lead, data=data)


def _named(problem: Exception) -> str:
    """What is kept with the event. What a database or a library says may quote a person's data:
    the log has it."""
    name = type(problem).__name__
    return f"{name}: {problem}" if isinstance(problem, Refused) else name


def _hand_over(event: Event, at: datetime) -> None:
    entry = StageEntry.objects.select_related("stage", "version").get(pk=event.data["entry"])
    handoffs.open_for(entry, at=at)


def _tell(event: Event, at: datetime) -> None:
    notifications.tell(event, at=at)
