"""Statements over leads that are built once and run many times: which leads, and when, is bound
late. A `Bind` stands in a query for a value to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, DateTimeField, Expression, Field, Q

from leads.prepared import Among, Blank, Prepared

Text = tuple[str, list[Any]]

# A statement is for the leads of a range of ids, for one lead, or for some.
RANGE, ONE, SOME = "range", "one", "some"


@dataclass(frozen=True)
class Name(Blank):
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
        return Q(Among(column, IDS))
    first, end = Bind(FIRST, BigIntegerField()), Bind(END, BigIntegerField())
    if form == ONE:
        return Q(**{column: first})
    return Q(**{f"{column}__gte": first, f"{column}__lt": end})


def prepared(sql: str, params: Sequence[Any], form: str) -> Prepared:
    """A statement with names among its parameters. For one lead there is but one plan, and making
    it takes ten times as long as running it."""
    return Prepared(sql, params, kept=form == ONE)


def run(
    statement: Prepared,
    cursor: Any,
    ids: Sequence[int] | range,
    at: datetime,
    others: Mapping[str, Any] | None = None,
) -> None:
    """Run a statement for these leads at a moment; `others` are its other values by name."""
    given = {**_bound(ids), **(others or {})}

    def value(name: Name) -> Any:
        return Given(at).since(name.days) if name.name == AT.name else given[name.name]

    statement.run(cursor, value)


def _bound(ids: Sequence[int] | range) -> dict[str, Any]:
    if isinstance(ids, range):
        return {FIRST.name: ids.start, END.name: ids.stop}
    if len(ids) == 1:
        return {FIRST.name: ids[0]}
    return {IDS.name: list(ids)}
