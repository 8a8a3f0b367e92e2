"""A handoff gets another owner."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from feedback import steps
from feedback.handoffs import rights
from feedback.models import Handoff
from leads import owners
from leads.models import User
from leads.refusals import Refused


@transaction.atomic
def assign(handoff: Handoff, *, to: User, by: User, at: datetime) -> Handoff:
    """Give the handoff to `to`: by a manager, or by a rep who takes it from the pool.

    The clock runs on: a transfer cannot hide a breach. Raises Refused: not_found, not_yours,
    already_answered, not_offered, already_theirs, not_in_team.
    """
    handoff = rights.lock(handoff, by=by)
    _require_open(handoff, at=at)
    _require_say(handoff, to=to, by=by)
    if handoff.owner_id == to.pk:
        raise Refused(
            "already_theirs", _("%(who)s has this lead already.") % {"who": to}, status=409
        )
    said = {"from": handoff.owner_id, "to": to.pk, "rule": "by_hand", "skipped": []}
    handoff.owner = to
    handoff.save(update_fields=["owner"])
    steps.record(handoff, "assigned", at=at, by=by, data=said)
    if handoff.answer:
        owners.assign(handoff.lead, to)
    return handoff


def _require_open(handoff: Handoff, *, at: datetime) -> None:
    if handoff.closed_at or not handoff.answer:
        rights.require_offered(handoff, at=at)


def _require_say(handoff: Handoff, *, to: User, by: User) -> None:
    takes_from_pool = to.pk == by.pk and handoff.owner_id is None
    if not takes_from_pool and not rights.is_manager(by):
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
