"""Which leads a condition holds for: one statement for a set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Case, QuerySet, Value, When

from leads.models import Lead
from scoring.conditions.base import Condition
from scoring.measures import counted


def satisfying(leads: QuerySet[Lead], condition: Condition, *, at: datetime) -> QuerySet[Lead]:
    """Those of `leads` for which the condition holds at `at`. Conditions on the score look at
    the stored one."""
    joined, sql = counted(leads, condition.measures(), at=at)
    return joined.filter(condition.as_q(sql))


def holding(asked: Mapping[str, Condition], lead: Lead, *, at: datetime) -> dict[str, Condition]:
    """Those of some named conditions that hold for one lead at `at`: one statement for all, and one
    for the keys of each kind of thing they name. Nothing is asked where there are none."""
    if not asked:
        return {}
    measures = [measure for each in asked.values() for measure in each.measures()]
    joined, sql = counted(Lead.objects.filter(pk=lead.pk), measures, at=at)
    flags = [
        Case(When(each.as_q(sql), then=Value(True)), default=Value(False))
        for each in asked.values()
    ]
    found = joined.values_list(*flags).get()
    return {key: each for (key, each), holds in zip(asked.items(), found, strict=True) if holds}
