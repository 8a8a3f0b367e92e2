"""A rep qualifies a lead: the checklist is complete, and what it collected is known from now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from feedback import opportunities, outcomes, terms
from feedback.handoffs import rights
from feedback.models import ChecklistAnswer, Handoff, Opportunity
from leads import changes, fields
from leads.models import Note, User
from leads.refusals import Refused

SOURCE = "sales"


@transaction.atomic
def qualify(
    handoff: Handoff,
    *,
    by: User,
    at: datetime,
    answers: Mapping[str, str],
    amount: Decimal | None = None,
) -> Opportunity:
    """Complete the qualification checklist; the handoff closes and an opportunity opens.

    `answers` maps every item's key to what was said: the collected value, or any text that is
    not blank for an item that is only confirmed. `amount` None is not known yet. Raises Refused:
    not_found, already_answered, not_accepted, not_yours, no_checklist, checklist_incomplete,
    unreadable_value, amount_not_positive.
    """
    handoff = rights.lock(handoff, by=by)
    rights.require_in_hand(handoff, by, at=at)
    items = terms.checklist(handoff.version, terms.QUALIFICATION)
    if not items:
        raise Refused(
            "no_checklist",
            _("This agreement has no qualification checklist."),
            _("Open the opportunity yourself."),
        )
    given = {key: value.strip() for key, value in answers.items() if value.strip()}
    terms.require_items(items, set(given))
    _learn(handoff, items, given, by=by, at=at)
    _keep(handoff, items, given, by=by, at=at)
    opportunity = opportunities.open_for(handoff, at=at, by=by, amount=amount)
    outcomes.qualify(handoff, opportunity, by=by, at=at)
    return opportunity


def _learn(
    handoff: Handoff,
    items: list[dict[str, Any]],
    given: Mapping[str, str],
    *,
    by: User,
    at: datetime,
) -> None:
    """What the checklist collects becomes knowledge about the lead, with sales as its source.
    The fields exist since the agreement came into force; under a later one they may have been
    removed, and the answer alone is kept."""
    collecting = {item["key"]: item["collects"] for item in items if item.get("collects")}
    if not collecting:
        return
    known = fields.registry()
    learnt = {
        collects["attribute"]: given[key]
        for key, collects in collecting.items()
        if collects["attribute"] in known
    }
    changes.record(handoff.lead, learnt, source=SOURCE, known_at=at, by=by)


def _keep(
    handoff: Handoff,
    items: list[dict[str, Any]],
    given: Mapping[str, str],
    *,
    by: User,
    at: datetime,
) -> None:
    for item in items:
        note = None
        if item.get("collects"):
            note = Note.objects.create(
                lead=handoff.lead, text=given[item["key"]], author=by, written_at=at
            )
        ChecklistAnswer.objects.create(
            handoff=handoff,
            checklist=terms.QUALIFICATION,
            item=item["key"],
            value=note,
            by=by,
            at=at,
        )
