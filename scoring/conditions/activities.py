"""What the lead did, how often, and within which time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring import measures
from scoring.conditions.base import Condition, Evidence, Negative
from scoring.conditions.groups import joined
from scoring.conditions.measured import OnMeasure, Reached, either

if TYPE_CHECKING:
    from scoring.facts import Facts

# Kinds of activity that evidence names, latest first.
MOST_NAMED = 3


class OnActivities(OnMeasure):
    """Looks at the activities that `measure` describes."""

    @property
    def compound(self) -> bool:
        return len(self.measure.types) > 1 or bool(self.measure.where)

    def what(self) -> str:
        """The activities looked at, without the bar: "pricing page or demo (inbound)"."""
        measure, named = self.measure, self.vocabulary
        what = self.named(measure.types) or _("activity")
        if measure.channels:
            channels = either([named.channel(kind) for kind in measure.channels])
            what = _("%(what)s (%(channels)s)") % {"what": what, "channels": channels}
        if measure.campaigns:
            campaigns = either(
                [_("“%(value)s”") % {"value": named.campaign(k)} for k in measure.campaigns]
            )
            what = _("%(what)s in campaign %(campaigns)s") % {"what": what, "campaigns": campaigns}
        if measure.where:
            said = [condition.words() for condition in measure.where]
            conditions = joined(said, _("%(some)s and %(last)s"))
            what = _("%(what)s where %(conditions)s") % {"what": what, "conditions": conditions}
        return what

    def named(self, types: Iterable[str]) -> str:
        """Types of activities in quotation marks: “pricing page” or “demo”."""
        return either([_("“%(value)s”") % {"value": self.vocabulary.type(key)} for key in types])

    def within(self, said: str) -> str:
        """`said`, followed by the window and by what it must come after, if anything."""
        said, since = super().within(said), []
        if self.measure.since_recycle:
            since.append(_("since the lead last came back from sales"))
        if self.measure.since_types:
            types = self.named(self.measure.since_types)
            since.append(_("since its last %(types)s") % {"types": types})
        if not since:
            return said
        since_all = joined(since, _("%(some)s and %(last)s"))
        return _("%(said)s, %(since)s") % {"said": said, "since": since_all}

    def evidence(self, facts: Facts) -> list[Evidence]:
        seen = facts.counted(self.measure)
        if not seen:
            return []
        said = []
        for key, count in list(Counter(each.type for each in seen).items())[:MOST_NAMED]:
            pattern = ngettext("%(what)s", "%(what)s (%(count)d times)", count)
            said.append(pattern % {"what": self.vocabulary.type(key), "count": count})
        return [Evidence(", ".join(said), max(each.occurred_at for each in seen))]


class Did(Reached, OnActivities):
    """So many times; on so many days; through so many channels; for so many minutes."""

    def words(self) -> str:
        return self.within(self._pattern() % {"what": self.what(), "times": self.times})

    def each_words(
        self, times: str = "every", days: int | None = None, halving: tuple[int, ...] = ()
    ) -> str:
        """The words of a rule that counts every one of them, or one a day, a week …"""
        what = {"what": self.what()}
        if len(halving) > 1:
            return _("each %(what)s: %(shares)s") % (what | {"shares": _shares(halving)})
        days = days or 1
        patterns = {
            "day": _("%(what)s, once a day"),
            "week": _("%(what)s, once a week"),
            "month": _("%(what)s, once a month"),
            "days": ngettext("%(what)s, once in a day", "%(what)s, once in %(days)d days", days),
        }
        return self.within(patterns.get(times, _("each %(what)s")) % (what | {"days": days}))

    def complement(self) -> Condition:
        return DidNot(**vars(self))

    def _pattern(self) -> str:
        times = self.times
        if self.measure.of == measures.DAYS:
            return ngettext(
                "%(what)s on at least one day",
                "%(what)s on at least %(times)d different days",
                times,
            )
        if self.measure.of == measures.CHANNELS:
            return ngettext(
                "%(what)s through at least one channel",
                "%(what)s through at least %(times)d different channels",
                times,
            )
        if self.measure.of == measures.MINUTES:
            return ngettext(
                "%(what)s for at least one minute",
                "%(what)s for at least %(times)d minutes in all",
                times,
            )
        if times == 1 and self.measure.within_days is not None:
            return "%(what)s"
        return ngettext("%(what)s at least once", "%(what)s at least %(times)d times", times)


class DidNot(Negative, OnActivities):
    positive = Did

    def words(self) -> str:
        return self.within(self._pattern() % {"what": self.what(), "times": self.times})

    def _pattern(self) -> str:
        times = self.times
        if self.measure.of == measures.DAYS:
            return ngettext(
                "%(what)s on no day", "%(what)s on fewer than %(times)d different days", times
            )
        if self.measure.of == measures.CHANNELS:
            return ngettext(
                "%(what)s through no channel",
                "%(what)s through fewer than %(times)d different channels",
                times,
            )
        if self.measure.of == measures.MINUTES:
            return ngettext(
                "%(what)s for less than a minute",
                "%(what)s for less than %(times)d minutes in all",
                times,
            )
        return ngettext("no %(what)s", "%(what)s fewer than %(times)d times", times)


class FirstWas(Reached, OnActivities):
    """Among all activities in the window, (one of) the first is such a one."""

    def words(self) -> str:
        said = {"first": self.within(_("the first activity")), "what": self.what()}
        return _("%(first)s was %(what)s") % said

    def complement(self) -> Condition:
        return FirstWasNot(**vars(self))


class FirstWasNot(Negative, OnActivities):
    positive = FirstWas

    def words(self) -> str:
        said = {"first": self.within(_("the first activity")), "what": self.what()}
        return _("%(first)s was not %(what)s") % said


class LatestWas(Reached, OnActivities):
    """Among all activities in the window, (one of) the latest is such a one."""

    def words(self) -> str:
        said = {"latest": self.within(_("the latest activity")), "what": self.what()}
        return _("%(latest)s was %(what)s") % said

    def complement(self) -> Condition:
        return LatestWasNot(**vars(self))


class LatestWasNot(Negative, OnActivities):
    positive = LatestWas

    def words(self) -> str:
        said = {"latest": self.within(_("the latest activity")), "what": self.what()}
        return _("%(latest)s was not %(what)s") % said


def _shares(halving: tuple[int, ...]) -> str:
    """ "in full up to 30 days, 1/2 up to 60 days, 1/4 up to 90 days"."""
    pattern = ngettext("in full up to %(days)d day", "in full up to %(days)d days", halving[0])
    said = [pattern % {"days": halving[0]}]
    for n, days in enumerate(halving[1:], 1):
        said.append(_("1/%(part)d up to %(days)d days") % {"part": 2**n, "days": days})
    return ", ".join(said)
