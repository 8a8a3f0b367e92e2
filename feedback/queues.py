"""The queues of the inbox: which handoffs a person finds in each, and what comes first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback.models import Handoff, Pool
from feedback.models.handoffs import HandoffQuerySet
from leads.models import User

PAGE_SIZE = 25
ACCEPTED = Handoff.Answer.ACCEPTED
OPEN = Q(closed_at=None)
OFFERED = OPEN & Q(answer="", offered_at__isnull=False)


@dataclass(frozen=True)
class Queue:
    """A named part of the inbox: at a moment, the handoffs of a `condition`.

    `personal` ones narrow to one's own; `quiet` ones are looked into rather than worked through;
    `done` is said when it is empty. Rows are in the `order` of loss, of rest (what wakes first)
    or latest. Those of a queue that is `returnable` may be returned several at a time.
    """

    key: str
    label: Promise
    done: Promise
    condition: Callable[[datetime], Q]
    personal: bool = True
    quiet: bool = False
    order: str = "loss"
    returnable: bool = True

    @property
    def counted(self) -> bool:
        return self.order != "latest"


def awake(at: datetime) -> Q:
    """Nobody has put it off, or the moment has come."""
    return Q(rests_until=None) | Q(rests_until__lte=at)


QUEUES = {
    queue.key: queue
    for queue in (
        Queue("answer", _("To answer"), _("All answered."), lambda at: OFFERED & awake(at)),
        Queue(
            "contact",
            _("To contact"),
            _("Nobody waits for a first contact."),
            lambda at: OPEN & Q(answer=ACCEPTED, first_contact_at=None) & awake(at),
        ),
        Queue(
            "qualify",
            _("To qualify"),
            _("Nobody is left to qualify."),
            lambda at: OPEN & Q(answer=ACCEPTED, first_contact_at__isnull=False) & awake(at),
        ),
        Queue(
            "resting",
            _("Resting"),
            _("Nobody rests: nothing is put off."),
            lambda at: Q(rests_until__gt=at) & (OPEN | Q(IsNull(_open_again(), True))),
            order="rest",
            returnable=False,
        ),
        Queue(
            "pool",
            _("Pool"),
            _("Nothing lies in the pool."),
            lambda at: OFFERED & Q(owner=None, unassigned_since=None),
            personal=False,
            quiet=True,
        ),
        Queue(
            "unassigned",
            _("Unassigned"),
            _("Somebody was found for every lead."),
            lambda at: OPEN & Q(unassigned_since__isnull=False),
            personal=False,
            quiet=True,
        ),
        Queue(
            "waiting",
            _("No room"),
            _("Nobody waits: there is room for all."),
            lambda at: OPEN & Q(offered_at=None),
            personal=False,
            quiet=True,
            returnable=False,
        ),
        Queue(
            "answered",
            _("Answered"),
            _("Nothing answered yet."),
            lambda at: Q(answered_at__isnull=False, answered_by__isnull=False),
            quiet=True,
            order="latest",
            returnable=False,
        ),
    )
}


@dataclass(frozen=True)
class Page:
    """Some rows of a queue in its order. `cursor` asks for what follows; empty at the end."""

    rows: list[Handoff]
    cursor: str


def handoffs(queue: Queue, user: User, *, everyones: bool, at: datetime) -> HandoffQuerySet:
    """The handoffs of a queue at a moment: one's own, or of everybody whose handoffs `user` may
    see."""
    found = Handoff.objects.visible_to(user).filter(queue.condition(at))
    if everyones or not queue.personal:
        return found
    return found.filter(_own(queue, user))


def page(found: HandoffQuerySet, queue: Queue, *, after: str = "", size: int | None = None) -> Page:
    """The rows that follow the cursor `after`, by keyset: speed lane, deadline, score, number."""
    size = size or PAGE_SIZE
    ordered, rows = in_order(found, queue), []
    for stretch in _following(queue, after):
        rows += ordered.filter(stretch)[: size + 1 - len(rows)]
        if len(rows) > size:
            break
    return cut(rows, queue, size)


def cut(rows: list[Handoff], queue: Queue, size: int) -> Page:
    """A page of rows of which one more was asked for."""
    more = len(rows) > size
    return Page(rows[:size], cursor(queue, rows[size - 1]) if more else "")


def in_order(found: HandoffQuerySet, queue: Queue) -> HandoffQuerySet:
    """What is lost first comes first; what rests, by the moment it wakes; answers, latest first."""
    match queue.order:
        case "latest":
            return found.order_by("-answered_at", "-id")
        case "rest":
            return found.order_by("rests_until", "id")
    return found.order_by("-speed_lane", F("due_at").asc(nulls_last=True), "-score", "id")


def neighbour(found: HandoffQuerySet, queue: Queue, handoff: Handoff) -> Handoff | None:
    """The row to take up when `handoff` has left the queue: the next one, else the one above."""
    others = in_order(found.exclude(pk=handoff.pk), queue)
    for stretch in _following(queue, cursor(queue, handoff)):
        if following := others.filter(stretch).first():
            return following
    return others.last()


def cursor(queue: Queue, handoff: Handoff) -> str:
    """Where a row stands in its queue, as text."""
    match queue.order:
        case "latest":
            return f"{_moment(handoff.answered_at)}~{handoff.pk}"
        case "rest":
            return f"{_moment(handoff.rests_until)}~{handoff.pk}"
    lane = int(handoff.speed_lane)
    return f"{lane}~{_moment(handoff.due_at)}~{handoff.score}~{handoff.pk}"


def _open_again() -> Subquery:
    """The lead of a closed handoff has been handed over once more: it rests no longer. Looked up
    row by row: for an EXISTS beside an OR, PostgreSQL reads the leads of all open handoffs."""
    again = Handoff.objects.unclosed().filter(lead=OuterRef("lead"))
    return Subquery(again.values("pk")[:1])


def _own(queue: Queue, user: User) -> Q:
    """Whose it is, or who answered it. What asks for a person now is everybody's in its pool."""
    if queue.order == "latest":
        return Q(answered_by=user)
    if queue.key != "answer":
        return Q(owner=user)
    pools = Pool.objects.filter(members__user=user)
    return Q(owner=user) | Q(owner=None, speed_lane=True, pool__in=pools)


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _following(queue: Queue, after: str) -> list[Q]:
    """What is behind the cursor, as stretches of the queue's index that follow each other: of an OR
    between them the database would read everything before as well. A cursor that cannot be read
    starts from the top."""
    try:
        if queue.order == "loss":
            lane, moment, score, number = after.split("~")
            return _lost_later(lane == "1", _read(moment), int(score), int(number))
        moment, number = after.split("~")
        beyond = _before if queue.order == "latest" else _woken_later
        at = _read(moment)
        return [beyond(at, int(number)) if at else Q()]
    except (TypeError, ValueError, OverflowError):
        return [Q()]


def _read(moment: str) -> datetime | None:
    """What `_moment` said. Raises OverflowError for what lies before or behind all calendars."""
    at = parse_datetime(moment)
    return at.astimezone(UTC) if at else None


def _before(answered_at: datetime, number: int) -> Q:
    return Q(answered_at__lte=answered_at) & (Q(answered_at__lt=answered_at) | Q(pk__lt=number))


def _woken_later(rests_until: datetime, number: int) -> Q:
    return Q(rests_until__gte=rests_until) & (Q(rests_until__gt=rests_until) | Q(pk__gt=number))


def _lost_later(lane: bool, due_at: datetime | None, score: int, number: int) -> list[Q]:
    """Those of the lane that are due then or later, those without a deadline, the other lane."""
    here, tied = Q(speed_lane=lane), Q(score__lt=score) | Q(score=score, pk__gt=number)
    without = here & Q(due_at=None)
    stretches = [without & tied]
    if due_at:
        stretches = [here & Q(due_at__gte=due_at) & (Q(due_at__gt=due_at) | tied), without]
    return [*stretches, Q(speed_lane=False)] if lane else stretches
