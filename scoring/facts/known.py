"""What was known of one lead at a moment: all that a condition may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from leads.projections import Profile
from scoring.binds import Given
from scoring.facts import values
from scoring.facts.deeds import Approach, Deed, Entry, Points
from scoring.measures import Measure


@dataclass(frozen=True)
class Facts:
    """A lead as known at `at`.

    Activities come latest first. `since` says per field since when its value is known,
    `corrections` is the sum of points given by hand that are in effect. What lies later than `at`
    may be among activities, touches and entries: nobody looks at it. Rules never look at `score`.
    """

    at: datetime
    profile: Profile
    activities: tuple[Deed, ...] = ()
    since: Mapping[str, datetime] = field(default_factory=dict)
    score: Points | None = None
    created_at: datetime | None = None
    touches: tuple[Approach, ...] = ()
    entries: tuple[Entry, ...] = ()
    corrections: int = 0

    def value(self, measure: Measure) -> int:
        """The whole number that a measure is."""
        found = self._values.get(measure)
        if found is None:
            found = self._values[measure] = values.value(self, measure)
        return found

    def counted(self, measure: Measure) -> list[Deed]:
        """The activities that a measure counts, latest first."""
        return values.counted(self, measure)

    def with_score(self, score: Points) -> Facts:
        return replace(self, score=score)

    @cached_property
    def seen(self) -> list[Deed]:
        """Activities visible at `at`."""
        return [deed for deed in self.activities if deed.seen_at(self.at)]

    @cached_property
    def seen_by_type(self) -> dict[str, list[Deed]]:
        found: dict[str, list[Deed]] = {}
        for deed in self.seen:
            found.setdefault(deed.type, []).append(deed)
        return found

    @cached_property
    def recycled_at(self) -> datetime | None:
        """When sales last gave the lead back."""
        moments = (each.at for each in self.entries if each.counts_at(self.at) and each.is_recycle)
        return max(moments, default=None)

    @cached_property
    def reset_at(self) -> datetime | None:
        """When sales last gave the lead back for a reason that resets."""
        moments = (each.at for each in self.entries if each.at <= self.at and each.resets)
        return max(moments, default=None)

    def ago(self, days: int) -> datetime:
        """The moment so many times 24 hours before."""
        found = self._ago.get(days)
        if found is None:
            found = self._ago[days] = Given(self.at).since(days)
        return found

    @cached_property
    def _values(self) -> dict[Measure, int]:
        return {}

    @cached_property
    def _ago(self) -> dict[int, datetime]:
        return {}
