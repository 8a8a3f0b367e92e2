"""The queues of the inbox: which handoffs a person finds in each, and what comes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback.models import Handoff
from feedback.models.handoffs import HandoffQuerySet
from leads.models import User

PAGE_SIZE = 50


@dataclass(frozen=True)
class Queue:
    """A named part of the inbox. `personal` ones narrow to one's own handoffs; `done` is said
    when it is empty."""

    key: str
    label: Promise
    done: Promise
    condition: Q
    personal: bool = True
    latest_first: bool = False


QUEUES = {
    queue.key: queue
    for queue in (
        Queue(
            "answer",
            _("To answer"),
            _("All answered."),
            Q(closed_at=None, answer="", offered_at__isnull=False),
        ),
        Queue(
            "contact",
            _("In contact"),
            _("Nobody is in contact."),
            Q(closed_at=None, answer=Handoff.Answer.ACCEPTED),
        ),
        Queue(
            "pool",
            _("Pool"),
            _("Every lead has an owner."),
            Q(closed_at=None, answer="", offered_at__isnull=False, owner=None),
            personal=False,
        ),
        Queue(
            "waiting",
            _("Waiting"),
            _("Nobody waits: there is room for all."),
            Q(closed_at=None, offered_at=None),
            personal=False,
        ),
        Queue(
            "answered",
            _("Answered"),
            _("Nothing answered yet."),
            Q(answered_at__isnull=False, answered_by__isnull=False),
            latest_first=True,
        ),
    )
}


@dataclass(frozen=True)
class Page:
    """Some rows of a queue in its order. `cursor` asks for what follows; empty at the end."""

    rows: list[Handoff]
    cursor: str


def handoffs(queue: Queue, user: User, *, everyones: bool) -> HandoffQuerySet:
    """The handoffs of a queue: one's own, or of everybody whose handoffs `user` may see."""
    found = Handoff.objects.visible_to(user).filter(queue.condition)
    if everyones or not queue.personal:
        return found
    return found.filter(_own(queue, user))


def page(found: HandoffQuerySet, queue: Queue, *, after: str = "", size: int = PAGE_SIZE) -> Page:
    """The rows that follow the cursor `after`, by keyset: deadline, score, number."""
    ordered = in_order(found, queue)
    if after:
        ordered = ordered.filter(_following(queue, after))
    rows = list(ordered[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    return Page(rows, cursor(queue, rows[-1]) if more else "")


def in_order(found: HandoffQuerySet, queue: Queue) -> HandoffQuerySet:
    if queue.latest_first:
        return found.order_by("-answered_at", "-id")
    return found.in_order_of_loss()


def neighbour(found: HandoffQuerySet, queue: Queue, handoff: Handoff) -> Handoff | None:
    """The row to take up when `handoff` has left the queue: the next one, else the one above."""
    others = found.exclude(pk=handoff.pk)
    following = in_order(others, queue).filter(_following(queue, cursor(queue, handoff)))
    return following.first() or in_order(others, queue).last()


def cursor(queue: Queue, handoff: Handoff) -> str:
    """Where a row stands in its queue, as text."""
    if queue.latest_first:
        return f"{_moment(handoff.answered_at)}~{handoff.pk}"
    return f"{_moment(handoff.due_at)}~{handoff.score}~{handoff.pk}"


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _own(queue: Queue, user: User) -> Q:
    return Q(answered_by=user) if queue.latest_first else Q(owner=user)


def _following(queue: Queue, after: str) -> Q:
    """Rows behind the cursor; a cursor that cannot be read starts from the top."""
    try:
        if queue.latest_first:
            moment, number = after.split("~")
            return _before(parse_datetime(moment), int(number))
        moment, score, number = after.split("~")
        due_at = parse_datetime(moment) if moment else None
        return _later(due_at, int(score), int(number))
    except (TypeError, ValueError):
        return Q()


def _before(answered_at: datetime | None, number: int) -> Q:
    return Q(answered_at__lt=answered_at) | Q(answered_at=answered_at, pk__lt=number)


def _later(due_at: datetime | None, score: int, number: int) -> Q:
    tied = Q(due_at=due_at) & (Q(score__lt=score) | Q(score=score, pk__gt=number))
    if due_at is None:
        return tied
    return tied | Q(due_at__gt=due_at) | Q(due_at=None)
