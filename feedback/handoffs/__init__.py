"""Handoffs: offered, answered, talked about, recalled. The only writer of answer and owner."""

from feedback.handoffs.acceptances import accept
from feedback.handoffs.claims import claim, claimable_by, hindrance
from feedback.handoffs.openings import open_for
from feedback.handoffs.pauses import put_off, take_up
from feedback.handoffs.returns import give_back
from feedback.handoffs.threads import reply
from feedback.handoffs.transfers import assign, pass_on
from feedback.handoffs.undos import resets, undo, undoable
from feedback.handoffs.withdrawals import (
    require_withdrawable,
    withdraw,
    withdraw_superseded,
)

__all__ = [
    "accept",
    "assign",
    "claim",
    "claimable_by",
    "give_back",
    "hindrance",
    "open_for",
    "pass_on",
    "put_off",
    "reply",
    "require_withdrawable",
    "resets",
    "take_up",
    "undo",
    "undoable",
    "withdraw",
    "withdraw_superseded",
]
