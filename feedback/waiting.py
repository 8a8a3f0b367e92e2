"""What waits for a person, counted in one statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, Func, IntegerField, QuerySet, Subquery

from feedback import queues
from feedback.models import Handoff, Notification
from leads.models import User
from scoring.models import AgreementVersion


@dataclass(frozen=True)
class Waiting:
    """`answers` this person owes (a manager: everybody), `overdue` of them; unread returns and
    notifications; `unsettled` is the number of the version being written or signed, 0 if none
    is, and `unsettled_as` its status. `queues` maps a queue's key to its size, where asked for."""

    answers: int = 0
    overdue: int = 0
    returns: int = 0
    notifications: int = 0
    unsettled: int = 0
    unsettled_as: str = ""
    queues: dict[str, int] = field(default_factory=dict)


def count(user: User, *, at: datetime, everyones: bool | None = None) -> Waiting:
    """All counts, each from an index of its own. With `everyones` (True) or own ones (False)
    also the sizes of the inbox's queues."""
    wanted = _counts(user, at=at)
    sizes = {} if everyones is None else _sizes(user, everyones=everyones)
    # Names of their own: some of these are relations of User already.
    named = {f"counted_{name}": rows for name, rows in (wanted | sizes).items()}
    found = User.objects.filter(pk=user.pk).values(**named)[0]
    return Waiting(
        **{name: found[f"counted_{name}"] or 0 for name in wanted},
        queues={name: found[f"counted_{name}"] for name in sizes},
    )


def _counts(user: User, *, at: datetime) -> dict[str, Subquery]:
    unanswered = Handoff.objects.visible_to(user).awaiting_answer()
    if not user.is_manager:
        unanswered = unanswered.filter(owner=user)
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


def _sizes(user: User, *, everyones: bool) -> dict[str, Subquery]:
    return {
        key: _size(queues.handoffs(queue, user, everyones=everyones))
        for key, queue in queues.QUEUES.items()
        if not queue.latest_first
    }


def _size(rows: QuerySet) -> Subquery:
    counted = rows.order_by().annotate(n=Func(F("pk"), function="COUNT"))
    return Subquery(counted.values("n"), output_field=IntegerField())
