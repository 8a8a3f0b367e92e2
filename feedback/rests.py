"""The rest that its owner gave a handoff ends with the owner: whoever gets it next has it before
them at once."""

from __future__ import annotations

from datetime import datetime

from feedback import clocks, steps
from feedback.models import Handoff
from leads.models import User


def end(handoff: Handoff, *, at: datetime, by: User | None = None, cause: str = "transfer") -> None:
    """Take up a locked handoff that is put off, because it is about to get another owner, or none,
    or for another `cause`;
    a clock that stood still goes on from `at`, in the hours it stood still in. Call it while the
    owner is still the one of before. Nothing, where it does not rest."""
    if handoff.closed_at or handoff.rests_until is None:
        return
    said = {"cause": cause}
    if clocks.wake_up(handoff, at=at):
        handoff.save(update_fields=["rests_until", "paused_at"])
    elif handoff.paused_at:
        said |= clocks.resume(handoff, at=at)
        steps.record(handoff, "resumed", at=at, by=by, data=said)
    elif handoff.rests_until > at:
        handoff.rests_until = None
        handoff.save(update_fields=["rests_until"])
        steps.record(handoff, "taken_up", at=at, by=by, data=said)
