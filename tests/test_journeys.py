"""Each agreement we ship, signed and in force, carries a lead by nothing but what it says."""

from datetime import datetime, timedelta

import pytest

from feedback import contacts, deliveries, handoffs, opportunities, qualifications, terms
from feedback.models import Evidence, Handoff, Opportunity
from leads import activities, changes, identities
from leads.models import Channel, Lead
from leads.refusals import Refused
from scoring import agreements, rescoring, shapes, stages
from scoring.models import StageEntry
from tests.factories import MONDAY, PoolFactory, PoolMemberFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PROFILE = {
    "first_name": "Katrin",
    "last_name": "Vogel",
    "title": "Head of Operations",
    "seniority": "Head",
    "function": "Operations",
    "company_name": "Nordfracht",
    "company_size": 300,
    "industry": "Logistics",
    "country": "DE",
    "phone": "+49 30 555 0100",
    "email": "k.vogel@nordfracht.example",
}


@pytest.fixture(params=shapes.TEMPLATES)
def version(request, mark, lena, sam):
    """One of the agreements in force, with a pool in which Sam is on duty."""
    PoolMemberFactory(pool=PoolFactory(team=sam.team), user=sam)
    Channel.objects.create(key="website", name="Website", kind=Channel.Kind.INBOUND)
    body = shapes.TEMPLATES[request.param]()
    return agreements.install(body, by_marketing=mark, by_sales=lena, at=MONDAY - DAY)


def work(at: datetime) -> None:
    """What worker and beat do, at a given moment."""
    while rescoring.stale(at=at):
        pass
    deliveries.deliver(at=at)


def asks(lead: Lead, at: datetime) -> None:
    """The lead asks for a quote and a demo."""
    for kind in ("quote_requested", "demo_requested"):
        activities.record(lead, type=kind, occurred_at=at, known_at=at, channel="Website")
    work(at)


def newcomer() -> Lead:
    key = identities.email(PROFILE["email"])
    lead, _status = changes.upsert([key], PROFILE, source="form", known_at=MONDAY)
    work(MONDAY)
    return lead


def handed_over() -> Handoff:
    lead = newcomer()
    assert not Handoff.objects.exists()
    asks(lead, MONDAY + HOUR)
    return Handoff.objects.get()


def accept(handoff: Handoff, by, *, at: datetime) -> Handoff:
    items = terms.checklist(handoff.version, terms.ACCEPTANCE)
    return handoffs.accept(handoff, by=by, at=at, confirmed={item["key"] for item in items})


def qualify(handoff: Handoff, by, *, at: datetime) -> Opportunity:
    items = terms.checklist(handoff.version, terms.QUALIFICATION)
    if not items:
        return opportunities.open_from(handoff, by=by, at=at)
    answers = {item["key"]: answer(item) for item in items}
    return qualifications.qualify(handoff, by=by, at=at, answers=answers)


def answer(item: dict) -> str:
    """What the rep heard, in the form the item asks for."""
    heard = {"number": "30", "date": "2026-06-01", "boolean": "yes"}
    return heard.get(item.get("collects", {}).get("type"), "said in the conversation")


def qualified(by) -> Opportunity:
    handoff = accept(handed_over(), by, at=MONDAY + 2 * HOUR)
    contacts.hold_conversation(handoff, by=by, at=MONDAY + 3 * HOUR)
    return qualify(handoff, by, at=MONDAY + 4 * HOUR)


def kinds(lead: Lead) -> list[str]:
    found = StageEntry.objects.filter(lead=lead).order_by("pk")
    return list(found.values_list("kind", flat=True))


def shipped(version, *wanted: str) -> list[str]:
    """Of these kinds, those the agreement has: the others are skipped."""
    there = {stage["kind"] for stage in version.body["stages"]}
    return [kind for kind in wanted if kind in there]


def test_from_the_first_activity_to_the_inbox_with_its_evidence(version, sam):
    handoff = handed_over()
    assert (handoff.owner, handoff.version, handoff.state) == (sam, version, "offered")
    assert handoff.trigger_at == MONDAY + HOUR
    assert handoff.due_at > MONDAY + HOUR
    evidence = Evidence.objects.get(handoff=handoff)
    assert sum(line["points"] for line in evidence.ledger) == handoff.score
    assert evidence.criteria
    assert all(criterion["holds"] for criterion in evidence.criteria)
    assert Handoff.objects.visible_to(sam).get() == handoff


def test_from_the_first_activity_to_won(version, sam):
    opportunity = opportunities.win(qualified(sam), by=sam, at=MONDAY + 30 * DAY)
    lead = opportunity.contacts.get().lead
    ahead = kinds(lead)[kinds(lead).index("handoff") :]
    assert ahead == shipped(version, "handoff", "accepted", "qualified", "won")
    assert Handoff.objects.get().outcome == "qualified"


def test_a_lost_deal_waits_for_something_new_and_may_come_again(version, sam):
    opportunity = qualified(sam)
    lost_at = MONDAY + 30 * DAY
    opportunities.lose(opportunity, by=sam, at=lost_at, because="Postponed")
    lead = opportunity.contacts.get().lead
    assert kinds(lead)[-1] == (shipped(version, "nurture") or ["open"])[0]
    work(lost_at + DAY)
    assert Handoff.objects.count() == 1
    asks(lead, lost_at + 2 * DAY)
    assert Handoff.objects.unclosed().get().owner == sam


def test_a_returned_lead_rests_and_is_offered_again_after_new_activity(version, sam):
    handoff = handed_over()
    lead, reason = handoff.lead, version.body["reasons"][0]
    at = MONDAY + 2 * HOUR
    handoffs.give_back(handoff, by=sam, at=at, reason=reason["key"], text="Not this quarter.")
    standing = stages.standing(lead)
    assert standing.kind == (shipped(version, "nurture") or ["open"])[0]
    assert standing.rests_until == at + timedelta(days=reason["rest_days"])

    if reason["rest_days"]:
        asks(lead, at + DAY)
        assert not Handoff.objects.unclosed().exists()  # It rests.
    asks(lead, standing.rests_until + DAY)
    again = Handoff.objects.unclosed().get()
    assert again.opened_at == standing.rests_until + DAY
    with pytest.raises(Refused, match="returned this lead"):
        accept(handoff, sam, at=at + DAY)


def test_an_accepted_lead_may_still_come_back(version, sam):
    handoff = accept(handed_over(), sam, at=MONDAY + 2 * HOUR)
    contacts.log(handoff, by=sam, at=MONDAY + 3 * HOUR, kind="call", outcome="reached")
    reason = version.body["reasons"][-1]["key"]
    handoff = handoffs.give_back(
        handoff, by=sam, at=MONDAY + 4 * HOUR, reason=reason, text="No fit after all."
    )
    assert handoff.state == "returned_after_contact"
    assert kinds(handoff.lead)[-1] in ("nurture", "disqualified", "lost", "open")
