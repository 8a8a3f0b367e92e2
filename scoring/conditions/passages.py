"""Where the lead went: stages it entered, and whether it came back from sales."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.conditions.base import Condition, Evidence, Negative
from scoring.conditions.measured import OnMeasure, Reached, either

if TYPE_CHECKING:
    from scoring.facts import Entry, Facts


class OnEntries(OnMeasure):
    """Looks at stage entries; the latest is the evidence."""

    @property
    def compound(self) -> bool:
        return len(self.measure.stages) > 1

    def said(self, pattern: str) -> str:
        stages = either(
            [_("“%(value)s”") % {"value": self.vocabulary.stage(k)} for k in self.measure.stages]
        )
        return self.within(pattern % {"stages": stages, "times": self.times})

    def looks_at(self, entry: Entry) -> bool:
        return entry.stage in self.measure.stages

    def evidence(self, facts: Facts) -> list[Evidence]:
        if not facts.value(self.measure):
            return []
        seen = [each for each in facts.entries if each.counts_at(facts.at) and self.looks_at(each)]
        latest = max(seen, key=lambda entry: entry.at)
        said = {"stage": self.vocabulary.stage(latest.stage)}
        return [Evidence(_("entered “%(stage)s”") % said, latest.at)]


class Entered(Reached, OnEntries):
    def words(self) -> str:
        return self.said(
            ngettext(
                "entered %(stages)s at least once",
                "entered %(stages)s at least %(times)d times",
                self.times,
            )
        )

    def complement(self) -> Condition:
        return NotEntered(**vars(self))


class NotEntered(Negative, OnEntries):
    positive = Entered

    def words(self) -> str:
        return self.said(
            ngettext(
                "did not enter %(stages)s",
                "entered %(stages)s fewer than %(times)d times",
                self.times,
            )
        )


class OnRecycles(OnEntries):
    def looks_at(self, entry: Entry) -> bool:
        return entry.is_recycle


class Recycled(Reached, OnRecycles):
    def words(self) -> str:
        return self.said(
            ngettext(
                "came back from sales at least once",
                "came back from sales at least %(times)d times",
                self.times,
            )
        )

    def complement(self) -> Condition:
        return NotRecycled(**vars(self))


class NotRecycled(Negative, OnRecycles):
    positive = Recycled

    def words(self) -> str:
        return self.said(
            ngettext(
                "did not come back from sales",
                "came back from sales fewer than %(times)d times",
                self.times,
            )
        )
