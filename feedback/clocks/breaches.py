"""Deadlines that have passed are flagged, many in one go.

Each leaves its step at its true moment. Whoever leads is told of each; of more than a handful of
one pool and clock at once, once in all: a flood of mails helps nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, F

from feedback import calendars
from feedback.clocks.rewritings import settled
from feedback.clocks.running import terms
from feedback.clocks.sweepers import BREACHES, alone
from feedback.models import Handoff, HandoffEvent
from feedback.models.handoffs import HandoffQuerySet
from leads import events
from leads.clock import database_now
from leads.models import Event

# So many rows are locked at a time: who answers one of them waits for no more than about a second.
BATCH = 20_000
# On SQLite nobody else writes meanwhile.
SMALL_BATCH = 2_000
MOST_TOLD = 20
TERMS = ("clock", "due_at", "term_minutes")
# What those told together have in common: pool and clock.
Flood = tuple[int, str]
Batch = Callable[[datetime, Collection[Flood]], dict[Flood, int]]


def sweep(*, at: datetime | None = None) -> int:
    """Flag every deadline that passed before `at`, by default before the database's now.

    Each is flagged once, at its true moment, whoever sweeps and however late. A row that somebody
    answers right now is skipped: the answer records the breach itself. One that a change of hours
    has not reached is none yet. Returns how many; none while another sweep is at it.
    """
    at = at or database_now()
    due = Handoff.objects.filter(breached_at=None, due_at__lt=at)
    if not due.exists():
        return 0
    with alone(BREACHES) as ours:
        return _flag_all(due, at=at) if ours else 0


def _flag_all(due: HandoffQuerySet, *, at: datetime) -> int:
    counted = due.order_by().values_list("pool_id", "clock").annotate(number=Count("pk"))
    numbers = {(pool, clock): number for pool, clock, number in counted}
    floods = {key: number for key, number in numbers.items() if number > MOST_TOLD}
    batch = _in_one_statement if connection.vendor == "postgresql" else _row_by_row
    flagged, told = 0, set[Flood]()
    while found := _flag_batch(batch, at, floods, told):
        flagged += found
    return flagged


@transaction.atomic
def _flag_batch(batch: Batch, now: datetime, floods: dict[Flood, int], told: set[Flood]) -> int:
    """Of a flood the first batch that has some of it tells: of as many as are due, or, where all
    are in it, of those that nobody was faster to answer."""
    calendars.hold()
    flagged = batch(now, floods)
    more_follow = sum(flagged.values()) == _size()
    for pool, clock in (floods.keys() & flagged.keys()) - told:
        number = (floods if more_follow else flagged)[pool, clock]
        said = {"pool": pool, "clock": clock, "number": number}
        events.write("clock.breached_many", at=now, data=said)
        told.add((pool, clock))
    return sum(flagged.values())


def _size() -> int:
    return BATCH if connection.vendor == "postgresql" else SMALL_BATCH


def _in_one_statement(now: datetime, floods: Collection[Flood]) -> dict[Flood, int]:
    """The deadline as text is what Python's isoformat makes of it. The index handoff_due finds
    the rows; their number is the grain of everything after. A locked row stays where it is, so its
    place in the table (ctid) is the fastest way to it."""
    facts = {"now": now, "most": _size(), "floods": [f"{pool} {clock}" for pool, clock in floods]}
    with connection.cursor() as cursor:
        # To compile such a statement takes longer than to carry it out.
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(FLAG, facts)
        return {(pool, clock): number for pool, clock, number in cursor.fetchall()}


FLAG = """
WITH due AS MATERIALIZED (
    SELECT h.ctid FROM feedback_handoff h
    WHERE h.breached_at IS NULL AND h.due_at < %(now)s
    AND NOT EXISTS (SELECT FROM feedback_carryover c WHERE c.handoff_id = h.id)
    ORDER BY h.due_at LIMIT %(most)s FOR NO KEY UPDATE OF h SKIP LOCKED
), flagged AS (
    UPDATE feedback_handoff h SET breached_at = h.due_at
    FROM due WHERE h.ctid = due.ctid
    RETURNING h.id, h.lead_id, h.pool_id, h.clock, h.due_at, jsonb_build_object(
        'clock', h.clock,
        'due_at', to_char(h.due_at AT TIME ZONE 'UTC', CASE
            WHEN date_trunc('second', h.due_at) = h.due_at THEN 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'
            ELSE 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"' END),
        'term_minutes', h.term_minutes) AS said
), written AS (
    INSERT INTO feedback_handoffevent (handoff_id, kind, at, data)
    SELECT id, 'breached', due_at, said FROM flagged
), told AS (
    INSERT INTO leads_event (kind, lead_id, at, data, attempts, problem)
    SELECT 'clock.breached', lead_id, due_at, jsonb_build_object('handoff', id) || said, 0, ''
    FROM flagged WHERE pool_id || ' ' || clock <> ALL (%(floods)s::text[])
)
SELECT pool_id, clock, count(*) FROM flagged GROUP BY pool_id, clock
"""


def _row_by_row(now: datetime, floods: Collection[Flood]) -> dict[Flood, int]:
    due = settled(Handoff.objects.filter(breached_at=None, due_at__lt=now))
    found = list(due.order_by("due_at").only("lead", "pool", *TERMS)[: _size()])
    rows = Handoff.objects.filter(pk__in=[handoff.pk for handoff in found])
    rows.update(breached_at=F("due_at"))
    HandoffEvent.objects.bulk_create(
        HandoffEvent(handoff=each, kind="breached", at=each.due_at, data=terms(each))
        for each in found
    )
    Event.objects.bulk_create(
        Event(
            kind="clock.breached",
            lead_id=each.lead_id,
            at=each.due_at,
            data={"handoff": each.pk, **terms(each)},
        )
        for each in found
        if (each.pool_id, each.clock) not in floods
    )
    return Counter((each.pool_id, each.clock) for each in found)
