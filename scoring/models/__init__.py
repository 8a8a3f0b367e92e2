"""What both teams agreed, and what it says about each lead."""

from scoring.models.agreements import AgreementVersion, FieldUse, Reason, Signature, Stage
from scoring.models.calibrations import Calibration, CalibrationLead, Vote
from scoring.models.lab import Crossing, Replay
from scoring.models.negotiations import (
    Comment,
    Freeze,
    Objection,
    SectionLock,
    Thread,
    TrialAnswer,
)
from scoring.models.scores import (
    Correction,
    RescoreRange,
    RescoreRun,
    Score,
    StageEntry,
    Standing,
)

__all__ = [
    "AgreementVersion",
    "Calibration",
    "CalibrationLead",
    "Comment",
    "Correction",
    "Crossing",
    "FieldUse",
    "Freeze",
    "Objection",
    "Reason",
    "Replay",
    "RescoreRange",
    "RescoreRun",
    "Score",
    "SectionLock",
    "Signature",
    "Stage",
    "StageEntry",
    "Standing",
    "Thread",
    "TrialAnswer",
    "Vote",
]
