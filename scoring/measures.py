"""Counts over a lead's activities: declared by conditions, counted in Python or in one join.

The grain of the join is a lead: one LEFT JOIN with one grouped subquery over activities, a FILTER
aggregate for each different measure, bounded by the widest window. In order of the index
`activity_lead_time` it needs neither hash nor sort.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import (
    Count,
    DateTimeField,
    Expression,
    Field,
    Func,
    IntegerField,
    Min,
    Q,
    QuerySet,
)
from django.db.models.expressions import Col
from django.db.models.functions import Coalesce, Greatest
from django.db.models.sql.constants import LOUTER

from leads.models import Activity, ActivityType, Campaign, Channel, Lead
from scoring.binds import Given, Moments


@dataclass(frozen=True)
class Measure:
    """How often a lead did something: of these types, through these kinds of channel, in these
    campaigns (empty: any), within (t − days, t], or ever. Keys are in alphabetical order."""

    types: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    within_days: int | None = None

    def since(self, at: datetime) -> datetime | None:
        """What happened at this moment or before it is no longer in the window."""
        if self.within_days is None:
            return None
        return Given(at).since(self.within_days)


class Sql:
    """Where conditions find in SQL what they ask for: the count of each measure."""

    def __init__(self, counts: Mapping[Measure, Expression]) -> None:
        self._counts = counts

    def count(self, measure: Measure) -> Expression:
        """The count as an expression over leads, 0 where there is none."""
        return self._counts[measure]


def counted(
    leads: QuerySet[Lead], measures: Iterable[Measure], *, at: datetime
) -> tuple[QuerySet[Lead], Sql]:
    """`leads` joined with the counts of `measures` as of `at`, and where to find them."""
    of = Q(lead_id__in=leads.order_by().values("pk"))
    measures = list(dict.fromkeys(measures))
    return Tally(Ids.of(measures), Given(at), of).counted(leads, measures)


class Tally:
    """What is asked of the activities of some leads as of a moment.

    `of` restricts activities to those leads: it keeps subqueries from counting for everybody.
    """

    def __init__(self, ids: Ids, moments: Given | type[Moments], of: Q) -> None:
        self.ids = ids
        self.moments = moments
        self.of = of

    def counted(
        self, leads: QuerySet[Lead], measures: Iterable[Measure]
    ) -> tuple[QuerySet[Lead], Sql]:
        """`leads` joined with a count for each measure."""
        leads, sql, _leaving = self.counted_and_leaving(leads, measures, ())
        return leads, sql

    def counted_and_leaving(
        self, leads: QuerySet[Lead], measures: Iterable[Measure], watched: Iterable[Measure]
    ) -> tuple[QuerySet[Lead], Sql, dict[str, Expression]]:
        """Also, by name, the moments at which the oldest activity leaves a window of those
        `watched`, null where none is in it."""
        names = {measure: f"m{n}" for n, measure in enumerate(dict.fromkeys(measures))}
        windows: dict[int, list[Measure]] = {}
        for measure in dict.fromkeys(watched):
            if measure.within_days is not None:
                windows.setdefault(measure.within_days, []).append(measure)
        if not names and not windows:
            return leads, Sql({}), {}
        counts = {name: Count("lead_id", filter=self._these(m)) for m, name in names.items()}
        oldest = {
            f"w{n}": Min("occurred_at", filter=self._any(some)) for n, some in windows.items()
        }
        rows = self._rows([measure.within_days for measure in names] + list(windows))
        leads = grouped(leads, rows, "done", counts | oldest)
        found = {m: Coalesce(column("done", c, IntegerField()), 0) for m, c in names.items()}
        leaving = {
            f"leaves_{days}": DaysLater(column("done", f"w{days}", DateTimeField()), days)
            for days in windows
        }
        return leads, Sql(found), leaving

    def coming(self, leads: QuerySet[Lead]) -> tuple[QuerySet[Lead], Expression]:
        """`leads` joined with the moment at which the next activity that is dated ahead, or
        known only later, counts; null where there is none."""
        later = Q(occurred_at__gt=self.moments.at) | Q(known_at__gt=self.moments.at)
        first = {"first": Min(Greatest("occurred_at", "known_at"))}
        leads = grouped(leads, Activity.objects.filter(self.of, later), "coming", first)
        return leads, column("coming", "first", DateTimeField())

    def _rows(self, windows: list[int | None]) -> QuerySet[Activity]:
        """Activities known by then, as far back as the widest window reaches."""
        at = self.moments.at
        seen = Activity.objects.filter(self.of, occurred_at__lte=at, known_at__lte=at)
        if None in windows:
            return seen
        return seen.filter(occurred_at__gt=self.moments.since(max(windows)))

    def _these(self, measure: Measure) -> Q:
        return self._within(measure.within_days) & self.ids.only(measure)

    def _any(self, some: list[Measure]) -> Q:
        """What any of them, which have one window, counts; an empty Q is everything."""
        each = [self.ids.only(measure) for measure in some]
        named = reduce(or_, each) if all(each) else Q()
        return self._within(some[0].within_days) & named

    def _within(self, days: int | None) -> Q:
        return Q() if days is None else Q(occurred_at__gt=self.moments.since(days))


def grouped(
    leads: QuerySet[Lead],
    activities: QuerySet[Activity],
    alias: str,
    aggregates: Mapping[str, Expression],
) -> QuerySet[Lead]:
    """`leads` LEFT JOINed with the aggregates of their activities under `alias`."""
    rows = activities.order_by().values("lead_id").annotate(**aggregates)
    leads = leads.all()
    query = leads.query
    query.alias_map[alias] = GroupedJoin(query.get_initial_alias(), alias, alias, rows.query)
    query.alias_refcount[alias] = 1
    query.table_map[alias] = [alias]
    return leads


def column(alias: str, name: str, field: Field) -> Col:
    """A column of a grouped join as an expression."""
    field.set_attributes_from_name(name)
    return Col(alias, field)


class DaysLater(Func):
    """A moment so many times 24 hours later.

    SQLite keeps moments as text in UTC: the day moves, the time of day stays, to the microsecond.
    """

    output_field = DateTimeField()

    def __init__(self, moment: Expression, days: int, **extra: Any) -> None:
        super().__init__(moment, **extra)
        self.days = days

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        moment, params = compiler.compile(self.source_expressions[0])
        return f"({moment} + make_interval(hours => %s))", [*params, 24 * self.days]

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        moment, params = compiler.compile(self.source_expressions[0])
        sql = f"(date({moment}, %s) || substr({moment}, 11))"
        return sql, [*params, f"+{self.days} days", *params]


class GroupedJoin:
    """A LEFT JOIN of leads with a subquery grouped by lead.

    The ORM joins tables along relations only. This stands among a query's joins in the form
    the compiler expects of them (`django.db.models.sql.datastructures.Join`).
    """

    join_type = LOUTER
    nullable = True
    filtered_relation = None
    join_field = None

    def __init__(self, parent_alias: str, table_alias: str, table_name: str, query: Any) -> None:
        self.parent_alias = parent_alias
        self.table_alias = table_alias
        self.table_name = table_name
        self.query = query

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        quote = compiler.quote_name_unless_alias
        inner, params = self.query.get_compiler(connection=connection).as_sql()
        alias, parent = quote(self.table_alias), quote(self.parent_alias)
        sql = f"LEFT OUTER JOIN ({inner}) {alias} ON ({parent}.{quote('id')} = {alias}.lead_id)"
        return sql, tuple(params)

    def relabeled_clone(self, change_map: Mapping[str, str]) -> GroupedJoin:
        return GroupedJoin(
            change_map.get(self.parent_alias, self.parent_alias),
            change_map.get(self.table_alias, self.table_alias),
            self.table_name,
            self.query,
        )

    def equals(self, other: object) -> bool:
        return self is other

    def promote(self) -> GroupedJoin:
        return self

    demote = promote


@dataclass(frozen=True)
class Ids:
    """Primary keys behind the keys that measures name: the join compares numbers in its index."""

    types: tuple[tuple[str, int], ...]
    channels: tuple[tuple[str, int], ...]
    campaigns: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, measures: Iterable[Measure]) -> Ids:
        """One query for each of types, channels and campaigns that the measures name."""
        measures = list(measures)
        return cls(
            _ids(ActivityType, "key", {key for m in measures for key in m.types}),
            _ids(Channel, "kind", {kind for m in measures for kind in m.channels}),
            _ids(Campaign, "key", {key for m in measures for key in m.campaigns}),
        )

    def only(self, measure: Measure) -> Q:
        """Activities of the measure's types, channels and campaigns."""
        named = (
            ("type_id", measure.types, self.types),
            ("channel_id", measure.channels, self.channels),
            ("campaign_id", measure.campaigns, self.campaigns),
        )
        q = Q()
        for name, keys, known in named:
            if keys:
                q &= _one_of(name, [pk for key, pk in known if key in keys])
        return q


def _ids(model: Any, name: str, keys: set[str]) -> tuple[tuple[str, int], ...]:
    if not keys:
        return ()
    rows = model.objects.filter(**{f"{name}__in": keys}).order_by("pk")
    return tuple(rows.values_list(name, "pk"))


def _one_of(name: str, ids: list[int]) -> Q:
    """An empty list is a key that nobody has used yet: no activity."""
    return Q(**{name: ids[0]}) if len(ids) == 1 else Q(**{f"{name}__in": ids or [0]})
