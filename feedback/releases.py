"""Handoffs are released to their pool as it has room; the rest waits, visibly, by score."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from feedback import clocks, handoffs, steps
from feedback.models import Handoff, Pool
from feedback.routing import Roster
from leads import access
from scoring import stages

BATCH = 50


def release(*, at: datetime) -> int:
    """Offer what waits, best score first, as far as each pool has room; from then on the answer
    clock runs. Offered handoffs that are nobody's yet find their owner first. What waits under a
    version no longer in force is withdrawn. Returns how many were offered."""
    while handoffs.withdraw_superseded(at=at, limit=BATCH):
        pass
    offered = 0
    for pool_id in Pool.objects.values_list("pk", flat=True):
        while batch := _release_batch(pool_id, at=at):
            offered += batch
    return offered


@transaction.atomic
def _release_batch(pool_id: int, *, at: datetime) -> int:
    """One worker at a time per pool: its lock guards the room and whose turn it is."""
    pool = (
        Pool.objects.select_for_update(of=("self",), no_key=True)
        .select_related("team")
        .get(pk=pool_id)
    )
    ours = Handoff.objects.filter(pool=pool)
    if not ours.unclosed().filter(answer="", owner=None).exists():
        return 0
    roster = Roster(pool, at=at)
    for handoff in _locked(ours.awaiting_answer().filter(owner=None).order_by("due_at", "pk")):
        handoff.pool = pool
        roster.assign(handoff, told=True)
    current = ours.waiting().filter(version=stages.held_version())
    waiting = _locked(current.order_by("-score", "opened_at", "pk"))
    released = waiting.select_related("version")[: min(roster.room, BATCH)]
    for handoff in released:
        handoff.pool = pool
        _offer(handoff, roster, at=at)
    return len(released)


def _locked(found: QuerySet[Handoff]) -> QuerySet[Handoff]:
    """What somebody answers or takes right now is left out. Of a lead, whose it is."""
    rows = found.select_related("lead__company")
    rows = rows.defer("lead__attributes", "lead__attributes_folded")
    return rows.select_for_update(skip_locked=True, of=("self",), no_key=True)


def _offer(handoff: Handoff, roster: Roster, *, at: datetime) -> None:
    handoff.offered_at = at
    handoff.save(update_fields=["offered_at"])
    access.show(handoff.lead, team=handoff.pool.team, at=at)
    steps.record(handoff, "offered", at=at)
    roster.load[None] += 1
    roster.assign(handoff, told=False)
    clocks.start(handoff, Handoff.Clock.ANSWER, at=at)
