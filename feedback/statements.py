"""Statements that are compiled once and asked again with other values.

What every page counts has a dozen parts, and what it lists a dozen tables: putting them together
takes the ORM longer than the database takes to answer, and nothing differs but who asks, when, and
about which lead. So a queryset is made for blanks, and what stands in their place is filled in each
time it is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

from leads.models import Team, User

# Values that nothing has: whoever makes a queryset for later uses them in place of the true ones.
AT = datetime(1000, 1, 1, tzinfo=UTC)
USER, TEAM, HANDOFF, LEAD = (-(10**15) - number for number in (1, 2, 3, 4))
# Of a person, what decides over what they may see.
Who = tuple[bool, bool, bool, str]


@dataclass(frozen=True)
class Blank:
    """Where a value is filled in."""

    value: Any


@dataclass(frozen=True)
class Statement:
    """SQL, and its parameters in order: values, and blanks."""

    sql: str
    params: tuple[Any, ...]

    def filled(self, given: Mapping[Any, Any]) -> list[Any]:
        """The parameters, with the values that are `given` for the blanks."""
        values = (given[p.value] if isinstance(p, Blank) else p for p in self.params)
        return [_adapted(value) for value in values]

    def first(self, given: Mapping[Any, Any]) -> tuple[Any, ...]:
        """The first row for the values that are `given` for the blanks."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.filled(given))
            return cursor.fetchone()


@dataclass(frozen=True)
class Kept:
    """A queryset of models that was made for blanks. Where it can find nothing, its statement is
    empty."""

    compiler: SQLCompiler
    statement: Statement

    def rows(self, given: Mapping[Any, Any]) -> list[Any]:
        """What the queryset finds for the values that are `given` for the blanks."""
        if not self.statement.sql:
            return []
        # Django's own compiler makes models of the rows: it knows which column is what.
        compiler, query = copy(self.compiler), copy(self.compiler.query)
        compiler.connection = connections[compiler.using]
        compiler.as_sql = lambda *_args, **_also: (self.statement.sql, self.statement.filled(given))
        query.get_compiler = lambda *_args, **_also: compiler
        return list(QuerySet(query.model, query=query))


def compiled(rows: QuerySet) -> Statement:
    """The statement of a queryset that was made for blanks."""
    return _with_blanks(*rows.query.sql_with_params())


def kept(rows: QuerySet) -> Kept:
    """A queryset that was made for blanks, to be asked for its rows again and again."""
    compiler = rows.query.get_compiler(rows.db)
    try:
        return Kept(compiler, _with_blanks(*compiler.as_sql()))
    except EmptyResultSet:
        return Kept(compiler, Statement("", ()))


def kind_of(user: User) -> Who:
    return user.is_active, user.is_superuser, user.leads_team, user.side


def somebody(is_active: bool, is_superuser: bool, leads_team: bool, side: str) -> User:
    """A blank person who may see what such people may see."""
    return User(
        pk=USER,
        is_active=is_active,
        is_superuser=is_superuser,
        leads_team=leads_team,
        team=Team(pk=TEAM, side=side) if side else None,
    )


def given(
    user: User,
    *,
    at: datetime | None = None,
    handoff: int | None = None,
    lead: int | None = None,
) -> dict[Any, Any]:
    """What is filled in."""
    return {USER: user.pk, TEAM: user.team_id, AT: at, HANDOFF: handoff, LEAD: lead}


def _with_blanks(sql: str, params: Iterable[Any]) -> Statement:
    blanks = {_adapted(value): Blank(value) for value in (AT, USER, TEAM, HANDOFF, LEAD)}
    return Statement(sql, tuple(blanks.get(param, param) for param in params))


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
