"""Clocks of a handoff: who owes which answer by when, in working time of who owes it.

The only writer of a handoff's deadline, warning, breach and pause. `start`, `stop`, `pause`,
`resume` and `moved` expect the row locked, and settled: its deadline by the hours of now.
A clock that was started ends in exactly one of: met, breached, or no verdict (what it asked for
fell away before its deadline). What met it may be undone: the step that undoes says so (`unmet`),
the clock runs on to the deadline it had, and is late where that has passed.
"""

from feedback.clocks.breaches import sweep
from feedback.clocks.rewritings import carry_over_all, pending, rewriting, settle
from feedback.clocks.running import (
    climb,
    ladder,
    left,
    may_pause,
    moved,
    pause,
    replace,
    resume,
    runs,
    start,
    stop,
    terms,
    wake_up,
)
from feedback.clocks.sweeps import wake, warn

__all__ = [
    "carry_over_all",
    "climb",
    "ladder",
    "left",
    "may_pause",
    "moved",
    "pause",
    "pending",
    "replace",
    "resume",
    "rewriting",
    "runs",
    "settle",
    "start",
    "stop",
    "sweep",
    "terms",
    "wake",
    "wake_up",
    "warn",
]
