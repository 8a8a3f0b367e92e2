"""A rep accepts a lead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from feedback import calendars, checklists, clocks, moves, steps, terms
from feedback.handoffs import rights
from feedback.models import Handoff
from leads import access, owners
from leads.models import User
from scoring.models import StageEntry


@transaction.atomic
def accept(
    handoff: Handoff,
    *,
    by: User,
    at: datetime,
    confirmed: set[str],
    answers: Mapping[str, str] | None = None,
    next_step: str = "",
) -> Handoff:
    """`by` accepts the lead and owns it from now on; the first-contact clock starts.

    `confirmed` holds the keys of the acceptance checklist's items, and `answers` what was said
    of those that collect something: all of them. `next_step` is shown to marketing. Raises
    Refused: not_found, not_yours, already_answered, not_offered, checklist_incomplete,
    unreadable_value.
    """
    handoff = rights.lock(handoff, by=by)
    rights.require_member(by, handoff)
    rights.require_offered(handoff, at=at)
    items = terms.checklist(handoff.version, terms.ACCEPTANCE)
    said = checklists.given(items, confirmed, answers or {})
    terms.require_items(items, set(said))
    clocks.stop(handoff, at=at, met=True)
    answer(handoff, Handoff.Answer.ACCEPTED, by=by, at=at)
    handoff.owner = by
    handoff.save(update_fields=[*ANSWER_FIELDS, "owner"])
    steps.record(
        handoff,
        "accepted",
        at=at,
        by=by,
        data={"owner": by.pk, "answer_seconds": handoff.answer_seconds},
        note=next_step,
    )
    checklists.complete(handoff, terms.ACCEPTANCE, items, said, by=by, at=at)
    clocks.start(handoff, Handoff.Clock.FIRST_CONTACT, at=at)
    owners.assign(handoff.lead, by)
    access.show(handoff.lead, team=handoff.pool.team, at=at)
    moves.forward(handoff, "accepted", cause=StageEntry.Cause.ACCEPTED, by=by, at=at)
    return handoff


ANSWER_FIELDS = ["answer", "answered_at", "answered_by", "answer_seconds"]


def answer(handoff: Handoff, given: str, *, by: User | None, at: datetime) -> None:
    """Set the one answer on a locked row. `answer_seconds` is working time since the offer."""
    handoff.answer = given
    handoff.answered_at = at
    handoff.answered_by = by
    if handoff.offered_at:
        calendar = handoff.pool.calendar
        handoff.answer_seconds = calendars.working_seconds(calendar, handoff.offered_at, at)
