"""A person has read what they were told, or need not any more; what was read long ago is
forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from feedback.models import Handoff, Letter, Notification
from feedback.notifications.sentences import UNTIL_ANSWERED
from leads.models import User

KEPT = timedelta(days=90)
BATCH = 1000


def read(
    user: User, *, at: datetime, handoff: int | None = None, rows: list[int] | None = None
) -> int:
    """Everything `user` was told, or what they were told about one handoff, or some `rows`, is read
    at `at`; no mail tells it again. Returns how many were unread."""
    unread = Notification.objects.filter(user=user, read_at=None)
    if handoff is not None:
        unread = unread.filter(event__data__handoff=handoff)
    if rows is not None:
        unread = unread.filter(pk__in=rows)
    return unread.update(read_at=at, mail_due=False)


def settle(handoff: Handoff, *, at: datetime) -> int:
    """What asked for an answer to `handoff` is read where none is owed any more: somebody else has
    it, or it was answered. Returns how many were unread. What a mail says is decided when it goes.
    """
    unread = _asking(handoff).filter(read_at=None)
    if not (handoff.answer or handoff.closed_at):
        unread = unread.exclude(user=handoff.owner_id) if handoff.owner_id else unread.none()
    return unread.update(read_at=at)


def reopen(handoff: Handoff, *, settled_at: Iterable[datetime]) -> int:
    """An answer is undone: what asked for one is unread again for those who owe it, as far as not
    they had read it, but `settle` at one of these moments. Returns how many."""
    if handoff.answer or handoff.closed_at:
        return 0
    settled = _asking(handoff).filter(read_at__in=list(settled_at))
    if handoff.owner_id:
        settled = settled.filter(user=handoff.owner_id)
    return settled.update(read_at=None)


def _asking(handoff: Handoff) -> QuerySet[Notification]:
    """What asks for an answer to it."""
    asks = Q(event__kind__in=UNTIL_ANSWERED)
    asks |= Q(event__kind="clock.warning", event__data__clock=Handoff.Clock.ANSWER)
    rows = Notification.objects.filter(asks, event__lead=handoff.lead_id)
    return rows.filter(event__data__handoff=handoff.pk)


def forget(*, at: datetime) -> int:
    """Delete what was read more than 90 days before `at`, and the traces of mails as old. What
    nobody has read stays. Returns how many notifications went."""
    gone = 0
    old = Notification.objects.filter(read_at__lt=at - KEPT).values_list("pk", flat=True)
    while batch := list(old[:BATCH]):
        gone += (
            Notification.objects.filter(pk__in=batch).delete()[1].get(Notification._meta.label, 0)
        )
    Letter.objects.filter(ended_at__lt=at - KEPT).delete()
    return gone
