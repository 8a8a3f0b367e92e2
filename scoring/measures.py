"""Counts over a lead's activities: declared by conditions, counted in Python or in one join.

The grain of the join is a lead: one LEFT JOIN with one grouped subquery over activities, a FILTER
aggregate for each different measure, bounded by the widest window. In order of the index
`activity_lead_time` it needs neither hash nor sort.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
        return at.astimezone(UTC) - timedelta(days=self.within_days)


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
    return Tally(measures, at=at, of=of).counted(leads)


class Tally:
    """What is asked of the activities of some leads as of a moment.

    `of` restricts activities to those leads: it keeps subqueries from counting for everybody.
    """

    def __init__(self, measures: Iterable[Measure], *, at: datetime, of: Q) -> None:
        self.measures = list(dict.fromkeys(measures))
        self.at = at
        self.of = of
        self.ids = Ids.of(self.measures)

    def counted(
        self, leads: QuerySet[Lead], only: Iterable[Measure] | None = None
    ) -> tuple[QuerySet[Lead], Sql]:
        """`leads` joined with a count for each measure (or for `only` these)."""
        measures = self.measures if only is None else list(dict.fromkeys(only))
        if not measures:
            return leads, Sql({})
        names = {measure: f"m{n}" for n, measure in enumerate(measures)}
        counts = {name: Count("lead_id", filter=self._these(m)) for m, name in names.items()}
        joined = grouped(leads, self._rows(measures), "counts", counts)
        return joined, Sql(
            {m: Coalesce(column("counts", name, IntegerField()), 0) for m, name in names.items()}
        )

    def leaving(self, leads: QuerySet[Lead]) -> tuple[QuerySet[Lead], dict[str, Expression]]:
        """`leads` joined with moments at which time alone changes a count, null where it will
        not: an activity leaves a window, or one from the future becomes known or past."""
        windows: dict[int, list[Measure]] = {}
        for measure in self.measures:
            if measure.within_days is not None:
                windows.setdefault(measure.within_days, []).append(measure)
        moments: dict[str, Expression] = {}
        if windows:
            oldest = {
                f"w{days}": Min("occurred_at", filter=_within(some[0], self.at) & self._any(some))
                for days, some in windows.items()
            }
            leads = grouped(leads, self._rows([windows[max(windows)][0]]), "windows", oldest)
            for days in windows:
                entered = column("windows", f"w{days}", DateTimeField())
                moments[f"leaves_{days}"] = DaysLater(entered, days)
        if self.measures:
            later = Q(occurred_at__gt=self.at) | Q(known_at__gt=self.at)
            unseen = {"seen": Min(Greatest("occurred_at", "known_at"))}
            leads = grouped(leads, Activity.objects.filter(self.of, later), "future", unseen)
            moments["seen"] = column("future", "seen", DateTimeField())
        return leads, moments

    def _rows(self, measures: list[Measure]) -> QuerySet[Activity]:
        """Activities known by then, as far back as the widest window reaches."""
        seen = Activity.objects.filter(occurred_at__lte=self.at, known_at__lte=self.at)
        sinces = [measure.since(self.at) for measure in measures]
        widest = Q() if None in sinces else Q(occurred_at__gt=min(sinces))
        return seen.filter(self.of, widest)

    def _these(self, measure: Measure) -> Q:
        return _within(measure, self.at) & self.ids.only(measure)

    def _any(self, some: list[Measure]) -> Q:
        """What any of them counts; an empty Q is everything."""
        each = [self.ids.only(measure) for measure in some]
        return reduce(or_, each) if all(each) else Q()


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

    types: Mapping[str, list[int]]
    channels: Mapping[str, list[int]]
    campaigns: Mapping[str, list[int]]

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
                q &= _one_of(name, [pk for key in keys for pk in known.get(key, ())])
        return q


def _ids(model: Any, name: str, keys: set[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    if keys:
        rows = model.objects.filter(**{f"{name}__in": keys}).order_by("pk")
        for key, pk in rows.values_list(name, "pk"):
            found.setdefault(key, []).append(pk)
    return found


def _one_of(name: str, ids: list[int]) -> Q:
    """An empty list is a key that nobody has used yet: no activity."""
    return Q(**{name: ids[0]}) if len(ids) == 1 else Q(**{f"{name}__in": ids or [0]})


def _within(measure: Measure, at: datetime) -> Q:
    since = measure.since(at)
    return Q() if since is None else Q(occurred_at__gt=since)
