"""The timeline and outbox: written with the cause, told afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from leads.models import Event, Lead, Note, User

LONGEST_WAIT = timedelta(hours=1)
MOST_ATTEMPTS = 20


def write(
    kind: str,
    *,
    at: datetime,
    lead: Lead | None = None,
    actor: User | None = None,
    data: Mapping[str, object] | None = None,
    note: str = "",
) -> Event:
    """Say, in the transaction of its cause, that `kind` happened. `data` holds ids and codes
    only; a person's words go into `note`, which becomes a Note of the lead."""
    words = _note(note, lead=lead, author=actor, at=at) if note.strip() else None
    return Event.objects.create(
        kind=kind, lead=lead, actor=actor, at=at, data=dict(data or {}), note=words
    )


def write_many(
    kind: str,
    rows: Iterable[tuple[int, Mapping[str, object]]],
    *,
    at: datetime,
    actor: User | None = None,
) -> None:
    """Say that `kind` happened to many leads: one (lead id, data) a row."""
    events = [
        Event(kind=kind, lead_id=lead_id, actor=actor, at=at, data=dict(data))
        for lead_id, data in rows
    ]
    Event.objects.bulk_create(events, batch_size=500)


def pending(limit: int, *, at: datetime) -> list[Event]:
    """Up to `limit` events still to be told at `at`, oldest first, without those set aside.
    Inside a transaction, PostgreSQL leaves out what another worker has in hand."""
    rows = Event.objects.filter(Q(retry_at=None) | Q(retry_at__lte=at), delivered_at=None)
    rows = rows.filter(attempts__lt=MOST_ATTEMPTS)
    rows = rows.order_by("pk")
    if connection.in_atomic_block and connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return list(rows[:limit])


def delivered(event: Event, *, at: datetime) -> bool:
    """It was told. False when somebody else had told it already."""
    return Event.objects.filter(pk=event.pk, delivered_at=None).update(delivered_at=at) == 1


def failed(event: Event, *, at: datetime, problem: str, waits: bool = False) -> bool:
    """Telling it failed: it is tried again, later after each attempt, hourly in the end. After
    the last attempt it is set aside, and True is returned; never where it only `waits` for
    something that somebody must do first."""
    most = MOST_ATTEMPTS - 1 if waits else MOST_ATTEMPTS
    attempts = min(event.attempts + 1, most)
    wait = min(timedelta(seconds=5 * 2 ** min(event.attempts, 10)), LONGEST_WAIT)
    found = Event.objects.filter(pk=event.pk, delivered_at=None)
    found.update(attempts=attempts, retry_at=at + wait, problem=problem[:200])
    return attempts >= MOST_ATTEMPTS


def set_aside() -> QuerySet[Event]:
    """Events that nobody tries to deliver any more, oldest first."""
    return Event.objects.filter(delivered_at=None, attempts__gte=MOST_ATTEMPTS).order_by("pk")


def retry(event_ids: Iterable[int]) -> int:
    """Try those of the events again that were set aside. Returns how many."""
    return set_aside().filter(pk__in=list(event_ids)).update(attempts=0, retry_at=None)


def _note(text: str, *, lead: Lead | None, author: User | None, at: datetime) -> Note:
    return Note.objects.create(text=text.strip(), lead=lead, author=author, written_at=at)
