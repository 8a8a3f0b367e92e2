"""Shares and what chance allows: no percentage below twenty cases."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from scoring.samples import interval

FEW = 20


@dataclass(frozen=True)
class Share:
    """`part` of `whole`. A rate is only spoken of from `FEW` cases on."""

    part: int
    whole: int

    @property
    def few(self) -> bool:
        return self.whole < FEW

    @property
    def rate(self) -> float | None:
        """0..1, or None for nothing of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def percent(self) -> int | None:
        """Rounded half up, or None where there are too few cases to say."""
        return None if self.few else (200 * self.part + self.whole) // (2 * self.whole)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the rate (Wilson 1927, score interval without continuity correction);
        (0, 1) for no case."""
        return interval(self.part, self.whole)


@dataclass(frozen=True)
class Difference:
    """How much higher the rate of `now` is than that of `before`."""

    now: Share
    before: Share

    @property
    def points(self) -> int:
        """In percentage points: what lies between the two percentages that people read."""
        return _shown(self.now) - _shown(self.before)

    @property
    def apart(self) -> int:
        return abs(self.points)

    @property
    def interval(self) -> tuple[int, int]:
        """95 % interval in percentage points (Newcombe 1998, hybrid score method, no. 10)."""
        p1, p2 = self.now.rate or 0, self.before.rate or 0
        (l1, u1), (l2, u2) = self.now.interval, self.before.interval
        low = p1 - p2 - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2)
        high = p1 - p2 + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)
        return round(100 * low), round(100 * high)

    @property
    def may_be_chance(self) -> bool:
        low, high = self.interval
        return low <= 0 <= high


def _shown(share: Share) -> int:
    return round(100 * (share.rate or 0)) if share.percent is None else share.percent
