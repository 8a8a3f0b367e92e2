"""A score on a scale: what it is the sum of, and the bar it must reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scoring import explanations
from scoring.models import Score


@dataclass(frozen=True)
class Bar:
    """The score on a scale: fit, engagement, what was corrected by hand, the total, the bar that
    hands over, the end. All in points; `bar` is None where no stage asks for a score."""

    fit: int
    engagement: int
    by_hand: int
    total: int
    bar: int | None
    stage: str
    end: int

    @property
    def fit_drawn(self) -> int:
        """Nothing is drawn below zero."""
        return max(self.fit, 0)

    @property
    def engagement_drawn(self) -> int:
        return min(max(self.engagement, 0), self.end - self.fit_drawn)

    @property
    def total_drawn(self) -> int:
        return max(self.total, 0)

    @property
    def hatched_from(self) -> int:
        """Where what corrections and floors add or take away begins."""
        return min(self.fit_drawn + self.engagement_drawn, self.total_drawn)

    @property
    def hatched(self) -> int:
        """How far the total is from the end of fit and engagement."""
        return abs(self.fit_drawn + self.engagement_drawn - self.total_drawn)

    @property
    def anchor(self) -> str:
        """Where the words at the bar begin, so that they stay in the picture."""
        if self.bar is None or 3 * self.bar > self.end:
            return "e" if self.bar and 3 * self.bar > 2 * self.end else "m"
        return ""


def draw(score: Score, body: dict[str, Any], *, by_hand: int) -> Bar:
    """A stored score under the text of its version; `by_hand` was corrected."""
    asked = explanations.bar(body)
    caps = (body.get("score") or {}).get("caps") or {}
    ceiling = sum(cap or 0 for cap in caps.values()) if caps else 0
    summed = max(score.fit, 0) + max(score.engagement, 0)
    end = max(ceiling, score.total, summed, asked.points or 0, 1)
    return Bar(score.fit, score.engagement, by_hand, score.total, asked.points, asked.stage, end)
