"""A lead is given back, at the door or after contact, with a reason."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from feedback import befores, clocks, moves, routing, steps, terms
from feedback.handoffs import rights
from feedback.handoffs.acceptances import ANSWER_FIELDS, answer
from feedback.models import Handoff
from leads import owners
from leads.models import User
from leads.refusals import Refused
from scoring import documents
from scoring.checks.structure import MOST_REST_DAYS
from scoring.models import Reason

CLOSING_FIELDS = [*ANSWER_FIELDS, "outcome", "closed_at", "reason", "disputed", "back_on"]


@transaction.atomic
def give_back(
    handoff: Handoff,
    *,
    by: User,
    at: datetime,
    reason: str,
    text: str,
    disputed: str = "",
    back_on: date | None = None,
    seen: rights.Seen | None = None,
) -> Handoff:
    """`by` returns the lead: at the door, or, once accepted, after contact.

    `reason` is a key of the handoff's version, `text` a sentence for marketing, `disputed` the
    key of a criterion the lead was handed over by, `back_on` a day to be offered again, to `by`;
    `seen` is how it stood on the page that is answered, if it came from one.
    The lead goes where the agreement's reason says, and rests; marketing's clock to answer the
    return starts. Raises Refused: not_found, not_yours, already_answered, not_offered,
    already_theirs, unknown_reason, text_missing, unknown_criterion, date_past, no_way_back.
    """
    handoff = rights.lock(handoff, by=by)
    accepted = handoff.is_open and handoff.answer == Handoff.Answer.ACCEPTED
    require_turn(handoff, by, at=at, seen=seen)
    term = terms.reason(handoff.version, reason)
    terms.require_criterion(handoff, disputed)
    _require_text(text)
    _require_date(back_on, term, at=at)
    clocks.wake_up(handoff, at=at)
    before = befores.of(handoff, at=at)
    handoff.reason = Reason.objects.get(key=reason)
    handoff.disputed, handoff.back_on, handoff.closed_at = disputed, back_on, at
    _close(handoff, by=by, at=at, accepted=accepted)
    said = _said(handoff, term, after_contact=accepted)
    steps.record(handoff, "returned", at=at, by=by, data=said, note=text, before=before)
    clocks.start(handoff, Handoff.Clock.ANSWER_RETURN, at=at)
    routing.give_turn_back(handoff)
    _keep_for(handoff, by)
    _send_back(handoff, term, by=by, at=at)
    return handoff


def _close(handoff: Handoff, *, by: User, at: datetime, accepted: bool) -> None:
    """Its answer, or, once accepted, its outcome."""
    met = not accepted or handoff.clock == Handoff.Clock.QUALIFY
    clocks.stop(handoff, at=at, met=met)
    if accepted:
        handoff.outcome = Handoff.Outcome.RETURNED
    else:
        answer(handoff, Handoff.Answer.RETURNED, by=by, at=at)
    handoff.save(update_fields=CLOSING_FIELDS)


def _keep_for(handoff: Handoff, user: User) -> None:
    """Whoever wants it back on a day has it, resting, until the morning of that day."""
    if handoff.back_on:
        handoff.owner, handoff.rests_until = user, _morning(handoff.back_on)
        handoff.save(update_fields=["owner", "rests_until"])


def _send_back(handoff: Handoff, term: dict[str, Any], *, by: User, at: datetime) -> None:
    """The lead goes where the reason says, and rests: for as long as it says, or until the day on
    which `by` wants it back."""
    if handoff.back_on:
        owners.assign(handoff.lead, by)
        rests_until = _morning(handoff.back_on)
    else:
        rests_until = at + timedelta(days=term.get("rest_days") or 0)
    asked = handoff.back_on is not None
    moves.returned(handoff, term["key"], by=by, at=at, rests_until=rests_until, asked=asked)


def require_turn(
    handoff: Handoff, user: User, *, at: datetime, seen: rights.Seen | None = None
) -> None:
    """`user` may return the handoff now: at the door whoever works in the team or leads it, once
    accepted its owner or a manager; else Refused."""
    if handoff.is_open and handoff.answer == Handoff.Answer.ACCEPTED:
        rights.require_owner(handoff, user)
        rights.require_unaccepted(handoff, by=user, at=at, seen=seen)
        rights.require_free(handoff, user, at=at, seen=seen)
        return
    if not rights.is_manager(user):
        rights.require_member(user, handoff)
    rights.require_offered(handoff, by=user, at=at)
    rights.require_free(handoff, user, at=at, seen=seen)


def _require_text(text: str) -> None:
    if not text.strip():
        raise Refused(
            "text_missing",
            _("A return needs a sentence for marketing."),
            _("Say in your words why the lead comes back."),
            field="text",
        )


def _require_date(back_on: date | None, term: dict[str, Any], *, at: datetime) -> None:
    if back_on is None:
        return
    ahead = back_on - timezone.localtime(at).date()
    if ahead <= timedelta(0):
        raise Refused(
            "date_past",
            _("The day to be offered again must lie ahead."),
            _("Choose a later day, or leave it empty."),
            field="back_on",
        )
    if ahead.days > MOST_REST_DAYS:
        raise Refused(
            "date_far",
            _("The day to be offered again is more than ten years away."),
            _("Choose an earlier day, or leave it empty."),
            field="back_on",
        )
    if term["then"] != "nurture":
        raise Refused(
            "no_way_back",
            _("With this reason the lead does not come back."),
            _("Choose another reason, or leave the day empty."),
            field="back_on",
        )


def _said(handoff: Handoff, term: dict[str, Any], *, after_contact: bool) -> dict[str, Any]:
    """Codes and moments, and the name of the track where the reason has one."""
    track = {"track": documents.text(term["track"])} if term.get("track") else {}
    return track | {
        "reason": handoff.reason.key,
        "disputed": handoff.disputed,
        "back_on": handoff.back_on.isoformat() if handoff.back_on else None,
        "after_contact": after_contact,
        "answer_seconds": handoff.answer_seconds,
    }


def _morning(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
