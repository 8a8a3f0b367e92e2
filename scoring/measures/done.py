"""What leads did, counted: the aggregates of one LEFT JOIN with activities grouped by lead.

The plain measures need the columns of the index `activity_lead_time` only: its scan comes in
order of the groups, without hash or sort. Other columns are touched where a measure asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Expression,
    F,
    Field,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, IsNull, LessThan

from leads.models import Activity, Lead
from scoring.measures import declared, leaving, undoing
from scoring.measures.declared import Measure
from scoring.measures.functions import Whole, bucket
from scoring.measures.joins import DaysLater, column, grouped
from scoring.measures.scopes import Scope
from scoring.measures.stored import JSONNumber, JSONText
from scoring.models import StageEntry

ALIAS = "done"
# The last reset of a lead, beside what it did: a lead that did nothing was reset all the same.
BEGUN_ANEW = "begun_anew"
Columns = dict[str, Expression]


class Done:
    """The aggregates that measures of activities need, and what the measures are made of them."""

    def __init__(self, scope: Scope, asked: Sequence[Measure], watched: Sequence[Measure]) -> None:
        # Of who is watched being idle, the last activity must be known.
        also = [each for each in watched if each.of == declared.IDLE]
        self.scope = scope
        self.measures = list(dict.fromkeys([*asked, *also]))
        self.names = {measure: f"m{n}" for n, measure in enumerate(self.measures)}
        self.watched = [each for each in watched if each.of != declared.IDLE and each.windows()]
        starts = dict.fromkeys(each.since_types for each in self.measures if each.since_types)
        self.starts = {types: f"since{n}" for n, types in enumerate(starts)}
        reaches = [measure.reach for measure in [*self.measures, *self.watched]]
        self.reach = None if None in reaches else max(reaches, default=None)

    def joined(self, leads: QuerySet[Lead]) -> QuerySet[Lead]:
        if any(each.of == declared.IDLE and each.since_reset for each in self.measures):
            leads = grouped(leads, resets(self.scope), BEGUN_ANEW, {"last": Max("at")})
        aggregates: Columns = {}
        for measure, name in self.names.items():
            aggregates |= self._aggregates(measure, name)
        if self.watched:
            aggregates["leaves"] = Min(leaving.next_of_each(self.watched, self.scope))
        return grouped(leads, self._rows(), ALIAS, aggregates) if aggregates else leads

    def values(self) -> dict[Measure, Expression]:
        return {measure: self._value(measure, name) for measure, name in self.names.items()}

    def moments(self) -> dict[str, Expression]:
        """When time alone next changes something, by name."""
        found: dict[str, Expression] = {}
        if self.watched:
            found["leaves"] = column(ALIAS, "leaves", DateTimeField())
        for measure, name in self.names.items():
            if measure.of == declared.IDLE:
                found[f"{name}_idle"] = self._periods(measure, name, later=True)
        return found

    def _rows(self) -> QuerySet[Activity]:
        """Activities known by then, as far back as the widest window reaches."""
        rows = self._seen().filter(self.scope.within(self.reach))
        return self._with_starts(rows)

    def _seen(self) -> QuerySet[Activity]:
        return Activity.objects.filter(self.scope.of, self.scope.visible())

    def _with_starts(self, rows: QuerySet[Activity]) -> QuerySet[Activity]:
        """Joined with the moments after which alone some measures count."""
        if any(measure.since_recycle for measure in self.measures):
            last = {"last": Max("at")}
            rows = grouped(rows, recycles(self.scope), "recycle", last, on="lead_id")
        if any(measure.since_reset for measure in self.measures):
            rows = grouped(rows, resets(self.scope), "reset", {"last": Max("at")}, on="lead_id")
        for types, alias in self.starts.items():
            these = self._seen().filter(self.scope.ids.of_types(types))
            rows = grouped(rows, these, alias, {"last": Max("occurred_at")}, on="lead_id")
        return rows

    def _these(self, measure: Measure, *, within: bool = True) -> Q:
        """The activities that a measure counts. First what is compared fastest; no window where
        all rows are in it."""
        q = self.scope.ids.only(measure)
        if within and measure.reach != self.reach:
            q &= self.scope.within(measure.reach)
        if measure.since_recycle:
            q &= _after("recycle")
        if measure.since_reset:
            q &= after_reset()
        if measure.since_types:
            q &= _after(self.starts[measure.since_types])
        return q

    def _aggregates(self, measure: Measure, name: str) -> Columns:
        return _AGGREGATES.get(measure.of, _distinct)(self, measure, name)

    def _value(self, measure: Measure, name: str) -> Expression:
        if measure.of == declared.IDLE:
            return self._periods(measure, name, later=False)
        if measure.of in (declared.FIRST, declared.LATEST):
            every, such = (column(ALIAS, f"{name}{x}", DateTimeField()) for x in "ab")
            return _one_if(Q(Exact(every, such)))
        if measure.of == declared.BOTH:
            ours, theirs, all_ = (column(ALIAS, f"{name}{x}", IntegerField()) for x in "abc")
            return _one_if(Q(GreaterThan(ours + theirs, all_)))
        return Coalesce(column(ALIAS, name, IntegerField()), 0)

    def _periods(self, measure: Measure, name: str, *, later: bool) -> Expression:
        """For how many periods nothing was done; or when there will be one more."""
        done = column(ALIAS, name, DateTimeField())
        last = Coalesce(Greatest(done, F("created_at")), F("created_at"))
        if measure.since_reset:
            reset = column(BEGUN_ANEW, "last", DateTimeField())
            last = Coalesce(Greatest(last, reset), last)
        cases = []
        for n, days in enumerate(measure.windows()):
            then = DaysLater(last, days) if later else Value(n)
            cases.append(When(GreaterThan(last, self.scope.moments.since(days)), then=then))
        if later:
            return Case(*cases, output_field=DateTimeField())
        return Case(*cases, default=Value(measure.most), output_field=IntegerField())


def recycles(scope: Scope) -> QuerySet[StageEntry]:
    """Entries with which leads came back from sales, by then."""
    back = {"cause__in": declared.RECYCLE_CAUSES, "kind__in": declared.RECYCLE_KINDS}
    return undoing.entries(scope).filter(**back)


def resets(scope: Scope) -> QuerySet[StageEntry]:
    """Entries with which leads came back for a reason that resets, by then."""
    return StageEntry.objects.filter(scope.of, resets=True, at__lte=scope.moments.at)


def _times(done: Done, measure: Measure, name: str) -> Columns:
    return {name: Count("lead_id", filter=done._these(measure) or None)}


def _distinct(done: Done, measure: Measure, name: str) -> Columns:
    of = F("channel_id") if measure.of == declared.CHANNELS else bucket(measure)
    return {name: Count(of, filter=done._these(measure) or None, distinct=True)}


def _minutes(done: Done, measure: Measure, name: str) -> Columns:
    number = JSONNumber("properties", "minutes")
    sane = Q(GreaterThanOrEqual(number, 0.0)) & Q(LessThan(number, float(declared.MOST_MINUTES)))
    whole = Case(When(sane, then=Whole(number)), output_field=IntegerField())
    return {name: Sum(whole, filter=done._these(measure) or None)}


def _halved(done: Done, measure: Measure, name: str) -> Columns:
    last = len(measure.halving) - 1
    steps = [
        When(done.scope.within(days), then=Value(2 ** (last - n)))
        for n, days in enumerate(measure.halving)
    ]
    weight = Case(*steps, output_field=IntegerField())
    # Beyond the last step there is no weight.
    return {name: Sum(weight, filter=done._these(measure, within=False) or None)}


def _edge(done: Done, measure: Measure, name: str) -> Columns:
    """The first (the latest) of all in the window, and of those that are such."""
    edge = Min if measure.of == declared.FIRST else Max
    every = done.scope.within(measure.within_days)
    if measure.since_reset:
        every &= after_reset()
    return {
        f"{name}a": edge("occurred_at", filter=every or None),
        f"{name}b": edge("occurred_at", filter=done._these(measure) or None),
    }


def _both(done: Done, measure: Measure, name: str) -> Columns:
    """Different texts on either side and on both together: fewer, where one is on both sides."""
    text = JSONText("properties", measure.same)
    named = done.scope.within(measure.within_days) & Q(GreaterThan(text, Value("")))
    if measure.since_reset:
        named &= after_reset()
    sides = (measure.types, measure.and_types, (*measure.types, *measure.and_types))
    return {
        f"{name}{x}": Count(text, filter=done.scope.ids.of_types(types) & named, distinct=True)
        for x, types in zip("abc", sides, strict=True)
    }


def _last(done: Done, measure: Measure, name: str) -> Columns:
    return {name: Max("occurred_at", filter=done._these(measure) or None)}


_AGGREGATES: Mapping[str, Callable[[Done, Measure, str], Columns]] = {
    declared.TIMES: _times,
    declared.MINUTES: _minutes,
    declared.HALVED: _halved,
    declared.FIRST: _edge,
    declared.LATEST: _edge,
    declared.BOTH: _both,
    declared.IDLE: _last,
}


def _one_if(q: Q) -> Expression:
    return Case(When(q, then=Value(1)), default=Value(0), output_field=IntegerField())


def after_reset() -> Q:
    """Rows dated after the lead's last reset, joined as `reset`."""
    return _after("reset")


def _after(alias: str) -> Q:
    """Activities after the last of those joined under `alias`; all, where there is none."""
    last: Field = column(alias, "last", DateTimeField())
    return Q(IsNull(last, True)) | Q(GreaterThan(F("occurred_at"), last))
