"""Measures of many leads, in SQL.

The grain of a join is a lead: a LEFT JOIN with one grouped subquery over activities, and one each
over touches and stage entries where a measure asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Expression, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from leads.models import Lead
from scoring.binds import Given, Moments
from scoring.measures import declared
from scoring.measures.declared import Measure
from scoring.measures.done import Done
from scoring.measures.ids import Ids
from scoring.measures.scopes import Scope
from scoring.measures.touched import Entered, Touched

Moment = dict[str, Expression]


class Sql:
    """Where conditions find in SQL what they ask for: the value of each measure, and the score."""

    def __init__(
        self,
        values: Mapping[Measure, Expression],
        scores: Mapping[str, Expression] | None = None,
    ) -> None:
        self._values = values
        self._scores = scores

    def value(self, measure: Measure) -> Expression:
        """A whole number, never null, over leads."""
        return self._values[measure]

    def score(self, which: str) -> Expression:
        """Fit, engagement or total: the stored one, 0 where there is none, or the one given."""
        if self._scores is not None:
            return self._scores[which]
        return Coalesce(F(f"score__{which}"), Value(0))


def counted(
    leads: QuerySet[Lead], measures: Iterable[Measure], *, at: datetime
) -> tuple[QuerySet[Lead], Sql]:
    """`leads` joined with the values of `measures` as of `at`, and where to find them."""
    of = Q(lead_id__in=leads.order_by().values("pk"))
    measures = list(dict.fromkeys(measures))
    return Tally(Ids.of(measures), Given(at), of).counted(leads, measures)


class Tally(Scope):
    """What is asked about some leads as of a moment. `scores` stand in place of the stored ones."""

    def __init__(
        self,
        ids: Ids,
        moments: Given | type[Moments],
        of: Q,
        scores: Mapping[str, Expression] | None = None,
    ) -> None:
        super().__init__(ids, moments, of)
        self.scores = scores

    def counted(
        self, leads: QuerySet[Lead], measures: Iterable[Measure]
    ) -> tuple[QuerySet[Lead], Sql]:
        """`leads` joined with a value for each measure."""
        leads, sql, _moments = self.counted_and_leaving(leads, measures, ())
        return leads, sql

    def counted_and_leaving(
        self, leads: QuerySet[Lead], measures: Iterable[Measure], watched: Iterable[Measure]
    ) -> tuple[QuerySet[Lead], Sql, Moment]:
        """Also, by name, moments of which the earliest is at or before the next at which time
        alone changes one of those `watched`; null where there is none."""
        asked, watched = list(dict.fromkeys(measures)), list(dict.fromkeys(watched))
        values: dict[Measure, Expression] = {}
        moments: Moment = {}
        for kind in (Done, Touched, Entered):
            join = kind(self, _of(kind, asked), _of(kind, watched))
            leads = join.joined(leads)
            values |= join.values()
            moments |= join.moments()
        return leads, Sql(values, self.scores), moments


def _of(kind: type, measures: Sequence[Measure]) -> list[Measure]:
    sources = {Touched: declared.OF_TOUCHES, Entered: declared.OF_ENTRIES}
    if kind in sources:
        return [each for each in measures if each.of in sources[kind]]
    others = declared.OF_TOUCHES + declared.OF_ENTRIES
    return [each for each in measures if each.of not in others]
