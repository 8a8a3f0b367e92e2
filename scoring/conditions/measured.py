"""Conditions that compare a measure with a bar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db.models import Q
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.conditions.base import Condition
from scoring.conditions.groups import joined
from scoring.conditions.vocabulary import Vocabulary
from scoring.measures import Measure
from scoring.measures.declared import OF_ENTRIES

if TYPE_CHECKING:
    from scoring.facts import Facts
    from scoring.measures import Sql


@dataclass(frozen=True)
class OnMeasure(Condition):
    """A measure, the number that it must reach, and the names of what it counts."""

    measure: Measure
    times: int
    vocabulary: Vocabulary

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._bar == other._bar

    def __hash__(self) -> int:
        return hash(self._bar)

    def measures(self) -> Iterator[Measure]:
        yield self.measure

    def since_reset(self) -> Condition:
        if self.measure.of in OF_ENTRIES:
            return self
        return replace(self, measure=replace(self.measure, since_reset=True))

    def within(self, said: str) -> str:
        """`said`, followed by the window if there is one."""
        days = self.measure.within_days
        if days is None:
            return said
        pattern = ngettext("%(said)s in the last day", "%(said)s in the last %(days)d days", days)
        return pattern % {"said": said, "days": days}

    @property
    def _bar(self) -> tuple[Measure, int]:
        return self.measure, self.times


class Reached(OnMeasure):
    """The measure is at least the bar."""

    def holds(self, facts: Facts) -> bool:
        return facts.value(self.measure) >= self.times

    def as_q(self, sql: Sql) -> Q:
        return Q(GreaterThanOrEqual(sql.value(self.measure), self.times))


def either(words: list[str]) -> str:
    """ "a, b or c"."""
    return joined(words, _("%(some)s or %(last)s")) if words else ""
