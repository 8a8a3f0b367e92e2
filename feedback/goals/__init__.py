"""What both teams want to reach, against what they have reached so far."""

from feedback.goals.boards import Board, board
from feedback.goals.listings import behind

__all__ = ["Board", "behind", "board"]
