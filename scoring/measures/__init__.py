"""Whole numbers about leads: declared by conditions and rules, made in Python or in SQL.

measure = Measure(types=("webinar",), within_days=30)
facts.value(measure)                        # one lead, in Python
leads, sql = counted(leads, [measure], at=at)
sql.value(measure)                          # all leads, an expression
"""

from scoring.measures.declared import (
    BOTH,
    BUCKETS,
    CHANNELS,
    DAYS,
    ENTERED,
    FIRST,
    HALVED,
    IDLE,
    LATEST,
    MINUTES,
    MONTHS,
    MOST_PERIODS,
    RECYCLED,
    TIMES,
    UNANSWERED,
    WEEKS,
    Measure,
)
from scoring.measures.ids import Ids
from scoring.measures.tallies import Sql, Tally, counted

__all__ = [
    "BOTH",
    "BUCKETS",
    "CHANNELS",
    "DAYS",
    "ENTERED",
    "FIRST",
    "HALVED",
    "IDLE",
    "LATEST",
    "MINUTES",
    "MONTHS",
    "MOST_PERIODS",
    "RECYCLED",
    "TIMES",
    "UNANSWERED",
    "WEEKS",
    "Ids",
    "Measure",
    "Sql",
    "Tally",
    "counted",
]
