"""What a rep does with an accepted lead: tries to reach it, and talks with it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from feedback import clocks, steps
from feedback.handoffs import rights
from feedback.models import Handoff
from leads import touches
from leads.models import Touch, User
from leads.refusals import Refused


@transaction.atomic
def log(
    handoff: Handoff, *, by: User, at: datetime, kind: str, outcome: str, text: str = ""
) -> Touch:
    """Write down a try to reach the lead. The first one is the first contact: it answers that
    clock, and the clock to qualify or return starts.

    `kind` and `outcome` as in `Touch`; a conversation is `hold_conversation` as well. Raises
    Refused: not_found, already_answered, not_accepted, not_yours, unknown_kind, unknown_outcome.
    """
    handoff = rights.lock(handoff, by=by)
    rights.require_in_hand(handoff, by, at=at)
    _require_known(kind, Touch.Kind, "kind")
    _require_known(outcome, Touch.Outcome, "outcome")
    touch = touches.record(
        handoff.lead, kind=kind, outcome=outcome, occurred_at=at, by=by, text=text
    )
    said = {"touch": touch.pk, "kind": kind, "outcome": outcome}
    conversed = outcome == Touch.Outcome.CONVERSATION and handoff.conversation_at is None
    first = handoff.first_contact_at is None
    if first:
        clocks.stop(handoff, at=at, met=True)
        handoff.first_contact_at = at
    steps.record(handoff, "contacted", at=at, by=by, data=said, silent=conversed)
    if conversed:
        handoff.conversation_at = at
        steps.record(handoff, "conversation", at=at, by=by, data={"touch": touch.pk})
    handoff.save(update_fields=["first_contact_at", "conversation_at"])
    if first:
        clocks.start(handoff, Handoff.Clock.QUALIFY, at=at)
    return touch


def hold_conversation(
    handoff: Handoff, *, by: User, at: datetime, text: str = "", kind: str = Touch.Kind.CALL
) -> Touch:
    """A two-way contact came about; it counts as a contact too. Refusals as `log`."""
    outcome = Touch.Outcome.CONVERSATION
    return log(handoff, by=by, at=at, kind=kind, outcome=outcome, text=text)


def imply(handoff: Handoff, *, by: User, at: datetime) -> None:
    """On a locked row: contact and conversation that nobody wrote down must have been held."""
    if handoff.conversation_at is not None:
        return
    handoff.first_contact_at = handoff.first_contact_at or at
    handoff.conversation_at = at
    handoff.save(update_fields=["first_contact_at", "conversation_at"])
    steps.record(handoff, "conversation", at=at, by=by, data={"implied": True}, silent=True)


def _require_known(value: str, choices: type[Touch.Kind | Touch.Outcome], field: str) -> None:
    if value not in choices.values:
        labels = ", ".join(str(label) for label in choices.labels)
        raise Refused(
            f"unknown_{field}",
            _("“%(value)s” is not known here.") % {"value": value},
            _("Choose one of: %(choices)s.") % {"choices": labels},
            field=field,
        )
