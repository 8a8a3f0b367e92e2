"""What time does to clocks by itself before a deadline: warnings fall due, pauses end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from feedback import calendars, steps
from feedback.clocks.breaches import MOST_TOLD
from feedback.clocks.rewritings import settled
from feedback.clocks.running import terms, wake_up
from feedback.clocks.sweepers import WARNINGS, alone
from feedback.models import Handoff
from feedback.models.handoffs import HandoffQuerySet
from leads import events
from leads.clock import database_now

BATCH = 500
# What those told together have in common: the clock, and its owner or the pool, or neither.
Flood = tuple[str, int | None, int | None]


def warn(*, at: datetime | None = None) -> int:
    """Warn of every deadline that is near at `at`, by default at the database's now: whoever owes
    the answer is told, once for each clock; of more than a handful at once, once in all. What is
    over already is a breach, and no warning. Returns how many; none while another sweep is at it.
    """
    now = at or database_now()
    if not _near(now).exists():
        return 0
    with alone(WARNINGS) as ours:
        return _warn_all(now) if ours else 0


def _warn_all(now: datetime) -> int:
    numbers = _numbers(now)
    floods = {flood: number for flood, number in numbers.items() if number > MOST_TOLD}
    warned, told = 0, set[Flood]()
    while batch := _warn_batch(now, floods, told):
        warned += batch
    return warned


def wake(*, at: datetime | None = None) -> int:
    """End every pause that is over by `at`, by default by the database's now. Its clock has stood
    on the right deadline since it was paused. Returns how many."""
    now = at or database_now()
    woken = 0
    while _over(now).exists() and (batch := _wake_batch(now)):
        woken += batch
    return woken


@transaction.atomic
def _warn_batch(now: datetime, floods: Mapping[Flood, int], told: set[Flood]) -> int:
    """A row that somebody answers right now is skipped: it needs no warning. Of a flood the first
    batch that has some of it tells."""
    calendars.hold()
    claimed = _claimed(_near(now).order_by("warn_at"))
    _rows(claimed).update(warned_at=now)
    for handoff in claimed:
        flood = _whose(handoff.clock, handoff.owner_id, handoff.pool_id)
        silent = flood in floods
        if silent and flood not in told:
            told.add(flood)
            events.write("clock.warning_many", at=now, data=_said(flood, floods[flood]))
        data = terms(handoff)
        steps.record(handoff, "warned", at=handoff.warn_at, data=data, silent=silent)
    return len(claimed)


def _near(now: datetime) -> HandoffQuerySet:
    return settled(Handoff.objects.filter(warned_at=None, warn_at__lte=now, due_at__gt=now))


def _numbers(now: datetime) -> Counter[Flood]:
    """Of how many deadlines each is to be told."""
    rows = _near(now).order_by().values_list("clock", "owner", "pool").annotate(number=Count("pk"))
    numbers = Counter[Flood]()
    for clock, owner, pool, number in rows:
        numbers[_whose(clock, owner, pool)] += number
    return numbers


def _whose(clock: str, owner: int | None, pool: int) -> Flood:
    """Who is told: its owner, of what is nobody's the pool; of returns marketing."""
    if clock == Handoff.Clock.ANSWER_RETURN:
        return clock, None, None
    return (clock, owner, None) if owner else (clock, None, pool)


def _said(flood: Flood, number: int) -> dict[str, str | int]:
    clock, owner, pool = flood
    whom = {"owner": owner} if owner else {"pool": pool} if pool else {}
    return {"clock": clock, "number": number} | whom


@transaction.atomic
def _wake_batch(now: datetime) -> int:
    """A row that somebody has in hand right now is skipped: the next sweep ends its pause."""
    calendars.hold()
    claimed = _claimed(_over(now).order_by("rests_until"))
    _rows(claimed).update(paused_at=None, rests_until=None)
    for handoff in claimed:
        wake_up(handoff, at=now)
    return len(claimed)


def _over(now: datetime) -> HandoffQuerySet:
    return settled(Handoff.objects.filter(paused_at__isnull=False, rests_until__lte=now))


def _claimed(found: HandoffQuerySet) -> list[Handoff]:
    rows = found.select_related("lead")
    return list(rows.select_for_update(skip_locked=True, of=("self",), no_key=True)[:BATCH])


def _rows(claimed: list[Handoff]) -> HandoffQuerySet:
    return Handoff.objects.filter(pk__in=[handoff.pk for handoff in claimed])
