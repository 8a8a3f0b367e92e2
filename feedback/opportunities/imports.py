"""Opportunities of another system: written as they come, without waking anybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from feedback import moves
from feedback.models import Handoff, Opportunity, OpportunityContact
from leads import events
from leads.models import Lead, UnmappedOwner, User
from scoring import agreements, stages
from scoring.models import StageEntry

Status = Opportunity.Status
Kind = Opportunity.Kind
# What a later export may correct. An owner stays; a closed deal is not reopened.
_CORRECTED = (
    "name", "company_id", "status", "amount", "currency", "closed_at", "lost_because",
    "owner_id",
)  # fmt: skip


@dataclass(frozen=True)
class Deal:
    """An opportunity as another system has it. (source, external_id) is its identity. Blank and
    None say nothing; an amount that is not more than 0 says nothing either."""

    source: str
    external_id: str
    status: str
    opened_at: datetime
    closed_at: datetime | None = None
    lead: Lead | None = None
    company_id: int | None = None
    name: str = ""
    amount: Decimal | None = None
    currency: str = "EUR"
    kind: str = ""
    lost_because: str = ""
    owner_id: int | None = None
    unmapped_owner_id: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a deal: `status` is created, updated or unchanged."""

    status: str
    opportunity: Opportunity


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
    """`import_many` for one deal of one lead: the opportunity, and what became of it."""
    deal = Deal(
        source,
        external_id,
        status,
        opened_at,
        closed_at,
        lead=lead,
        name=name,
        amount=amount,
        currency=currency,
        owner_id=owner.pk if owner else None,
        unmapped_owner_id=unmapped_owner.pk if unmapped_owner else None,
    )
    outcome = import_many([deal])[0]
    return outcome.opportunity, outcome.status


@transaction.atomic
def import_many(deals: Sequence[Deal]) -> list[Outcome]:
    """Each deal with its opportunity, found or created, in a few queries and some more for each
    deal that was won: that makes its lead a customer as of `closed_at`, unless an agreement is
    missing or sales has the lead in hand. Nobody is told of any of it."""
    known = _known(deals)
    history = _Purchases(deals)
    new, corrected, closed, outcomes = [], {}, [], []
    for deal in deals:
        key = (deal.source, deal.external_id)
        opportunity = known.get(key)
        was_open = opportunity is None or opportunity.status == Status.OPEN
        if opportunity is None:
            known[key] = opportunity = _opportunity(deal, history.kind(deal))
            new.append((opportunity, deal))
            outcomes.append(Outcome("created", opportunity))
        else:
            changed = _correct(opportunity, deal)
            corrected |= {opportunity.pk: opportunity} if changed and opportunity.pk else {}
            outcomes.append(Outcome("updated" if changed else "unchanged", opportunity))
        if was_open and opportunity.status != Status.OPEN:
            closed.append((opportunity, deal))
    Opportunity.objects.bulk_create([opportunity for opportunity, _deal in new])
    Opportunity.objects.bulk_update(corrected.values(), _CORRECTED, batch_size=100)
    _attach([(known[deal.source, deal.external_id], deal) for deal in deals if deal.lead])
    _write_events([(o, deal) for o, deal in new if not deal.closed_at] + closed)
    _move_customers([(o, deal) for o, deal in closed if o.status == Status.WON and deal.lead])
    return outcomes


class _Purchases:
    """Who bought when: what a lead or company that bought before does next is an upsell."""

    def __init__(self, deals: Iterable[Deal]) -> None:
        self._first: dict[tuple[str, int], datetime] = {}
        leads = {deal.lead.pk for deal in deals if deal.lead}
        companies = {company_of(deal) for deal in deals} - {None}
        won = Opportunity.objects.filter(status=Status.WON)
        by_lead = won.filter(contacts__lead__in=leads)
        for lead_id, at in by_lead.values_list("contacts__lead", "closed_at"):
            self._note(("lead", lead_id), at)
        by_company = won.filter(company__in=companies)
        for company_id, at in by_company.values_list("company", "closed_at"):
            self._note(("company", company_id), at)
        for deal in deals:
            if deal.status == Status.WON:
                for who in _parties(deal):
                    self._note(who, deal.closed_at)

    def kind(self, deal: Deal) -> str:
        if deal.kind:
            return deal.kind
        first = [self._first[who] for who in _parties(deal) if who in self._first]
        # A deal of which only the end is known was opened, for us, when it was closed.
        bought = any(at <= deal.opened_at for at in first if at != deal.closed_at)
        return Kind.UPSELL if bought else Kind.NEW_BUSINESS

    def _note(self, who: tuple[str, int], at: datetime) -> None:
        self._first[who] = min(at, self._first.get(who, at))


def company_of(deal: Deal) -> int | None:
    """The company of a deal: its own, else that of its lead."""
    return deal.company_id or (deal.lead.company_id if deal.lead else None)


