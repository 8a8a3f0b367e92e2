"""How a page says what it showed of a handoff, so that an answer from it is not one to another."""

from __future__ import annotations

from feedback.handoffs.rights import Seen
from feedback.models import Handoff

ACCEPTED = "accepted"
# Longer numbers are nobody's.
MOST_DIGITS = 18


def mark(handoff: Handoff) -> str:
    """What a form brings along: whose the handoff is, and whether it is accepted."""
    owner = str(handoff.owner_id or 0)
    return f"{owner}-{ACCEPTED}" if handoff.answer == Handoff.Answer.ACCEPTED else owner


def read(text: str) -> Seen | None:
    """What a form brought along; None where it says nothing of it."""
    owner, _sep, answer = text.partition("-")
    if not owner.isdecimal() or len(owner) >= MOST_DIGITS:
        return None
    return Seen(int(owner), accepted=answer == ACCEPTED)
