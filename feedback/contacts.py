"""What a rep does with an accepted lead: tries to reach it, and talks with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from feedback import befores, clocks, rests, steps
from feedback.handoffs import rights
from feedback.models import Handoff
from leads import touches
from leads.models import NEVER_KNOWN, Touch, User
from leads.refusals import Refused

CONTACT_FIELDS = [
    *("attempts", "first_contact_at", "conversation_at"),
    *("rests_until", "paused_at"),
]


@transaction.atomic
def log(
    handoff: Handoff,
    *,
    by: User,
    at: datetime,
    kind: str,
    outcome: str,
    text: str = "",
    occurred_at: datetime | None = None,
    external_id: str = "",
) -> Touch:
    """Write down a try to reach the lead; each is counted. The first one is the first contact: it
    answers that clock, and the clock to qualify or return starts.

    `kind` and `outcome` as in `Touch`; a conversation is `hold_conversation` as well. Clocks go by
    when it is written down; the touch itself happened at `occurred_at`, by default now. What was
    written down under the same `external_id` already is not written again. Raises Refused:
    not_found, already_answered, not_accepted, not_yours, unknown_kind, unknown_outcome,
    not_yet, too_early.
    """
    handoff = rights.lock(handoff, by=by)
    if known := external_id and _known(handoff, external_id):
        return known
    rights.require_in_hand(handoff, by, at=at)
    _require_known(kind, Touch.Kind, "kind")
    _require_known(outcome, Touch.Outcome, "outcome")
    _require_since(handoff, occurred_at or at, at=at)
    clocks.wake_up(handoff, at=at)
    if handoff.first_contact_at:  # The first ends its clock, and the rest with it.
        rests.end(handoff, at=at, by=by, cause="contact")
    before = befores.of(handoff, at=at)
    touch = touches.record(
        handoff.lead,
        kind=kind,
        outcome=outcome,
        occurred_at=occurred_at or at,
        known_at=at,
        by=by,
        text=text,
    )
    said = {"touch": touch.pk, "kind": kind, "outcome": outcome}
    said |= {"external_id": external_id} if external_id else {}
    _count(handoff, said, before, by=by, at=at)
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


def _count(
    handoff: Handoff,
    said: Mapping[str, object],
    before: Mapping[str, object],
    *,
    by: User,
    at: datetime,
) -> None:
    """One try more. The first ends its clock and starts the next; the first that is a conversation
    is told as one."""
    first = handoff.first_contact_at is None
    conversed = said["outcome"] == Touch.Outcome.CONVERSATION and handoff.conversation_at is None
    handoff.attempts += 1
    if first:
        clocks.stop(handoff, at=at, met=True)
        handoff.first_contact_at = at
    steps.record(handoff, "contacted", at=at, by=by, data=said, silent=conversed, before=before)
    if conversed:
        handoff.conversation_at = at
        steps.record(handoff, "conversation", at=at, by=by, data={"touch": said["touch"]})
    handoff.save(update_fields=CONTACT_FIELDS)
    if first:
        clocks.start(handoff, Handoff.Clock.QUALIFY, at=at)


def _known(handoff: Handoff, external_id: str) -> Touch | None:
    """What another system told us under this number, unless it was undone since."""
    steps = handoff.steps.filter(kind="contacted", data__external_id=external_id)
    ids = [step.data["touch"] for step in steps]
    return Touch.objects.filter(pk__in=ids, known_at__lt=NEVER_KNOWN).first()


def _require_since(handoff: Handoff, occurred_at: datetime, *, at: datetime) -> None:
    if occurred_at > at:
        raise Refused(
            "not_yet",
            _("A contact is written down when it has happened."),
            _("Give a moment that is not ahead."),
            field="occurred_at",
        )
    if occurred_at < handoff.answered_at:
        raise Refused(
            "too_early",
            _("This contact was before the lead was accepted."),
            _("Write down what happened since."),
            field="occurred_at",
        )


def _require_known(value: str, choices: type[Touch.Kind | Touch.Outcome], field: str) -> None:
    if value not in choices.values:
        labels = ", ".join(str(label) for label in choices.labels)
        raise Refused(
            f"unknown_{field}",
            _("“%(value)s” is not known here.") % {"value": value},
            _("Choose one of: %(choices)s.") % {"choices": labels},
            field=field,
        )
