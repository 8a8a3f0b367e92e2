"""What really came since a version took effect, beside what was predicted of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from feedback.funnels.sets import NEVER_OFFERED
from feedback.funnels.shares import Share
from feedback.models import Handoff
from feedback.predictions import frozen
from feedback.predictions.frozen import Prediction
from leads.models import User
from scoring.models import AgreementVersion, StageEntry

ANSWER, OUTCOME, Cause = Handoff.Answer, Handoff.Outcome, StageEntry.Cause
WEEK = timedelta(days=7)
# What a version does to those who are there already, it does within so long.
AT_FIRST = timedelta(days=2)


@dataclass(frozen=True)
class Result:
    """`predicted` is None where nothing was. `gained` and `lost` are leads that the version
    handed over, and that it took out of a pool, within its first two days; the rest counts the
    whole time since, up to another version. `weeks` is None for less than one."""

    predicted: Prediction | None
    since: datetime
    until: datetime
    gained: int
    lost: int
    handed_over: int
    answered: int
    accepted: Share
    conversations: Share
    returned: Share

    @property
    def weeks(self) -> float | None:
        weeks = (self.until - self.since) / WEEK
        return weeks if weeks >= 1 else None

    @property
    def a_week(self) -> float | None:
        return round(self.handed_over / self.weeks, 1) if self.weeks else None

    @property
    def answered_a_week(self) -> float | None:
        return round(self.answered / self.weeks, 1) if self.weeks else None


def result(version: AgreementVersion, *, user: User, at: datetime) -> Result | None:
    """What came of `version` until `at`, or until another one took its place; None where it
    never took effect."""
    if version.in_force_at is None:
        return None
    since, until = version.in_force_at, min(version.superseded_at or at, at)
    offered = Handoff.objects.filter(version=version, claimed=False).exclude(NEVER_OFFERED)
    offered = offered.filter(entry__at__gte=since, entry__at__lte=until)
    n = offered.aggregate(**{name: Count("pk", filter=q) for name, q in _COUNTED.items()})
    at_first = {"at__gte": since, "at__lte": min(since + AT_FIRST, until)}
    entries = StageEntry.objects.filter(version=version, **at_first)
    return Result(
        frozen.read(version, user),
        since,
        until,
        entries.filter(kind="handoff", cause=Cause.CRITERIA).count(),
        _taken_back(version, since, until),
        n["all"],
        n["answered"],
        Share(n["accepted"], n["answered"]),
        Share(n["conversations"], n["accepted"]),
        Share(n["returned"], n["answered"]),
    )


_COUNTED = {
    "all": Q(),
    "answered": Q(answer__in=[ANSWER.ACCEPTED, ANSWER.RETURNED]),
    "accepted": Q(answer=ANSWER.ACCEPTED),
    "conversations": Q(answer=ANSWER.ACCEPTED, conversation_at__isnull=False),
    "returned": Q(answer=ANSWER.RETURNED) | Q(outcome=OUTCOME.RETURNED),
}


def _taken_back(version: AgreementVersion, since: datetime, until: datetime) -> int:
    """Handoffs of earlier versions that were withdrawn before sales answered."""
    withdrawn = Handoff.objects.filter(answer=ANSWER.WITHDRAWN).exclude(version=version)
    last = min(since + AT_FIRST, until)
    return withdrawn.filter(answered_at__gte=since, answered_at__lte=last).count()
