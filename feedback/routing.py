"""Whose a handoff becomes: keep the owner, else the one on duty who waited longest.

Every choice leaves its trace: which rule, who was skipped and why.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Count

from feedback import calendars, steps
from feedback.models import Handoff, Pool, PoolMember
from leads.models import User
from scoring import promises

KEEP_OWNER = "keep_owner"
SAME_REP = "same_rep"
ROUND_ROBIN = "round_robin"
NOBODY = "nobody"
# With nobody on duty the queue is offered to the pool all the same, so many at a time.
ROOM_WITHOUT_DUTY = 10
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Choice:
    """Who gets a handoff by which rule. `skipped` are the others, each as {user, why}; why is
    not_in_pool, off_duty, after_hours, no_room or returned_it."""

    member: PoolMember | None
    rule: str
    skipped: list[dict[str, int | str]] = field(default_factory=list)


class Roster:
    """The members of a locked pool and their load, kept up to date as handoffs are given out."""

    def __init__(self, pool: Pool, *, at: datetime) -> None:
        self.at = at
        members = pool.members.filter(user__is_active=True, user__team_id=pool.team_id)
        self.members = {m.user_id: m for m in members.select_related("user").order_by("pk")}
        unanswered = Handoff.objects.awaiting_answer().filter(pool=pool).order_by()
        loads = unanswered.values_list("owner_id").annotate(Count("pk"))
        self.load: Counter[int | None] = Counter(dict(loads))
        self.in_hours = calendars.is_working(pool.calendar, at)

    @property
    def room(self) -> int:
        """How many more the pool can be offered: what those on duty can take, less what waits
        for an answer."""
        capacity = sum(m.capacity for m in self.members.values() if m.on_duty)
        return max((capacity or ROOM_WITHOUT_DUTY) - self.load.total(), 0)

    def choose(self, handoff: Handoff) -> Choice:
        """Who returned the lead gets it again, or does not, where the agreement's reason says so.
        The owner keeps it at any hour and load while on duty. Others take turns, in working time
        and as long as they have room."""
        skipped: dict[int, str] = {}
        returner, back_to = _returned_by(handoff)
        if back_to == promises.POOL:
            skipped[returner] = "returned_it"
        first = {returner: SAME_REP} if back_to == promises.SAME_REP else {}
        for user_id, rule in (first | dict.fromkeys(_owners(handoff), KEEP_OWNER) | first).items():
            member = self.members.get(user_id)
            if member and member.on_duty and user_id not in skipped:
                return Choice(member, rule, _listed(skipped))
            skipped.setdefault(user_id, "off_duty" if member else "not_in_pool")
        hindered = {user_id: self._hindrance(m) for user_id, m in self.members.items()}
        skipped |= {user_id: why for user_id, why in hindered.items() if why}
        free = [m for user_id, m in self.members.items() if not hindered[user_id]]
        # Whoever returned it is not asked again, as long as there is anybody else.
        free = [m for m in free if m.user_id not in skipped] or free
        if not free:
            return Choice(None, NOBODY, _listed(skipped))
        longest = min(free, key=lambda m: (m.last_assigned_at or LONG_AGO, m.pk))
        return Choice(longest, ROUND_ROBIN, _listed(skipped))

    def assign(self, handoff: Handoff, *, told: bool) -> User | None:
        """Give an offered handoff its first owner, if anybody is there for it; else it stays the
        pool's, which is traced once. `told`: whether this is an event of its own."""
        choice = self.choose(handoff)
        owner = choice.member.user if choice.member else None
        if choice.member:
            self._serve(choice.member)
            handoff.owner = owner
            handoff.save(update_fields=["owner"])
        elif told:
            return None
        said = {"from": None, "to": owner.pk if owner else None}
        said |= {"rule": choice.rule, "skipped": choice.skipped}
        steps.record(handoff, "assigned", at=self.at, data=said, silent=not told)
        return owner

    def _hindrance(self, member: PoolMember) -> str:
        if not member.on_duty:
            return "off_duty"
        if not self.in_hours:
            return "after_hours"
        return "no_room" if self.load[member.user_id] >= member.capacity else ""

    def _serve(self, member: PoolMember) -> None:
        """Turns are told apart even within one moment."""
        latest = max(m.last_assigned_at or LONG_AGO for m in self.members.values())
        member.last_assigned_at = max(self.at, latest + timedelta(microseconds=1))
        # Not part of the member's recorded history, so not worth a row of it at each turn.
        PoolMember.objects.filter(pk=member.pk).update(last_assigned_at=member.last_assigned_at)
        self.load[member.user_id] += 1
        self.load[None] -= 1


def _owners(handoff: Handoff) -> list[int]:
    """The lead's owner, then the company's."""
    lead = handoff.lead
    company_owner = lead.company.owner_id if lead.company else None
    return list(dict.fromkeys(o for o in (lead.owner_id, company_owner) if o))


def _returned_by(handoff: Handoff) -> tuple[int | None, str]:
    """Who gave the lead back last, and whom the reason of then offers it again to, if it says."""
    closed = Handoff.objects.filter(lead=handoff.lead_id, closed_at__isnull=False)
    last = closed.exclude(pk=handoff.pk).select_related("reason", "version")
    last = last.order_by("-closed_at", "-pk").first()
    if last is None or last.reason is None:
        return None, ""
    back_to = promises.reason(last.version, last.reason.key).get("back_to", "")
    step = back_to and last.steps.filter(kind="returned").last()
    return (step.by_id, back_to) if step else (None, "")


def _listed(skipped: dict[int, str]) -> list[dict[str, int | str]]:
    return [{"user": user_id, "why": why} for user_id, why in skipped.items()]
