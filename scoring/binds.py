"""Statements that are built once and run many times: what differs between runs is bound late.

Building a statement of fifty rules takes the ORM longer than the database takes to score a lead.
A `Bind` stands in a query for a value to come; `Prepared` holds the text with binds among its
parameters. (Prepared here, in this process: the server plans every run anew.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
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


class Prepared:
    """The text of a statement with names among its parameters, to be run with their values.

    PostgreSQL gets values written into the text, which is written once but for those to come:
    hundreds of parameters take longer than the statement for one lead. SQLite gets them as they
    are, and finds the statement it has parsed.
    """

    def __init__(self, sql: str, params: Sequence[Any]) -> None:
        self._sql, self._params = sql, tuple(params)
        self._pieces = _cut(sql, self._params) if connection.vendor == "postgresql" else []

    def run(
        self,
        cursor: Any,
        ids: Sequence[int] | range,
        at: datetime,
        others: Mapping[str, Any] | None = None,
    ) -> None:
        values = _Values({**_bound(ids), **(others or {})}, at)
        if self._pieces:
            said = [values.said(each) if isinstance(each, Name) else each for each in self._pieces]
            cursor.execute("".join(said))
            return
        params = [values[each] if isinstance(each, Name) else each for each in self._params]
        cursor.execute(self._sql, params)


class _Values:
    """The values of a run by name."""

    def __init__(self, values: Mapping[str, Any], at: datetime) -> None:
        self._values, self._at = values, at
        self._said: dict[Name, str] = {}

    def __getitem__(self, name: Name) -> Any:
        if name.name != AT.name:
            return self._values[name.name]
        return connection.ops.adapt_datetimefield_value(Given(self._at).since(name.days))

    def said(self, name: Name) -> str:
        """As PostgreSQL reads it."""
        if name not in self._said:
            self._said[name] = _literal(self[name])
        return self._said[name]


def _bound(ids: Sequence[int] | range) -> dict[str, Any]:
    if isinstance(ids, range):
        return {FIRST.name: ids.start, END.name: ids.stop}
    return {IDS.name: json.dumps(ids) if connection.vendor == "sqlite" else list(ids)}


def _cut(sql: str, params: Sequence[Any]) -> list[str | Name]:
    """The text with its known parameters written out, cut at those to come."""
    mark = token_hex(8)
    marked = [f"{mark}{n}" if isinstance(each, Name) else each for n, each in enumerate(params)]
    connection.ensure_connection()
    parts: list[Any] = re.split(f"'{mark}([0-9]+)'", connection.ops.compose_sql(sql, marked))
    parts[1::2] = [params[int(number)] for number in parts[1::2]]
    return parts


def _literal(value: datetime | bool | int | list[int]) -> str:
    if isinstance(value, datetime):
        return f"'{value.isoformat()}'::timestamptz"
    if isinstance(value, list):
        return f"'{{{','.join(str(int(each)) for each in value)}}}'::bigint[]"
    return str(bool(value)).lower() if isinstance(value, bool) else str(int(value))
