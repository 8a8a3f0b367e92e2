"""The good end of a handoff: it is qualified, and closed."""

from __future__ import annotations

from datetime import datetime

from feedback import clocks, contacts, moves, steps
from feedback.models import Handoff, Opportunity
from leads.models import User
from scoring.models import StageEntry


def qualify(handoff: Handoff, opportunity: Opportunity, *, by: User, at: datetime) -> None:
    """Close a locked, accepted handoff as qualified. Nobody qualifies a lead without having
    talked with it: contact and conversation are taken as held if nobody wrote them down."""
    clocks.stop(handoff, at=at, met=True)
    contacts.imply(handoff, by=by, at=at)
    handoff.outcome = Handoff.Outcome.QUALIFIED
    handoff.closed_at = at
    handoff.save(update_fields=["outcome", "closed_at"])
    steps.record(handoff, "qualified", at=at, by=by, data={"opportunity": opportunity.pk})
    moves.forward(handoff, "qualified", cause=StageEntry.Cause.QUALIFIED, by=by, at=at)
