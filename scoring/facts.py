"""What was known of one lead at a moment: all that a condition may look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from leads.changes import Profile, project
from leads.fields import Registry
from leads.models import Activity, Lead, LeadChange
from scoring.measures import Measure


@dataclass(frozen=True, slots=True)
class Deed:
    """One activity: keys of its type and campaign, the kind of its channel; empty if none."""

    type: str
    channel: str
    campaign: str
    occurred_at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Points:
    """The score that criteria look at, and as of when it was made."""

    fit: int
    engagement: int
    total: int
    as_of: datetime


@dataclass(frozen=True)
class Facts:
    """A lead as known at `at`.

    Activities come latest first. `since` says per field since when its value is known.
    Rules never look at `score`.
    """

    at: datetime
    profile: Profile
    activities: tuple[Deed, ...] = ()
    since: Mapping[str, datetime] = field(default_factory=dict)
    score: Points | None = None

    def counted(self, measure: Measure) -> list[Deed]:
        """The activities that a measure counts."""
        since = measure.since(self.at)
        return [
            deed
            for deed in self.activities
            if deed.occurred_at <= self.at
            and deed.known_at <= self.at
            and (since is None or deed.occurred_at > since)
            and (not measure.types or deed.type in measure.types)
            and (not measure.channels or deed.channel in measure.channels)
            and (not measure.campaigns or deed.campaign in measure.campaigns)
        ]

    def with_score(self, score: Points) -> Facts:
        return replace(self, score=score)


def facts_at(lead: Lead, at: datetime, *, known: Registry) -> Facts:
    """What was known of `lead` at `at`, without its score. Two queries."""
    changes = list(
        LeadChange.objects.filter(lead=lead, known_at__lte=at).order_by("known_at", "pk")
    )
    return Facts(at, Profile(project(changes), known), _deeds(lead, at), _since(changes))


def _deeds(lead: Lead, at: datetime) -> tuple[Deed, ...]:
    rows = Activity.objects.filter(lead=lead, occurred_at__lte=at, known_at__lte=at)
    rows = rows.order_by("-occurred_at", "-pk")
    columns = ("type__key", "channel__kind", "campaign__key", "occurred_at", "known_at")
    return tuple(
        Deed(type, channel or "", campaign or "", occurred_at, known_at)
        for type, channel, campaign, occurred_at, known_at in rows.values_list(*columns)
    )


def _since(changes: Iterable[LeadChange]) -> dict[str, datetime]:
    """Since when each field has had the value it has; `changes` in order."""
    latest: dict[str, object] = {}
    since: dict[str, datetime] = {}
    for change in changes:
        for key, value in change.values.items():
            if key not in latest or latest[key] != value:
                latest[key], since[key] = value, change.known_at
    if "email" in since:
        since["email_domain"] = since["email"]
    return since
