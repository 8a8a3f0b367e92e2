"""The language of the agreement: one class per operator, each in three readings.

    condition = parse({"op": "at_least", "field": "company_size", "value": 50})
    condition.holds(facts)   # one lead, in Python
    condition.as_q(sql)      # all leads, in SQL
    condition.words()        # a sentence in the active language

Positive operators are false on a missing value. Negatives are their exact complement. `below` and
`before` are positive: an unknown company size is neither below 50 nor at least 50.
"""

from scoring.conditions.activities import Did, DidNot
from scoring.conditions.base import Condition, Evidence
from scoring.conditions.parsing import (
    ACTIVITIES,
    EVERYTHING,
    PROFILE,
    SCORE,
    operators,
    parse,
    read,
)
from scoring.conditions.selection import holding, satisfying
from scoring.conditions.unreadable import Unreadable
from scoring.conditions.vocabulary import Vocabulary

__all__ = [
    "ACTIVITIES",
    "EVERYTHING",
    "PROFILE",
    "SCORE",
    "Condition",
    "Did",
    "DidNot",
    "Evidence",
    "Unreadable",
    "Vocabulary",
    "holding",
    "operators",
    "parse",
    "read",
    "satisfying",
]
