"""What waits for a person, counted in one statement, and no further than anybody reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import BigIntegerField, Exists, IntegerField, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from feedback import filters, queues, statements
from feedback.models import HandoffEvent, Notification
from feedback.statements import Kept, Who
from leads.models import Lead, User
from scoring.models import AgreementVersion

# Nobody acts differently on 100 or 20,000: counting stops one row behind what is shown.
MOST = 99
COUNTED, SIZE = "counted_", "queue_"


@dataclass(frozen=True)
class Waiting:
    """`answers` this person owes (a manager: everybody), `overdue` of them; unread returns and
    notifications, each at most one more than MOST; `unsettled` is the number of the version being
    written or signed, 0 if none is, and `unsettled_as` its status. Where asked for, `queues` maps
    a queue's key to its size, `told` is how many unread notifications are about a handoff,
    `left_alone` how many leads of sales have neither owner nor handoff, and `gave_back` whether
    this person ever returned one."""

    answers: int = 0
    overdue: int = 0
    returns: int = 0
    notifications: int = 0
    unsettled: int = 0
    unsettled_as: str = ""
    told: int = 0
    left_alone: int = 0
    gave_back: int = 0
    queues: dict[str, int] = field(default_factory=dict)


class Counted(Subquery):
    """How many rows there are, counted up to the limit that the rows have."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def count(
    user: User,
    *,
    at: datetime,
    everyones: bool | None = None,
    handoff: int | None = None,
    left_alone: bool = False,
) -> Waiting:
    """All counts, each from an index of its own. With `everyones` (True) or own ones (False)
    also the sizes of the inbox's queues, and whether they returned anybody; with a `handoff`,
    what the user was told about it."""
    counting = _counting(statements.kind_of(user), everyones, handoff is not None, left_alone)
    row = counting.first(statements.given(user, at=at, handoff=handoff))
    numbers = {name.removeprefix(COUNTED): number or 0 for name, number in row.items()}
    sizes = {key: numbers.pop(SIZE + key) for key in queues.QUEUES if SIZE + key in numbers}
    if _same(user, everyones):
        numbers["answers"] = sizes["answer"]
    return Waiting(**numbers, queues=sizes)


def shown(number: int) -> str:
    """A count as people read it: “7”, “99+”."""
    return f"{MOST}+" if number > MOST else str(number)


@cache
def _counting(who: Who, everyones: bool | None, told: bool, left_alone: bool) -> Kept:
    """How what is asked for is counted for people like these, whoever they are."""
    user, at = statements.somebody(*who), statements.AT
    wanted: dict[str, Any] = _counts(user, at=at)
    if _same(user, everyones):
        del wanted["answers"]
    if told:
        wanted["told"] = _size(_told(user, statements.HANDOFF))
    if left_alone:
        wanted["left_alone"] = _size(filters.left_alone(Lead.objects.unowned_visible_to(user)))
    if everyones is not None:
        wanted["gave_back"] = Exists(HandoffEvent.objects.filter(by=user, kind="returned"))
        wanted |= _sizes(user, everyones=everyones, at=at)
    # Names of their own: some of these are relations of User already.
    named = {COUNTED + name: rows for name, rows in wanted.items()}
    return Kept(User.objects.order_by().filter(pk=user.pk).values(**named))


def _same(user: User, everyones: bool | None) -> bool:
    """Whether the queue of those to answer holds what this person owes, and nothing else."""
    return everyones is not None and everyones == user.is_manager


def _told(user: User, handoff: int) -> QuerySet:
    """Unread notifications about a handoff."""
    unread = Notification.objects.filter(user=user, read_at=None)
    number = Cast(KeyTextTransform("handoff", "event__data"), BigIntegerField())
    return unread.annotate(about=number).filter(about=handoff)


def _counts(user: User, *, at: datetime) -> dict[str, Any]:
    answer = queues.QUEUES["answer"]
    unanswered = queues.handoffs(answer, user, everyones=user.is_manager, at=at)
    unsettled = AgreementVersion.objects.unsettled()
    unread = Notification.objects.filter(user=user, read_at=None)
    return {
        "answers": _size(unanswered),
        "overdue": _size(unanswered.filter(due_at__lt=at)),
        "returns": _size(unread.filter(event__kind="handoff.returned")),
        "notifications": _size(unread),
        "unsettled": Subquery(unsettled.values("number")[:1]),
        "unsettled_as": Subquery(unsettled.values("status")[:1]),
    }


def _sizes(user: User, *, everyones: bool, at: datetime) -> dict[str, Subquery]:
    return {
        SIZE + key: _size(queues.handoffs(queue, user, everyones=everyones, at=at))
        for key, queue in queues.QUEUES.items()
        if queue.counted
    }


def _size(rows: QuerySet) -> Subquery:
    return Counted(rows.order_by().values("pk")[: MOST + 1])
