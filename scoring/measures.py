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

from django.db.models import Count, DateTimeField, Expression, Field, IntegerField, Min, Q, QuerySet
from django.db.models.expressions import Col, Value
from django.db.models.functions import Coalesce
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
    leads: QuerySet[Lead],
    measures: Iterable[Measure],
    *,
    at: datetime,
    of: Q | None = None,
) -> tuple[QuerySet[Lead], Sql]:
    """`leads` joined with the counts of `measures` as of `at`, and where to find them.

    `of` is the same restriction to some leads as `leads` has, over activities: it keeps the
    subquery from counting for everybody.
    """
    wanted = list(dict.fromkeys(measures))
    if not wanted:
        return leads, Sql({})
    if of is None:
        of = Q(lead_id__in=leads.order_by().values("pk"))
    ids = Ids.of(wanted)
    aggregates = {
        f"m{n}": Count("lead_id", filter=_within(measure, at) & ids.only(measure))
        for n, measure in enumerate(wanted)
    }
    rows = _seen(at).filter(of, _widest(wanted, at))
    joined = grouped(leads, rows, "counts", aggregates)
    columns = (column("counts", name, IntegerField()) for name in aggregates)
    zero = Value(0)
    return joined, Sql({m: Coalesce(c, zero) for m, c in zip(wanted, columns, strict=True)})


def leaving(
    leads: QuerySet[Lead], measures: Iterable[Measure], *, at: datetime, of: Q
) -> tuple[QuerySet[Lead], dict[int, Col]]:
    """`leads` joined with the oldest activity in each window that the measures use, by the
    window's length in days."""
    windows: dict[int, list[Measure]] = {}
    for measure in dict.fromkeys(measures):
        if measure.within_days is not None:
            windows.setdefault(measure.within_days, []).append(measure)
    if not windows:
        return leads, {}
    ids = Ids.of([measure for some in windows.values() for measure in some])
    aggregates = {
        f"w{days}": Min("occurred_at", filter=_within(some[0], at) & _any(map(ids.only, some)))
        for days, some in sorted(windows.items())
    }
    widest = [windows[max(windows)][0]]
    joined = grouped(leads, _seen(at).filter(of, _widest(widest, at)), "windows", aggregates)
    return joined, {days: column("windows", f"w{days}", DateTimeField()) for days in windows}


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
        for key, pk in model.objects.filter(**{f"{name}__in": keys}).values_list(name, "pk"):
            found.setdefault(key, []).append(pk)
    return found


def _one_of(name: str, ids: list[int]) -> Q:
    """An empty list is a key that nobody has used yet: no activity."""
    return Q(**{name: ids[0]}) if len(ids) == 1 else Q(**{f"{name}__in": ids or [0]})


def _any(some: Iterable[Q]) -> Q:
    """One of these holds; an empty Q among them means everything."""
    some = list(some)
    return reduce(or_, some) if all(some) else Q()


def _seen(at: datetime) -> QuerySet[Activity]:
    return Activity.objects.filter(occurred_at__lte=at, known_at__lte=at)


def _within(measure: Measure, at: datetime) -> Q:
    since = measure.since(at)
    return Q() if since is None else Q(occurred_at__gt=since)


def _widest(measures: list[Measure], at: datetime) -> Q:
    """The window all of them lie in."""
    sinces = [measure.since(at) for measure in measures]
    return Q() if None in sinces else Q(occurred_at__gt=min(sinces))
