"""Pools of reps."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from feedback.models.calendars import Calendar
from leads.models import Team


class Pool(models.Model):
    """Reps who may answer the same handoffs. Exactly one pool is the default for now."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="pools", verbose_name=_("team"))
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, related_name="pools", verbose_name=_("calendar")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("pool")
        verbose_name_plural = _("pools")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class PoolMember(models.Model):
    """A rep in a pool: on duty or not, how many unanswered handoffs at a time, last served when."""

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="pool_memberships"
    )
    on_duty = models.BooleanField(_("on duty"), default=True)
    capacity = models.PositiveSmallIntegerField(
        _("capacity"), default=10, help_text=_("Unanswered handoffs at a time.")
    )
    last_assigned_at = models.DateTimeField(null=True, blank=True, editable=False)

    history = HistoricalRecords(excluded_fields=["last_assigned_at"])

    class Meta:
        verbose_name = _("pool member")
        verbose_name_plural = _("pool members")
        constraints = [
            models.UniqueConstraint(fields=["pool", "user"], name="pool_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.pool}"
