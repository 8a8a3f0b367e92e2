"""Leads whose score may be out of date: marked with their cause, cleared by who rescored.

A lead whose rescoring has failed MOST_ATTEMPTS times is set aside: it waits until somebody wants
it tried again, or until something new is learnt about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from leads.models import StaleLead

Pair = tuple[int, int]

CHUNK = 500
MOST_ATTEMPTS = 5
FIRST_WAIT = timedelta(seconds=5)

# One row per lead; every further cause lets the counter rise. The ORM cannot say
# `counter + 1` in an upsert. Ordered, so that two writers never lock each other out.
_MARK = """
    INSERT INTO leads_stalelead (lead_id, counter, since, not_before, attempts, problem)
    SELECT id, 1, %s, %s, 0, '' FROM leads_lead WHERE id IN ({places}) ORDER BY id
    ON CONFLICT (lead_id) DO UPDATE SET
        counter = leads_stalelead.counter + 1,
        since = CASE WHEN excluded.since < leads_stalelead.since
                     THEN excluded.since ELSE leads_stalelead.since END,
        not_before = CASE WHEN leads_stalelead.attempts > 0
                            OR excluded.not_before > leads_stalelead.not_before
                          THEN excluded.not_before ELSE leads_stalelead.not_before END,
        attempts = 0,
        problem = ''
"""


def mark(lead_ids: Iterable[int], *, at: datetime) -> None:
    """Something that may change these leads' scores was written, in this very transaction, and is
    known from `at` on. A lead that failed before is tried anew."""
    ids = sorted(set(lead_ids))
    moment = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            places = ", ".join(["%s"] * len(chunk))
            cursor.execute(_MARK.format(places=places), [moment, moment, *chunk])


def waits(*, at: datetime | Now) -> bool:
    """Is there a lead to rescore?"""
    return _ready(at).exists()


def claim(limit: int, *, at: datetime | Now) -> list[Pair]:
    """Up to `limit` leads to rescore, with the counter to clear them by, longest waiting first.
    Nothing is locked: who learns something about a lead meanwhile never waits for us."""
    rows = _ready(at).order_by("since", "lead_id")
    return list(rows.values_list("lead_id", "counter")[:limit])


def clear(pairs: Sequence[Pair]) -> int:
    """These were rescored. A row whose counter has risen since stays. Returns how many went."""
    with transaction.atomic():
        ids = _locked(_these(pairs)) if pairs else []
        return StaleLead.objects.filter(pk__in=ids).delete()[0]


def fail(pairs: Sequence[Pair], *, at: datetime, problem: str) -> None:
    """Rescoring these failed: they wait, twice as long after each attempt, and after the last one
    are set aside. `problem` quotes nothing that is known of a person."""
    with transaction.atomic():
        for row in _these(pairs).order_by("lead_id").select_for_update() if pairs else []:
            wait = FIRST_WAIT * 2 ** min(row.attempts, MOST_ATTEMPTS)
            StaleLead.objects.filter(pk=row.pk).update(
                attempts=F("attempts") + 1, not_before=at + wait, problem=problem[:200]
            )


def set_aside() -> QuerySet[StaleLead]:
    """Leads that nobody tries any more, longest waiting first."""
    return StaleLead.objects.filter(attempts__gte=MOST_ATTEMPTS).order_by("since", "lead_id")


def retry(lead_ids: Iterable[int] | None = None, *, at: datetime) -> int:
    """Try those of the leads again that were set aside; without `lead_ids`, all. Returns how
    many."""
    rows = StaleLead.objects.filter(attempts__gte=MOST_ATTEMPTS)
    if lead_ids is not None:
        rows = rows.filter(lead_id__in=list(lead_ids))
    with transaction.atomic():
        again = StaleLead.objects.filter(pk__in=_locked(rows))
        return again.update(attempts=0, not_before=at)


def _ready(at: datetime | Now) -> QuerySet[StaleLead]:
    return StaleLead.objects.filter(not_before__lte=at, attempts__lt=MOST_ATTEMPTS)


def _locked(rows: QuerySet[StaleLead]) -> list[int]:
    """In the order in which `mark` locks, so that nobody waits in a circle."""
    return list(rows.order_by("lead_id").select_for_update().values_list("pk", flat=True))


def _these(pairs: Sequence[Pair]) -> QuerySet[StaleLead]:
    by_counter: dict[int, list[int]] = {}
    for lead_id, counter in pairs:
        by_counter.setdefault(counter, []).append(lead_id)
    some = Q()
    for counter, lead_ids in by_counter.items():
        some |= Q(counter=counter, lead_id__in=lead_ids)
    return StaleLead.objects.filter(some)
