"""A person has read what they were told."""

from __future__ import annotations

from datetime import datetime

from feedback.models import Notification
from leads.models import User


def read(user: User, *, at: datetime, handoff: int | None = None) -> int:
    """Everything `user` was told, or what they were told about one handoff, is read at `at`.
    Returns how many were unread."""
    unread = Notification.objects.filter(user=user, read_at=None)
    if handoff is not None:
        unread = unread.filter(event__data__handoff=handoff)
    return unread.update(read_at=at)
