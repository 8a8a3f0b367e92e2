"""Scores, where leads stand, and how they came there."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leads.models import Lead
from scoring.models.agreements import AgreementVersion, Stage


class LedgerField(models.Field):
    """A list of integers. PostgreSQL keeps it as an array: it makes the text of fifty numbers in
    the time in which it scores a lead. SQLite keeps JSON text."""

    description = "A list of integers"

    def db_type(self, connection: Any) -> str:
        return "integer[]" if connection.vendor == "postgresql" else "text"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return self.to_python(value)

    def to_python(self, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None or connection.vendor == "postgresql":
            return value
        return json.dumps(value, separators=(",", ":"))


class Score(models.Model):
    """A lead's score under a version, as of a moment. Written by `scoring.scores` alone.

    `ledger` is a list of integers, in the order of `scoring.ledgers.layout(version.body)`:
    a cell per rule, per rule cap, per group cap and floor, for the corrections in effect and for
    the total floor; its sum is `total`. `next_change_at` is when time alone will next change it,
    never later.

    The version is no foreign key to the database, which would ask for it once for each of a
    million rows: the statement that writes them holds the version's row.
    """

    lead = models.OneToOneField(Lead, models.CASCADE, primary_key=True, related_name="score")
    version = models.ForeignKey(
        AgreementVersion,
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    fit = models.IntegerField(_("fit"))
    engagement = models.IntegerField(_("engagement"))
    total = models.IntegerField(_("total"))
    ledger = LedgerField(_("ledger"))
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
    stage before; `history` entries came in with an import and never caused a handoff. `resets`:
    by the agreement's reason for this return, what the lead did before counts no more.
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
        NURTURED = "nurtured", _("given to nurture by hand")
        AGREEMENT = "agreement", _("agreement changed")
        IMPORT = "import", _("import")
        UNDONE = "undone", _("taken back by sales")

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
    resets = models.BooleanField(_("resets"), default=False, db_default=False)

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


class Correction(models.Model):
    """Points given or taken by hand, from `at` until `until`, for a reason (the note). A line of
    its own in the ledger; fit and engagement stay as they are. Append-only: to end one early,
    another `undoes` it with the opposite points until the same moment."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="corrections")
    points = models.IntegerField(_("points"))
    at = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    note = models.ForeignKey("leads.Note", models.SET_NULL, null=True, related_name="+")
    undoes = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="undone_by"
    )

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        indexes = [models.Index(fields=["lead", "until"])]
        constraints = [
            models.CheckConstraint(condition=~Q(points=0), name="correction_has_points"),
            models.CheckConstraint(condition=Q(until__gt=F("at")), name="correction_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.points:+d} {self.at:%Y-%m-%d}"


class RescoreRun(models.Model):
    """Rescoring of all leads under a version, in ranges of ids that any number of workers share.

    A run of a version no longer in force is abandoned. `paused_at` is set while it is paused.
    """

    version = models.OneToOneField(AgreementVersion, models.PROTECT, related_name="rescore_run")
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("rescore run")
        verbose_name_plural = _("rescore runs")

    def __str__(self) -> str:
        return str(self.version)


class RescoreRange(models.Model):
    """Leads with first <= id < end, to be rescored in one transaction, which also sets `done_at`:
    a killed worker leaves no hole. `leads` is how many were there when it was made."""

    run = models.ForeignKey(RescoreRun, models.CASCADE, related_name="ranges")
    first = models.BigIntegerField()
    end = models.BigIntegerField()
    leads = models.PositiveIntegerField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "first"], condition=Q(done_at=None), name="range_to_do"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.first}–{self.end}"
