"""Other systems read handoffs and answer them for a rep."""

import json
from datetime import timedelta
from decimal import Decimal
from urllib.request import Request, urlopen

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from feedback import contacts, handoffs
from feedback.models import Handoff, HandoffEvent, Opportunity
from feedback.tasks import deliver_events
from leads.models import Event, Lead, Touch
from scoring import agreements, shapes, stages
from scoring.tasks import rescore_stale
from tests.factories import (
    AgreementVersionFactory,
    ChannelFactory,
    CompanyFactory,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    PoolMemberFactory,
    TeamFactory,
    version_in_force,
)
from tests.processes import wait_until
from tests.test_api import ACTIVITIES, LEADS, Caller, refusal
from tests.test_handoffs import ANSWERS

HANDOFFS = "/api/v1/handoffs/"


@pytest.fixture
def pool(sales, sam, lena):
    pool = PoolFactory(team=sales)
    PoolMemberFactory(pool=pool, user=sam)
    return pool


@pytest.fixture
def handoff(pool):
    return HandoffFactory(pool=pool)


def checklist(handoff):
    return [item["key"] for item in handoff.version.body["checklists"]["acceptance"]]


def path_of(handoff, answer):
    return f"{HANDOFFS}{handoff.pk}/{answer}/"


class TestReading:
    def test_a_handoff_is_shown_with_what_an_answer_may_name(self, handoff, sam):
        body = Caller(sam).get(HANDOFFS).json()
        assert (body["next"], body["previous"]) == (None, None)
        shown = body["results"][0]
        assert (shown["id"], shown["state"]) == (handoff.pk, "offered")
        assert shown["lead"]["last_name"] == handoff.lead.last_name
        assert shown["clock"]["key"] == "answer"
        assert shown["clock"]["due_at"].endswith("Z")
        assert [item["key"] for item in shown["checklist"]] == checklist(handoff)
        assert shown["reasons"][0] == {
            "key": "no_budget",
            "label": "No budget this year",
            "rest_days": 60,
            "resets": False,
            "track": "",
            "back_to": "",
        }

    def test_everybody_sees_what_they_see_elsewhere(
        self, handoff, maya, mark, sam, lena, olu, ada, nina
    ):
        other = HandoffFactory(pool=PoolFactory(name="Partners", team=TeamFactory(name="Partners")))
        seen = {
            user: [h["id"] for h in Caller(user).get(HANDOFFS).json()["results"]]
            for user in (maya, mark, sam, lena, olu, ada, nina)
        }
        both = [other.pk, handoff.pk]
        assert seen == {
            maya: both,
            mark: both,
            sam: [handoff.pk],
            lena: both,
            olu: both,
            ada: both,
            nina: [],
        }

    def test_states_can_be_asked_for(self, pool, sam, monday):
        waiting = HandoffFactory(pool=pool, waiting=True)
        offered, accepted, returned, late = HandoffFactory.create_batch(4, pool=pool)
        for each in (accepted, late):
            handoffs.accept(each, by=sam, at=monday, confirmed=set(checklist(each)))
        reason = returned.version.body["reasons"][0]["key"]
        for each in (returned, late):
            handoffs.give_back(each, by=sam, at=monday, reason=reason, text="Not now.")
        caller = Caller(sam)
        for state, expected in {
            "waiting": waiting,
            "offered": offered,
            "accepted": accepted,
            "returned": returned,
            "returned_after_contact": late,
        }.items():
            found = caller.get(HANDOFFS, state=state).json()["results"]
            assert [(h["id"], h["state"]) for h in found] == [(expected.pk, state)]
        two = caller.get(HANDOFFS, state=["waiting", "offered"]).json()["results"]
        assert [h["id"] for h in two] == [offered.pk, waiting.pk]

    def test_owner_and_last_change_can_be_asked_for(self, pool, sam, monday):
        first, second = HandoffFactory.create_batch(2, pool=pool)
        handoffs.accept(first, by=sam, at=monday, confirmed=set(checklist(first)))
        caller = Caller(sam)
        mine = caller.get(HANDOFFS, owner="Sam@baton.example").json()["results"]
        assert [h["id"] for h in mine] == [first.pk]

        latest = HandoffEvent.objects.filter(handoff=second).latest("pk").recorded_at
        since = (latest + timedelta(microseconds=1)).isoformat()
        found = caller.get(HANDOFFS, updated_since=since).json()["results"]
        assert [h["id"] for h in found] == [first.pk]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"state": "open"}, "state"),
            ({"owner": "sam"}, "owner"),
            ({"updated_since": "2026-03-01T00:00:00"}, "updated_since"),
            ({"stat": "offered"}, "stat"),
        ],
    )
    def test_a_filter_that_says_nothing_is_refused(self, handoff, sam, query, field):
        assert refusal(Caller(sam).get(HANDOFFS, **query), 422)["errors"][0]["field"] == field

    @pytest.mark.parametrize("cursor", ["x", "cD1hYmM=", "cD0tMQ==", "é", "bz05OTk5OTk5OTk5OTk="])
    def test_a_cursor_that_is_none_is_refused_or_leads_nowhere(self, handoff, sam, cursor):
        assert Caller(sam).get(HANDOFFS, cursor=cursor).status_code in (200, 404)

    def test_pages_follow_each_other_and_cost_the_same(self, pool, sam):
        caller = Caller(sam)
        HandoffFactory(pool=pool)
        caller.get(HANDOFFS)
        with CaptureQueriesContext(connection) as for_one:
            caller.get(HANDOFFS)
        HandoffFactory.create_batch(51, pool=pool)
        with CaptureQueriesContext(connection) as for_many:
            page = caller.get(HANDOFFS).json()
        assert len(for_many) == len(for_one) == 4

        seen = [h["id"] for h in page["results"]]
        assert len(seen) == 50
        HandoffFactory(pool=pool)
        seen += [h["id"] for h in caller.client.get(page["next"]).json()["results"]]
        assert seen == sorted(seen, reverse=True)
        assert len(set(seen)) == 52


