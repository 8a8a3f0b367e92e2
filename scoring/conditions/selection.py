"""Which leads meet conditions: one statement for a set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from leads.models import Lead
from scoring.conditions.base import Condition
from scoring.conditions.groups import All
from scoring.conditions.parsing import read
from scoring.conditions.vocabulary import Vocabulary
from scoring.measures import counted


def meeting(
    leads: QuerySet[Lead],
    whens: Sequence[Mapping[str, Any]],
    *,
    body: Mapping[str, Any],
    at: datetime,
) -> QuerySet[Lead]:
    """Those of `leads` for which all of the conditions of `body` hold at `at`.

    Conditions on the score look at the stored one.
    """
    vocabulary = Vocabulary()
    conditions = (read(w, vocabulary=vocabulary, personas=body["personas"]) for w in whens)
    return satisfying(leads, All(tuple(conditions)), at=at) if whens else leads


def satisfying(leads: QuerySet[Lead], condition: Condition, *, at: datetime) -> QuerySet[Lead]:
    """Those of `leads` for which the condition holds at `at`."""
    joined, sql = counted(leads, condition.measures(), at=at)
    return joined.filter(condition.as_q(sql))
