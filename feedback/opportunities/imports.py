"""Closed opportunities of another system."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from feedback import moves
from feedback.models import Opportunity, OpportunityContact
from feedback.opportunities.openings import kind_for
from leads import events
from leads.models import Lead, UnmappedOwner, User
from scoring import agreements
from scoring.models import StageEntry


@transaction.atomic
def import_closed(
    lead: Lead,
    *,
    source: str,
    external_id: str,
    status: str,
    opened_at: datetime,
    closed_at: datetime,
    name: str = "",
    amount: Decimal | None = None,
    currency: str = "EUR",
    owner: User | None = None,
    unmapped_owner: UnmappedOwner | None = None,
) -> tuple[Opportunity, str]:
    """The opportunity `external_id` of `source`, `won` or `lost`, and "created" or "unchanged".

    An amount that is not more than 0 says nothing, so it is unknown. The first new business
    that was won makes the lead a customer, as of `closed_at`; nobody is told of any of it.
    """
    known = Opportunity.objects.filter(source=source, external_id=external_id).first()
    if known:
        return known, "unchanged"
    opportunity = Opportunity.objects.create(
        source=source,
        external_id=external_id,
        status=status,
        name=(name.strip() or lead.company_name or str(lead))[:200],
        company=lead.company,
        kind=kind_for(lead),
        amount=amount if amount and amount > 0 else None,
        currency=currency,
        owner=owner,
        unmapped_owner=unmapped_owner,
        opened_at=min(opened_at, closed_at),
        closed_at=closed_at,
    )
    OpportunityContact.objects.create(opportunity=opportunity, lead=lead, primary=True)
    said = {"opportunity": opportunity.pk, "kind": opportunity.kind, "cause": "import"}
    events.write(f"opportunity.{status}", at=closed_at, lead=lead, data=said)
    version = agreements.in_force()
    if version and status == Opportunity.Status.WON and not lead.handoffs.unclosed().exists():
        moves.won(lead, version, at=closed_at, cause=StageEntry.Cause.IMPORT)
    return opportunity, "created"
