"""What the lead did, how often, and within which time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.conditions.base import Condition, Evidence, Negative
from scoring.conditions.groups import joined
from scoring.conditions.vocabulary import Vocabulary
from scoring.measures import Measure

if TYPE_CHECKING:
    from scoring.facts import Facts
    from scoring.measures import Sql

# Kinds of activity that evidence names, latest first.
MOST_NAMED = 3


@dataclass(frozen=True)
class OnActivities(Condition):
    """Counts the activities that `measure` describes; `times` is the bar."""

    measure: Measure
    times: int
    vocabulary: Vocabulary

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._bar == other._bar

    def __hash__(self) -> int:
        return hash(self._bar)

    def measures(self) -> Iterator[Measure]:
        yield self.measure

    @property
    def compound(self) -> bool:
        return len(self.measure.types) > 1

    def what(self) -> str:
        """The activities counted, without the bar: "pricing page or demo (inbound)"."""
        measure, named = self.measure, self.vocabulary
        what = _or([named.type(key) for key in measure.types]) or _("activity")
        if measure.channels:
            channels = _or([named.channel(kind) for kind in measure.channels])
            what = _("%(what)s (%(channels)s)") % {"what": what, "channels": channels}
        if measure.campaigns:
            campaigns = _or(
                [_("“%(value)s”") % {"value": named.campaign(k)} for k in measure.campaigns]
            )
            what = _("%(what)s in campaign %(campaigns)s") % {"what": what, "campaigns": campaigns}
        return what

    def within(self, said: str) -> str:
        """`said`, followed by the window if there is one."""
        days = self.measure.within_days
        if days is None:
            return said
        pattern = ngettext("%(said)s in the last day", "%(said)s in the last %(days)d days", days)
        return pattern % {"said": said, "days": days}

    def evidence(self, facts: Facts) -> list[Evidence]:
        seen = facts.counted(self.measure)
        if not seen:
            return []
        said = []
        for key, count in list(Counter(each.type for each in seen).items())[:MOST_NAMED]:
            pattern = ngettext("%(what)s", "%(what)s (%(count)d times)", count)
            said.append(pattern % {"what": self.vocabulary.type(key), "count": count})
        return [Evidence(", ".join(said), max(each.occurred_at for each in seen))]

    @property
    def _bar(self) -> tuple[Measure, int]:
        return self.measure, self.times


class Did(OnActivities):
    def holds(self, facts: Facts) -> bool:
        return facts.value(self.measure) >= self.times

    def as_q(self, sql: Sql) -> Q:
        return Q(GreaterThanOrEqual(sql.value(self.measure), self.times))

    def words(self) -> str:
        pattern = ngettext(
            "%(what)s at least once", "%(what)s at least %(times)d times", self.times
        )
        return self.within(pattern % {"what": self.what(), "times": self.times})

    def each_words(
        self, times: str = "every", days: int | None = None, halving: tuple[int, ...] = ()
    ) -> str:
        """The words of a rule that counts every one of them, or one a day, a week …"""
        what = {"what": self.what()}
        if len(halving) > 1:
            return _("each %(what)s: %(shares)s") % (what | {"shares": _shares(halving)})
        if times == "days":
            pattern = ngettext("%(what)s, once a day", "%(what)s, once in %(days)d days", days or 1)
            return self.within(pattern % (what | {"days": days}))
        patterns = {
            "day": _("%(what)s, once a day"),
            "week": _("%(what)s, once a week"),
            "month": _("%(what)s, once a month"),
        }
        return self.within(patterns.get(times, _("each %(what)s")) % what)

    def complement(self) -> Condition:
        return DidNot(**vars(self))


class DidNot(Negative, OnActivities):
    positive = Did

    def words(self) -> str:
        pattern = ngettext("no %(what)s", "%(what)s fewer than %(times)d times", self.times)
        return self.within(pattern % {"what": self.what(), "times": self.times})


def _or(words: list[str]) -> str:
    return joined(words, _("%(some)s or %(last)s")) if words else ""


def _shares(halving: tuple[int, ...]) -> str:
    """ "in full up to 30 days, 1/2 up to 60 days, 1/4 up to 90 days"."""
    said = [
        ngettext("in full up to %(days)d day", "in full up to %(days)d days", halving[0])
        % {"days": halving[0]}
    ]
    for n, days in enumerate(halving[1:], 1):
        pattern = ngettext("1/%(part)d up to %(days)d day", "1/%(part)d up to %(days)d days", days)
        said.append(pattern % {"part": 2**n, "days": days})
    return ", ".join(said)
