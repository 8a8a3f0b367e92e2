"""Functions of an activity that aggregates are made of, in SQL; Python's are in `scoring.facts`.

Days are counted from Monday, 0001-01-01, as day 1 (`date.toordinal`), so that no division
meets a negative number: Python rounds it down, SQL towards zero.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Expression, F, Func, IntegerField

from scoring.measures.declared import BUCKETS, DAYS, MONTHS, WEEKS, Measure

EPOCH = date(1970, 1, 1).toordinal()

Text = tuple[str, list[Any]]


def bucket(measure: Measure) -> Expression | F:
    """A value that is the same for all activities that a measure of days, weeks … counts once."""
    if measure.of == DAYS:
        return F("local_date")
    if measure.of == WEEKS:
        return DayNumber(F("local_date"), less=1, divided_by=7)
    if measure.of == MONTHS:
        return Month(F("local_date"))
    assert measure.of == BUCKETS
    return DayNumber(F("local_date"), less=bucket_start(measure.days), divided_by=measure.days)


def bucket_of(day: date, measure: Measure) -> object:
    """The same in Python."""
    if measure.of == DAYS:
        return day
    if measure.of == MONTHS:
        return day.year, day.month
    if measure.of == WEEKS:
        return (day.toordinal() - 1) // 7
    return (day.toordinal() - bucket_start(measure.days)) // measure.days


def bucket_start(days: int) -> int:
    """A day at or before day 0 at which a bucket begins, if one begins on 1970-01-01."""
    return EPOCH % days - days


class DayNumber(Func):
    """(the number of a local day − less) // divided_by, of a number that is not negative."""

    output_field = IntegerField()

    def __init__(self, day: F, *, less: int, divided_by: int, **extra: Any) -> None:
        super().__init__(day, **extra)
        self.less, self.divided_by = less, divided_by

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Text:
        day, params = compiler.compile(self.source_expressions[0])
        number = f"{day} - DATE '0001-01-01' + {1 - self.less}"
        return f"(({number}) / {self.divided_by})", [*params]

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Text:
        day, params = compiler.compile(self.source_expressions[0])
        number = f"CAST(julianday({day}) - julianday('0001-01-01') AS INTEGER) + {1 - self.less}"
        return f"(({number}) / {self.divided_by})", [*params]


class Month(Func):
    """A number for year and month."""

    output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Text:
        day, params = compiler.compile(self.source_expressions[0])
        months = f"date_part('year', {day}) * 12 + date_part('month', {day})"
        return f"({months})", [*params, *params]

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Text:
        day, params = compiler.compile(self.source_expressions[0])
        return f"substr({day}, 1, 7)", [*params]


class Whole(Func):
    """A number that is not negative without its fraction."""

    output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> Text:
        number, params = compiler.compile(self.source_expressions[0])
        return f"floor({number})::integer", [*params]

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Text:
        number, params = compiler.compile(self.source_expressions[0])
        return f"CAST({number} AS INTEGER)", [*params]
