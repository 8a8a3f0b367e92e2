"""Replays: whom a version would have handed over in a past period, had it been in force.

The single writer of `Replay` and `Crossing`. A replay knows at every moment what was known then,
and takes the past as it was: returns and their rests, claims, deals, and handovers from before its
period. The handovers that the agreement of the time made within the period are what it looks
behind: a lead counts as free for as long as sales had it for nothing else.
"""

from scoring.replays.past import crossings
from scoring.replays.runs import (
    LONGEST,
    Progress,
    finished,
    may_replay,
    of_now,
    of_the_past,
    progress,
    request,
    request_now,
    step,
    stop,
    unfinished,
)
from scoring.replays.trials import Course, Found, Trial, handoff_like

__all__ = [
    "LONGEST",
    "Course",
    "Found",
    "Progress",
    "Trial",
    "crossings",
    "finished",
    "handoff_like",
    "may_replay",
    "of_now",
    "of_the_past",
    "progress",
    "request",
    "request_now",
    "step",
    "stop",
    "unfinished",
]
