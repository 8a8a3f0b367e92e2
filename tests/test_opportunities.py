"""Deals: opened out of a handoff, won or lost, with amount or without."""

from datetime import timedelta
from decimal import Decimal

import pytest

from feedback import opportunities, qualifications
from feedback.models import Opportunity
from leads.models import Event
from leads.refusals import Refused
from scoring import shapes, stages
from scoring.models import StageEntry
from tests.factories import MONDAY, AgreementVersionFactory, HandoffFactory, LeadFactory
from tests.test_handoffs import ANSWERS, accepted, stage_of

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
LATER = MONDAY + timedelta(days=20)


def qualified(by, **facts) -> Opportunity:
    at = MONDAY + 2 * HOUR
    return qualifications.qualify(accepted(by, **facts), by=by, at=at, answers=ANSWERS)


def lead_of(opportunity):
    return opportunity.contacts.get(primary=True).lead


def entries(lead) -> list[str]:
    found = StageEntry.objects.filter(lead=lead).order_by("pk")
    return list(found.values_list("stage__key", flat=True))


def test_a_won_deal_makes_the_lead_a_customer(sam):
    opportunity = opportunities.win(qualified(sam), by=sam, at=LATER, amount=Decimal("12500"))
    assert (opportunity.status, opportunity.closed_at) == ("won", LATER)
    assert opportunity.amount == Decimal("12500")
    assert entries(lead_of(opportunity)) == ["inquiry", "mql", "sal", "sql", "won"]
    event = Event.objects.get(kind="opportunity.won")
    assert (event.actor, event.lead) == (sam, lead_of(opportunity))


def test_an_amount_nobody_knows_stays_unknown(sam):
    assert opportunities.win(qualified(sam), by=sam, at=LATER).amount is None


@pytest.mark.parametrize("amount", ["0", "-5", "NaN", "1e12"])
def test_an_amount_is_more_than_nothing(sam, amount):
    opportunity = qualified(sam)
    with pytest.raises(Refused) as refused:
        opportunities.win(opportunity, by=sam, at=LATER, amount=Decimal(amount))
    assert refused.value.field == "amount"
    opportunity.refresh_from_db()
    assert opportunity.status == "open"
    assert stage_of(lead_of(opportunity)) == "sql"


def test_a_lost_deal_goes_through_lost_to_nurture_to_wait_for_something_new(sam):
    opportunity = opportunities.lose(qualified(sam), by=sam, at=LATER, because="Too expensive")
    assert (opportunity.status, opportunity.lost_because) == ("lost", "Too expensive")
    lead = lead_of(opportunity)
    assert entries(lead)[-2:] == ["lost", "nurture"]
    assert stages.standing(lead).rested_since == LATER
    assert Event.objects.filter(kind="opportunity.lost").count() == 1


def test_a_loss_needs_its_reason(sam):
    opportunity = qualified(sam)
    for because, code in ((" ", "because_missing"), ("x" * 201, "because_too_long")):
        with pytest.raises(Refused) as refused:
            opportunities.lose(opportunity, by=sam, at=LATER, because=because)
        assert refused.value.code == code
    assert stage_of(lead_of(opportunity)) == "sql"


def test_a_closed_deal_is_not_closed_again(sam):
    opportunity = opportunities.win(qualified(sam), by=sam, at=LATER)
    for close in (
        lambda: opportunities.win(opportunity, by=sam, at=LATER),
        lambda: opportunities.lose(opportunity, by=sam, at=LATER, because="Changed my mind"),
    ):
        with pytest.raises(Refused, match="won at 09:00") as refused:
            close()
        assert (refused.value.code, refused.value.status) == ("already_closed", 409)


def test_only_the_owner_or_a_manager_closes_a_deal(sam, tom, maya, nina, lena):
    opportunity = qualified(sam)
    for user, status in ((tom, 403), (maya, 403), (nina, 404)):
        with pytest.raises(Refused) as refused:
            opportunities.win(opportunity, by=user, at=LATER)
        assert refused.value.status == status
    assert opportunities.win(opportunity, by=lena, at=LATER).status == "won"


