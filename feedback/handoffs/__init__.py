"""Handoffs: offered, answered, talked about, recalled. The only writer of answer and owner."""

from feedback.handoffs.acceptances import accept
from feedback.handoffs.openings import open_for
from feedback.handoffs.returns import give_back
from feedback.handoffs.threads import reply
from feedback.handoffs.transfers import assign
from feedback.handoffs.withdrawals import withdraw, withdraw_superseded

__all__ = [
    "accept",
    "assign",
    "give_back",
    "open_for",
    "reply",
    "withdraw",
    "withdraw_superseded",
]
