"""Stages: how many leads entered each in the period, and how many of them went on."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from feedback.funnels.periods import Period
from feedback.funnels.shares import Share
from leads.models import Lead, User
from scoring.documents import text
from scoring.models import Stage, StageEntry

Cause = StageEntry.Cause
PATH = (
    Stage.Kind.OPEN,
    Stage.Kind.HANDOFF,
    Stage.Kind.ACCEPTED,
    Stage.Kind.QUALIFIED,
    Stage.Kind.WON,
    Stage.Kind.CUSTOMER,
)


@dataclass(frozen=True)
class StageCount:
    """Leads that entered a stage in the period. `went_on`: of these, the leads that entered the
    next stage of the path since. `seconds`: median wall-clock stay of those who left it."""

    key: str
    name: str
    side: str
    following: str
    entered: int
    went_on: Share | None
    seconds: float | None


def path(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The stages a lead passes on its way to won, in the agreement's order; nurturing counts
    only where it comes before the handoff."""
    stages = body["stages"]
    handover = next((n for n, stage in enumerate(stages) if stage["kind"] == Stage.Kind.HANDOFF), 0)
    return [
        stage
        for n, stage in enumerate(stages)
        if stage["kind"] in PATH or (stage["kind"] == Stage.Kind.NURTURE and n < handover)
    ]


def entered(user: User, stage: str, *, period: Period, channel: str = "") -> QuerySet[Lead]:
    """Leads `user` may see that entered the stage in the period."""
    return Lead.objects.visible_to(user).filter(Exists(_entries(stage, period, channel)))


def went_on(
    user: User, stage: str, following: str, *, period: Period, channel: str = ""
) -> QuerySet[Lead]:
    """Of those that entered `stage` in the period, the leads that then entered `following`."""
    later = StageEntry.objects.filter(
        lead=OuterRef("lead"), stage__key=following, at__gte=OuterRef("at")
    )
    entries = _entries(stage, period, channel).filter(Exists(later))
    return Lead.objects.visible_to(user).filter(Exists(entries))


def counts(
    user: User, body: dict[str, Any], *, period: Period, channel: str = ""
) -> list[StageCount]:
    """One row a stage of the path."""
    stages = path(body)
    nexts = [stage["key"] for stage in stages[1:]] + [None]
    return [
        _count(user, stage, following, period=period, channel=channel)
        for stage, following in zip(stages, nexts, strict=True)
    ]


def _count(
    user: User, stage: dict[str, Any], following: str | None, *, period: Period, channel: str
) -> StageCount:
    key = stage["key"]
    total = entered(user, key, period=period, channel=channel).count()
    onward = None
    if following:
        leads = went_on(user, key, following, period=period, channel=channel)
        onward = Share(leads.count(), total)
    return StageCount(
        key,
        text(stage["name"]),
        stage["side"],
        following or "",
        total,
        onward,
        _stay(user, key, period, channel),
    )


def _entries(stage: str, period: Period, channel: str) -> QuerySet[StageEntry]:
    """Of leads that went there by the agreement and stayed: not where a changed text put them, not
    what a rep claimed, and neither what was undone nor its undoing."""
    found = StageEntry.objects.filter(
        lead=OuterRef("pk"),
        stage__key=stage,
        at__gte=period.since,
        at__lt=period.until,
    )
    found = found.exclude(cause__in=(Cause.AGREEMENT, Cause.CLAIMED, Cause.UNDONE))
    following = StageEntry.objects.filter(lead=OuterRef("lead"), pk__gt=OuterRef("pk"))
    following = Subquery(following.order_by("pk").values("cause")[:1])
    # A column that may be null: what nothing followed must stay.
    found = found.annotate(following=following)
    found = found.filter(Q(following=None) | ~Q(following=Cause.UNDONE))
    return found.filter(channel__key=channel) if channel else found


def _stay(user: User, stage: str, period: Period, channel: str) -> float | None:
    left = StageEntry.objects.filter(
        previous__key=stage,
        at__gte=period.since,
        at__lt=period.until,
        seconds_in_previous__isnull=False,
        lead__in=Lead.objects.visible_to(user),
    ).exclude(cause=Cause.UNDONE)
    if channel:
        left = left.filter(channel__key=channel)
    seconds = list(left.values_list("seconds_in_previous", flat=True))
    return median(seconds) if seconds else None
