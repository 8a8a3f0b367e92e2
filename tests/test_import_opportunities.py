"""Opportunities out of exports of other systems."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from feedback.models import Opportunity
from leads import reps
from leads.models import Company, Event, Lead, UnmappedOwner
from scoring import shapes, stages
from scoring.models import StageEntry
from tests.factories import AgreementVersionFactory, HandoffFactory
from tests.imports import Importer, counts

LEADS = {"columns": {"Id": "external_id", "Firm": "company", "Since": "known_at"}, "source": "crm"}
LEAD_ROWS = "Id,Firm,Since\n1,Acme,2018-01-01\n2,Bolt,2018-01-02\n3,Cog,2018-01-03\n"
DEALS = {
    "columns": {
        "Lead": "external_id",
        "No": "opportunity_id",
        "What": "name",
        "Value": "amount",
        "State": "status",
        "Opened": "opened_at",
        "Closed": "closed_at",
        "Rep": "owner",
    },
    "source": "crm",
    "status_values": {"In progress": "open"},
}
HEADER = "Lead,No,What,Value,State,Opened,Closed,Rep\n"
WON = "1,A1,Seats,12000.50,Won,2018-02-01,2018-03-01,Sam Okafor\n"


@pytest.fixture
def take(tmp_path, db) -> Importer:
    return Importer(tmp_path)


@pytest.fixture
def leads(take) -> list[Lead]:
    take(LEAD_ROWS, LEADS)
    return list(Lead.objects.order_by("pk"))


def deals(take, rows, **options):
    return take(HEADER + rows, DEALS, kind="opportunities", **options)


def midnight(month, day):
    return datetime(2018, month, day, tzinfo=UTC) - timedelta(hours=1)


def test_a_won_deal_is_attached_to_its_lead_and_makes_it_a_customer(take, leads, sam):
    version = AgreementVersionFactory()
    assert counts(deals(take, WON)) == (1, 0, 0, 0)
    deal = Opportunity.objects.get()
    assert (deal.name, deal.amount, deal.status) == ("Seats", Decimal("12000.50"), "won")
    assert (deal.opened_at, deal.closed_at) == (midnight(2, 1), midnight(3, 1))
    assert (deal.company, deal.owner, deal.kind) == (leads[0].company, sam, "new_business")
    contact = deal.contacts.get()
    assert (contact.lead, contact.primary) == (leads[0], True)
    standing = stages.standing(leads[0])
    assert (standing.kind, standing.since) == ("won", midnight(3, 1))
    entries = StageEntry.objects.filter(lead=leads[0]).order_by("pk")
    assert [(e.stage.key, e.cause, e.version) for e in entries] == [
        ("inquiry", "import", version),
        ("won", "import", version),
    ]
    assert entries[0].at == midnight(1, 1)
    event = Event.objects.get(kind="opportunity.won")
    assert (event.lead, event.at, event.data["cause"]) == (leads[0], midnight(3, 1), "import")
    assert counts(deals(take, WON)) == (0, 0, 1, 0)
    assert Event.objects.filter(kind="opportunity.won").count() == 1


def test_without_an_agreement_a_won_deal_is_only_attached(take, leads):
    assert counts(deals(take, WON)) == (1, 0, 0, 0)
    assert stages.standing(leads[0]) is None


def test_a_model_without_a_won_stage_uses_its_customers(take, leads):
    AgreementVersionFactory(body=shapes.revenue())
    deals(take, WON)
    assert stages.standing(leads[0]).kind in ("won", "customer")


def test_a_lead_in_sales_hands_stays_there(take, leads):
    HandoffFactory(lead=leads[0])
    deals(take, WON)
    assert stages.standing(leads[0]).kind == "handoff"
    assert Opportunity.objects.get().contacts.get().lead == leads[0]


@pytest.mark.parametrize("amount", ["0.0", "0", "", "€ 0.00"])
def test_nothing_or_0_is_an_unknown_amount(take, leads, amount):
    assert counts(deals(take, WON.replace("12000.50", amount))) == (1, 0, 0, 0)
    assert Opportunity.objects.get().amount is None
    assert ("0, which says nothing" in take.said) == bool(amount)


def test_a_later_export_closes_and_corrects_a_deal_and_never_reopens_it(take, leads):
    version = AgreementVersionFactory()
    opened = WON.replace("Won", "in progress").replace("2018-03-01", "")
    assert counts(deals(take, opened)) == (1, 0, 0, 0)
    assert stages.standing(leads[0]) is None
    assert Event.objects.filter(kind="opportunity.opened", lead=leads[0]).count() == 1
    assert counts(deals(take, WON.replace("12000.50", ""))) == (0, 1, 0, 0)
    deal = Opportunity.objects.get()
    assert (deal.status, deal.amount) == ("won", Decimal("12000.50"))
    assert stages.standing(leads[0]).entry.version == version
    assert counts(deals(take, opened)) == (0, 0, 1, 0)
    deal.refresh_from_db()
    assert (deal.status, deal.closed_at) == ("won", midnight(3, 1))


def test_a_file_that_names_a_deal_twice_tells_both(take, leads):
    opened = WON.replace("Won", "open").replace("2018-03-01", "")
    assert counts(deals(take, opened + WON)) == (1, 1, 0, 0)
    assert Opportunity.objects.get().status == "won"
    kinds = Event.objects.filter(lead=leads[0]).order_by("at").values_list("kind", flat=True)
    assert list(kinds) == ["opportunity.opened", "opportunity.won"]


def test_bad_deals_are_named_and_good_ones_go_in(take, leads):
    rows = [
        "9,B1,X,1,Won,,2018-03-01,",
        "1,B2,X,-5,Won,,2018-03-01,",
        "1,B3,X,1,Perhaps,,2018-03-01,",
        "1,B4,X,1,Lost,,,",
        "1,B5,X,1,Won,2018-03-02,2018-03-01,",
        "1,B6,X,1,Won,,2999-03-01,",
        "1,B7,X,1e14,Won,,2018-03-01,",
        ",B8,X,1.5,Lost,,2018-03-01,",
    ]
    report = deals(take, "\n".join(rows))
    assert counts(report) == (1, 0, 0, 7)
    assert [(e["line"], e["column"]) for e in report["errors"]] == [
        (2, "Lead"),
        (3, "Value"),
        (4, "State"),
        (5, "Closed"),
        (6, "Closed"),
        (7, "Closed"),
        (8, "Value"),
    ]
    assert "opportunity_id" in report["errors"][0]["problem"]
    assert "status_values" in report["errors"][2]["problem"]


def test_a_deal_may_have_a_company_and_no_lead(take, db):
    mapping = {
        "columns": {"Firm": "company", "What": "name", "Won on": "won_date"},
        "source": "crm",
        "currency": "USD",
    }
    content = "Firm,What,Won on\nAcme,GTXPro,2018-03-01\nACME,GTX Pro,2018-04-01\n,Odd,2018-04-01\n"
    assert counts(take(content, mapping, kind="opportunities")) == (3, 0, 0, 0)
    first, second, odd = Opportunity.objects.order_by("pk")
    assert first.company == second.company == Company.objects.get()
    assert (first.kind, second.kind, odd.company) == ("new_business", "upsell", None)
    assert (first.name, second.name, first.currency) == ("GTXPro", "GTX Pro", "USD")
    assert counts(take(content, mapping, kind="opportunities")) == (0, 0, 3, 0)


def test_the_leads_may_come_from_another_source(take, leads):
    mapping = DEALS | {"source": "billing", "lead_source": "crm"}
    assert counts(take(HEADER + WON, mapping, kind="opportunities")) == (1, 0, 0, 0)
    assert Opportunity.objects.get().source == "billing"


def test_reps_nobody_has_mapped_stay_names(take, leads, lena):
    deals(take, WON.replace("Sam Okafor", "Darcel Schlecht"))
    assert "“Darcel Schlecht”" in take.said
    deal = Opportunity.objects.get()
    assert (deal.owner, deal.unmapped_owner.name) == (None, "Darcel Schlecht")
    reps.map_to(UnmappedOwner.objects.get(), lena)
    assert counts(deals(take, WON.replace("Sam Okafor", "Darcel Schlecht"))) == (0, 1, 0, 0)
    deal.refresh_from_db()
    assert deal.owner == lena


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"status_values": {"Done": "finished"}}, "`status_values`"),
        ({"columns": {"No": "opportunity_id"}}, "“status” / “won_at”"),
        ({"columns": {"State": "status"}}, "“opportunity_id”"),
        ({"columns": {"Rep": {"attribute": "rep", "type": "text"}}}, "fields of its own"),
    ],
)
def test_a_mapping_of_deals_that_cannot_be_followed_is_refused(take, change, sentence):
    message = take.refused(HEADER + WON, DEALS | change, kind="opportunities")
    assert sentence in message
    assert not Opportunity.objects.exists()
