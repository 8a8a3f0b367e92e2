"""A rep qualifies a lead: the checklist is complete, and what it collected is known from now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from feedback import checklists, opportunities, outcomes, terms
from feedback.handoffs import rights
from feedback.models import Handoff, Opportunity
from leads.models import User
from leads.refusals import Refused


@transaction.atomic
def qualify(
    handoff: Handoff,
    *,
    by: User,
    at: datetime,
    answers: Mapping[str, str],
    amount: Decimal | None = None,
    currency: str = "",
) -> Opportunity:
    """Complete the qualification checklist; the handoff closes and an opportunity opens.

    `answers` maps every item's key to what was said: the collected value, or any text that is
    not blank for an item that is only confirmed. `amount` None is not known yet; without a
    `currency` it is in that of the agreement's goals. Raises Refused: not_found,
    already_answered, not_accepted, not_yours, no_checklist, checklist_incomplete,
    unreadable_value, amount_not_positive, unknown_currency.
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
    said = checklists.given(items, (), answers)
    terms.require_items(items, set(said))
    checklists.complete(handoff, terms.QUALIFICATION, items, said, by=by, at=at)
    opportunity = opportunities.open_for(handoff, at=at, by=by, amount=amount, currency=currency)
    outcomes.qualify(handoff, opportunity, by=by, at=at)
    return opportunity
