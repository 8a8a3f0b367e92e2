"""The members of a pool with what they have in hand, and whom of them a handoff goes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from feedback import calendars, clocks, rests, steps
from feedback.models import Handoff, Pool, PoolMember, RoutingRule
from feedback.routing import codes, duty, pasts, turns
from feedback.routing.duty import Known, Load
from feedback.routing.pasts import Past
from leads import events
from leads.models import User
from scoring import promises

# With nobody on duty the queue is offered to the pool all the same, so many at a time.
ROOM_WITHOUT_DUTY = 10
OWNING = ["owner", "assigned_at", "unassigned_since", "transfers"]
Strategy = RoutingRule.Strategy


@dataclass(frozen=True)
class Choice:
    """Who gets a handoff by which rule, one of `codes`. `skipped` are the others, each as
    {user, why}; `free` those whose turn it could have been."""

    member: PoolMember | None
    rule: str
    skipped: list[dict[str, int | str]] = field(default_factory=list)
    free: list[PoolMember] = field(default_factory=list)


class Roster:
    """The members of a pool and their load, kept up to date as handoffs are given out, for which
    the pool must be locked. Six queries at most."""

    def __init__(self, pool: Pool, *, at: datetime, known: Known | None = None) -> None:
        self.pool, self.at = pool, at
        known = known or duty.know([pool], at=at)
        ours = [member for member in known.members if member.pool_id == pool.pk]
        self.members = {member.user_id: member for member in ours}
        self.away = {member.user_id: known.away[member.pk] for member in ours}
        self.today = {m.user_id: known.today[m.pk] for m in ours if m.pk in known.today}
        self.absences = known.absences
        self.unanswered = _of_pool(pool, known.unanswered)
        self.open = _of_pool(pool, known.open)
        self.pasts: dict[int, Past] = {}

    @classmethod
    def of(cls, pools: Collection[Pool], *, at: datetime) -> list[Roster]:
        """Those of several pools, for as many queries as one."""
        known = duty.know(pools, at=at)
        return [cls(pool, at=at, known=known) for pool in pools]

    @classmethod
    def locked(cls, pool_id: int, *, at: datetime) -> Roster:
        """With the pool locked until the transaction ends: one worker at a time gives out what it
        has room for, and knows whose turn it is."""
        calendars.hold()
        list(Pool.objects.select_for_update(no_key=True).filter(pk=pool_id))
        # Read after the lock is held, so that turns are as the last worker left them.
        return cls(Pool.objects.select_related("team", "calendar").get(pk=pool_id), at=at)

    def look_back(self, handoffs: Collection[Handoff]) -> None:
        """Read for many at once who had them before, which each is asked for else. Two queries."""
        self.pasts |= pasts.of(handoffs)

    @property
    def room(self) -> int:
        """How many more the pool can be offered: what those on duty can still take, working or
        not at this hour, less what is nobody's yet."""
        present = [m for m in self.members.values() if self._takes_part(m)]
        if not present:
            return max(ROOM_WITHOUT_DUTY - self.unanswered.total(), 0)
        return max(sum(map(self._left, present)) - self.unanswered[None], 0)

    @property
    def there(self) -> list[PoolMember]:
        """Those who are on duty and at work, with room or without."""
        return [member for user_id, member in self.members.items() if not self.away[user_id]]

    def choose(self, handoff: Handoff) -> Choice:
        """Who returned the lead gets it again, or does not, where the agreement's reason says so,
        and who asked for it back on a day does. Owners keep it, whatever they have in hand. Others
        come by the rule's strategy, as long as they have room."""
        policy = handoff.rule or RoutingRule(pool=self.pool)
        past = self._past(handoff)
        skipped = dict(past.had_it)
        if past.back_to == promises.POOL:
            skipped[past.returner] = codes.RETURNED_IT
        for user_id, rule, any_hour in _first(handoff, policy, past):
            member = self.members.get(user_id)
            away = self.away[user_id] if member else codes.NOT_IN_POOL
            if any_hour and away == codes.AFTER_HOURS:
                away = ""
            if not away and user_id not in skipped:
                return Choice(member, rule, _listed(skipped))
            skipped.setdefault(user_id, away)
        return self._by_strategy(policy, skipped, past)

    def taken(self, handoffs: Collection[Handoff]) -> int:
        """How many of these, given out one after the other, somebody could take now. Nothing is
        written; the load is counted on as if they had been given."""
        self.look_back(handoffs)
        return sum(self._takes(handoff) for handoff in handoffs)

    def assign(self, handoff: Handoff, *, told: bool) -> None:
        """Give an offered handoff to somebody else than its owner, if it has one; where nobody is
        eligible it is unassigned. In the speed lane it is nobody's before somebody takes it.
        `told`: it was offered before, so who gets it is an event of its own."""
        handoff.pool = self.pool
        if handoff.speed_lane:
            self._alert(handoff)
            return
        choice = self.choose(handoff)
        if choice.member is None:
            self.leave(handoff, choice.skipped)
            return
        self._serve(choice)
        self.unanswered[handoff.owner_id] -= 1
        owner = choice.member.user
        said = {"from": handoff.owner_id, "to": owner.pk}
        said |= {"rule": choice.rule, "skipped": choice.skipped}
        self._own(handoff, owner)
        steps.record(handoff, "assigned", at=self.at, data=said, silent=not told)

    def leave(self, handoff: Handoff, skipped: list[dict[str, int | str]]) -> None:
        """Nobody is eligible for an offered handoff, so it is nobody's, which is said once."""
        if handoff.unassigned_since is None:
            said = {"from": handoff.owner_id, "rule": codes.NOBODY, "skipped": skipped}
            self._own(handoff, None, unassigned=True)
            steps.record(handoff, "unassigned", at=self.at, data=said)

    def missing(self) -> list[dict[str, int | str]]:
        """Everybody who is not there, and why."""
        return _listed({user_id: why for user_id, why in self.away.items() if why})

    def _takes(self, handoff: Handoff) -> bool:
        if handoff.speed_lane:
            return bool(self._asked(handoff))
        member = self.choose(handoff).member
        if member:
            self._count(member)
        return member is not None

    def _by_strategy(self, policy: RoutingRule, skipped: dict[int, str], past: Past) -> Choice:
        hindered = {user_id: self._hindrance(m) for user_id, m in self.members.items()}
        skipped |= {user_id: why for user_id, why in hindered.items() if why}
        free = [m for user_id, m in self.members.items() if not hindered[user_id]]
        free = [m for m in free if m.user_id not in past.had_it]
        # Whoever returned it is not asked again, as long as there is anybody else.
        free = [m for m in free if m.user_id not in skipped] or free
        if not free:
            return Choice(None, codes.NOBODY, _listed(skipped))
        member, rule = self._next(policy, free)
        return Choice(member, rule, _listed(skipped), free)

    def _past(self, handoff: Handoff) -> Past:
        return self.pasts.get(handoff.pk) or pasts.of([handoff])[handoff.pk]

    def _next(self, policy: RoutingRule, free: list[PoolMember]) -> tuple[PoolMember, str]:
        if policy.strategy == Strategy.LEAST_LOADED:
            return min(free, key=self._burden), codes.LEAST_LOADED
        owed = [member for member in free if member.credits]
        if owed:
            return turns.whose(self.pool, owed), codes.TURN_OWED
        return turns.whose(self.pool, free), codes.ROUND_ROBIN

    def _burden(self, member: PoolMember) -> tuple[int, tuple[int, int]]:
        """What they have in hand for their weight; where that is the same, turns decide."""
        burden = self.open[member.user_id] * turns.share(member)
        return burden, turns.end(self.pool, member)

    def _alert(self, handoff: Handoff) -> None:
        """It is everybody's who is at work now, whatever they have in hand, and had it not yet."""
        people = self._asked(handoff)
        if not people:
            away = {user_id: why for user_id, why in self.away.items() if why}
            self.leave(handoff, _listed(away | self._past(handoff).had_it))
            return
        self._own(handoff, None)
        said = {"handoff": handoff.pk, "rule": handoff.rule_id, "people": people}
        events.write("handoff.alert", at=self.at, lead=handoff.lead, data=said)

    def _asked(self, handoff: Handoff) -> list[int]:
        had_it = self._past(handoff).had_it
        return [m.user_id for m in self.there if m.user_id not in had_it]

    def _own(self, handoff: Handoff, owner: User | None, *, unassigned: bool = False) -> None:
        """From somebody to somebody else is a transfer. What the one before put off is taken up,
        and a deadline that runs already goes by the hours of who has it now."""
        if handoff.due_at:
            clocks.settle(handoff)
        rests.end(handoff, at=self.at)
        was = calendars.of(handoff) if handoff.due_at else None
        handoff.transfers += handoff.owner_id is not None
        handoff.owner, handoff.assigned_at = owner, self.at if owner else None
        handoff.unassigned_since = self.at if unassigned else None
        handoff.save(update_fields=OWNING)
        if was:
            clocks.moved(handoff, was=was, at=self.at)

    def _takes_part(self, member: PoolMember) -> bool:
        away = self.away[member.user_id]
        return away in ("", codes.AFTER_HOURS) and bool(self._limit(member))

    def _limit(self, member: PoolMember) -> int:
        daily = member.daily_capacity
        return member.capacity if daily is None else min(member.capacity, daily)

    def _left(self, member: PoolMember) -> int:
        left = member.capacity - self.unanswered[member.user_id]
        if member.daily_capacity is not None:
            left = min(left, member.daily_capacity - self.today[member.user_id])
        return max(left, 0)

    def _hindrance(self, member: PoolMember) -> str:
        if away := self.away[member.user_id]:
            return away
        if self._left(member):
            return ""
        full = self.unanswered[member.user_id] >= member.capacity
        return codes.NO_ROOM if full else codes.DAY_FULL

    def _serve(self, choice: Choice) -> None:
        member = choice.member
        if choice.rule == codes.TURN_OWED:
            turns.spend_credit(member)
        elif choice.free:
            turns.take(self.pool, member, choice.free)
        member.last_assigned_at = self.at
        PoolMember.objects.filter(pk=member.pk).update(last_assigned_at=self.at)
        self._count(member)

    def _count(self, member: PoolMember) -> None:
        self.unanswered[member.user_id] += 1
        self.open[member.user_id] += 1
        if member.user_id in self.today:
            self.today[member.user_id] += 1