def test_who_has_left_sales_no_longer_knows_of_the_deals_they_had(sam):
    opportunity = qualified(sam)
    assert list(Opportunity.objects.visible_to(sam)) == [opportunity]
    sam.team = None
    assert not Opportunity.objects.visible_to(sam).exists()


def test_business_with_a_company_that_bought_is_an_upsell_and_losing_it_moves_nobody(sam):
    first = opportunities.win(qualified(sam), by=sam, at=LATER)
    colleague = LeadFactory(company=first.company)
    upsell = qualified(sam, lead=colleague)
    assert upsell.kind == "upsell"
    opportunities.lose(upsell, by=sam, at=LATER, because="Enough seats")
    assert stage_of(lead_of(first)) == "won"
    assert stage_of(colleague) == "sql"


def test_a_customer_is_not_sent_to_nurture_by_an_older_deal_that_is_lost(sam):
    opportunity = qualified(sam)
    lead = lead_of(opportunity)
    opportunities.import_closed(
        lead, source="crm", external_id="7", status="won", opened_at=MONDAY, closed_at=LATER
    )
    opportunities.lose(opportunity, by=sam, at=LATER, because="Bought elsewhere in the house")
    assert stage_of(lead) == "won"


def test_without_a_qualification_checklist_the_rep_opens_the_deal_himself(sam):
    version = AgreementVersionFactory(body=shapes.three_steps())
    handoff = accepted(sam, version=version)
    at = MONDAY + 2 * HOUR
    opportunity = opportunities.open_from(handoff, by=sam, at=at, name="Pilot", amount=None)
    handoff.refresh_from_db()
    assert (handoff.outcome, handoff.closed_at, handoff.conversation_at) == ("qualified", at, at)
    assert opportunity.name == "Pilot"
    assert stage_of(handoff.lead) == "lead"
    opportunities.win(opportunity, by=sam, at=LATER)
    assert entries(handoff.lead) == ["prospect", "lead", "buyer"]


def test_where_the_agreement_draws_no_lost_stage_the_lead_starts_over(sam):
    version = AgreementVersionFactory(body=shapes.three_steps())
    opportunity = opportunities.open_from(accepted(sam, version=version), by=sam, at=LATER)
    opportunities.lose(opportunity, by=sam, at=LATER, because="No budget")
    assert stage_of(lead_of(opportunity)) == "prospect"
    assert stages.standing(lead_of(opportunity)).rested_since == LATER


def test_a_checklist_is_not_gone_around(sam):
    with pytest.raises(Refused) as refused:
        opportunities.open_from(accepted(sam), by=sam, at=LATER)
    assert refused.value.code == "checklist_first"
    version = AgreementVersionFactory(body=shapes.three_steps(), status="superseded")
    with pytest.raises(Refused) as refused:
        qualifications.qualify(accepted(sam, version=version), by=sam, at=LATER, answers=ANSWERS)
    assert refused.value.code == "no_checklist"


def test_an_imported_deal_counts_once_and_tells_nobody(sam):
    handoff = HandoffFactory()
    lead = LeadFactory()
    facts = {"opened_at": LATER, "closed_at": LATER, "amount": Decimal("0.0")}
    stages.begin([lead.pk], version=handoff.version, at=MONDAY)
    for status in ("created", "unchanged"):
        opportunity, said = opportunities.import_closed(
            lead, source="crm", external_id="A-1", status="won", **facts
        )
        assert said == status
    assert (opportunity.amount, opportunity.status) == (None, "won")
    assert Opportunity.objects.count() == 1
    assert stages.standing(lead).entry.cause == StageEntry.Cause.IMPORT
    assert Event.objects.get(kind="opportunity.won").data["cause"] == "import"
