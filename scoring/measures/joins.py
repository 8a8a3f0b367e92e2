"""Joins of a query with subqueries grouped by lead, which the ORM cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import DateTimeField, Expression, Field, Func, Model, QuerySet
from django.db.models.expressions import Col
from django.db.models.sql.constants import LOUTER

Rows = TypeVar("Rows", bound=Model)


def grouped(
    rows: QuerySet[Rows],
    others: QuerySet[Any],
    alias: str,
    aggregates: Mapping[str, Expression],
    *,
    on: str = "id",
) -> QuerySet[Rows]:
    """`rows` LEFT JOINed with the aggregates by lead of `others` under `alias`. `on` is the
    column of `rows` that holds the lead's id."""
    inner = others.order_by().values("lead_id").annotate(**aggregates)
    rows = rows.all()
    query = rows.query
    join = GroupedJoin(query.get_initial_alias(), alias, alias, inner.query, on)
    query.alias_map[alias] = join
    query.alias_refcount[alias] = 1
    query.table_map[alias] = [alias]
    return rows


def column(alias: str, name: str, field: Field) -> Col:
    """A column of a grouped join as an expression."""
    # A column alone: by a name, Django would look for the model it belongs to.
    field.column = name
    return Col(alias, field)


class GroupedJoin:
    """A LEFT JOIN with a subquery grouped by lead.

    The ORM joins tables along relations only. This stands among a query's joins in the form
    the compiler expects of them (`django.db.models.sql.datastructures.Join`).
    """

    join_type = LOUTER
    nullable = True
    filtered_relation = None
    join_field = None

    def __init__(
        self, parent_alias: str, table_alias: str, table_name: str, query: Any, on: str
    ) -> None:
        self.parent_alias = parent_alias
        self.table_alias = table_alias
        self.table_name = table_name
        self.query = query
        self.on = on

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        quote = compiler.quote_name_unless_alias
        inner, params = self.query.get_compiler(connection=connection).as_sql()
        alias, parent = quote(self.table_alias), quote(self.parent_alias)
        condition = f"{parent}.{quote(self.on)} = {alias}.lead_id"
        return f"LEFT OUTER JOIN ({inner}) {alias} ON ({condition})", tuple(params)

    def relabeled_clone(self, change_map: Mapping[str, str]) -> GroupedJoin:
        return GroupedJoin(
            change_map.get(self.parent_alias, self.parent_alias),
            change_map.get(self.table_alias, self.table_alias),
            self.table_name,
            self.query,
            self.on,
        )

    def equals(self, other: object) -> bool:
        return self is other

    def promote(self) -> GroupedJoin:
        return self

    demote = promote


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
        return f"({moment} + INTERVAL '{24 * self.days} hours')", [*params]

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        moment, params = compiler.compile(self.source_expressions[0])
        sql = f"(date({moment}, '+{self.days} days') || substr({moment}, 11))"
        return sql, [*params, *params]