class TestAcceptance:
    def test_a_rep_accepts_with_the_checklist(self, handoff, sam):
        body = {"confirmed": checklist(handoff), "next_step": "I call on Tuesday."}
        response = Caller(sam).post(path_of(handoff, "acceptance"), body)

        assert response.status_code == 200, response.json()
        shown = response.json()
        assert (shown["state"], shown["owner"]) == ("accepted", sam.email)
        assert (shown["answered_by"], shown["clock"]["key"]) == (sam.email, "first_contact")
        assert Event.objects.get(kind="handoff.accepted").note.text == "I call on Tuesday."

    def test_without_the_whole_checklist_nothing_is_accepted(self, handoff, sam):
        for confirmed in ([], checklist(handoff)[:1]):
            body = refusal(
                Caller(sam).post(path_of(handoff, "acceptance"), {"confirmed": confirmed}), 422
            )
            assert body["code"] == "checklist_incomplete"
        handoff.refresh_from_db()
        assert handoff.state == "offered"

    def test_who_is_a_second_late_is_told_who_has_it(self, handoff, sam, tom):
        body = {"confirmed": checklist(handoff)}
        assert Caller(sam).post(path_of(handoff, "acceptance"), body).status_code == 200
        late = refusal(Caller(tom).post(path_of(handoff, "acceptance"), body), 409)
        assert late["code"] == "already_answered"
        assert "Sam Okafor" in late["message"]

    def test_others_may_not_accept_and_outsiders_find_nothing(self, handoff, maya, olu, nina):
        body = {"confirmed": checklist(handoff)}
        for user, status in ((maya, 403), (olu, 403), (nina, 404)):
            refusal(Caller(user).post(path_of(handoff, "acceptance"), body), status)
        refusal(Caller(maya).post(f"{HANDOFFS}999999999999999999999/acceptance/", body), 404)
        assert Handoff.objects.get().state == "offered"

    @pytest.mark.parametrize(
        "body", [{}, {"confirmed": "all"}, {"confirmed": [{}]}, {"confirmed": [], "by": "sam"}, []]
    )
    def test_a_body_at_fault_is_refused(self, handoff, sam, body):
        refusal(Caller(sam).post(path_of(handoff, "acceptance"), body), 422)


