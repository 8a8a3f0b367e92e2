"""A person has read what they were told."""

from __future__ import annotations

from datetime import datetime

from feedback.models import Notification
from leads.models import Lead, User


def read(user: User, *, at: datetime, lead: Lead | None = None) -> int:
    """Everything `user` was told, or what they were told about `lead`, is read at `at`. Returns
    how many were unread."""
    unread = Notification.objects.filter(user=user, read_at=None)
    if lead is not None:
        unread = unread.filter(event__lead=lead)
    return unread.update(read_at=at)
