"""What was known of one lead at a moment: all that a condition may look at.

facts_at(lead, at, known=fields.registry())     # one moment
history(lead, until, known=...).at(moment)      # any number of moments, read once
histories(lead_ids, until, known=...)           # the same for many leads
"""

from scoring.facts.deeds import Approach, Deed, Entry, Points, Properties
from scoring.facts.histories import Corrected, History, facts_at, histories, history
from scoring.facts.known import Facts

__all__ = [
    "Approach",
    "Corrected",
    "Deed",
    "Entry",
    "Facts",
    "History",
    "Points",
    "Properties",
    "facts_at",
    "histories",
    "history",
]
