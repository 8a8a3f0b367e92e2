"""Whose turn it is, by weight, and turns given back.

The turns of a pool advance like a clock that all its members share (`Pool.turn`): a member is due
when it has reached `PoolMember.turn`, and of those who are due the one whose share ends first
comes next. So at every moment each has had their share of the turns, less or more than one, and
not all at once. Whoever was away is not owed what passed meanwhile: their turns go on from now.
Source of the formula: J. Bennett, H. Zhang, "Hierarchical packet fair queueing algorithms", 1996
(WF²Q+).
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import F, QuerySet

from feedback.models import Handoff, Pool, PoolMember
from feedback.routing import codes
from scoring import promises

# A turn of weight 1. Every weight from 1 to 10 divides it.
TURN = 2520 * 1_000_000
# Groups of reasons that say nothing of the lead: with these the turn counts.
THEIR_OWN = ("no_response", "other")


def whose(pool: Pool, free: Collection[PoolMember]) -> PoolMember:
    """Who of those who are free comes next."""
    now = _now(pool, free)
    due = [member for member in free if _start(pool, member) <= now]
    return min(due, key=lambda member: end(pool, member))


def end(pool: Pool, member: PoolMember) -> tuple[int, int]:
    """By what whoever is due is ordered: where their share of the turns ends."""
    return _start(pool, member) + share(member), member.pk


def share(member: PoolMember) -> int:
    """How far a turn takes a member."""
    return TURN // member.weight


def take(pool: Pool, member: PoolMember, free: Collection[PoolMember]) -> None:
    """The member has had a turn among those who were free."""
    advance(pool, member, free)
    # Not part of the recorded history, so not worth a row of it at each turn.
    PoolMember.objects.filter(pk=member.pk).update(turn=member.turn)
    Pool.objects.filter(pk=pool.pk).update(turn=pool.turn)


def advance(pool: Pool, member: PoolMember, free: Collection[PoolMember]) -> None:
    """As `take`, on the given instances alone."""
    now = _now(pool, free)
    member.turn = _start(pool, member) + share(member)
    pool.turn = now + TURN // sum(each.weight for each in free)


def spend_credit(member: PoolMember) -> None:
    """The member has had a turn that was owed."""
    member.credits -= 1
    PoolMember.objects.filter(pk=member.pk, credits__gt=0).update(credits=F("credits") - 1)


def give_turn_back(handoff: Handoff) -> bool:
    """A locked handoff that was just returned, at the door or after contact, cost its owner a
    turn: they are owed one if the reason was not theirs, that is, with every group of reasons but
    `no_response` and `other`. It does not count among what they got today either. Once for each
    handoff; False where there is nothing to give back. A lead that was theirs anyhow, or given by
    hand, took no turn."""
    returned = Handoff.Answer.RETURNED in (handoff.answer, handoff.outcome)
    if handoff.credited or not returned or not _is_innocent(handoff):
        return False
    _mark(handoff, credited=True)
    _who_had_the_turn(handoff).update(credits=F("credits") + 1)
    return True


def take_turn_back(handoff: Handoff) -> bool:
    """The return of a locked handoff is undone, so nothing is owed for it. Whoever has had the
    turn meanwhile pays with their next one."""
    if not handoff.credited:
        return False
    _mark(handoff, credited=False)
    members = _who_had_the_turn(handoff)
    if not members.filter(credits__gt=0).update(credits=F("credits") - 1):
        for member in members:
            PoolMember.objects.filter(pk=member.pk).update(turn=F("turn") + share(member))
    return True


def _start(pool: Pool, member: PoolMember) -> int:
    """Where their turn begins: where it stands, unless they are more than a whole one behind."""
    return member.turn if member.turn + share(member) >= pool.turn else pool.turn


def _now(pool: Pool, free: Collection[PoolMember]) -> int:
    """With nobody due yet, the first who will be is."""
    return max(pool.turn, min(_start(pool, member) for member in free))


def _is_innocent(handoff: Handoff) -> bool:
    reason = promises.reason(handoff.version, handoff.reason.key) if handoff.reason else {}
    return bool(reason) and reason["group"] not in THEIR_OWN


def _mark(handoff: Handoff, *, credited: bool) -> None:
    handoff.credited = credited
    handoff.save(update_fields=["credited"])


def _who_had_the_turn(handoff: Handoff) -> QuerySet[PoolMember]:
    last = handoff.steps.filter(kind="assigned").last()
    took_turn = last is not None and last.data.get("rule") in codes.TURNS
    who = last.data["to"] if took_turn else None
    return PoolMember.objects.filter(pool=handoff.pool_id, user=who)
