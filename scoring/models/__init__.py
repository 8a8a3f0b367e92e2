"""What both teams agreed, and what it says about each lead."""

from scoring.models.agreements import AgreementVersion, FieldUse, Reason, Signature, Stage
from scoring.models.lab import Crossing, Replay
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
    "Correction",
    "Crossing",
    "FieldUse",
    "Reason",
    "Replay",
    "RescoreRange",
    "RescoreRun",
    "Score",
    "Signature",
    "Stage",
    "StageEntry",
    "Standing",
]
