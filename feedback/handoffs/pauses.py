"""A rep sets a handoff aside until later, and takes it up again.

Meanwhile the clock runs on, and later means before its deadline; or, if the rep so chooses and the
agreement allows it, once, it stands still.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback import befores, clocks, steps
from feedback.handoffs import rights
from feedback.models import Handoff
from leads.models import User
from leads.refusals import Refused

MOST_DAYS = 365


@transaction.atomic
def put_off(
    handoff: Handoff, *, by: User, at: datetime, until: datetime, reason: str, pause: bool
) -> Handoff:
    """`by`, its owner or a manager, sets an open handoff aside until `until`, with a reason.

    With `pause` the clock stands still meanwhile, and its remaining time runs from `until` on;
    without, `until` lies before its deadline. Raises Refused: not_found, already_answered,
    not_offered, not_yours, reason_missing, until_past, too_long, paused, overdue, no_pause,
    after_deadline.
    """
    handoff = rights.lock(handoff, by=by)
    clocks.wake_up(handoff, at=at)
    before = befores.of(handoff, at=at)
    _require_in_hand(handoff, by, at=at)
    _require_said(handoff, at=at, until=until, reason=reason)
    _require_time_left(handoff, by, at=at)
    if pause:
        _require_pause(handoff, at=at, until=until)
        kind, said = "paused", clocks.pause(handoff, at=at, until=until)
    else:
        _require_before_deadline(handoff, at=at, until=until)
        handoff.rests_until = until
        handoff.save(update_fields=["rests_until", "paused_at"])
        kind, said = "put_off", {}
    said |= {"until": until.isoformat()}
    steps.record(handoff, kind, at=at, by=by, data=said, note=reason, before=before)
    return handoff


@transaction.atomic
def take_up(handoff: Handoff, *, by: User, at: datetime) -> Handoff:
    """`by`, its owner or a manager, takes up a handoff before the moment it was put off until. A
    clock that stood still goes on from now. Raises Refused: not_found, already_answered,
    not_offered, not_yours, not_resting."""
    handoff = rights.lock(handoff, by=by)
    _require_in_hand(handoff, by, at=at)
    if handoff.rests_until is None or handoff.rests_until <= at:
        raise Refused(
            "not_resting",
            _("This lead is not put off."),
            _("Go on with it as it stands."),
            status=409,
        )
    if handoff.paused_at:
        steps.record(handoff, "resumed", at=at, by=by, data=clocks.resume(handoff, at=at))
    else:
        handoff.rests_until = None
        handoff.save(update_fields=["rests_until"])
        steps.record(handoff, "taken_up", at=at, by=by)
    return handoff


def _require_in_hand(handoff: Handoff, user: User, *, at: datetime) -> None:
    if handoff.closed_at or not handoff.answer:
        rights.require_offered(handoff, by=user, at=at)
    if handoff.owner_id is None:
        if rights.is_member(user, handoff):
            remedy = _("Take it first, then put it off.")
        else:
            remedy = _("Give it to somebody of the team, who may put it off.")
        raise Refused("not_yours", _("Nobody has taken this lead yet."), remedy, status=403)
    rights.require_owner(handoff, user)


def _require_said(handoff: Handoff, *, at: datetime, until: datetime, reason: str) -> None:
    if handoff.paused_at and handoff.rests_until > at:
        raise Refused(
            "paused",
            _("The clock is paused already, until %(until)s.")
            % {"until": _moment(handoff.rests_until, at=at)},
            _("Take the lead up first."),
            status=409,
        )
    if not reason.strip():
        raise Refused(
            "reason_missing",
            _("Putting a lead off needs a reason."),
            _("Say in your words why it waits."),
            field="reason",
        )
    if until <= at:
        raise Refused(
            "until_past",
            _("The moment must lie ahead."),
            _("Choose a later one."),
            field="until",
        )
    if until > at + timedelta(days=MOST_DAYS):
        raise _too_long(MOST_DAYS)


def _require_time_left(handoff: Handoff, user: User, *, at: datetime) -> None:
    if handoff.due_at is None or clocks.runs(handoff, at=at):
        return
    if user.pk == handoff.owner_id:
        remedy = _("Go on with it, or return it with a reason.")
    else:
        remedy = _("Give it to somebody who has time, or return it with a reason.")
    message = _("The deadline of this lead has passed: it cannot wait.")
    raise Refused("overdue", message, remedy, status=409)


def _require_pause(handoff: Handoff, *, at: datetime, until: datetime) -> None:
    """The agreement allows it, not yet used, and for so long."""
    days = clocks.may_pause(handoff, at=at)
    if days is None:
        raise _no_pause(handoff, at=at)
    if until > at + timedelta(days=days):
        raise Refused(
            "too_long",
            ngettext(
                "The agreement allows a pause of at most %(n)s day.",
                "The agreement allows a pause of at most %(n)s days.",
                days,
            )
            % {"n": days},
            _("Choose an earlier moment, or return the lead with the day to be offered again."),
            field="until",
        )


def _require_before_deadline(handoff: Handoff, *, at: datetime, until: datetime) -> None:
    """Where the clock runs on, later is no way past it."""
    if handoff.due_at is None or until <= handoff.due_at:
        return
    if clocks.may_pause(handoff, at=at):
        due = _moment(handoff.due_at, at=at)
        raise Refused(
            "after_deadline",
            _("That is after the deadline of %(until)s.") % {"until": due},
            _("Let the clock pause, or choose an earlier moment."),
            field="pause",
        )
    raise _no_pause(handoff, at=at)


def _no_pause(handoff: Handoff, *, at: datetime) -> Refused:
    if handoff.due_at is None:
        message, remedy = _("No clock runs that could pause."), _("Put it off without a pause.")
        return Refused("no_pause", message, remedy, field="pause")
    if handoff.pauses:
        message = _("The clock was paused once already: put it off until %(until)s at the latest.")
    else:
        message = _("The agreement allows no pause here: put it off until %(until)s at the latest.")
    return Refused(
        "no_pause",
        message % {"until": _moment(handoff.due_at, at=at)},
        _("Choose an earlier moment, or return the lead with the day to be offered again."),
        field="until",
    )


def _too_long(days: int) -> Refused:
    message = ngettext(
        "A lead can be put off for at most %(n)s day.",
        "A lead can be put off for at most %(n)s days.",
        days,
    )
    return Refused("too_long", message % {"n": days}, _("Choose an earlier moment."), field="until")


def _moment(moment: datetime, *, at: datetime) -> str:
    """The time, with the date on other days than that of `at`; in the reader's time zone."""
    local = timezone.localtime(moment)
    clock = date_format(local, "H:i")
    if local.date() == timezone.localtime(at).date():
        return clock
    return f"{date_format(local, 'DATE_FORMAT')}, {clock}"
