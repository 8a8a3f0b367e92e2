"""Statements that are written once and run many times: what differs between runs is bound late.

Building a statement of fifty rules, or of a dozen tables, takes the ORM longer than the database
takes to answer; and where but a few rows are read, planning it takes the database longer than
running it. A `Blank` stands among the parameters for a value to come.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import count
from secrets import token_hex
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import BooleanField, Expression, F
from django.dispatch import receiver

Text = tuple[str, Sequence[Any]]


class Blank:
    """Where a value to come is filled in. Equal blanks get the same value."""


Values = Callable[[Blank], Any]

# Plans take the server about half a megabyte each, for every connection.
MOST_KEPT = 100


def keeps_session(connection: BaseDatabaseWrapper) -> bool:
    """Whether what is set or locked for a session of PostgreSQL stays ours: not where a pooler
    hands the connection round (Django's setting for that)."""
    return connection.vendor == "postgresql" and not connection.settings_dict.get(
        "DISABLE_SERVER_SIDE_CURSORS"
    )


class Among(Expression):
    """Is a column among whole numbers to come? A list of any length is one parameter."""

    output_field = BooleanField()

    def __init__(self, column: str, numbers: Blank) -> None:
        super().__init__()
        self.column: Any = F(column)
        self.numbers = numbers

    def get_source_expressions(self) -> list[Any]:
        return [self.column]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        (self.column,) = exprs

    def as_postgresql(self, compiler: Any, connection: Any) -> Text:
        column, params = compiler.compile(self.column)
        return f"{column} = ANY(%s)", [*params, self.numbers]

    def as_sqlite(self, compiler: Any, connection: Any) -> Text:
        column, params = compiler.compile(self.column)
        return f"{column} IN (SELECT value FROM json_each(%s))", [*params, self.numbers]


class Prepared:
    """The text of a statement with blanks among its parameters, to be run with their values:
    whole numbers or none, truths, moments, lists of whole numbers.

    PostgreSQL gets values written into the text, which is written once but for those to come. A
    statement that is `kept` it plans once for as long as a connection lasts, and without values:
    right for what finds few rows by the same index, whoever asks. SQLite gets parameters as they
    are, and finds the statement it has parsed.
    """

    _numbers = count(1)

    def __init__(self, sql: str, params: Sequence[Any], *, kept: bool) -> None:
        self._sql, self._params = sql, tuple(params)
        self._pieces = _cut(sql, self._params) if connection.vendor == "postgresql" else []
        self._blanks = list(dict.fromkeys(each for each in params if isinstance(each, Blank)))
        self._kept = f"baton_{next(self._numbers)}" if kept and keeps_session(connection) else ""

    def filled(self, values: Values) -> tuple[str, Sequence[Any] | None]:
        """What is to be executed for these values, and its parameters; None where all is written
        into the text: with an empty list a percent sign would be read as the place of one."""
        if not self._pieces:
            return self._sql, [_bound(values, each) for each in self._params]
        said = {blank: _literal(values(blank)) for blank in self._blanks}
        if not self._kept:
            return self._written(said.__getitem__), None
        self._keep(values)
        return f"EXECUTE {self._kept}{_listed(said.values())}", None

    def run(self, cursor: Any, values: Values) -> None:
        """Execute it for these values."""
        cursor.execute(*self.filled(values))

    def _keep(self, values: Values) -> None:
        """Known to this connection from now on, whatever becomes of the transaction."""
        with connection.cursor() as cursor, connection.wrap_database_errors:
            known = vars(connection.connection).setdefault("baton_statements", set())
            if self._kept not in known:
                if len(known) >= MOST_KEPT:
                    cursor.cursor.execute("DEALLOCATE ALL")
                    known.clear()
                types = _listed(_TYPES[type(values(blank))] for blank in self._blanks)
                text = self._written(lambda blank: f"${self._blanks.index(blank) + 1}")
                cursor.cursor.execute(f"PREPARE {self._kept}{types} AS {text}")
                known.add(self._kept)

    def _written(self, said: Callable[[Blank], str]) -> str:
        return "".join(said(each) if isinstance(each, Blank) else each for each in self._pieces)


_TYPES = {
    int: "bigint",
    type(None): "bigint",
    bool: "boolean",
    datetime: "timestamptz",
    list: "bigint[]",
}


@receiver(connection_created)
def _plan_without_values(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    """Else the database estimates first what a plan for these very values may save, which takes
    longer than answering; nothing but what is kept here is prepared."""
    if keeps_session(connection):
        with connection.cursor() as cursor, connection.wrap_database_errors:
            cursor.cursor.execute("SET plan_cache_mode = force_generic_plan")


def _listed(each: Iterable[str]) -> str:
    said = ", ".join(each)
    return f" ({said})" if said else ""


def _cut(sql: str, params: Sequence[Any]) -> list[str | Blank]:
    """The text with its known parameters written out, cut at those to come."""
    mark = token_hex(8)
    marked = [f"{mark}{n}" if isinstance(each, Blank) else each for n, each in enumerate(params)]
    connection.ensure_connection()
    parts: list[Any] = re.split(f"'{mark}([0-9]+)'", connection.ops.compose_sql(sql, marked))
    parts[1::2] = [params[int(number)] for number in parts[1::2]]
    return parts


def _bound(values: Values, param: Any) -> Any:
    """A parameter as SQLite takes it."""
    value = values(param) if isinstance(param, Blank) else param
    match value:
        case datetime():
            return connection.ops.adapt_datetimefield_value(value)
        case list():
            return json.dumps(value)
    return value


def _literal(value: datetime | bool | int | list[int] | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"'{value.isoformat()}'::timestamptz"
    if isinstance(value, list):
        return f"'{{{','.join(str(int(each)) for each in value)}}}'::bigint[]"
    return str(bool(value)).lower() if isinstance(value, bool) else str(int(value))
