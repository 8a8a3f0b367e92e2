"""What a text would have done in the past weeks, and would do today: worked out live beside the
editor, frozen with a proposal, and held against what really came of it."""

from feedback.predictions.frozen import Prediction, predict, read
from feedback.predictions.pasts import TITLES, Past, in_hand, past
from feedback.predictions.results import Result, result

__all__ = [
    "TITLES",
    "Past",
    "Prediction",
    "Result",
    "in_hand",
    "past",
    "predict",
    "read",
    "result",
]
