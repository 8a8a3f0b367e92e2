"""What follows a breach that nobody mends: others are told, further up each time; where it is so
agreed the handoff is taken from its owner first, and offered to others.

Each leaves its step at its true moment. Of more than a handful of one pool, clock and level that
are due together others are told once in all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from feedback import calendars, clocks, routing, steps
from feedback.clocks.breaches import MOST_TOLD
from feedback.clocks.running import TAKE_BACK
from feedback.clocks.sweepers import ESCALATIONS, alone
from feedback.models import Handoff
from feedback.models.handoffs import HandoffQuerySet
from leads import events
from scoring.checks.structure import MOST_CHAIN

BATCH = 100
# Taking back, and the longest chain there may be.
RUNGS = 1 + MOST_CHAIN
# What those told together have in common, on one rung.
FLOOD = ("pool_id", "clock", "version_id")


def escalate(*, at: datetime) -> int:
    """Take every step after a breach that is due by `at`. Each is taken once, and none after the
    clock has ended. Returns how many; none while another sweep is at it."""
    due = Handoff.objects.filter(escalate_at__lte=at, breached_at__isnull=False)
    if not due.exists():
        return 0
    with alone(ESCALATIONS) as ours:
        rungs = range(RUNGS) if ours else ()
        return sum(_take_rung(due.filter(escalations=rung), at=at) for rung in rungs)


def _take_rung(due: HandoffQuerySet, *, at: datetime) -> int:
    """All that stand on one rung of the ladder: so it is known how many they are."""
    taken, floods = 0, _Floods(due, at=at)
    while batch := _take_batch(due, floods):
        taken += batch
    return taken


class _Floods:
    """Those of which too many are due at once to be told one by one."""

    def __init__(self, due: HandoffQuerySet, *, at: datetime) -> None:
        self.at = at
        rows = due.order_by().values_list(*FLOOD).annotate(number=Count("pk"))
        self.numbers = {tuple(key): n for *key, n in rows if n > MOST_TOLD}
        self.told: set[tuple[int | str, ...]] = set()

    def drown(self, handoff: Handoff, said: Mapping[str, object]) -> bool:
        """Whether it is one of them; the first tells of all."""
        key = tuple(getattr(handoff, name) for name in FLOOD)
        if key in self.numbers and key not in self.told:
            self.told.add(key)
            about = {"pool": handoff.pool_id, "number": self.numbers[key], **said}
            events.write("clock.escalated_many", at=self.at, data=about)
        return key in self.numbers


def _take_batch(due: HandoffQuerySet, floods: _Floods) -> int:
    if not due.exists():
        return 0
    with transaction.atomic():
        return _take_some(due, floods)


def _take_some(due: HandoffQuerySet, floods: _Floods) -> int:
    """A row that somebody answers right now is skipped: its clock ends."""
    calendars.hold()
    related = ("lead__company", "version", "pool__calendar", "rule")
    rows = due.order_by("escalate_at").select_related(*related)
    claimed = list(rows.select_for_update(skip_locked=True, of=("self",), no_key=True)[:BATCH])
    # Taking back locks the pool: two at once do so in the same order.
    for handoff in sorted(claimed, key=lambda each: each.pool_id):
        _escalate(handoff, floods)
    return len(claimed)


def _escalate(handoff: Handoff, floods: _Floods) -> None:
    moment, clock = handoff.escalate_at, handoff.clock
    step = clocks.climb(handoff)
    if step.to != TAKE_BACK:
        said = {"clock": clock, "level": _level(handoff), "to": step.to}
        silent = floods.drown(handoff, said)
        steps.record(handoff, "escalated", at=moment, data=said, silent=silent)
    elif handoff.owner_id:
        _take_back(handoff, at=floods.at)


def _level(handoff: Handoff) -> int:
    """The how manieth of the chain it was, from 1."""
    taken_back = clocks.ladder(handoff)[0].to == TAKE_BACK
    return handoff.escalations - taken_back


def _take_back(handoff: Handoff, *, at: datetime) -> None:
    """It is nobody's again, whoever gets it has the whole time to answer, from now on."""
    said = {"from": handoff.owner_id}
    clocks.stop(handoff, at=at, met=False)
    handoff.owner = handoff.assigned_at = None
    handoff.transfers += 1
    handoff.save(update_fields=["owner", "assigned_at", "transfers"])
    steps.record(handoff, "taken_back", at=at, data=said)
    routing.assign_again(handoff, at=at)
    clocks.start(handoff, Handoff.Clock.ANSWER, at=at)
