"""Real exports of four companies come in as they are."""

import csv
from collections import Counter

import pytest

from feedback import deliveries
from feedback.models import Handoff, Opportunity
from leads.models import Activity, Channel, Identity, Lead, LeadChange, UnmappedOwner
from scoring import stages
from scoring.models import Standing
from tests.conftest import REAL_DATA
from tests.factories import MONDAY, AgreementVersionFactory
from tests.imports import Importer, counts

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.real_data,
    pytest.mark.one_leg(reason="about the files; what an import writes is in test_import_leads"),
]

OLIST = REAL_DATA / "olist_to_2018-03-31"
MQL = {
    "columns": {
        "mql_id": "external_id",
        "origin": "channel",
        "landing_page_id": {"attribute": "landing_page", "type": "text"},
    },
    "known_at": "first_contact_date",
    "source": "olist",
    "blank": ["unknown"],
}
CLOSED = {
    "columns": {
        "mql_id": "external_id",
        "won_date": "won_date",
        "sr_id": "owner",
        "declared_monthly_revenue": "amount",
    },
    "source": "olist",
}


@pytest.fixture
def take(tmp_path) -> Importer:
    return Importer(tmp_path)


def test_the_marketplaces_leads_and_the_deals_they_won(take):
    assert counts(take(OLIST / "mql.csv", MQL)) == (5345, 0, 0, 0)
    assert Lead.objects.filter(dormant_since__isnull=False).count() == 5345
    with (OLIST / "mql.csv").open(newline="") as file:
        origins = Counter(row["origin"] for row in csv.DictReader(file))
    named = {key: n for key, n in origins.items() if key not in ("", "unknown")}
    assert Activity.objects.count() == sum(named.values())
    assert Activity.objects.filter(channel__key="social").count() == named["social"]
    assert set(Channel.objects.values_list("kind", flat=True)) == {"unclassified"}
    assert "“Paid search”" in take.said

    assert counts(take(OLIST / "mql.csv", MQL)) == (0, 0, 5345, 0)
    assert LeadChange.objects.count() == 5345

    version = AgreementVersionFactory()
    deals = take(OLIST / "closed_deals.csv", CLOSED, kind="opportunities")
    assert counts(deals) == (336, 0, 0, 0)
    assert "336 amounts are 0, which says nothing" in take.said
    won = Opportunity.objects.filter(status="won", amount=None, contacts__primary=True)
    assert won.count() == 336
    assert Standing.objects.filter(kind="won").count() == 336
    example = won.select_related().order_by("closed_at").first()
    lead = example.contacts.get().lead
    standing = stages.standing(lead)
    assert (standing.since, standing.entry.cause) == (example.closed_at, "import")
    assert standing.entry.version == version
    assert UnmappedOwner.objects.filter(opportunities__isnull=False).exists()
    assert counts(take(OLIST / "closed_deals.csv", CLOSED, kind="opportunities")) == (
        0, 0, 336, 0,
    )  # fmt: skip
    assert Opportunity.objects.count() == 336
    deliveries.deliver(at=MONDAY)
    assert not Handoff.objects.exists()


def test_the_banks_contacts_are_known_by_their_line(take):
    mapping = {
        "columns": {
            "age": {"attribute": "age", "type": "number"},
            "job": {"attribute": "job", "type": "text"},
            "balance": {"attribute": "balance", "type": "number"},
            "housing": {"attribute": "housing", "type": "boolean"},
            "pdays": {"attribute": "pdays", "type": "number", "values": {"-1": None}},
            "duration": None,
        },
        "blank": ["unknown"],
    }
    path = REAL_DATA / "bank" / "bank-full_first5000.csv"
    assert "`source`" in take.refused(path, mapping)
    mapping["source"] = "bank"
    assert counts(take(path, mapping)) == (5000, 0, 0, 0)
    assert "Delimiter: semicolon (detected)." in take.said
    assert "“marital”" in take.said
    assert "“duration”" not in take.said
    first = Identity.objects.get(kind="row", value="2").lead
    assert first.attributes == {"age": 58, "job": "management", "balance": 2143, "housing": True}
    assert counts(take(path, mapping)) == (0, 0, 5000, 0)


def test_a_pipeline_of_opportunities_with_companies_and_without(take):
    mapping = {
        "columns": {
            "opportunity_id": "opportunity_id",
            "sales_agent": "owner",
            "product": "name",
            "account": "company",
            "deal_stage": "status",
            "engage_date": "opened_at",
            "close_date": "closed_at",
            "close_value": "amount",
        },
        "source": "maven",
        "status_values": {"Engaging": "open", "Prospecting": "open"},
        "currency": "USD",
    }
    path = REAL_DATA / "maven" / "sales_pipeline.csv"
    assert counts(take(path, mapping, kind="opportunities")) == (8800, 0, 0, 0)
    assert Opportunity.objects.filter(company=None).count() == 1425
    assert Opportunity.objects.filter(name="GTXPro").exists()
    assert not Opportunity.objects.filter(name="GTX Pro").exists()
    assert UnmappedOwner.objects.count() == 30
    assert counts(take(path, mapping, kind="opportunities")) == (0, 0, 8800, 0)
    del mapping["status_values"]
    report = take(path, mapping, kind="opportunities")
    assert {error["value"] for error in report["errors"]} == {"Engaging", "Prospecting"}


def test_an_export_without_e_mail_whose_blanks_say_select(take):
    header = (REAL_DATA / "xedu_dictionary_only" / "header.csv").read_text().strip().split(",")
    said = {
        "Lead Number": ["660737", "660728"],
        "Lead Source": ["Olark Chat", "Select"],
        "City": ["Select", "Mumbai"],
        "Country": ["India", "Select"],
        "Do Not Email": ["No", "Yes"],
        "TotalVisits": ["5", ""],
        "Total Time Spent on Website": ["674", "0"],
        "Page Views Per Visit": ["2.5", "Select"],
        "Specialization": ["Select", "Business Administration"],
        "How did you hear about X Education": ["Select", "Select"],
        "What is your current occupation": ["Unemployed", "Student"],
    }
    rows = [",".join(said[name][n] if name in said else "" for name in header) for n in (0, 1)]
    mapping = {
        "columns": {
            "Lead Number": "external_id",
            "Lead Source": "channel",
            "City": "city",
            "Country": "country",
            "Do Not Email": {"attribute": "do_not_email", "type": "boolean"},
            "TotalVisits": {"attribute": "total_visits", "type": "number"},
            "Total Time Spent on Website": {"attribute": "time_on_site", "type": "number"},
            "Page Views Per Visit": {"attribute": "page_views", "type": "number"},
            "Specialization": {"attribute": "specialization", "type": "text"},
            "How did you hear about X Education": {"attribute": "heard_by", "type": "text"},
            "What is your current occupation": {"attribute": "occupation", "type": "text"},
            "Prospect ID": None,
        },
        "source": "xedu",
        "blank": ["Select"],
    }
    assert counts(take("\n".join([",".join(header), *rows]), mapping)) == (2, 0, 0, 0)
    one, two = Lead.objects.order_by("pk")
    assert (one.city, one.country, one.first_channel.name) == ("", "IN", "Olark Chat")
    assert one.attributes == {
        "do_not_email": False,
        "total_visits": 5,
        "time_on_site": 674,
        "page_views": 2.5,
        "occupation": "Unemployed",
    }
    assert (two.city, two.country, two.first_channel) == ("Mumbai", "", None)
    assert two.attributes["specialization"] == "Business Administration"
    assert "“Asymmetrique Activity Score”" in take.said
