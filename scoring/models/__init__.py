"""What both teams agreed, and what it says about each lead."""

from scoring.models.agreements import AgreementVersion, FieldUse, Reason, Signature, Stage
from scoring.models.scores import RescoreRun, Score, StageEntry, Standing

__all__ = [
    "AgreementVersion",
    "FieldUse",
    "Reason",
    "RescoreRun",
    "Score",
    "Signature",
    "Stage",
    "StageEntry",
    "Standing",
]
