"""Scores, where leads stand, and how they came there."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models import Lead
from scoring.models.agreements import AgreementVersion, Stage


class Score(models.Model):
    """A lead's score under a version, as of a moment. Written by `scoring.scores` alone.

    `ledger` is a list of integers, in the order of `scoring.ledgers.layout(version.body)`:
    a cell per rule, per rule cap, per group cap and floor, and for the total floor;
    its sum is `total`. `next_change_at` is when time alone will next change it.
    """

    lead = models.OneToOneField(Lead, models.CASCADE, primary_key=True, related_name="score")
    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="+")
    fit = models.IntegerField(_("fit"))
    engagement = models.IntegerField(_("engagement"))
    total = models.IntegerField(_("total"))
    ledger = models.JSONField(_("ledger"))
    as_of = models.DateTimeField(_("as of"))
    next_change_at = models.DateTimeField(_("next change at"), null=True, blank=True)

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        indexes = [
            models.Index(fields=["-total"]),
            models.Index(
                fields=["next_change_at"],
                condition=Q(next_change_at__isnull=False),
                name="score_next_change",
            ),
        ]

    def __str__(self) -> str:
        return str(self.total)


class StageEntry(models.Model):
    """A lead entered a stage. Append-only; the latest one is where the lead stands.

    `kind` is frozen from the version; `seconds_in_previous` is how long the lead was in the
    stage before; `history` entries came in with an import and never caused a handoff.
    """

    class Cause(models.TextChoices):
        ARRIVED = "arrived", _("came in")
        CRITERIA = "criteria", _("criteria met")
        ACCEPTED = "accepted", _("accepted by sales")
        QUALIFIED = "qualified", _("qualified by sales")
        RETURNED = "returned", _("returned by sales")
        WITHDRAWN = "withdrawn", _("withdrawn from sales")
        CLAIMED = "claimed", _("claimed by sales")
        OPPORTUNITY = "opportunity", _("opportunity closed")
        AGREEMENT = "agreement", _("agreement changed")
        IMPORT = "import", _("import")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="stage_entries")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="entries")
    kind = models.CharField(_("kind"), max_length=12, choices=Stage.Kind)
    previous = models.ForeignKey(Stage, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="+")
    cause = models.CharField(_("cause"), max_length=12, choices=Cause)
    channel = models.ForeignKey(
        "leads.Channel", models.PROTECT, null=True, blank=True, related_name="+"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    score = models.IntegerField(_("score"), null=True, blank=True)
    at = models.DateTimeField(_("at"))
    seconds_in_previous = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("stage entry")
        verbose_name_plural = _("stage entries")
        indexes = [
            models.Index(fields=["lead", "at", "id"]),
            models.Index(fields=["at", "stage"]),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.at:%Y-%m-%d}"


class Standing(models.Model):
    """Where a lead stands now: the projection of its latest stage entry. Written by
    `scoring.stages` alone. `rests_until` and `rested_since` are set by a return: only after the
    rest, and only with an activity after `rested_since`, may the lead be handed over again."""

    lead = models.OneToOneField(Lead, models.CASCADE, primary_key=True, related_name="standing")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="standings")
    kind = models.CharField(_("kind"), max_length=12, choices=Stage.Kind)
    entry = models.ForeignKey(StageEntry, models.PROTECT, related_name="+")
    since = models.DateTimeField(_("since"))
    rests_until = models.DateTimeField(_("rests until"), null=True, blank=True)
    rested_since = models.DateTimeField(_("rested since"), null=True, blank=True)

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        indexes = [models.Index(fields=["stage", "since"])]

    def __str__(self) -> str:
        return str(self.stage)


class RescoreRun(models.Model):
    """Rescoring of all leads under a version, in id-range chunks, resumable.

    Leads with id <= `done_to` are done. A run of a version no longer in force is abandoned.
    """

    version = models.OneToOneField(AgreementVersion, models.PROTECT, related_name="rescore_run")
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    done_to = models.BigIntegerField(default=0)
    leads_done = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("rescore run")
        verbose_name_plural = _("rescore runs")

    def __str__(self) -> str:
        return str(self.version)