class TestReturn:
    def test_a_rep_returns_with_reason_criterion_and_a_sentence(self, handoff, sam):
        body = {"reason": handoff.version.body["reasons"][0]["key"], "text": "No budget in sight."}
        response = Caller(sam).post(path_of(handoff, "return"), body)

        assert response.status_code == 200, response.json()
        shown = response.json()
        assert (shown["state"], shown["reason"], shown["clock"]["key"]) == (
            "returned",
            body["reason"],
            "answer_return",
        )
        assert Event.objects.get(kind="handoff.returned").note.text == "No budget in sight."

    def test_after_acceptance_it_counts_as_after_contact(self, handoff, sam):
        caller = Caller(sam)
        caller.post(path_of(handoff, "acceptance"), {"confirmed": checklist(handoff)})
        body = {"reason": handoff.version.body["reasons"][0]["key"], "text": "He left."}
        assert caller.post(path_of(handoff, "return"), body).json()["state"] == (
            "returned_after_contact"
        )

    @pytest.mark.parametrize(
        ("also", "field"),
        [
            ({"reason": "no_such_reason"}, "reason"),
            ({"text": " "}, "text"),
            ({"disputed": "no_such_criterion"}, "disputed"),
            ({"back_on": "1999-01-01"}, "back_on"),
            ({"back_on": "soon"}, "back_on"),
        ],
    )
    def test_what_the_agreement_does_not_know_is_refused(self, handoff, sam, also, field):
        body = {"reason": handoff.version.body["reasons"][0]["key"], "text": "No."} | also
        assert refusal(Caller(sam).post(path_of(handoff, "return"), body), 422)["field"] == field
        assert Handoff.objects.get().state == "offered"


@pytest.fixture
def accepted(handoff, sam):
    """Accepted by Sam an hour ago."""
    at = timezone.now() - timedelta(hours=1)
    return handoffs.accept(handoff, by=sam, at=at, confirmed=set(checklist(handoff)))


