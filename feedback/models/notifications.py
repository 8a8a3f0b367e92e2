"""What a person is told, in the application and by mail, and how they wish to be told."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models import Event


class NotificationPreference(models.Model):
    """How a person wishes to be told by mail; without a row: immediately, in their hours."""

    class Mode(models.TextChoices):
        IMMEDIATE = "immediate", _("At once")
        DIGEST = "digest", _("Once a day, all together")
        NONE = "none", _("No mails")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_preference"
    )
    mode = models.CharField(_("mails"), max_length=9, choices=Mode, default=Mode.IMMEDIATE)
    digest_hour = models.PositiveSmallIntegerField(
        _("hour of the daily mail"), default=8, validators=[MaxValueValidator(23)]
    )
    any_hour = models.BooleanField(_("also outside of my hours"), default=False)

    class Meta:
        verbose_name = _("wish for notifications")
        verbose_name_plural = _("wishes for notifications")
        constraints = [
            models.CheckConstraint(condition=Q(digest_hour__lte=23), name="hour_of_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_mode_display()}"


class Letter(models.Model):
    """One mail to one person about what they were told, sent at most once.

    Written by `feedback.notifications` alone. It is claimed (`sending`, `taken_at`) before it goes.
    What certainly did not leave waits again until `retry_at`; of what may have left nobody knows
    (`unsure`), and it is not sent again. `key` is the Message-ID; `problem` a code, no words.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits")
        SENDING = "sending", _("Is being sent")
        SENT = "sent", _("Sent")
        REFUSED = "refused", _("Refused by the mail server")
        FAILED = "failed", _("Could not be sent")
        UNSURE = "unsure", _("May not have arrived")

    TROUBLED = (State.REFUSED, State.FAILED, State.UNSURE)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="letters")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(_("created at"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    retry_at = models.DateTimeField(_("again at"), null=True, blank=True)
    taken_at = models.DateTimeField(_("taken at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(taken_at__isnull=False),
                name="mail_on_its_way_was_taken",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sending"], ended_at=None)
                | (~Q(state__in=["waiting", "sending"]) & Q(ended_at__isnull=False)),
                name="mail_ends_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "id"],
                condition=Q(state__in=["waiting", "sending"]),
                name="mail_under_way",
            ),
            models.Index(fields=["state", "ended_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_state_display()}"

    @property
    def trouble(self) -> str:
        """What happened to it, in words, with what the server answered."""
        said = _WORDS.get(self.problem)
        if said is None:
            answered = _("%(state)s, which answered %(code)s") if self.problem else "%(state)s"
            said = answered % {"state": self.get_state_display(), "code": self.problem}
        return str(said)


_WORDS = {
    "stopped": _("May have left: Baton was stopped while sending it"),
    "lost": _("May have left: the connection was lost while sending it"),
    "no_connection": _("Did not leave: the mail server could not be reached for a day"),
    "address": _("Did not leave: the address cannot be written to"),
}


class Notification(models.Model):
    """One person is told of one event, once. While `mail_due`, a mail is to say it too, not before
    `mail_at`; then it stands in a `letter`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    event = models.ForeignKey(Event, models.CASCADE, related_name="notifications")
    created_at = models.DateTimeField(_("created at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    mail_due = models.BooleanField(default=False)
    mail_at = models.DateTimeField(null=True, blank=True)
    letter = models.ForeignKey(
        Letter, models.SET_NULL, null=True, blank=True, related_name="notifications"
    )

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(fields=["user", "event"], name="told_once"),
            models.CheckConstraint(
                condition=Q(mail_due=False) | Q(letter=None, mail_at__isnull=False),
                name="mail_due_until_written",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="told_to"),
            models.Index(fields=["user", "-id"], condition=Q(read_at=None), name="told_unread"),
            models.Index(fields=["mail_at"], condition=Q(mail_due=True), name="mail_to_write"),
            models.Index(
                fields=["read_at"], condition=Q(read_at__isnull=False), name="told_and_read"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.event}"