def assign_again(handoff: Handoff, *, at: datetime) -> None:
    """Find somebody else for a locked handoff, offered and unanswered, than who has it now or had
    it until it was taken from them."""
    Roster.locked(handoff.pool_id, at=at).assign(handoff, told=True)


def _first(handoff: Handoff, policy: RoutingRule, past: Past) -> Iterator[tuple[int, str, bool]]:
    """Who comes before all strategies, by which rule, and whether outside of their hours too."""
    if past.asked_back:
        yield past.returner, codes.ASKED_BACK, True
    elif past.back_to == promises.SAME_REP:
        yield past.returner, codes.SAME_REP, True
    lead, any_hour = handoff.lead, policy.owner_any_hour
    if policy.keeps_lead_owner and lead.owner_id:
        yield lead.owner_id, codes.KEEP_OWNER, any_hour
    if policy.keeps_company_owner and lead.company and lead.company.owner_id:
        yield lead.company.owner_id, codes.COMPANY_OWNER, any_hour


def _of_pool(pool: Pool, load: Load) -> Counter[int | None]:
    return Counter({owner: n for (pool_id, owner), n in load.items() if pool_id == pool.pk})


def _listed(skipped: dict[int, str]) -> list[dict[str, int | str]]:
    return [{"user": user_id, "why": why} for user_id, why in skipped.items()]
