"""What is said about a version before it is signed, who is writing which part, and what became of
a trial."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from leads.models import Side
from scoring.models.agreements import AgreementVersion

SIDES = [(side.value, side.label) for side in Side if side != Side.OPERATIONS]


class Thread(models.Model):
    """A question about a section of a version, or about one clause of it, until it is resolved.

    `section` is a key of `agreements.SECTIONS`, `clause` the key of an item in it, or empty.
    Open threads hold a signature up, unless the signatory signs with a reservation.
    """

    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="threads")
    section = models.CharField(_("section"), max_length=20)
    clause = models.CharField(_("clause"), max_length=130, blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("opened at"))
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)

    class Meta:
        verbose_name = _("thread")
        verbose_name_plural = _("threads")
        ordering = ["opened_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="thread_resolved_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} · {self.section}"


class Comment(models.Model):
    """What somebody said in a thread. Append-only."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="comments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"))
    text = models.TextField(_("text"), max_length=2000)

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.by} {self.at:%Y-%m-%d}"


class Objection(models.Model):
    """A signatory does not sign this proposal, and says why. Append-only: it stands until the
    text is proposed anew, or until that side signs after all."""

    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="objections")
    side = models.CharField(_("side"), max_length=12, choices=SIDES)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposal = models.PositiveSmallIntegerField()
    sha256 = models.CharField(_("hash"), max_length=64)
    at = models.DateTimeField(_("at"))
    reason = models.CharField(_("reason"), max_length=1000)

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_side_display()})"


class SectionLock(models.Model):
    """Somebody's place at a section of the open version. Of all who have one, at most one is
    writing it (`held`), since `since`; `seen_at` is when their page last gave a sign of life.
    `input` is what stands in their form and is not saved yet, as it was posted (a query string),
    made on the text with the hash `sha256`: it outlives a crash, and somebody else's taking the
    section over. Written by `agreements.locks` alone."""

    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="locks")
    section = models.CharField(_("section"), max_length=20)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    held = models.BooleanField(_("writing"), default=True)
    since = models.DateTimeField(_("since"))
    seen_at = models.DateTimeField(_("seen at"))
    input = models.TextField(_("input"), blank=True)
    sha256 = models.CharField(_("hash"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("section lock")
        verbose_name_plural = _("section locks")
        constraints = [
            models.UniqueConstraint(
                fields=["version", "section"], condition=Q(held=True), name="one_writer_a_section"
            ),
            models.UniqueConstraint(
                fields=["version", "section", "user"], name="one_place_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.section}: {self.user}"


class TrialAnswer(models.Model):
    """What a side wants to become of a version whose trial is over. Append-only: of a side, the
    latest counts."""

    class Answer(models.TextChoices):
        KEEP = "keep", _("Keep it")
        CHANGE = "change", _("Change it")
        GO_BACK = "go_back", _("Go back")

    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="trial_answers")
    side = models.CharField(_("side"), max_length=12, choices=SIDES)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answer = models.CharField(_("answer"), max_length=8, choices=Answer)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("trial answer")
        verbose_name_plural = _("trial answers")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_side_display()}: {self.get_answer_display()}"


class Freeze(models.Model):
    """Days on which no version takes effect, first and last included: a quarter's last weeks.
    `yearly` ones come again each year. What is signed on such a day waits for the day after."""

    name = models.CharField(_("name"), max_length=80)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    yearly = models.BooleanField(_("every year"), default=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("freeze")
        verbose_name_plural = _("freezes")
        ordering = ["starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="freeze_ends"),
        ]

    def __str__(self) -> str:
        return self.name
