"""“Is this a lead?”: both teams vote on the same leads, each person alone."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models import Lead
from scoring.models.agreements import AgreementVersion
from scoring.models.negotiations import SIDES


class Calibration(models.Model):
    """A round of votes on leads chosen near the bar of `version`, as of `as_of`. Votes are secret
    until it is closed; `code` is in the link for those in the room. Written by
    `scoring.calibrations` alone."""

    code = models.SlugField(_("code"), max_length=12, unique=True)
    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="calibrations")
    body = models.JSONField(_("text"))
    stage = models.CharField(_("stage"), max_length=60)
    hides_names = models.BooleanField(_("names are hidden"), default=True)
    as_of = models.DateTimeField(_("as of"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("opened at"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("calibration")
        verbose_name_plural = _("calibrations")
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(closed_at=None), name="one_calibration_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opened_at:%Y-%m-%d}"


class CalibrationLead(models.Model):
    """A lead put to the vote. `handed_over`: does it meet the criteria of the text, as of then;
    `total` its score by it."""

    calibration = models.ForeignKey(Calibration, models.CASCADE, related_name="leads")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()
    handed_over = models.BooleanField()
    total = models.IntegerField(_("score"))

    class Meta:
        verbose_name = _("lead put to the vote")
        verbose_name_plural = _("leads put to the vote")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["calibration", "lead"], name="lead_put_once"),
        ]

    def __str__(self) -> str:
        return f"{self.calibration} · {self.position}"


class Vote(models.Model):
    """One person's answer to “Is this a lead?”; it may be changed until the round is closed."""

    subject = models.ForeignKey(CalibrationLead, models.CASCADE, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    side = models.CharField(_("side"), max_length=12, choices=SIDES)
    is_lead = models.BooleanField(_("is a lead"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints = [
            models.UniqueConstraint(fields=["subject", "user"], name="one_vote_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.is_lead}"
