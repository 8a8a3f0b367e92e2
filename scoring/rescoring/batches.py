"""Leads about which something was learnt, and leads that time has changed: batch by batch."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from leads import stale as queue
from leads.clock import database_now
from leads.models import StaleLead
from scoring import scores
from scoring.models import AgreementVersion, Score
from scoring.rescoring.failures import named, passes

logger = logging.getLogger(__name__)

BATCH = 2000
# Numbers of advisory locks, one for each list that a single worker at a time works off.
QUEUE, DUE = 0x5354414C, 0x44554521


def stale(*, at: datetime | None = None, limit: int = BATCH) -> int:
    """Rescore up to `limit` leads from the queue; returns how many were taken from it.

    Leads whose rescoring fails are left there, one attempt older, and the others go on. Without
    `at` it is the database's now, asked after the claim: whatever the claim saw was known by then.
    """
    if not queue.waits(at=at or Now()) or not (version := _in_force()):
        return 0
    with transaction.atomic():
        claimed = queue.claim(limit, at=at or Now()) if _alone(QUEUE) else []
        _rescore_or_halve(claimed, version, at or database_now())
    return len(claimed)


def due(*, at: datetime | None = None, limit: int = BATCH) -> int:
    """Rescore up to `limit` leads whose score changes with time alone, by `at`; returns how
    many. Leads in the queue are left to it, those set aside too, and so are those whose rescoring
    fails."""
    if not _due(at or Now())[:1] or not (version := _in_force()):
        return 0
    with transaction.atomic():
        ids = sorted(_due(at or Now())[:limit]) if _alone(DUE) else []
        rescore_or_queue(ids, ids, version, at or database_now())
    return len(ids)


def rescore_or_queue(
    leads: Sequence[int] | range, ids: Iterable[int], version: AgreementVersion, at: datetime
) -> None:
    """Rescore `leads`. Where one of them breaks the rescoring of many, all are queued (`ids`):
    there they are tried apart."""
    try:
        with transaction.atomic():
            scores.rescore(leads, version=version, at=at)
    except Exception as problem:
        if passes(problem):
            raise
        logger.exception("Rescoring leads together failed; queueing them.")
        queue.mark(ids, at=at)


def _rescore_or_halve(pairs: Sequence[queue.Pair], version: AgreementVersion, at: datetime) -> None:
    """Within the transaction that works off the queue alone: nobody else claims these meanwhile."""
    try:
        _rescore_claimed(pairs, version, at)
    except Exception as problem:
        if passes(problem):
            raise
        _without_those_that_fail(pairs, version, at, problem)


def _rescore_claimed(pairs: Sequence[queue.Pair], version: AgreementVersion, at: datetime) -> None:
    """Scores and queue in one transaction: what was rescored is no longer queued, unless
    something was learnt since the claim."""
    if pairs:
        with transaction.atomic():
            ids = [lead_id for lead_id, _counter in pairs]
            scores.rescore(ids, version=version, at=at, refresh=True)
            queue.clear(pairs)


def _without_those_that_fail(
    pairs: Sequence[queue.Pair], version: AgreementVersion, at: datetime, problem: Exception
) -> None:
    """Rescoring these together failed. Halved until those at fault stand alone, so that one among
    thousands costs two dozen statements."""
    if len(pairs) == 1:
        logger.error("Rescoring lead %s failed.", pairs[0][0], exc_info=problem)
        queue.fail(pairs, at=at, problem=named(problem))
        return
    middle = len(pairs) // 2
    for half in (pairs[:middle], pairs[middle:]):
        _rescore_or_halve(half, version, at)


def _due(at: datetime | Now) -> QuerySet[Score, int]:
    """In the order of the index `score_next_change`, so that an idle sweep reads nothing else."""
    waiting = Score.objects.filter(next_change_at__lte=at).order_by("next_change_at")
    queued = StaleLead.objects.filter(lead_id=OuterRef("lead_id"))
    return waiting.filter(~Exists(queued)).values_list("pk", flat=True)


def _alone(number: int) -> bool:
    """Until the transaction ends, nobody else works off this list: two would do the same leads.
    SQLite has one writer anyway."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return cursor.fetchone()[0]


def _in_force() -> AgreementVersion | None:
    return AgreementVersion.objects.in_force().first()
