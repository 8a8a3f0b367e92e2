"""A handoff is withdrawn: marketing recalls it, its lead was merged or erased, or another
agreement came into force before it was ever offered."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from feedback import clocks, moves, steps
from feedback.handoffs import rights
from feedback.handoffs.acceptances import answer
from feedback.handoffs.returns import CLOSING_FIELDS
from feedback.models import Handoff
from leads.models import Side, User
from leads.refusals import Refused
from scoring import stages

CAUSES = ("recalled", "merged", "erased", "superseded")


@transaction.atomic
def withdraw(
    handoff: Handoff, *, at: datetime, cause: str, by: User | None = None, reason: str = ""
) -> Handoff:
    """Close the handoff without an answer of sales. `cause`: recalled, merged,
    erased or superseded.

    A recalled lead goes back to marketing and waits for new activity, a superseded one to where
    it came from. `by` is marketing or a manager, None for Baton itself; a person who recalls it
    says in `reason` why, for sales to read. Raises Refused: not_found, not_yours,
    already_answered, text_missing.
    """
    if cause not in CAUSES:
        raise ValueError(cause)
    handoff = rights.lock(handoff, by=by)
    require_withdrawable(handoff, by=by, at=at)
    _require_reason(reason, cause=cause, by=by)
    clocks.stop(handoff, at=at, met=False)
    if handoff.answer:
        handoff.outcome = Handoff.Outcome.WITHDRAWN
    else:
        answer(handoff, Handoff.Answer.WITHDRAWN, by=by, at=at)
    handoff.closed_at = at
    handoff.save(update_fields=CLOSING_FIELDS)
    said = {"cause": cause, "answer_seconds": handoff.answer_seconds}
    steps.record(handoff, "withdrawn", at=at, by=by, data=said, note=reason)
    if cause == "recalled":
        moves.recalled(handoff, by=by, at=at)
    if cause == "superseded":
        moves.superseded(handoff.entry, at=at)
    return handoff


def require_withdrawable(handoff: Handoff, *, by: User | None, at: datetime) -> None:
    """`by` may withdraw it, and it is open; else Refused."""
    if by and not (by.is_manager or by.side == Side.MARKETING):
        raise Refused(
            "not_yours",
            _("Only marketing or a manager withdraws a handoff."),
            _("Return the lead with a reason instead."),
            status=403,
        )
    if handoff.closed_at:
        raise rights.already_answered(handoff, to=by, at=at)


def _require_reason(reason: str, *, cause: str, by: User | None) -> None:
    if by and cause == "recalled" and not reason.strip():
        raise Refused(
            "text_missing",
            _("Withdrawing needs a reason."),
            _("Say in a sentence why you take the lead back. Sales reads it."),
            field="reason",
        )


@transaction.atomic
def withdraw_superseded(*, at: datetime, limit: int) -> int:
    """Withdraw up to `limit` handoffs that were never offered while their version was in force,
    and let the version in force decide on their leads. Returns how many were withdrawn."""
    version = stages.held_version()
    if version is None:
        return 0
    waiting = Handoff.objects.waiting().exclude(version=version).order_by("pk")
    locked = waiting.select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit]
    return len([withdraw(handoff, at=at, cause="superseded") for handoff in locked])
