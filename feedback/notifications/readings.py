"""A person has read what they were told, or need not any more; what was read long ago is
forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

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
    asks = Q(event__kind__in=UNTIL_ANSWERED)
    asks |= Q(event__kind="clock.warning", event__data__clock=Handoff.Clock.ANSWER)
    unread = Notification.objects.filter(asks, read_at=None, event__lead=handoff.lead_id)
    unread = unread.filter(event__data__handoff=handoff.pk)
    if not (handoff.answer or handoff.closed_at):
        unread = unread.exclude(user=handoff.owner_id) if handoff.owner_id else unread.none()
    return unread.update(read_at=at)


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
