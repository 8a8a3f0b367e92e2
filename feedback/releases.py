"""Handoffs are released to their pool as it has room; the rest waits, visibly, by score. What is
in the speed lane does not wait."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from feedback import clocks, handoffs, routing, steps
from feedback.models import Handoff, Pool, RoutingRule
from feedback.routing import Roster, codes
from leads import access, events
from leads.models import Activity, Lead
from scoring import conditions, stages
from scoring.conditions import Unreadable, Vocabulary
from scoring.models import AgreementVersion

BATCH = 50
# So many of those who are nobody's are tried again at a time, the most urgent first.
RETRIED = 200
# And at most so many are looked at.
LOOKED_AT = 5000
# What a lead did so lately may still bring it into the speed lane.
LOOKED_BACK = timedelta(days=1)


def release(*, at: datetime) -> int:
    """Offer what waits, best score first, as far as each pool has room, and what is in the speed
    lane at once; from then on the answer clock runs. Offered handoffs that nobody was eligible
    for find their owner first, and so do those whose owner has left. What waits under a version
    no longer in force is withdrawn. Returns how many were offered."""
    while handoffs.withdraw_superseded(at=at, limit=BATCH):
        pass
    _hurry(at=at)
    _pass_on(at=at)
    offered, problems = 0, []
    for pool_id in Pool.objects.values_list("pk", flat=True):
        try:
            while batch := _release_batch(pool_id, at=at):
                offered += batch
        except Exception as problem:  # The other pools must not wait for it.
            problems.append(problem)
    if problems:
        raise problems[0]
    return offered


def _release_batch(pool_id: int, *, at: datetime) -> int:
    ours = Handoff.objects.filter(pool=pool_id)
    nobodys = ours.awaiting_answer().filter(owner=None)
    if not (nobodys.exists() or ours.waiting().exists()):
        return 0
    with transaction.atomic():
        return _release_locked(Roster.locked(pool_id, at=at), ours)


def _release_locked(roster: Roster, ours: QuerySet[Handoff]) -> int:
    if roster.there:
        _retry(ours, roster)
    else:
        _leave_speed_lane(ours, roster)
    current = ours.waiting().filter(version=stages.held_version())
    waiting = _locked(current.order_by("-score", "opened_at", "pk"))
    urgent = list(waiting.filter(speed_lane=True)[:BATCH])
    room = min(roster.room, BATCH - len(urgent))
    released = [*urgent, *waiting.filter(speed_lane=False)[:room]]
    roster.look_back(released)
    for handoff in released:
        _offer(handoff, roster)
    return len(released)


def _retry(ours: QuerySet[Handoff], roster: Roster) -> None:
    """All of them, by and by: the first may be for nobody who is there, and a later one may."""
    nobodys = _nobodys(ours).order_by("due_at", "pk")
    left = list(nobodys.values_list("pk", flat=True)[:LOOKED_AT])
    for start in range(0, len(left), RETRIED):
        found = list(_locked(nobodys.filter(pk__in=left[start : start + RETRIED])))
        roster.look_back(found)
        for handoff in found:
            roster.assign(handoff, told=True)


def _nobodys(ours: QuerySet[Handoff]) -> QuerySet[Handoff]:
    """Offered, and nobody was eligible."""
    return ours.awaiting_answer().filter(owner=None, unassigned_since__isnull=False)


def _leave_speed_lane(ours: QuerySet[Handoff], roster: Roster) -> None:
    """Whoever was alerted has gone, and nobody took it."""
    taken = ours.awaiting_answer().filter(owner=None, speed_lane=True, unassigned_since=None)
    for handoff in _locked(taken.order_by("due_at", "pk"))[:RETRIED]:
        roster.leave(handoff, roster.missing())


def _locked(found: QuerySet[Handoff]) -> QuerySet[Handoff]:
    """What somebody answers or takes right now is left out. Of a lead, whose it is."""
    rows = found.select_related("lead__company", "version", "rule")
    rows = rows.defer("lead__attributes", "lead__attributes_folded")
    return rows.select_for_update(skip_locked=True, of=("self",), no_key=True)


def _offer(handoff: Handoff, roster: Roster) -> None:
    handoff.pool = roster.pool
    handoff.offered_at = roster.at
    handoff.save(update_fields=["offered_at"])
    access.show(handoff.lead, team=handoff.pool.team, at=roster.at)
    steps.record(handoff, "offered", at=roster.at)
    roster.assign(handoff, told=False)
    clocks.start(handoff, Handoff.Clock.ANSWER, at=roster.at)


def _hurry(*, at: datetime) -> None:
    """Who asks for a person meanwhile goes to the speed lane: out of the queue, or on top of what
    waits for an answer."""
    lane = RoutingRule.objects.filter(active=True, strategy=codes.FIRST_TO_TAKE)
    version = AgreementVersion.objects.in_force().first() if lane.exists() else None
    if version is None:
        return
    since = Coalesce("offered_at", "opened_at")
    did = Activity.objects.filter(
        known_at__gt=OuterRef("since"),
        known_at__lte=at,
        lead=OuterRef("lead"),
        occurred_at__gt=at - LOOKED_BACK,
    )
    unanswered = Handoff.objects.filter(closed_at=None, answer="", speed_lane=False)
    active = unanswered.annotate(since=since).filter(Exists(did)).order_by("-score", "pk")
    leads = list(active.values_list("lead", flat=True)[:LOOKED_AT])
    asking = _meeting_any(lane, leads, version, at=at) if leads else set()
    for pk in (
        unanswered.filter(lead__in=asking).order_by("-score", "pk").values_list("pk", flat=True)
    ):
        _place_anew(pk, at=at)


def _meeting_any(
    rules: Iterable[RoutingRule], leads: Iterable[int], version: AgreementVersion, *, at: datetime
) -> set[int]:
    """Who of these leads may be meant by one of the rules."""
    vocabulary, found = Vocabulary(version.body), set[int]()
    for rule in rules:
        asked = Lead.objects.filter(pk__in=leads)
        if rule.when is not None:
            personas = version.body["personas"]
            condition = conditions.read(rule.when, vocabulary=vocabulary, personas=personas)
            if isinstance(condition, Unreadable):
                continue
            asked = conditions.satisfying(asked, condition, at=at)
        found |= set(asked.values_list("pk", flat=True))
    return found


@transaction.atomic
def _place_anew(pk: int, *, at: datetime) -> None:
    rows = Handoff.objects.filter(pk=pk, closed_at=None, answer="", speed_lane=False)
    rows = rows.select_related("lead__company", "owner")
    handoff = rows.select_for_update(skip_locked=True, of=("self",), no_key=True).first()
    where = routing.place(handoff.lead, at) if handoff else None
    if not where or not where.speed_lane:
        return
    handoff.speed_lane = True
    if handoff.offered_at is None:
        handoff.pool, handoff.rule = where.pool, where.rule
    handoff.save(update_fields=["pool", "rule", "speed_lane"])
    said = where.to_dict() | {"pool": handoff.pool_id}
    steps.record(handoff, "hurried", at=at, data=said, silent=True)
    if handoff.offered_at:
        _alert(handoff, at=at)


def _alert(handoff: Handoff, *, at: datetime) -> None:
    """Whoever has it; without an owner everybody who is there."""
    if handoff.owner_id is None:
        routing.assign_again(handoff, at=at)
        return
    people = {"people": [handoff.owner_id], "owner": handoff.owner_id}
    said = {"handoff": handoff.pk, "rule": handoff.rule_id} | people
    events.write("handoff.alert", at=at, lead=handoff.lead, data=said)


def _pass_on(*, at: datetime) -> None:
    """Whoever has left, the house or the team, answers nobody: what waits for their answer goes
    to others."""
    there = Q(owner__is_active=True, owner__team=F("pool__team"))
    theirs = Handoff.objects.awaiting_answer().filter(~there, owner__isnull=False)
    for pk in theirs.order_by("due_at", "pk").values_list("pk", flat=True)[:BATCH]:
        with transaction.atomic():
            for handoff in _locked(theirs.filter(pk=pk)):
                routing.assign_again(handoff, at=at)
