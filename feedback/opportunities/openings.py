"""An opportunity opens out of an accepted handoff."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from feedback import outcomes, terms
from feedback.handoffs import rights
from feedback.models import Handoff, Opportunity, OpportunityContact
from feedback.opportunities import amounts
from leads import events
from leads.models import Lead, User
from leads.refusals import Refused


@transaction.atomic
def open_from(
    handoff: Handoff, *, by: User, at: datetime, name: str = "", amount: Decimal | None = None
) -> Opportunity:
    """Open an opportunity where the agreement has no qualification checklist; the handoff closes
    as qualified. Raises Refused: not_found, already_answered, not_accepted, not_yours,
    checklist_first, amount_not_positive."""
    handoff = rights.lock(handoff, by=by)
    rights.require_in_hand(handoff, by, at=at)
    if terms.checklist(handoff.version, terms.QUALIFICATION):
        raise Refused(
            "checklist_first",
            _("This agreement opens an opportunity by its qualification checklist."),
            _("Complete the checklist."),
        )
    opportunity = open_for(handoff, by=by, at=at, name=name, amount=amount)
    outcomes.qualify(handoff, opportunity, by=by, at=at)
    return opportunity


def open_for(
    handoff: Handoff,
    *,
    by: User,
    at: datetime,
    name: str = "",
    amount: Decimal | None = None,
    currency: str = "",
) -> Opportunity:
    """On a locked handoff: its opportunity, of the lead's company, with the lead as first
    contact. Business with those who bought before is an upsell. Without a `currency` it is that
    of the agreement's goals."""
    amounts.require(amount)
    amounts.require_currency(currency)
    lead = handoff.lead
    opportunity = Opportunity.objects.create(
        name=(name.strip() or lead.company_name or str(lead))[:200],
        company=lead.company,
        handoff=handoff,
        kind=kind_for(lead),
        amount=amount,
        currency=currency or terms.currency(handoff.version),
        owner=handoff.owner,
        opened_at=at,
    )
    OpportunityContact.objects.create(opportunity=opportunity, lead=lead, primary=True)
    said = {"opportunity": opportunity.pk, "handoff": handoff.pk, "kind": opportunity.kind}
    events.write("opportunity.opened", at=at, lead=lead, actor=by, data=said)
    return opportunity


def kind_for(lead: Lead) -> str:
    """New business, unless the lead or its company has bought before."""
    theirs = Q(contacts__lead=lead)
    if lead.company_id:
        theirs |= Q(company_id=lead.company_id)
    bought = Opportunity.objects.filter(theirs, status=Opportunity.Status.WON).exists()
    return Opportunity.Kind.UPSELL if bought else Opportunity.Kind.NEW_BUSINESS
