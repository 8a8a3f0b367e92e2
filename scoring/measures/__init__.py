"""Whole numbers about leads: declared by conditions and rules, made in Python or in SQL.

measure = Measure(types=("webinar",), within_days=30)
facts.value(measure)                        # one lead, in Python
leads, sql = counted(leads, [measure], at=at)
sql.value(measure)                          # all leads, an expression
"""

from scoring.measures.declared import (
    BUCKETS,
    CHANNELS,
    DAYS,
    HALVED,
    IDLE,
    MINUTES,
    MONTHS,
    MOST_PERIODS,
    TIMES,
    WEEKS,
    Measure,
)
from scoring.measures.ids import Ids
from scoring.measures.tallies import Sql, Tally, counted

__all__ = [
    "BUCKETS",
    "CHANNELS",
    "DAYS",
    "HALVED",
    "IDLE",
    "MINUTES",
    "MONTHS",
    "MOST_PERIODS",
    "TIMES",
    "WEEKS",
    "Ids",
    "Measure",
    "Sql",
    "Tally",
    "counted",
]