def _parties(deal: Deal) -> list[tuple[str, int]]:
    company_id = company_of(deal)
    lead = [("lead", deal.lead.pk)] if deal.lead else []
    return lead + ([("company", company_id)] if company_id else [])


def _known(deals: Iterable[Deal]) -> dict[tuple[str, str], Opportunity]:
    by_source: dict[str, list[str]] = defaultdict(list)
    for deal in deals:
        by_source[deal.source].append(deal.external_id)
    some = Q(pk=None)
    for source, ids in by_source.items():
        some |= Q(source=source, external_id__in=ids)
    rows = Opportunity.objects.select_for_update(no_key=True).filter(some).order_by("pk")
    return {(row.source, row.external_id): row for row in rows}


def _opportunity(deal: Deal, kind: str) -> Opportunity:
    lead = deal.lead
    named = deal.name.strip() or (lead.company_name or str(lead) if lead else deal.external_id)
    return Opportunity(
        source=deal.source,
        external_id=deal.external_id,
        status=deal.status,
        name=named[:200],
        company_id=company_of(deal),
        kind=kind,
        amount=_amount(deal),
        currency=deal.currency,
        owner_id=deal.owner_id,
        unmapped_owner_id=deal.unmapped_owner_id,
        opened_at=min(deal.opened_at, deal.closed_at or deal.opened_at),
        closed_at=deal.closed_at,
        lost_because=deal.lost_because[:200],
    )


def _correct(opportunity: Opportunity, deal: Deal) -> bool:
    """Take over what a later export says; False where it says nothing new."""
    said: dict[str, object] = {
        "name": deal.name.strip()[:200],
        "company_id": deal.company_id,
        "amount": _amount(deal),
        "currency": deal.currency if _amount(deal) else "",
        "lost_because": deal.lost_because[:200],
    }
    if deal.status != Status.OPEN or opportunity.status == Status.OPEN:
        said |= {"status": deal.status, "closed_at": deal.closed_at}
    if opportunity.owner_id is None:
        said["owner_id"] = deal.owner_id
    differing = {
        name: value for name, value in said.items() if value and getattr(opportunity, name) != value
    }
    for name, value in differing.items():
        setattr(opportunity, name, value)
    return bool(differing)


def _amount(deal: Deal) -> Decimal | None:
    return deal.amount if deal.amount and deal.amount > 0 else None


def _attach(pairs: Sequence[tuple[Opportunity, Deal]]) -> None:
    """The lead is the first contact of its deal, unless the deal has one."""
    have = {(o.pk, lead_id) for o, lead_id in _contacts(pairs)}
    primary = {o_id for o_id, _lead_id in have}
    new = []
    for opportunity, deal in pairs:
        if (opportunity.pk, deal.lead.pk) not in have:
            first = opportunity.pk not in primary
            new.append(OpportunityContact(opportunity=opportunity, lead=deal.lead, primary=first))
            have.add((opportunity.pk, deal.lead.pk))
            primary.add(opportunity.pk)
    OpportunityContact.objects.bulk_create(new)


def _contacts(pairs: Sequence[tuple[Opportunity, Deal]]) -> list[tuple[Opportunity, int]]:
    by_id = {opportunity.pk: opportunity for opportunity, _deal in pairs}
    rows = OpportunityContact.objects.filter(opportunity__in=by_id)
    return [(by_id[row.opportunity_id], row.lead_id) for row in rows]


def _write_events(done: Sequence[tuple[Opportunity, Deal]]) -> None:
    """Opened, won or lost, on the timelines of the leads, each at its own time."""
    moments: dict[tuple[str, datetime], list[tuple[int, dict[str, object]]]] = defaultdict(list)
    for opportunity, deal in done:
        if deal.lead:
            said = {"opportunity": opportunity.pk, "kind": opportunity.kind, "cause": "import"}
            verb = deal.status if deal.closed_at else "opened"
            at = deal.closed_at or deal.opened_at
            moments[f"opportunity.{verb}", at].append((deal.lead.pk, said))
    for (kind, at), rows in moments.items():
        events.write_many(kind, rows, at=at)


def _move_customers(won: Sequence[tuple[Opportunity, Deal]]) -> None:
    version = agreements.in_force()
    if not version or not won:
        return
    leads = {deal.lead.pk for _opportunity, deal in won}
    in_hand = Handoff.objects.unclosed().filter(lead__in=leads).values_list("lead_id", flat=True)
    busy = set(in_hand)
    for opportunity, deal in sorted(won, key=lambda pair: pair[0].closed_at):
        if deal.lead.pk in busy or opportunity.kind != Kind.NEW_BUSINESS:
            continue
        at = opportunity.closed_at
        stages.begin([deal.lead.pk], version=version, at=at)
        standing = stages.standing(deal.lead)
        at = max(at, standing.since) if standing else at
        moves.won(deal.lead, version, at=at, cause=StageEntry.Cause.IMPORT)
