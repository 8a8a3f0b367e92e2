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
from feedback.statements import Statement, Who
from leads.models import Lead, User
from scoring.models import AgreementVersion

# Nobody acts differently on 100 or 20,000: counting stops one row behind what is shown.
MOST = 99


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
    found = _counting(statements.kind_of(user), everyones, handoff is not None, left_alone)
    values = statements.given(user, at=at, handoff=handoff)
    row = found.statement.first(values)
    numbers = {name: number or 0 for name, number in zip(found.names, row, strict=True)}
    sizes = {key: numbers.pop(key) for key in queues.QUEUES if key in numbers}
    return Waiting(**numbers, queues=sizes)


def shown(number: int) -> str:
    """A count as people read it: “7”, “99+”."""
    return f"{MOST}+" if number > MOST else str(number)


@dataclass(frozen=True)
class _Counting:
    """The statement that counts, and what each of its columns is."""

    statement: Statement
    names: tuple[str, ...]


@cache
def _counting(who: Who, everyones: bool | None, told: bool, left_alone: bool) -> _Counting:
    """How what is asked for is counted for people like these, whoever they are."""
    user, at = statements.somebody(*who), statements.AT
    wanted: dict[str, Any] = _counts(user, at=at)
    if told:
        wanted["told"] = _size(_told(user, statements.HANDOFF))
    if left_alone:
        wanted["left_alone"] = _size(filters.left_alone(Lead.objects.unowned_visible_to(user)))
    if everyones is not None:
        wanted["gave_back"] = Exists(HandoffEvent.objects.filter(by=user, kind="returned"))
        wanted |= _sizes(user, everyones=everyones, at=at)
    # Names of their own: some of these are relations of User already.
    named = {f"counted_{name}": rows for name, rows in wanted.items()}
    rows = User.objects.order_by().filter(pk=user.pk).values(**named)
    return _Counting(statements.compiled(rows), tuple(wanted))


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
        key: _size(queues.handoffs(queue, user, everyones=everyones, at=at))
        for key, queue in queues.QUEUES.items()
        if queue.counted
    }


def _size(rows: QuerySet) -> Subquery:
    return Counted(rows.order_by().values("pk")[: MOST + 1])
