"""Mails are sent at most once.

A letter is claimed before it goes. It goes again only if it certainly did not leave: there was no
connection, or the server clearly said "not now". Where nobody knows (the connection was lost, the
worker was killed), it is not sent again, and those who run the operation are told. What the server
refuses for good ends at once.
"""

from __future__ import annotations

import logging
import smtplib
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from feedback.models import Letter
from feedback.notifications import letters
from leads import events

logger = logging.getLogger(__name__)

State = Letter.State

BATCH = 50
SECONDS = 120  # Well within the time a task has: what is killed on its way counts as unsure.
MOST_ATTEMPTS = 30  # More than a day: waits double up to an hour.
LONGEST_WAIT = timedelta(hours=1)
LOST_AFTER = timedelta(minutes=15)
NO_CONNECTION = "no_connection"


class Verdict(NamedTuple):
    """What became of a letter: `waiting` means that it certainly did not leave."""

    state: str
    problem: str = ""


def send_mails(*, at: datetime, limit: int = BATCH) -> int:
    """Write and send what is due at `at`. Returns how many mails left."""
    give_up(at=at)
    letters.write(at=at, limit=limit)
    started, sent = time.monotonic(), 0
    for letter in _due(at)[:limit]:
        verdict = _send(letter, at=at)
        sent += verdict == Verdict(State.SENT)
        if verdict == Verdict(State.WAITING, NO_CONNECTION):
            _wait_for_server(at, limit)
            break
        if time.monotonic() - started > SECONDS:
            break
    return sent


def give_up(*, at: datetime) -> int:
    """Whoever took these has been killed on the way: they may have left, and are not sent again."""
    lost = Letter.objects.filter(state=State.SENDING, taken_at__lt=at - LOST_AFTER)
    return sum(_end(letter, Verdict(State.UNSURE, "stopped"), at=at) for letter in lost)


def _due(at: datetime) -> QuerySet[Letter]:
    waiting = Letter.objects.filter(Q(retry_at=None) | Q(retry_at__lte=at), state=State.WAITING)
    return waiting.filter(user__is_active=True).select_related("user").order_by("pk")


def _send(letter: Letter, *, at: datetime) -> Verdict:
    text = letters.text(letter, at=at)
    if text is None:
        return Verdict(State.WAITING)
    connection = get_connection()
    try:
        connection.open()
    except Exception:  # Whatever is wrong with the server: nothing has left.
        logger.warning("The mail server cannot be reached.", exc_info=True)
        return Verdict(State.WAITING, NO_CONNECTION)
    try:
        if not _claim(letter, at=at):
            return Verdict(State.SENDING)
        verdict = _transmit(connection, _message(letter, text))
    finally:
        with suppress(Exception):
            connection.close()
    _end(letter, verdict, at=at)
    return verdict


@transaction.atomic(durable=True)
def _claim(letter: Letter, *, at: datetime) -> bool:
    """Of two workers one sends. Known to everybody before the first byte leaves."""
    mine = Letter.objects.filter(pk=letter.pk, state=State.WAITING, attempts=letter.attempts)
    letter.attempts += 1
    taken = {"state": State.SENDING, "taken_at": at, "attempts": letter.attempts}
    return mine.update(**taken) == 1


def _message(letter: Letter, text: letters.Text) -> EmailMessage:
    host = urlsplit(settings.BATON_URL).hostname or "baton"
    return EmailMessage(
        subject=text.subject,
        body=text.body,
        to=[letter.user.email],
        headers={
            "Message-ID": f"<{letter.key}@{host}>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{settings.BATON_URL}{reverse('notification_preferences')}>",
        },
    )


def _transmit(connection: BaseEmailBackend, message: EmailMessage) -> Verdict:
    try:
        message.message()
    except (ValueError, UnicodeError):
        return Verdict(State.REFUSED, "address")
    try:
        taken = connection.send_messages([message])
    except smtplib.SMTPSenderRefused as refused:  # The sender is ours to put right.
        return Verdict(State.WAITING, str(refused.smtp_code))
    except smtplib.SMTPRecipientsRefused as refused:
        return _answered(min(code for code, _said in refused.recipients.values()))
    except smtplib.SMTPResponseException as refused:
        return _answered(refused.smtp_code)
    except smtplib.SMTPNotSupportedError:
        return Verdict(State.REFUSED, "address")
    except Exception:
        logger.exception("A mail may have left, or not.")
        return Verdict(State.UNSURE, "lost")
    return Verdict(State.SENT) if taken else Verdict(State.REFUSED, "address")


def _answered(code: int) -> Verdict:
    """What a reply to SMTP means (RFC 5321): 4xx not now, 5xx never."""
    if 400 <= code < 500:
        return Verdict(State.WAITING, str(code))
    return Verdict(State.REFUSED if 500 <= code < 600 else State.UNSURE, str(code))


def _wait_for_server(at: datetime, limit: int) -> None:
    """No letter can leave now: all that are due wait, as long as they have waited already."""
    for letter in _due(at)[:limit]:
        letter.attempts += 1
        _end(letter, Verdict(State.WAITING, NO_CONNECTION), at=at, was=State.WAITING)


@transaction.atomic
def _end(letter: Letter, verdict: Verdict, *, at: datetime, was: str = State.SENDING) -> bool:
    state, problem = verdict
    if state == State.WAITING and letter.attempts >= MOST_ATTEMPTS:
        state = State.FAILED
    waits = state == State.WAITING
    mine = Letter.objects.filter(pk=letter.pk, state=was)
    changed = mine.update(
        state=state,
        attempts=letter.attempts,
        problem=problem,
        retry_at=at + _wait(letter.attempts) if waits else None,
        ended_at=None if waits else at,
    )
    if changed and state in Letter.TROUBLED:
        said = "mail.unsure" if state == State.UNSURE else "mail.failed"
        events.write(said, at=at, data={"letter": letter.pk, "user": letter.user_id})
    return changed == 1


def _wait(attempts: int) -> timedelta:
    return min(timedelta(minutes=2 ** min(attempts - 1, 10)), LONGEST_WAIT)
