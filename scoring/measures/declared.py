"""What conditions and rules count about a lead, declared: counted in Python or in one join."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from django.db.models import Q

from scoring.binds import Given
from scoring.models import StageEntry

# What is made of the activities that a measure names.
TIMES, CHANNELS, MINUTES, HALVED = "times", "channels", "minutes", "halved"
DAYS, WEEKS, MONTHS, BUCKETS = "days", "weeks", "months", "buckets"
FIRST, LATEST, BOTH, IDLE = "first", "latest", "both", "idle"
# What is made of touches and of stage entries.
UNANSWERED = "unanswered"
ENTERED, RECYCLED = "entered", "recycled"

OF_TOUCHES = (UNANSWERED,)
OF_ENTRIES = (ENTERED, RECYCLED)

# A lead was recycled: sales gave it back, or its deal was lost, and it may come again.
RECYCLE_CAUSES = (StageEntry.Cause.RETURNED, StageEntry.Cause.OPPORTUNITY)
RECYCLE_KINDS = ("nurture", "open")

MOST_PERIODS = 24
# A single activity of a million minutes is nobody's doing.
MOST_MINUTES = 1_000_000


class OnActivity(Protocol):
    """A condition on one activity: what a lead's fields are to others, its properties are to it."""

    def holds(self, facts: Any) -> bool: ...

    def as_q(self, sql: Any) -> Q: ...


@dataclass(frozen=True)
class Measure:
    """A whole number about a lead: `of` says which, the rest of what. Keys stand in
    alphabetical order; empty means any.

    Activities of these `types`, through these kinds of `channels`, in these `campaigns`, with
    properties for which all of `where` hold, within (t − days, t], or ever; with `since_recycle`
    or `since_types` only those after the last recycle, after the last activity of those types.
    A recycle is every return from sales and every lost deal, and belongs to the condition, a
    criterion's too; a reset belongs to a reason, and to rules alone: neither says the other.
    With `since_reset`, which rules of actions get where the agreement resets, nothing counts that
    was done, by the lead or by us, up to the last return that reset; silence begins there anew.

    times       how many
    days …      on how many different local days, weeks, months, or buckets of `days` days
    channels    through how many different channels
    minutes     the sum of the whole minutes of their property `minutes`
    halved      the sum of 2^(K−1−i) over activities not older than step i of K steps `halving`
    first       1 if among all activities in the window (one of) the first is such, else 0
    latest      1 if (one of) the latest is
    both        1 if one of `types` and one of `and_types` have the same text as property `same`
    idle        for how many periods of `days` days, at most `most`, there was none
    unanswered  touches of these `kinds` after which the lead did nothing
    entered     entries into these `stages`
    recycled    recycles
    """

    types: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    within_days: int | None = None
    of: str = TIMES
    where: tuple[OnActivity, ...] = ()
    since_recycle: bool = False
    since_types: tuple[str, ...] = ()
    since_reset: bool = False
    halving: tuple[int, ...] = ()
    and_types: tuple[str, ...] = ()
    same: str = ""
    days: int = 0
    most: int = 1
    kinds: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(getattr(self, name) for name in self.__dataclass_fields__))

    def since(self, at: datetime) -> datetime | None:
        """What happened at this moment or before it is no longer in the window."""
        return None if self.within_days is None else Given(at).since(self.within_days)

    def windows(self) -> tuple[int, ...]:
        """So many days after it happened, something may no longer count for as much, or time
        without it may count for more: when time alone changes the number."""
        if self.of == HALVED:
            return self.halving
        if self.of == IDLE:
            return tuple(self.days * n for n in range(1, self.most + 1))
        return () if self.within_days is None else (self.within_days,)

    @cached_property
    def reach(self) -> int | None:
        """What happened so many days ago or longer does not matter; None: everything does."""
        return max(self.windows(), default=None)

    @property
    def looks_at_entries(self) -> bool:
        return self.of in OF_ENTRIES or self.since_recycle or self.since_reset
