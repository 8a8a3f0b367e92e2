"""Statements that are compiled once and asked again with other values.

What every page counts has a dozen parts, and what it lists a dozen tables: putting them together
takes the ORM longer than the database takes to answer, and nothing differs but who asks, when, and
about which lead. So a queryset is made for blanks, and what stands in their place is filled in each
time it is asked.
"""

from __future__ import annotations

import re
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import QuerySet

from leads.models import Team, User
from leads.prepared import Blank, Prepared, Values

# Values that nothing has: whoever makes a queryset for later uses them in place of the true ones.
AT = datetime(1000, 1, 1, tzinfo=UTC)
# How a moment reads that was reckoned from AT: no true one is as old.
RECKONED = re.compile(rf"({AT.year}|0\d\d\d)-")
USER, TEAM, HANDOFF, LEAD = (-(10**15) - number for number in (1, 2, 3, 4))
# Of a person, what decides over what they may see.
Who = tuple[bool, bool, bool, str]


@dataclass(frozen=True)
class Stand(Blank):
    """In the place of one of these values."""

    value: datetime | int


class Kept:
    """A queryset that was made for blanks, to be asked again and again. It finds few rows; where
    it can find nothing, it has no statement."""

    def __init__(self, rows: QuerySet) -> None:
        self._rows, self._compiler = rows, rows.query.get_compiler(rows.db)
        blanks = {_adapted(value): Stand(value) for value in (AT, USER, TEAM, HANDOFF, LEAD)}
        self._statement: Prepared | None = None
        with suppress(EmptyResultSet):
            sql, params = self._compiler.as_sql()
            known = [each if isinstance(each, Blank) else blanks.get(each, each) for each in params]
            if any(RECKONED.match(str(each)) for each in known):
                raise ValueError("What is reckoned from the moment of asking cannot be kept.")
            self._statement = Prepared(sql, known, kept=True)

    def rows(self, given: Values) -> list[Any]:
        """What it finds for the values that are `given`, in the form the queryset gives."""
        if self._statement is None:
            return []
        # Django's own compiler makes of the rows what they are: it knows which column is what.
        compiler, query = copy(self._compiler), copy(self._rows.query)
        compiler.connection = connections[compiler.using]
        filled = self._statement.filled(given)
        compiler.as_sql = lambda *_args, **_also: filled
        query.get_compiler = lambda *_args, **_also: compiler
        found = QuerySet(query.model, query=query)
        found._iterable_class = self._rows._iterable_class
        return list(found)

    def first(self, given: Values) -> Any:
        """The first of it, or None."""
        return next(iter(self.rows(given)), None)


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
) -> Values:
    """What is filled in."""
    values = {USER: user.pk, TEAM: user.team_id, AT: at, HANDOFF: handoff, LEAD: lead}
    return lambda blank: values[blank.value]


def _adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
