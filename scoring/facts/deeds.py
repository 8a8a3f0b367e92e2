"""What leads did, what we did to them, and where they went: dated rows of one lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from leads.folding import fold
from scoring.measures.declared import RECYCLE_CAUSES, RECYCLE_KINDS

Interval = tuple[datetime, datetime]


class Properties(dict[str, Any]):
    """Plain values of an activity by key; the texts among them folded."""

    @cached_property
    def folded(self) -> dict[str, str]:
        return {key: fold(value) for key, value in self.items() if isinstance(value, str)}


NOTHING = Properties()


@dataclass(frozen=True, slots=True)
class Deed:
    """One activity: keys of its type, campaign and channel, the channel's kind; empty if none.

    `hidden` holds the times [from, to) in which it was set aside; `known_at` is that of before.
    """

    type: str
    channel: str
    campaign: str
    occurred_at: datetime
    known_at: datetime
    channel_key: str = ""
    local_date: date = date.min
    properties: Properties = field(default_factory=lambda: NOTHING, hash=False)
    hidden: tuple[Interval, ...] = ()

    @property
    def profile(self) -> Properties:
        """Where operators on properties find them, as those on fields find a lead's."""
        return self.properties

    def seen_at(self, at: datetime) -> bool:
        """Had it happened, was it known, and not set aside?"""
        if self.occurred_at > at or self.known_at > at:
            return False
        return not any(start <= at < end for start, end in self.hidden)


@dataclass(frozen=True, slots=True)
class Approach:
    """One touch: something we did to the lead."""

    kind: str
    occurred_at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """The lead entered a stage of this kind, for this cause; at `undone_at` that was undone."""

    stage: str
    kind: str
    cause: str
    at: datetime
    resets: bool = False
    undone_at: datetime | None = None

    def counts_at(self, at: datetime) -> bool:
        """Had it happened, and not been undone?"""
        return self.at <= at and (self.undone_at is None or self.undone_at > at)

    @property
    def is_recycle(self) -> bool:
        return self.cause in RECYCLE_CAUSES and self.kind in RECYCLE_KINDS


@dataclass(frozen=True, slots=True)
class Points:
    """The score that criteria look at, and as of when it was made."""

    fit: int
    engagement: int
    total: int
    as_of: datetime
