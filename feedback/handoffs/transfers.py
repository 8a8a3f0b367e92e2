"""A handoff gets another owner, or none."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from feedback import befores, calendars, clocks, rests, routing, steps
from feedback.handoffs import rights
from feedback.models import Handoff
from feedback.routing import codes
from leads import owners
from leads.models import User
from leads.refusals import Refused

OWNING = ["owner", "assigned_at", "unassigned_since", "transfers"]


@transaction.atomic
def assign(
    handoff: Handoff,
    *,
    to: User | None,
    by: User,
    at: datetime,
    seen: rights.Seen | None = None,
) -> Handoff:
    """Give the handoff to `to`: by a manager, or by a rep who takes it from the pool. With None
    its owner, or a manager, gives an unanswered one back to the pool, for whoever takes it.

    The clock runs on, also one that was paused, and what was put off is taken up: a transfer
    cannot hide a breach, and is counted. `seen` is how it stood on the page that gives it, if it
    came from one. Raises Refused: not_found, not_yours, already_answered, not_offered,
    already_theirs, nobodys, accepted, not_in_team.
    """
    handoff = rights.lock(handoff, by=by)
    before = befores.of(handoff, at=at)
    _require_open(handoff, by=by, at=at)
    if to is None:
        _require_theirs(handoff, by=by)
    else:
        _require_say(handoff, to=to, by=by)
    rights.require_as_seen(handoff, by, at=at, seen=seen)
    rests.end(handoff, at=at, by=by)
    was, owner_id = calendars.of(handoff), handoff.owner_id
    _own(handoff, to, at=at)
    clocks.moved(handoff, was=was, at=at)
    takes = owner_id is None and to == by
    said = {"from": owner_id, "to": to.pk if to else None, "skipped": []}
    said["rule"] = codes.BY_HAND if to else codes.GIVEN_BACK
    undoing = {"before": before} if takes else {}
    steps.record(handoff, "assigned", at=at, by=by, data=said, **undoing)
    if handoff.answer:
        owners.assign(handoff.lead, to)
    return handoff


@transaction.atomic
def pass_on(handoff: Handoff, *, by: User, at: datetime) -> Handoff:
    """Its owner, or a manager, has an unanswered handoff given to who is eligible now, as if it
    had just come in; it is unassigned where nobody else is. Raises Refused as `assign` does."""
    handoff = rights.lock(handoff, by=by)
    _require_open(handoff, by=by, at=at)
    _require_theirs(handoff, by=by)
    routing.assign_again(handoff, at=at)
    return handoff


def _own(handoff: Handoff, to: User | None, *, at: datetime) -> None:
    """Taking it from the pool is no transfer: nobody had it."""
    handoff.transfers += handoff.owner_id is not None
    handoff.owner, handoff.unassigned_since = to, None
    handoff.assigned_at = at if to else None
    handoff.save(update_fields=OWNING)


def _require_open(handoff: Handoff, *, by: User, at: datetime) -> None:
    if handoff.closed_at or not handoff.answer:
        rights.require_offered(handoff, by=by, at=at)


def _require_theirs(handoff: Handoff, *, by: User) -> None:
    """Only what somebody has, and has not accepted, is given back to the pool."""
    if handoff.answer:
        theirs = _("%(who)s has accepted this lead.") % {"who": handoff.owner}
        raise Refused(
            "accepted",
            _("You have accepted this lead.") if handoff.owner == by else theirs,
            _("Give it to somebody else, or return it with a reason."),
            status=409,
        )
    if handoff.owner is None:
        raise Refused("nobodys", _("Nobody has this lead yet."), _("Take it."), status=409)
    rights.require_owner(handoff, by)


def _require_say(handoff: Handoff, *, to: User, by: User) -> None:
    takes_from_pool = to.pk == by.pk and handoff.owner_id is None
    if not takes_from_pool and not rights.is_manager(by):
        if to.pk == by.pk:
            raise rights.has_it(handoff.owner, to=by)
        raise Refused(
            "not_yours",
            _("Only a manager gives a lead to somebody else."),
            _("Ask whoever leads the team."),
            status=403,
        )
    if not (to.is_active and rights.is_member(to, handoff)):
        raise Refused(
            "not_in_team",
            _("%(who)s does not work for %(team)s.") % {"who": to, "team": handoff.pool.team},
            _("Choose somebody of that team."),
            field="to",
        )
    if handoff.owner_id == to.pk:
        raise rights.has_it(to, to=by)
