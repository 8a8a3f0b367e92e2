"""Leads whose score may be out of date: marked with their cause, cleared by who rescored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from leads.models import StaleLead

Pair = tuple[int, int]

CHUNK = 500
LONGEST_WAIT = timedelta(hours=1)

# One row per lead; every further cause lets the counter rise. The ORM cannot say
# `counter + 1` in an upsert. Ordered, so that two writers never lock each other out.
_MARK = """
    INSERT INTO leads_stalelead (lead_id, counter, since, attempts)
    SELECT id, 1, %s, 0 FROM leads_lead WHERE id IN ({places}) ORDER BY id
    ON CONFLICT (lead_id) DO UPDATE SET
        counter = leads_stalelead.counter + 1,
        attempts = 0,
        since = CASE WHEN excluded.since < leads_stalelead.since
                     THEN excluded.since ELSE leads_stalelead.since END
"""


def mark(lead_ids: Iterable[int], *, at: datetime) -> None:
    """Something that may change these leads' scores was written, in this very transaction."""
    ids = sorted(set(lead_ids))
    since = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            places = ", ".join(["%s"] * len(chunk))
            cursor.execute(_MARK.format(places=places), [since, *chunk])


def claim(limit: int, *, at: datetime) -> list[Pair]:
    """Up to `limit` leads to rescore, with the counter to clear them by, longest waiting first.
    Inside a transaction, PostgreSQL leaves out what another worker has in hand."""
    rows = StaleLead.objects.filter(since__lte=at).order_by("since", "lead_id")
    return list(_locked(rows).values_list("lead_id", "counter")[:limit])


def clear(pairs: Sequence[Pair]) -> int:
    """These were rescored. A row whose counter has risen since stays. Returns how many went."""
    return _these(pairs).delete()[0] if pairs else 0


def fail(pairs: Sequence[Pair], *, at: datetime) -> None:
    """Rescoring these failed: they wait, twice as long after each attempt, up to an hour."""
    with transaction.atomic():
        for row in _locked(_these(pairs)) if pairs else []:
            wait = min(timedelta(seconds=5 * 2 ** min(row.attempts, 10)), LONGEST_WAIT)
            same = StaleLead.objects.filter(pk=row.pk, counter=row.counter)
            same.update(attempts=F("attempts") + 1, since=at + wait)


def _these(pairs: Sequence[Pair]) -> QuerySet[StaleLead]:
    by_counter: dict[int, list[int]] = {}
    for lead_id, counter in pairs:
        by_counter.setdefault(counter, []).append(lead_id)
    some = Q()
    for counter, lead_ids in by_counter.items():
        some |= Q(counter=counter, lead_id__in=lead_ids)
    return StaleLead.objects.filter(some)


def _locked(rows: QuerySet[StaleLead]) -> QuerySet[StaleLead]:
    if connection.in_atomic_block and connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True)
    return rows
