"""What must be scored anew: leads about which something was learnt, leads that time has changed,
and all of them when a new version comes into force. Workers only call; the rows say what to do.
"""

from scoring.rescoring.batches import BATCH, due, stale
from scoring.rescoring.failures import NotInForce
from scoring.rescoring.progress import Progress, progress
from scoring.rescoring.runs import lies_idle, start, step
from scoring.rescoring.steering import may_steer, pause, resume, retry

__all__ = [
    "BATCH",
    "NotInForce",
    "Progress",
    "due",
    "lies_idle",
    "may_steer",
    "pause",
    "progress",
    "resume",
    "retry",
    "stale",
    "start",
    "step",
]
