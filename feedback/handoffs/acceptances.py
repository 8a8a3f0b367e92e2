"""A rep accepts a lead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from feedback import befores, calendars, checklists, clocks, moves, steps, terms
from feedback.handoffs import rights
from feedback.models import Handoff
from leads import access, owners
from leads.models import User
from scoring.models import StageEntry

OWNER_FIELDS = ["owner", "assigned_at"]
ANSWER_FIELDS = ["answer", "answered_at", "answered_by", "answer_seconds", "unassigned_since"]


@transaction.atomic
def accept(
    handoff: Handoff,
    *,
    by: User,
    at: datetime,
    confirmed: set[str],
    answers: Mapping[str, str] | None = None,
    next_step: str = "",
    seen: rights.Seen | None = None,
) -> Handoff:
    """`by` accepts the lead and owns it from now on; the first-contact clock starts.

    `confirmed` holds the keys of the acceptance checklist's items, and `answers` what was said
    of those that collect something: all of them. `next_step` is shown to marketing. `seen`
    is how it stood on the page that is answered, if it came from one. Raises Refused:
    not_found, not_yours, already_answered, not_offered, already_theirs,
    checklist_incomplete, unreadable_value.
    """
    handoff = rights.lock(handoff, by=by)
    rights.require_member(by, handoff)
    rights.require_offered(handoff, by=by, at=at)
    rights.require_free(handoff, by, at=at, seen=seen)
    items = terms.checklist(handoff.version, terms.ACCEPTANCE)
    said = checklists.given(items, confirmed, answers or {})
    terms.require_items(items, set(said))
    clocks.wake_up(handoff, at=at)
    _take(handoff, next_step, by=by, at=at)
    checklists.complete(handoff, terms.ACCEPTANCE, items, said, by=by, at=at)
    clocks.start(handoff, Handoff.Clock.FIRST_CONTACT, at=at)
    owners.assign(handoff.lead, by)
    access.show(handoff.lead, team=handoff.pool.team, at=at)
    moves.forward(handoff, "accepted", cause=StageEntry.Cause.ACCEPTED, by=by, at=at)
    return handoff


def _take(handoff: Handoff, next_step: str, *, by: User, at: datetime) -> None:
    """The answer, in time or late, and who has the lead by it."""
    before = befores.of(handoff, at=at)
    clocks.stop(handoff, at=at, met=True)
    answer(handoff, Handoff.Answer.ACCEPTED, by=by, at=at)
    take_on(handoff, by=by, at=at)
    handoff.save(update_fields=[*ANSWER_FIELDS, *OWNER_FIELDS])
    said = {"owner": by.pk, "answer_seconds": handoff.answer_seconds}
    steps.record(handoff, "accepted", at=at, by=by, data=said, note=next_step, before=before)


def take_on(handoff: Handoff, *, by: User, at: datetime) -> None:
    """On a locked row: `by` has it from now on, if they did not before."""
    if handoff.owner_id != by.pk:
        handoff.owner, handoff.assigned_at = by, at


def answer(handoff: Handoff, given: str, *, by: User | None, at: datetime) -> None:
    """Set the one answer on a locked row. `answer_seconds` is working time since the
    offer, in the hours of who owed the answer."""
    handoff.answer = given
    handoff.answered_at = at
    handoff.answered_by = by
    handoff.unassigned_since = None
    if handoff.offered_at:
        hours = calendars.of(handoff)
        handoff.answer_seconds = calendars.working_seconds(hours, handoff.offered_at, at)
