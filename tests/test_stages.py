"""Leads move along the agreement's arrows: forward, out of open and nurture, and never at rest."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from leads import activities, changes, identities
from leads.models import Channel, Event, Lead, StaleLead
from leads.refusals import Refused
from scoring import agreements, journeys, scores, stages
from scoring.models import AgreementVersion, StageEntry, Standing
from scoring.shapes import classic, revenue, sales_ready, three_steps
from tests.conftest import person

Cause = StageEntry.Cause
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
BUYER = {
    "first_name": "Mara",
    "last_name": "Lindqvist",
    "title": "Head of Operations",
    "function": "Operations",
    "seniority": "Head",
    "industry": "Logistics",
    "company_name": "Nordhafen Logistik",
    "company_size": 240,
    "country": "DE",
}


@pytest.fixture
def version(mark, lena, monday):
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday - 100 * DAY)


@pytest.fixture
def website(db):
    return Channel.objects.create(key="website", name="Website", kind=Channel.Kind.INBOUND)


def buyer(at, *, number=1, **facts):
    """Somebody of whom everything but what they do says that they may buy."""
    keys = [identities.email(f"mara{number}@nordhafen.example")]
    lead, _status = changes.upsert(keys, BUYER | facts, source="test", known_at=at)
    return lead


def does(lead, type, at, channel="website", known_at=None):
    activities.record(lead, type=type, occurred_at=at, known_at=known_at or at, channel=channel)


def rescored(lead, version, at):
    scores.rescore([lead.pk], version=version, at=at)
    return stages.standing(lead).stage.key


def keys_of(lead):
    return list(lead.stage_entries.order_by("pk").values_list("stage__key", flat=True))


def in_nurture(lead, version, at, *, rest=None):
    """Returned at `at`, resting for so many days."""
    stages.begin([lead.pk], version=version, at=at)
    return stages.enter(
        lead,
        "nurture",
        cause=Cause.RETURNED,
        at=at,
        version=version,
        rests_until=at + rest * DAY if rest else None,
        rested_since=at,
    )


# One move


def test_an_entry_keeps_where_the_lead_was_and_how_long(version, sam, monday):
    lead = Lead.objects.create(created_at=monday)
    stages.begin([lead.pk], version=version, at=monday)
    entry = stages.enter(
        lead, "mql", cause=Cause.CLAIMED, at=monday + HOUR, version=version, by=sam, score=61
    )
    standing = stages.standing(lead)
    assert (standing.stage.key, standing.kind, standing.since) == (
        "mql",
        "handoff",
        monday + HOUR,
    )
    assert standing.entry == entry
    assert (entry.previous.key, entry.seconds_in_previous) == ("inquiry", 3600)
    assert (entry.score, entry.by, entry.version) == (61, sam, version)
    event = Event.objects.get(kind="stage.entered", lead=lead)
    assert event.data == {"entry": entry.pk, "stage": "mql", "kind": "handoff", "cause": "claimed"}
    assert event.actor == sam


def test_a_stage_the_version_lacks_is_refused_and_nothing_is_written(version, monday):
    lead = Lead.objects.create(created_at=monday)
    with pytest.raises(Refused) as refused:
        stages.enter(lead, "srl", cause=Cause.CRITERIA, at=monday, version=version)
    assert refused.value.code == "unknown_stage"
    assert stages.standing(lead) is None
    assert not StageEntry.objects.exists()


def test_entries_cannot_be_rewritten(version, monday):
    lead = Lead.objects.create(created_at=monday)
    stages.begin([lead.pk], version=version, at=monday)
    with pytest.raises(DatabaseError), transaction.atomic():
        StageEntry.objects.update(score=100)


def test_a_rest_has_the_lead_rescored_so_that_its_end_is_found(version, monday):
    lead = Lead.objects.create(created_at=monday)
    in_nurture(lead, version, monday, rest=30)
    assert StaleLead.objects.filter(lead=lead).exists()


def test_who_comes_back_from_sales_is_scored_anew_and_who_goes_on_is_not(version, monday):
    leads = [Lead.objects.create(created_at=monday) for _ in range(3)]
    stages.begin([lead.pk for lead in leads], version=version, at=monday)
    for lead, key, cause in zip(
        leads,
        ("nurture", "nurture", "sal"),
        (Cause.RETURNED, Cause.OPPORTUNITY, Cause.ACCEPTED),
        strict=True,
    ):
        stages.enter(lead, key, cause=cause, at=monday, version=version)
    assert set(StaleLead.objects.values_list("lead", flat=True)) == {lead.pk for lead in leads[:2]}


def test_where_rules_look_at_the_journey_every_step_has_the_lead_scored_anew(
    mark, lena, website, monday
):
    body = classic()
    entered = {"op": "entered", "stages": ["mql"], "within_days": 30}
    seen = {"group": "actions", "points": -30, "label": "", "times": "once", "cap": None}
    body["score"]["rules"].append(seen | {"key": "handed_over", "when": entered})
    version = agreements.install(body, by_marketing=mark, by_sales=lena, at=monday - 100 * DAY)
    lead = buyer(monday)
    does(lead, "quote_requested", monday)
    StaleLead.objects.all().delete()
    assert rescored(lead, version, monday) == "mql"
    before = lead.score.total
    assert StaleLead.objects.filter(lead=lead).exists()
    rescored(lead, version, monday)
    lead.score.refresh_from_db()
    assert lead.score.total == before - 30
    StaleLead.objects.all().delete()
    stages.enter(lead, "sal", cause=Cause.ACCEPTED, at=monday, version=version)
    assert StaleLead.objects.filter(lead=lead).exists()


# New leads


def test_new_leads_begin_in_the_first_stage_once(version, monday):
    ids = [Lead.objects.create(created_at=monday).pk for _ in range(3)]
    assert stages.begin(ids, version=version, at=monday) == 3
    assert stages.begin(ids, version=version, at=monday) == 0
    entries = StageEntry.objects.filter(lead__in=ids)
    assert {(entry.stage.key, entry.cause, entry.at) for entry in entries} == {
        ("inquiry", "arrived", monday)
    }
    assert Standing.objects.filter(lead__in=ids, rests_until=None).count() == 3


def test_leads_of_an_old_export_begin_when_they_came_to_be(version, monday):
    came = monday - 300 * DAY
    lead = Lead.objects.create(created_at=came, dormant_since=monday)
    stages.begin([lead.pk], version=version, at=monday)
    entry = stages.standing(lead).entry
    assert (entry.cause, entry.at) == ("import", came)
    assert stages.standing(lead).since == came


# Moving on by criteria


def test_a_lead_that_meets_all_criteria_is_handed_over(version, website, monday):
    lead = buyer(monday - DAY)
    does(lead, "pricing_page", monday - DAY)
    assert rescored(lead, version, monday - DAY) == "inquiry"
    does(lead, "quote_requested", monday)
    assert rescored(lead, version, monday) == "mql"
    entry = stages.standing(lead).entry
    assert (entry.cause, entry.kind, entry.at) == ("criteria", "handoff", monday)
    assert entry.score == lead.score.total >= 60
    assert entry.channel == website
    assert Event.objects.filter(kind="stage.entered", lead=lead).count() == 1


@pytest.mark.parametrize(
    ("facts", "channel"),
    [
        ({"company_size": 12}, "website"),
        ({"title": "Student", "function": ""}, "website"),
        ({}, "nowhere-known"),
    ],
)
def test_one_criterion_that_fails_keeps_the_lead_where_it_is(
    facts, channel, version, website, monday
):
    lead = buyer(monday, **facts)
    for type in ("quote_requested", "demo_requested", "contact_requested"):
        does(lead, type, monday, channel=channel)
    assert rescored(lead, version, monday) == "inquiry"


def test_a_lead_in_hand_is_not_moved_by_the_machine(version, website, monday):
    lead = buyer(monday)
    does(lead, "quote_requested", monday)
    rescored(lead, version, monday)
    does(lead, "demo_requested", monday + HOUR)
    assert rescored(lead, version, monday + HOUR) == "mql"
    assert keys_of(lead) == ["inquiry", "mql"]
    stages.enter(lead, "lost", cause=Cause.OPPORTUNITY, at=monday + DAY, version=version)
    does(lead, "contact_requested", monday + 2 * DAY)
    assert rescored(lead, version, monday + 2 * DAY) == "lost"


def test_a_lead_goes_as_far_as_criteria_carry_it(mark, lena, website, monday):
    version = agreements.install(
        sales_ready(), by_marketing=mark, by_sales=lena, at=monday - 9 * DAY
    )
    curious, ready = buyer(monday, number=1), buyer(monday, number=2)
    does(curious, "newsletter_click", monday, channel="website")
    for type in ("quote_requested", "webinar_attended"):
        does(ready, type, monday)
    assert rescored(curious, version, monday) == "nurturing"
    assert rescored(ready, version, monday) == "srl"
    assert keys_of(ready) == ["mql", "nurturing", "srl"]
    told = Event.objects.filter(kind="stage.entered", lead=ready).order_by("pk")
    assert [event.data["kind"] for event in told] == ["nurture", "handoff"]


def test_a_version_no_longer_in_force_moves_nobody(version, website, mark, lena, monday):
    lead = buyer(monday)
    does(lead, "quote_requested", monday)
    scores.rescore([lead.pk], version=version, at=monday - HOUR)
    body = deepcopy(version.body)
    body["title"] = "Next"
    agreements.install(body, by_marketing=mark, by_sales=lena, at=monday)
    assert stages.advance([lead.pk], version=version, at=monday) == []
    assert stages.begin([buyer(monday, number=2).pk], version=version, at=monday) == 0


# Rest


def test_nobody_is_handed_over_again_before_the_rest_is_over(version, website, monday):
    lead = buyer(monday - 60 * DAY)
    in_nurture(lead, version, monday, rest=30)
    does(lead, "quote_requested", monday + 20 * DAY)
    assert rescored(lead, version, monday + 20 * DAY) == "nurture"
    does(lead, "contact_requested", monday + 29 * DAY)
    assert rescored(lead, version, monday + 30 * DAY) == "mql"


def test_after_the_rest_only_something_new_hands_a_lead_over_again(version, website, monday):
    lead = buyer(monday - 60 * DAY)
    does(lead, "quote_requested", monday - DAY)
    does(lead, "contact_requested", monday - DAY)
    in_nurture(lead, version, monday, rest=5)
    assert rescored(lead, version, monday + 6 * DAY) == "nurture"
    does(lead, "pricing_page", monday + 7 * DAY)
    assert rescored(lead, version, monday + 7 * DAY) == "mql"
    assert stages.standing(lead).rests_until is None
    assert stages.standing(lead).rested_since is None


def test_what_was_done_before_the_return_and_learnt_after_it_is_nothing_new(
    version, website, monday
):
    lead = buyer(monday - 60 * DAY)
    in_nurture(lead, version, monday)
    does(lead, "quote_requested", monday - HOUR, known_at=monday + HOUR)
    assert rescored(lead, version, monday + 2 * HOUR) == "nurture"


def test_what_is_not_known_yet_moves_nobody(version, website, monday):
    lead = buyer(monday - 60 * DAY)
    in_nurture(lead, version, monday)
    does(lead, "quote_requested", monday + HOUR, known_at=monday + 5 * HOUR)
    assert rescored(lead, version, monday + 2 * HOUR) == "nurture"
    assert rescored(lead, version, monday + 5 * HOUR) == "mql"


def test_history_is_handed_over_only_for_something_done_since(version, website, monday):
    lead = buyer(monday - 10 * DAY)
    does(lead, "quote_requested", monday - 2 * DAY)
    Lead.objects.filter(pk=lead.pk).update(dormant_since=monday)
    assert rescored(lead, version, monday) == "inquiry"
    does(lead, "pricing_page", monday + DAY)
    assert rescored(lead, version, monday + DAY) == "mql"


def test_history_moves_to_nurture_without_being_handed_over(mark, lena, website, monday):
    version = agreements.install(sales_ready(), by_marketing=mark, by_sales=lena, at=monday)
    lead = buyer(monday)
    for type in ("quote_requested", "webinar_attended"):
        does(lead, type, monday)
    Lead.objects.filter(pk=lead.pk).update(dormant_since=monday + HOUR)
    assert rescored(lead, version, monday + HOUR) == "nurturing"


def test_many_are_moved_in_few_statements(version, website, monday, django_assert_max_num_queries):
    ids = []
    for number in range(60):
        lead = buyer(monday, number=number)
        does(lead, "quote_requested", monday)
        ids.append(lead.pk)
    with django_assert_max_num_queries(30):
        scores.rescore(ids, version=version, at=monday)
    assert Standing.objects.filter(stage__key="mql").count() == 60
    assert Event.objects.filter(kind="stage.entered").count() == 60
    newest = StageEntry.objects.filter(stage__key="mql").values_list("pk", flat=True)
    assert set(Standing.objects.values_list("entry", flat=True)) == set(newest)


# The journey of each shape


def test_verbs_find_their_stage_in_every_shape():
    found = {
        shape["title"] if isinstance(shape["title"], str) else shape["title"]["en"]: [
            journeys.next_of_kind(shape, handoff, kind)
            for kind in ("accepted", "qualified", "won", "lost", "nurture")
        ]
        for shape, handoff in (
            (classic(), "mql"),
            (sales_ready(), "srl"),
            (three_steps(), "lead"),
            (revenue(), "conversation"),
        )
    }
    assert found == {
        "Classic": ["sal", "sql", "won", "lost", "nurture"],
        "Sales-ready": ["sql", "sal", "won", "lost", "nurturing"],
        "Three steps": [None, None, "buyer", None, None],
        "Revenue": [None, "opportunity", "customer", "lost", "in_touch"],
    }


def test_the_way_from_lost_never_leads_ahead_again():
    assert journeys.next_of_kind(classic(), "lost", "accepted") is None
    assert journeys.next_of_kind(classic(), "nurture", "handoff") == "mql"
    assert journeys.next_of_kind(sales_ready(), "mql", "handoff") == "srl"


@pytest.mark.parametrize(
    ("shape", "stage", "reason", "place"),
    [
        (classic, "mql", "no_budget", "nurture"),
        (classic, "sal", "competitor", "out"),
        (three_steps, "lead", "no_fit", "prospect"),
        (revenue, "conversation", "competitor", "lost"),
        (classic, "mql", "a reason that has gone", "nurture"),
    ],
)
def test_a_return_finds_its_stage(shape, stage, reason, place):
    assert journeys.place_for_return(shape(), stage, reason) == place


def test_a_lost_deal_goes_on_to_nurture_where_there_is_one():
    assert journeys.way_after_loss(classic(), "sql") == ["lost", "nurture"]
    assert journeys.way_after_loss(revenue(), "opportunity") == ["lost", "in_touch"]
    assert journeys.way_after_loss(three_steps(), "lead") == ["prospect"]


# Two workers


@pytest.fixture
def installed(transactional_db, marketing, sales, monday):
    mark = person("Mark Reuter", team=marketing, leads_team=True)
    lena = person("Lena Fuchs", team=sales, leads_team=True)
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday - 100 * DAY)


def at_once(count, call):
    def one(_number):
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.django_db(transaction=True)
def test_workers_that_rescore_the_same_leads_move_each_of_them_once(installed, monday):
    Channel.objects.create(key="website", name="Website", kind=Channel.Kind.INBOUND)
    ids = []
    for number in range(20):
        lead = buyer(monday, number=number)
        does(lead, "quote_requested", monday)
        ids.append(lead.pk)
    at_once(6, lambda: scores.rescore(ids, version=installed, at=monday))
    assert StageEntry.objects.filter(stage__key="inquiry").count() == 20
    assert StageEntry.objects.filter(stage__key="mql").count() == 20
    assert Event.objects.filter(kind="stage.entered").count() == 20


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_version_waits_to_be_superseded_until_its_moves_are_done(installed, monday):
    """Control of the guard in `advance`: while it runs, the row of its version is held."""
    lead = Lead.objects.create(created_at=monday)
    with transaction.atomic():
        stages.begin([lead.pk], version=installed, at=monday)

        def supersede():
            with transaction.atomic():
                rows = AgreementVersion.objects.filter(pk=installed.pk)
                return list(rows.select_for_update(nowait=True))

        with ThreadPoolExecutor(1) as pool, pytest.raises(DatabaseError):
            pool.submit(lambda: _closing(supersede)).result()


def _closing(call):
    try:
        return call()
    finally:
        connection.close()
