"""The agreement in versions, its signatures, and what is projected from the one in force."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models import Side


class AgreementVersionQuerySet(models.QuerySet["AgreementVersion"]):
    """Sets of versions."""

    def in_force(self) -> AgreementVersionQuerySet:
        """The version that runs, if any."""
        return self.filter(status=AgreementVersion.Status.IN_FORCE)

    def unsettled(self) -> AgreementVersionQuerySet:
        """The version being written or signed, or signed and waiting for its day, if any."""
        status = AgreementVersion.Status
        return self.filter(status__in=[status.DRAFT, status.PROPOSED, status.AGREED])


class AgreementVersion(models.Model):
    """One version of the agreement. `body` is the document (see `scoring.documents`),
    `sha256` the hash of its canonical form. Neither changes while it is proposed, nor once it is
    signed by both: the database keeps that (see `scoring.signed`).

    `proposals` counts how often it was proposed: a signature counts for its own proposal alone.
    `predicted` is what it was expected to change, worked out and frozen when it was proposed: what
    is signed under a number of proposal is this text with this prediction.
    Signed by both, a version whose text says so waits, agreed, until `takes_effect_at`; `problem`
    says why it could not take effect then. `reminded_at` is when the signatories were last
    reminded of a proposal, `trial_told_at` when both sides were told that its trial is over, or
    those who had not answered were reminded last.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PROPOSED = "proposed", _("Proposed")
        AGREED = "agreed", _("Signed, takes effect later")
        IN_FORCE = "in_force", _("In force")
        SUPERSEDED = "superseded", _("Superseded")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    number = models.PositiveIntegerField(_("number"), unique=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    body = models.JSONField(_("text"))
    sha256 = models.CharField(_("hash"), max_length=64)
    base = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    edited_at = models.DateTimeField(_("edited at"))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(_("proposed at"), null=True, blank=True)
    proposals = models.PositiveSmallIntegerField(default=0)
    predicted = models.JSONField(_("predicted"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    takes_effect_at = models.DateTimeField(_("takes effect at"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=300, blank=True)
    trial_told_at = models.DateTimeField(_("trial told at"), null=True, blank=True)
    in_force_at = models.DateTimeField(_("in force since"), null=True, blank=True)
    superseded_at = models.DateTimeField(_("superseded at"), null=True, blank=True)

    objects = AgreementVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("agreement version")
        verbose_name_plural = _("agreement versions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="in_force"), name="one_version_in_force"
            ),
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(status__in=["draft", "proposed", "agreed"]),
                name="one_version_open",
            ),
        ]

    def __str__(self) -> str:
        return _("Version %(number)s") % {"number": self.number}


class Signature(models.Model):
    """A person signs, for one side, the hash of a version's text. Append-only: a signature on
    a text that has been edited since stays in the history and counts no more.

    `proposal` is the version's `proposals` at the time, `reservation` what the signatory put on
    record when signing over open threads."""

    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="signatures")
    side = models.CharField(
        _("side"), max_length=12, choices=[(s.value, s.label) for s in Side if s != "operations"]
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="signatures")
    sha256 = models.CharField(_("hash"), max_length=64)
    proposal = models.PositiveSmallIntegerField()
    signed_at = models.DateTimeField(_("signed at"))
    reservation = models.CharField(_("reservation"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["signed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "side", "proposal"], name="one_signature_a_side"
            ),
            models.UniqueConstraint(
                fields=["version", "user", "proposal"], name="one_signature_a_person"
            ),
            models.CheckConstraint(
                condition=Q(side__in=["marketing", "sales"]), name="signature_side"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_side_display()})"


class Stage(models.Model):
    """A stage, projected from the version in force. Stages no version uses any more stay, retired,
    for the entries that name them."""

    class Kind(models.TextChoices):
        OPEN = "open", _("Open")
        NURTURE = "nurture", _("Nurture")
        HANDOFF = "handoff", _("Handoff")
        ACCEPTED = "accepted", _("Accepted")
        QUALIFIED = "qualified", _("Qualified")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")
        DISQUALIFIED = "disqualified", _("Disqualified")
        CUSTOMER = "customer", _("Customer")

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    side = models.CharField(_("side"), max_length=12, choices=Side)
    position = models.PositiveSmallIntegerField(_("position"))
    retired = models.BooleanField(_("retired"), default=False)

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["retired", "position"]

    def __str__(self) -> str:
        return self.name


class Reason(models.Model):
    """A reason for a return, projected from the version in force."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    label = models.CharField(_("label"), max_length=120)
    group = models.CharField(_("group"), max_length=24)
    position = models.PositiveSmallIntegerField(_("position"))
    retired = models.BooleanField(_("retired"), default=False)

    class Meta:
        verbose_name = _("return reason")
        verbose_name_plural = _("return reasons")
        ordering = ["retired", "position"]

    def __str__(self) -> str:
        return self.label


class FieldUse(models.Model):
    """The version in force names this custom lead field: it cannot be deleted."""

    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="field_uses")
    attribute = models.ForeignKey("leads.Attribute", models.PROTECT, related_name="uses")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "attribute"], name="field_use_once")
        ]

    def __str__(self) -> str:
        return f"{self.version} · {self.attribute}"