class TestContacts:
    def test_every_try_is_counted_and_the_first_answers_the_clock(self, accepted, sam):
        caller = Caller(sam)
        for number in (1, 2):
            body = {"kind": "call", "outcome": "not_reached"}
            shown = caller.post(path_of(accepted, "contacts"), body).json()
            assert (shown["attempts"], shown["clock"]["key"]) == (number, "qualify")
        assert Event.objects.filter(kind="handoff.contacted").count() == 2

    def test_a_conversation_keeps_when_it_was_and_what_was_said(self, accepted, sam):
        occurred_at = accepted.answered_at + timedelta(minutes=10)
        body = {"kind": "meeting", "outcome": "conversation", "text": "She wants a demo."}
        body |= {"occurred_at": occurred_at.isoformat()}
        shown = Caller(sam).post(path_of(accepted, "contacts"), body).json()
        assert shown["conversation_at"] > shown["answered_at"]
        touch = Touch.objects.get()
        assert (touch.occurred_at, touch.note.text) == (occurred_at, "She wants a demo.")
        assert touch.known_at > occurred_at
        assert Event.objects.filter(kind="handoff.conversation_held").count() == 1

    def test_the_clock_goes_by_when_it_was_written_down(self, accepted, sam):
        late = accepted.due_at + timedelta(days=1)
        contacts.log(
            accepted,
            by=sam,
            at=late,
            kind="call",
            outcome="reached",
            occurred_at=accepted.answered_at,
        )
        assert accepted.steps.filter(kind="breached", data__clock="first_contact").exists()
        assert Handoff.objects.get().first_contact_at == late

    def test_what_is_sent_again_is_not_written_down_again(self, accepted, sam):
        body = {"kind": "mail", "outcome": "sent", "external_id": "crm-4711"}
        caller = Caller(sam)
        for _ in range(2):
            assert caller.post(path_of(accepted, "contacts"), body).json()["attempts"] == 1
        assert Touch.objects.count() == 1
        other = caller.post(path_of(accepted, "contacts"), body | {"external_id": "crm-4712"})
        assert other.json()["attempts"] == 2

    @pytest.mark.parametrize(
        ("also", "field"),
        [
            ({"kind": "pigeon"}, "kind"),
            ({"outcome": "married"}, "outcome"),
            ({"occurred_at": "2999-01-01T00:00:00Z"}, "occurred_at"),
            ({"occurred_at": "2001-01-01T00:00:00Z"}, "occurred_at"),
            ({"external_id": "a b"}, "external_id"),
        ],
    )
    def test_what_cannot_be_is_refused(self, accepted, sam, also, field):
        body = {"kind": "call", "outcome": "reached"} | also
        assert refusal(Caller(sam).post(path_of(accepted, "contacts"), body), 422)["field"] == field
        assert Handoff.objects.get().attempts == 0

    def test_only_who_has_the_lead_writes_of_it(self, handoff, sam, tom, nina):
        body = {"kind": "call", "outcome": "reached"}
        refusal(Caller(sam).post(path_of(handoff, "contacts"), body), 409)
        handoffs.accept(handoff, by=sam, at=timezone.now(), confirmed=set(checklist(handoff)))
        for user, status in ((tom, 403), (nina, 404)):
            refusal(Caller(user).post(path_of(handoff, "contacts"), body), status)
        assert Caller(sam).post(path_of(handoff, "contacts"), body).status_code == 200


class TestQualification:
    def test_the_checklist_closes_the_handoff_and_opens_an_opportunity(self, accepted, sam):
        body = {"answers": ANSWERS, "amount": "1200.50", "currency": "CHF"}
        shown = Caller(sam).post(path_of(accepted, "qualification"), body).json()
        assert shown["state"] == "qualified"
        deal = Opportunity.objects.get()
        assert (deal.amount, deal.currency) == (Decimal("1200.50"), "CHF")

    def test_without_a_currency_it_is_that_of_the_agreements_goals(self, pool, sam):
        body = shapes.classic()
        goal = {"metric": "revenue", "amount": 400000, "currency": "USD", "period": "quarter"}
        body["goals"][0] |= goal
        version = AgreementVersionFactory(body=body)
        handoff = HandoffFactory(pool=pool, version=version)
        now = timezone.now()
        handoffs.accept(handoff, by=sam, at=now, confirmed=set(checklist(handoff)))
        sent = {"answers": ANSWERS, "amount": 100}
        assert Caller(sam).post(path_of(handoff, "qualification"), sent).status_code == 200
        assert Opportunity.objects.get().currency == "USD"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"answers": {}}, "buying_cycle"),
            ({"answers": ANSWERS, "amount": "0"}, "amount"),
            ({"answers": ANSWERS, "amount": "NaN"}, "amount"),
            ({"answers": ANSWERS, "currency": "euro"}, "currency"),
        ],
    )
    def test_what_is_missing_or_cannot_be_is_refused(self, accepted, sam, body, field):
        problem = refusal(Caller(sam).post(path_of(accepted, "qualification"), body), 422)
        assert problem["field"] == field
        assert not Opportunity.objects.exists()


