"""Leads and activities out of exports of other systems."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from leads import activities, changes, identities, reps
from leads.imports import runs
from leads.imports.lead_rows import Writer, split_name
from leads.models import (
    Activity,
    Attribute,
    Campaign,
    Channel,
    Identity,
    Import,
    Lead,
    LeadChange,
    StaleLead,
    UnmappedOwner,
)
from scoring import rescoring, shapes, stages
from tests.factories import AgreementVersionFactory
from tests.imports import Importer, counts

pytestmark = pytest.mark.django_db

MAPPING = {
    "columns": {
        "Id": "external_id",
        "Mail": "email",
        "Name": "name",
        "City": "city",
        "Since": "known_at",
        "Size": "company_size",
        "Company": "company",
    },
    "source": "crm",
}
HEADER = "Id,Mail,Name,City,Since,Size,Company\n"
ANNA = "1,anna@example.com,Anna Meier,Köln,2018-04-05,12,Firma\n"
BEN = '2,ben@example.com,"Meier, Ben",Bonn,2018-04-06,,FIRMA\n'


@pytest.fixture
def take(tmp_path) -> Importer:
    return Importer(tmp_path)


def with_columns(**columns: object) -> dict:
    return MAPPING | {"columns": MAPPING["columns"] | columns}


def test_leads_come_in_with_what_is_known_about_them_and_since_when(take):
    assert counts(take(HEADER + ANNA + BEN, MAPPING)) == (2, 0, 0, 0)
    anna, ben = Lead.objects.order_by("pk")
    assert (anna.first_name, anna.last_name, anna.city, anna.company_size) == (
        "Anna",
        "Meier",
        "Köln",
        12,
    )
    assert (ben.first_name, ben.last_name, ben.company) == ("Ben", "Meier", anna.company)
    assert identities.find([identities.external("crm", "1")]) == anna
    assert identities.find([identities.email("anna@example.com")]) == anna
    change = anna.changes.get()
    assert (change.source, change.known_at) == ("crm", datetime(2018, 4, 4, 22, tzinfo=UTC))
    assert anna.created_at == change.known_at
    assert StaleLead.objects.count() == 2
    run = Import.objects.get()
    assert (run.kind, run.mode, run.file_name) == ("leads", "history", "export.csv")
    assert run.counts == {"rows": 2, "created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    assert run.finished_at


def test_the_same_file_again_changes_nothing(take):
    content = HEADER + ANNA + BEN + "1,anna@example.com,Anna Meier,Bonn,2018-04-05,13,Firma\n"
    mapping = with_columns(Company="channel")
    assert counts(take(content, mapping)) == (2, 1, 0, 0)
    changes = LeadChange.objects.order_by("pk").values_list("pk", "values", "known_at")
    before = list(changes)
    StaleLead.objects.all().delete()
    assert counts(take(content, mapping)) == (0, 0, 3, 0)
    assert list(changes.all()) == before
    assert Lead.objects.get(last_name="Meier", first_name="Anna").city == "Bonn"
    assert Activity.objects.count() == 2
    assert not StaleLead.objects.exists()


def test_what_a_file_does_not_date_was_known_when_the_file_first_came(take):
    mapping = with_columns(Since=None)
    content = HEADER + ANNA + ANNA.replace("Köln", "Bonn")
    assert counts(take(content, mapping)) == (1, 1, 0, 0)
    first = Import.objects.get().started_at
    anna = Lead.objects.get()
    assert anna.created_at == first
    # Somebody corrects the city; the old file comes once more.
    changes.record(anna, {"city": "Ulm"}, source="sales", known_at=timezone.now())
    assert counts(take(content, mapping)) == (0, 0, 2, 0)
    anna.refresh_from_db()
    assert anna.city == "Ulm"


def test_a_newer_export_updates_and_an_older_one_does_not_overwrite(take):
    take(HEADER + ANNA, MAPPING)
    newer = ANNA.replace("Köln", "Ulm").replace("2018-04-05", "2018-06-01")
    older = ANNA.replace("Köln", "Bonn").replace("2018-04-05", "2018-05-01")
    assert counts(take(HEADER + newer, MAPPING)) == (0, 1, 0, 0)
    assert counts(take(HEADER + older, MAPPING)) == (0, 1, 0, 0)
    assert Lead.objects.get().city == "Ulm"
    assert counts(take(HEADER + older, MAPPING)) == (0, 0, 1, 0)


def test_a_dry_run_says_the_same_and_writes_nothing(take):
    mapping = with_columns(
        Company={"attribute": "firm", "type": "text"}, Size="owner", City="channel"
    )
    bad = "3,nobody,,,,,\n"
    dry = take(HEADER + ANNA + BEN + bad, mapping, dry_run=True)
    assert counts(dry) == (2, 0, 0, 1)
    assert "dry run" in take.said
    models = (Lead, Identity, Attribute, Channel, UnmappedOwner, Import, Activity, StaleLead)
    assert not any(model.objects.exists() for model in models)
    wet = take(HEADER + ANNA + BEN + bad, mapping)
    assert wet == dry


def test_bad_rows_are_named_and_good_ones_go_in(take):
    rows = [
        "1,nobody,A,K,2018-04-05,12,F",
        "2,b@example.com,B,K,2018-02-30,many,F",
        "3,c@example.com,C,K,2999-01-01,5,F",
        "4,d@example.com,D,K,2018-04-05,5",
        "",
        '5,e@example.com,"E\nE",K,2018-04-05,-5,F',
        "6,f@example.com,F,K,1900-01-01,5,F",
        ",,,,,,",
        "7,g@example.com,G,K,2018-04-05,5,F",
    ]
    report = take(HEADER + "\n".join(rows), MAPPING)
    assert counts(report) == (1, 0, 0, 6)
    assert [(e["line"], e["column"], e["value"]) for e in report["errors"]] == [
        (2, "Mail", "nobody"),
        (3, "Since", "2018-02-30"),
        (3, "Size", "many"),
        (4, "Since", "2999-01-01"),
        (5, "", ""),
        (7, "Size", "-5"),
        (9, "Since", "1900-01-01"),
    ]
    assert report["errors"][4]["problem"] == "The row has 6 fields, the table 7 columns."
    assert "Line 4, Since “2999-01-01”: Lies in the future." in take.said
    assert "Empty rows, left out: 1." in take.said
    assert Lead.objects.get().first_name == "G"


def test_a_row_whose_identities_belong_to_two_leads_is_refused_naming_both(take):
    take(HEADER + ANNA + BEN, MAPPING)
    report = take(HEADER + "1,ben@example.com,X,Y,2018-05-01,1,Z\n" + ANNA, MAPPING)
    assert counts(report) == (0, 0, 1, 1)
    anna, ben = Lead.objects.order_by("pk")
    error = report["errors"][0]
    assert (error["line"], error["column"], error["value"]) == (2, "Id", "1")
    assert f"1 (crm) belongs to lead {anna.pk}" in error["problem"]
    assert f"ben@example.com belongs to lead {ben.pk}" in error["problem"]


def test_an_unclosed_quotation_mark_swallows_no_other_row(take):
    rows = [
        '1,a@example.com,"A,K,2018-04-05,12,F',
        "2,b@example.com,B,K,2018-04-05,12,F",
        '3,c@example.com,"C ""X"" C",K,2018-04-05,12,F',
        '4,d@example.com,"D" x,K,2018-04-05,12,F',
        '5,e@example.com,E "x" e,K,2018-04-05,12,F',
        '6,f@example.com,"F,K,2018-04-05,12,F',
    ]
    report = take(HEADER + "\n".join(rows), MAPPING)
    assert [e["line"] for e in report["errors"]] == [2, 5, 7]
    assert counts(report) == (3, 0, 0, 3)
    assert Lead.objects.filter(first_name='C "X"', last_name="C").exists()


def test_history_is_not_handed_over_and_live_may_be(take):
    take(HEADER + ANNA, MAPPING)
    assert Lead.objects.get().dormant_since == Import.objects.get().started_at
    take(HEADER + BEN, MAPPING, mode="live")
    assert Lead.objects.get(first_name="Ben").dormant_since is None
    take(HEADER + BEN.replace("Bonn", "Ulm").replace("2018", "2019"), MAPPING)
    assert Lead.objects.get(first_name="Ben").dormant_since


def test_an_inquiry_comes_with_the_channel_once(take):
    Channel.objects.create(key="fair", name="Trade fair", kind="event")
    mapping = with_columns(City="channel", Company="campaign")
    content = HEADER + ANNA.replace("Köln", "trade fair") + BEN.replace("Bonn", "Carrier pigeon")
    assert counts(take(content, mapping)) == (2, 0, 0, 0)
    assert "Unclassified channels: “Carrier pigeon”." in take.said
    inquiry = Activity.objects.get(channel__key="fair")
    assert (inquiry.type.key, inquiry.campaign) == ("inquiry", Campaign.objects.get())
    assert inquiry.occurred_at == inquiry.known_at == datetime(2018, 4, 4, 22, tzinfo=UTC)
    assert str(inquiry.local_date) == "2018-04-05"
    anna = Lead.objects.get(first_name="Anna")
    assert (anna.first_channel.key, anna.latest_activity_at) == ("fair", inquiry.occurred_at)
    assert anna.latest_activity_at <= anna.dormant_since
    assert Channel.objects.get(key="carrier_pigeon").kind == "unclassified"
    assert counts(take(content.replace("2018", "2019"), mapping)) == (0, 0, 2, 0)
    again = content.replace("trade fair", "web")
    assert counts(take(again, mapping)) == (0, 1, 1, 0)


def test_nothing_in_a_history_file_wakes_its_leads(take):
    """Rows about the same lead are dated one after the other, and still all before the sleep."""
    mapping = with_columns(City="channel", Since=None)
    content = HEADER + ANNA + ANNA.replace("Köln", "Bonn") + ANNA.replace("Köln", "Ulm")
    take(content, mapping)
    lead = Lead.objects.get()
    assert Activity.objects.count() == 3
    assert not lead.activities.filter(occurred_at__gt=lead.dormant_since).exists()


def test_reps_are_found_or_stay_names_nobody_has_mapped(take, sam, lena):
    mapping = with_columns(Company="owner")
    rows = [ANNA.replace("Firma", "sam OKAFOR"), BEN.replace("FIRMA", "Old Rep")]
    rows += ["3,c@example.com,C,K,2018-04-05,1,lena@baton.example\n"]
    take(HEADER + "".join(rows), mapping)
    assert "Reps whom nobody has mapped: “Old Rep”." in take.said
    owners = dict(Lead.objects.values_list("first_name", "owner__email"))
    assert owners == {"Anna": sam.email, "Ben": None, "C": lena.email}
    ben = Lead.objects.get(first_name="Ben")
    assert ben.unmapped_owner == UnmappedOwner.objects.get(source="crm", name="Old Rep")
    moved = [row.replace("Old Rep", "Sam Okafor") for row in rows]
    assert counts(take(HEADER + "".join(moved), mapping)) == (0, 0, 3, 0)
    assert reps.map_to(ben.unmapped_owner, lena) == 1
    ben.refresh_from_db()
    assert ben.owner == lena
    late = "4,d@example.com,D,K,2018-04-05,1,Old Rep\n"
    take(HEADER + late, mapping)
    assert Lead.objects.get(first_name="D").owner == lena


def test_new_fields_are_registered_with_their_type(take):
    mapping = {
        "columns": {
            "Id": "external_id",
            "Time on site": {"attribute": "total_time_on_site", "type": "number"},
            "Wants": {"attribute": "wants", "type": "choice", "choices": ["Demo", "Price"]},
            "Until": {"attribute": "decides_on", "type": "date", "label": "Decides on"},
            "Calls": {"attribute": "may_call", "type": "boolean"},
            "Land": {"field": "country", "values": {"Asia/Pacific Region": None, "Holland ": "NL"}},
            "Other": None,
        },
        "source": "crm",
        "blank": ["Select"],
    }
    content = (
        "Id,Time on site,Wants,Until,Calls,Land,Other,Tags\n"
        "1,12.5,demo,2018-04-05,Yes,Asia/Pacific Region,x,t\n"
        "2,Select,SELECT,31.12.2018,no,Germany,x,t\n"
        "3,7,Coffee,2018-04-05,perhaps,holland,x,t\n"
    )
    assert "“2018-04-05” in line 2, “31.12.2018” in line 3" in take.refused(content, mapping)
    content = content.replace("31.12.2018", "2018-12-31")
    report = take(content, mapping)
    assert counts(report) == (2, 0, 0, 1)
    assert "Left out, since the mapping does not name them: “Tags”." in take.said
    one, two = Lead.objects.order_by("pk")
    assert one.attributes == {
        "total_time_on_site": 12.5,
        "wants": "Demo",
        "decides_on": "2018-04-05",
        "may_call": True,
    }
    assert (one.country, two.country) == ("", "DE")
    assert two.attributes == {"decides_on": "2018-12-31", "may_call": False}
    assert Attribute.objects.get(key="decides_on").label == "Decides on"
    assert [(e["column"], e["value"]) for e in report["errors"]] == [
        ("Wants", "Coffee"),
        ("Calls", "perhaps"),
    ]


def test_the_line_of_a_named_source_identifies_who_has_nothing_else(take):
    mapping = {"columns": {"job": {"attribute": "job", "type": "text"}}}
    content = "age;job\n30;clerk\n\n40;clerk\n"
    assert "source" in take.refused(content, mapping)
    assert counts(take(content, mapping | {"source": "bank"})) == (2, 0, 0, 0)
    assert set(Identity.objects.values_list("source", "kind", "value")) == {
        ("bank", "row", "2"),
        ("bank", "row", "4"),
    }
    assert counts(take(content, mapping | {"source": "bank"})) == (0, 0, 2, 0)
    assert counts(take(content.replace("40;clerk", "40;cook"), mapping | {"source": "bank"})) == (
        0, 1, 1, 0,
    )  # fmt: skip


def test_a_row_without_identity_is_named_where_no_source_is(take):
    mapping = {"columns": {"Mail": "email", "City": "city"}}
    report = take("Mail,City\na@example.com,Bonn\n,Ulm\n", mapping)
    assert counts(report) == (1, 0, 0, 1)
    assert "Source: import (the default)." in take.said
    assert "source" in report["errors"][0]["problem"]


def test_columns_without_a_header_are_named_by_number(take):
    mapping = {"columns": {"1": "external_id", "3": "city"}, "source": "crm"}
    assert counts(take("7;x;Bonn\n8;x;Ulm\n", mapping)) == (2, 0, 0, 0)
    assert "Header: no (detected)." in take.said
    assert "no column “9”" in take.refused("7;x\n", {"columns": {"9": "city"}, "source": "crm"})


def test_an_import_that_was_stopped_is_resumed_by_running_it_again(take, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 1)
    written = []
    whole = Writer.write

    def stop_at_second(self, rows):
        if written:
            raise KeyboardInterrupt
        written.append(rows)
        return whole(self, rows)

    mapping = with_columns(Since=None)
    with monkeypatch.context() as patch:
        patch.setattr(Writer, "write", stop_at_second)
        with pytest.raises(CommandError, match="run it again"):
            take(HEADER + ANNA + BEN, mapping)
    assert Lead.objects.count() == 1
    assert Import.objects.get().finished_at is None
    assert counts(take(HEADER + ANNA + BEN, mapping)) == (1, 0, 1, 0)


@pytest.mark.parametrize(("mode", "kind"), [("live", "handoff"), ("history", "open")])
def test_only_a_live_import_hands_leads_over(take, mode, kind):
    AgreementVersionFactory(body=shapes.three_steps())
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    take(HEADER + ANNA, MAPPING, mode=mode)
    mapping = ACTIVITIES | {"columns": {"Mail": "email", "What": "type", "When": "occurred_at"}}
    content = f"Mail,What,When\nanna@example.com,quote_requested,{yesterday}\n"
    assert counts(take(content, mapping, kind="activities", mode=mode)) == (1, 0, 0, 0)
    rescoring.stale(at=timezone.now())
    lead = Lead.objects.get()
    assert stages.standing(lead).kind == kind
    # What it does from now on counts, however it came in.
    now = timezone.now()
    activities.record(lead, type="quote_requested", occurred_at=now, known_at=now)
    rescoring.stale(at=now + timedelta(seconds=1))
    assert stages.standing(lead).kind == "handoff"


def test_a_history_file_about_a_lead_that_is_awake_hands_it_over_no_more_than_any(take):
    AgreementVersionFactory(body=shapes.three_steps())
    take(HEADER + ANNA, MAPPING, mode="live")
    now = timezone.now().isoformat()
    content = f"Lead,What,When,Via,Minutes,Words\n1,quote_requested,{now},,,\n"
    take(content, ACTIVITIES, kind="activities", mode="history")
    rescoring.stale(at=timezone.now())
    assert stages.standing(Lead.objects.get()).kind == "open"


ACTIVITIES = {
    "columns": {
        "Lead": "external_id",
        "What": "type",
        "When": "occurred_at",
        "Via": "channel",
        "Minutes": {"property": "minutes", "type": "number"},
        "Words": {"property": "words"},
    },
    "source": "crm",
}


def test_activities_are_attached_to_their_leads_once(take):
    take(HEADER + ANNA, MAPPING)
    content = (
        "Lead,What,When,Via,Minutes,Words\n"
        "1,webinar_attended,2018-04-07 15:00,Webinar,45,Very good\n"
        "1,pricing_page,2018-04-08T10:00:00Z,,,\n"
        "1,pricing_page,2018-04-08T10:00:00Z,,,\n"
        "9,pricing_page,2018-04-08,,,\n"
        "1,,2018-04-08,,,\n"
        "1,pricing_page,,,,\n"
        "1,pricing_page,2999-04-08,,,\n"
    )
    report = take(content, ACTIVITIES, kind="activities")
    assert counts(report) == (3, 0, 0, 4)
    assert [(e["line"], e["column"]) for e in report["errors"]] == [
        (5, "Lead"),
        (6, "What"),
        (7, "When"),
        (8, "When"),
    ]
    webinar = Activity.objects.get(type__key="webinar_attended")
    assert webinar.properties == {"minutes": 45, "words": "Very good"}
    assert webinar.occurred_at == datetime(2018, 4, 7, 13, tzinfo=UTC)
    lead = Lead.objects.get()
    assert lead.latest_channel.key == "webinar"
    assert lead.dormant_since > lead.latest_activity_at
    assert counts(take(content, ACTIVITIES, kind="activities")) == (0, 0, 3, 4)
    assert Activity.objects.count() == 3


def test_an_activity_is_known_by_its_own_id_and_types_may_be_constant(take):
    take(HEADER + ANNA, MAPPING)
    mapping = {
        "columns": {"Mail": "email", "No": "activity_id", "When": "occurred_at"},
        "constants": {"type": "inquiry", "channel": "web"},
        "source": "shop",
    }
    content = "Mail,No,When\nANNA@example.com,a1,2018-04-07\nanna@example.com,a1,2018-04-08\n"
    assert counts(take(content, mapping, kind="activities")) == (1, 0, 1, 0)
    activity = Activity.objects.get()
    assert (activity.source, activity.external_id, activity.type.key) == ("shop", "a1", "inquiry")
    named = {"L": "lead_external_id", "No": "external_id", "When": "occurred_at"}
    mapping = {**mapping, "columns": named, "lead_source": "crm"}
    content = "L,No,When\n1,a1,2018-04-07\n1,a2,2018-04-07\n"
    assert counts(take(content, mapping, kind="activities")) == (1, 0, 1, 0)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Anna Meier", "Anna", "Meier"),
        ("Meier, Anna Maria", "Anna Maria", "Meier"),
        ("Anna Maria Meier", "Anna Maria", "Meier"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Anna", "Anna", ""),
    ],
)
def test_full_names_are_split(name, first, last):
    assert split_name(name) == {"first_name": first, "last_name": last}


def test_a_large_import_takes_few_queries_a_row(take, django_assert_max_num_queries):
    rows = "".join(f"{n},p{n}@example.com,P {n},K,2018-04-05,{n},F {n % 9}\n" for n in range(1000))
    with django_assert_max_num_queries(260):
        assert take(HEADER + rows, with_columns(City="channel"))["created"] == 1000
    with django_assert_max_num_queries(60):
        assert take(HEADER + rows, with_columns(City="channel"))["unchanged"] == 1000


def test_the_moment_of_an_undated_import_is_the_clock_of_the_command(take):
    before = timezone.now()
    take(HEADER + ANNA, with_columns(Since=None))
    assert before <= Lead.objects.get().created_at <= before + timedelta(minutes=5)
