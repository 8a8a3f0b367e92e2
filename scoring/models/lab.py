"""The lab: versions tried out on the past."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models import Lead
from scoring.models.agreements import AgreementVersion


class Replay(models.Model):
    """Whom a version would have handed over in a past period, had it been in force.

    `sha256` and `body` are the version's text as it was asked about: a draft changes, its
    replay does not. The period is (starts_at, ends_at]; where it begins and ends at one moment,
    the replay is about that moment: the impact of a text not in force. Worked through in the order
    of lead ids by `scoring.replays` alone: those up to `done_to` are done.
    """

    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="replays")
    body = models.JSONField(_("text"))
    sha256 = models.CharField(_("hash"), max_length=64)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    requested_at = models.DateTimeField(_("requested at"))
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)
    done_to = models.BigIntegerField(default=0)
    leads_done = models.PositiveIntegerField(default=0)
    leads_total = models.PositiveIntegerField(default=0)
    problem = models.CharField(_("problem"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("replay")
        verbose_name_plural = _("replays")
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "sha256", "starts_at", "ends_at"],
                condition=models.Q(finished_at=None, stopped_at=None),
                name="one_replay_at_work",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.starts_at:%Y-%m-%d}–{self.ends_at:%Y-%m-%d}"

    @property
    def is_impact(self) -> bool:
        return self.starts_at == self.ends_at

    @property
    def is_at_work(self) -> bool:
        return self.finished_at is None and self.stopped_at is None


class Crossing(models.Model):
    """What a replay found of a lead. `crossed`: the first moment within the period at which the
    criteria of a handoff stage began to hold while the lead was free. `before`: they held already
    when the period began, and never began to hold in it; `at` is its beginning.

    Of a replay of the present moment, `gained`: handed over under its text but not under the one
    in force; `lost`: the other way round; `moved`: into another stage, or to another handoff.
    """

    class Change(models.TextChoices):
        CROSSED = "crossed", _("Handed over")
        BEFORE = "before", _("Met the criteria before")
        GAINED = "gained", _("Gained")
        LOST = "lost", _("Lost")
        MOVED = "moved", _("Moved")

    replay = models.ForeignKey(Replay, models.CASCADE, related_name="crossings")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="+")
    change = models.CharField(_("change"), max_length=7, choices=Change, default=Change.CROSSED)
    stage = models.CharField(_("stage"), max_length=60)
    at = models.DateTimeField(_("at"))
    fit = models.IntegerField(_("fit"))
    engagement = models.IntegerField(_("engagement"))
    total = models.IntegerField(_("score"))

    class Meta:
        verbose_name = _("crossing")
        verbose_name_plural = _("crossings")
        constraints = [
            models.UniqueConstraint(fields=["replay", "lead"], name="one_crossing_a_lead"),
        ]
        indexes = [models.Index(fields=["replay", "-total", "id"])]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.at:%Y-%m-%d}"