class TestClaim:
    @pytest.fixture
    def lead(self, pool, sam):
        lead = LeadFactory(owner=sam)
        stages.begin([lead.pk], version=version_in_force(), at=timezone.now())
        return lead

    def test_a_rep_claims_a_lead_with_a_reason(self, lead, sam):
        response = Caller(sam).post(f"{LEADS}{lead.pk}/claim/", {"reason": "We met at the fair."})
        assert response.status_code == 201
        shown = response.json()
        assert (shown["claimed"], shown["state"], shown["owner"]) == (True, "accepted", sam.email)
        assert Event.objects.get(kind="handoff.claimed").note.text == "We met at the fair."

    def test_a_lead_of_a_company_that_the_rep_looks_after_can_be_claimed(self, pool, sam, tom):
        lead = LeadFactory(company=CompanyFactory(owner=sam))
        stages.begin([lead.pk], version=version_in_force(), at=timezone.now())
        body = {"reason": "My account."}
        refusal(Caller(tom).post(f"{LEADS}{lead.pk}/claim/", body), 404)
        assert Caller(sam).post(f"{LEADS}{lead.pk}/claim/", body).status_code == 201

    def test_others_find_nothing_and_nothing_is_claimed_twice(self, lead, sam, tom, maya, nina):
        body = {"reason": "We met at the fair."}
        for user, status in ((tom, 404), (nina, 404), (maya, 403)):
            refusal(Caller(user).post(f"{LEADS}{lead.pk}/claim/", body), status)
        assert Caller(sam).post(f"{LEADS}{lead.pk}/claim/", body).status_code == 201
        again = refusal(Caller(sam).post(f"{LEADS}{lead.pk}/claim/", body), 409)
        assert (again["code"], again["message"]) == (
            "already_open",
            "Sam Okafor has this lead already.",
        )

    def test_a_claim_without_a_reason_is_refused(self, lead, sam):
        for body in ({}, {"reason": " "}):
            problem = refusal(Caller(sam).post(f"{LEADS}{lead.pk}/claim/", body), 422)
            assert problem["field"] == "reason"


FITTING = {
    "email": "kim@graaf.example",
    "seniority": "Head",
    "function": "Operations",
    "industry": "Logistics",
    "company_size": 200,
    "country": "DE",
    "phone": "+49 30 1234",
}


def interested(at):
    """What lifts a person who fits over the bar."""
    done = {"email": "kim@graaf.example", "channel": "website", "occurred_at": at.isoformat()}
    return [done | {"type": kind} for kind in ("quote_requested", "pricing_page", "demo_requested")]


class TestFromActivityToInbox:
    @pytest.fixture
    def in_force(self, mark, lena):
        return agreements.install(
            shapes.classic(), by_marketing=mark, by_sales=lena, at=timezone.now()
        )

    def test_an_activity_that_lifts_a_lead_over_the_bar_is_handed_over(
        self, in_force, pool, maya, sam
    ):
        crm = Caller(maya)
        ChannelFactory()
        assert crm.post(LEADS, FITTING).status_code == 201
        rescore_stale()
        deliver_events()
        assert Caller(sam).get(HANDOFFS).json()["results"] == []

        assert crm.post(ACTIVITIES, interested(timezone.now())).status_code == 200
        rescore_stale()
        deliver_events()
        shown = Caller(sam).get(HANDOFFS).json()["results"]
        assert [(h["lead"]["email"], h["state"]) for h in shown] == [
            ("kim@graaf.example", "offered")
        ]
        assert Lead.objects.count() == 1

    def test_it_comes_into_the_inbox_by_itself(self, installation, in_force, pool, maya, sam):
        ChannelFactory()
        address = installation.start_web()
        installation.start_worker()
        installation.start_beat()
        call(address, LEADS, Caller(maya), FITTING)
        call(address, ACTIVITIES, Caller(maya), interested(timezone.now()))
        inbox = Caller(sam)
        wait_until(
            lambda: call(address, HANDOFFS, inbox)["results"],
            "the lead is in the inbox",
            says=installation.said,
        )


def call(address, path, caller, body=None):
    """Ask the real web server; a body is posted."""
    data = None if body is None else json.dumps(body).encode()
    headers = caller.headers | {"content-type": "application/json"}
    with urlopen(Request(address + path, data=data, headers=headers)) as response:
        return json.load(response)
