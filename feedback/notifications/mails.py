"""Mails are sent from notification rows: at least once, and once only unless a mail server
takes a mail and the answer is lost."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q
from django.utils import translation

from feedback.models import Notification
from feedback.notifications.sentences import sentence

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
BATCH = 50


def send_mails(*, at: datetime, limit: int = BATCH) -> int:
    """Send what is due at `at`. Returns how many mails left. What fails is tried again, twice
    as late each time, five times in all."""
    due = Notification.objects.filter(Q(retry_at=None) | Q(retry_at__lte=at), mail_due=True)
    due = due.filter(mailed_at=None, attempts__lt=MOST_ATTEMPTS, user__is_active=True)
    rows = due.select_related("user", "event__lead", "event__actor").order_by("pk")
    return sum(_claim(row, at=at) and _send(row, at=at) for row in rows[:limit])


def _claim(row: Notification, *, at: datetime) -> bool:
    """Of two workers one sends. If it dies on the way, the row is due again later."""
    mine = Notification.objects.filter(pk=row.pk, mailed_at=None, attempts=row.attempts)
    wait = timedelta(minutes=2**row.attempts)
    return mine.update(attempts=row.attempts + 1, retry_at=at + wait) == 1


def _send(row: Notification, *, at: datetime) -> bool:
    with translation.override(row.user.language or settings.LANGUAGE_CODE):
        said = sentence(row)
    try:
        send_mail(
            subject=" ".join(said.text.split()),
            message=f"{said.text}\n\n{settings.BATON_URL}{said.url}\n",
            from_email=None,
            recipient_list=[row.user.email],
        )
    except OSError:  # Also what SMTP servers answer; it is logged, and tried again.
        logger.exception("Mail for notification %s could not be sent.", row.pk)
        return False
    Notification.objects.filter(pk=row.pk).update(mailed_at=at)
    return True
