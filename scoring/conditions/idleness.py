"""The lead has done nothing for some time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import ngettext

from scoring import measures
from scoring.conditions.activities import OnActivities
from scoring.conditions.base import Condition, Evidence, Negative
from scoring.conditions.measured import Reached

if TYPE_CHECKING:
    from scoring.facts import Facts
    from scoring.measures import Measure


class OnIdleness(OnActivities):
    """Looks at the time since the last such activity, or since the lead came in."""

    def evidence(self, facts: Facts) -> list[Evidence]:
        """The last such activity, however long ago."""
        ever = replace(self.measure, of=measures.TIMES, days=0)
        done = facts.counted(ever)[:1]
        return [Evidence(self.vocabulary.type(deed.type), deed.occurred_at) for deed in done]


class Idle(Reached, OnIdleness):
    def words(self) -> str:
        days = self.measure.days
        pattern = ngettext("no %(what)s for a day", "no %(what)s for %(days)d days", days)
        return pattern % {"what": self.what(), "days": days}

    def each_words(
        self, times: str = "every", days: int | None = None, halving: tuple[int, ...] = ()
    ) -> str:
        """The words of a rule that counts every such period."""
        idle = self.measure.days
        pattern = ngettext("each day without %(what)s", "each %(days)d days without %(what)s", idle)
        return pattern % {"what": self.what(), "days": idle}

    def every_period(self) -> Measure:
        """What such a rule counts."""
        return replace(self.measure, most=measures.MOST_PERIODS)

    def complement(self) -> Condition:
        return NotIdle(**vars(self))


class NotIdle(Negative, OnIdleness):
    positive = Idle

    def words(self) -> str:
        days = self.measure.days
        pattern = ngettext(
            "%(what)s in the last day, or new since",
            "%(what)s in the last %(days)d days, or new since",
            days,
        )
        return pattern % {"what": self.what(), "days": days}
