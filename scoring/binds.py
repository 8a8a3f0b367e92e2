"""Statements that are built once and run many times: what differs between runs is bound late.

Building a statement of fifty rules takes the ORM longer than the database takes to score a lead.
A `Bind` stands in a query for a value to come; `Prepared` holds the text with binds among its
parameters. (Prepared here, in this process: the server plans every run anew.)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, BooleanField, DateTimeField, Expression, F, Field, Q

Text = tuple[str, list[Any]]


@dataclass(frozen=True)
class Name:
    """The name of a value to come; of a moment, so many days before it."""

    name: str
    days: int = 0


class Bind(Expression):
    """A value to come, as an expression."""

    def __init__(self, name: Name, output_field: Field) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Text:
        return "%s", [self.name]


class Among(Expression):
    """Is a column among ids to come? A list of any length is one parameter."""

    output_field = BooleanField()

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column: Any = F(column)

    def get_source_expressions(self) -> list[Any]:
        return [self.column]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        (self.column,) = exprs

    def as_postgresql(self, compiler: Any, connection: Any) -> Text:
        column, params = compiler.compile(self.column)
        return f"{column} = ANY(%s)", [*params, IDS]

    def as_sqlite(self, compiler: Any, connection: Any) -> Text:
        column, params = compiler.compile(self.column)
        return f"{column} IN (SELECT value FROM json_each(%s))", [*params, IDS]


AT, IDS, FIRST, END = Name("at"), Name("ids"), Name("first"), Name("end")


class Moments:
    """The moment of a run and what lies before it, as binds."""

    at = Bind(AT, DateTimeField())

    @staticmethod
    def since(days: int) -> Bind:
        return Bind(Name("at", days), DateTimeField())


@dataclass(frozen=True)
class Given:
    """The same for one moment that is known when the query is built."""

    at: datetime

    def since(self, days: int) -> datetime:
        return self.at.astimezone(UTC) - timedelta(days=days)


def these(column: str, *, in_range: bool) -> Q:
    """Rows whose column is among the ids to come."""
    if not in_range:
        return Q(Among(column))
    first, end = Bind(FIRST, BigIntegerField()), Bind(END, BigIntegerField())
    return Q(**{f"{column}__gte": first, f"{column}__lt": end})


@dataclass(frozen=True)
class Prepared:
    """The text of a statement, and its parameters with names among them."""

    sql: str
    params: tuple[Any, ...]

    def filled(
        self, ids: Sequence[int] | range, at: datetime, others: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """The parameters of a run."""
        values = {**_bound(ids), **(others or {})}
        return [
            _value(each, values, at) if isinstance(each, Name) else each for each in self.params
        ]


def _bound(ids: Sequence[int] | range) -> dict[str, Any]:
    if isinstance(ids, range):
        return {FIRST.name: ids.start, END.name: ids.stop}
    return {IDS.name: json.dumps(ids) if connection.vendor == "sqlite" else list(ids)}


def _value(name: Name, values: Mapping[str, Any], at: datetime) -> Any:
    if name.name != AT.name:
        return values[name.name]
    return connection.ops.adapt_datetimefield_value(Given(at).since(name.days))
