"""Statements that are built once and run many times: what differs between runs is bound late.

Building a statement of fifty rules takes the ORM longer than the database takes to score a lead.
A `Bind` stands in a query for a value to come; `Prepared` holds the text with binds among its
parameters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from secrets import token_hex
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, BooleanField, DateTimeField, Expression, F, Field, Q

Text = tuple[str, list[Any]]

# A statement is for the leads of a range of ids, for one lead, or for some.
RANGE, ONE, SOME = "range", "one", "some"


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


def form_of(ids: Sequence[int] | range) -> str:
    """How a statement names its leads."""
    if isinstance(ids, range):
        return RANGE
    return ONE if len(ids) == 1 else SOME


def these(column: str, form: str) -> Q:
    """Rows whose column is among the ids to come."""
    if form == SOME:
        return Q(Among(column))
    first, end = Bind(FIRST, BigIntegerField()), Bind(END, BigIntegerField())
    if form == ONE:
        return Q(**{column: first})
    return Q(**{f"{column}__gte": first, f"{column}__lt": end})


class Prepared:
    """The text of a statement with names among its parameters, to be run with their values.

    PostgreSQL gets values written into the text, which is written once but for those to come:
    hundreds of parameters take longer than the statement for one lead, and a plan made without
    them may be wrong for other sizes. For one lead there is but one plan, and making it takes
    ten times as long as running it: there the server keeps it for as long as the connection
    lasts. SQLite gets parameters as they are, and finds the statement it has parsed.
    """

    _numbers = count(1)

    def __init__(self, sql: str, params: Sequence[Any], form: str) -> None:
        self._sql, self._params = sql, tuple(params)
        self._pieces = _cut(sql, self._params) if connection.vendor == "postgresql" else []
        self._names = list(dict.fromkeys(each for each in params if isinstance(each, Name)))
        self._kept = f"baton_{next(self._numbers)}" if form == ONE and _may_keep() else ""

    def run(
        self,
        cursor: Any,
        ids: Sequence[int] | range,
        at: datetime,
        others: Mapping[str, Any] | None = None,
    ) -> None:
        values = _Values({**_bound(ids), **(others or {})}, at)
        if not self._pieces:
            params = [values[each] if isinstance(each, Name) else each for each in self._params]
            cursor.execute(self._sql, params)
        elif self._kept:
            self._keep(cursor, values)
            said = ", ".join(values.said(name) for name in self._names)
            cursor.execute(f"EXECUTE {self._kept} ({said})")
        else:
            cursor.execute(self._written(values.said))

    def _keep(self, cursor: Any, values: _Values) -> None:
        kept = vars(connection.connection).setdefault("baton_statements", set())
        if self._kept not in kept:
            types = ", ".join(_TYPES[type(values[name])] for name in self._names)
            text = self._written(lambda name: f"${self._names.index(name) + 1}")
            cursor.execute(f"PREPARE {self._kept} ({types}) AS {text}")
            kept.add(self._kept)

    def _written(self, said: Callable[[Name], str]) -> str:
        return "".join(said(each) if isinstance(each, Name) else each for each in self._pieces)


_TYPES = {int: "bigint", bool: "boolean", datetime: "timestamptz"}


def _may_keep() -> bool:
    """Not where a pooler hands the connection round (Django's setting for that)."""
    return connection.vendor == "postgresql" and not connection.settings_dict.get(
        "DISABLE_SERVER_SIDE_CURSORS"
    )


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
    if len(ids) == 1:
        return {FIRST.name: ids[0]}
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
