"""Whose a handoff becomes: by ordered rules a pool, and in it who keeps it or whose turn it is.

Every choice leaves its trace: which rule, who was skipped and why.
"""

from feedback.routing.placements import Placement, place
from feedback.routing.rehearsals import rehearse
from feedback.routing.rosters import Choice, Roster, assign_again
from feedback.routing.traces import Skipped, Trace, explain
from feedback.routing.turns import give_turn_back, take_turn_back

__all__ = [
    "Choice",
    "Placement",
    "Roster",
    "Skipped",
    "Trace",
    "assign_again",
    "explain",
    "give_turn_back",
    "place",
    "rehearse",
    "take_turn_back",
]
