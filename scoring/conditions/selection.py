"""Which leads a condition holds for: one statement for a set."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from leads.models import Lead
from scoring.conditions.base import Condition
from scoring.measures import counted


def satisfying(leads: QuerySet[Lead], condition: Condition, *, at: datetime) -> QuerySet[Lead]:
    """Those of `leads` for which the condition holds at `at`. Conditions on the score look at
    the stored one."""
    joined, sql = counted(leads, condition.measures(), at=at)
    return joined.filter(condition.as_q(sql))
