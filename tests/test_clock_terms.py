"""A clock runs as long as the agreement says for this lead; whoever owes an answer is warned."""

from datetime import timedelta

import pytest
from django.utils import translation

from feedback import clocks, deliveries, handoffs, notifications
from feedback.models import Handoff, Notification
from leads import activities
from leads.models import Event, User
from scoring import shapes
from scoring.documents import item
from tests.factories import MONDAY, AgreementVersionFactory, HandoffFactory, LeadFactory
from tests.test_handoffs import ALL, returned

pytestmark = pytest.mark.django_db

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DUE = MONDAY + 4 * HOUR
ASKED = {"op": "did", "types": ["demo_request"], "within_days": 7}
GOOD = {"op": "score_at_least", "value": 50}


def agreed(clock: str = "answer", **also: object):
    """Classic, with more said of one clock."""
    body = shapes.classic()
    item(body["clocks"], clock).update(also)
    return AgreementVersionFactory(body=body)


def terms(*pairs: tuple[dict, int]) -> list[dict]:
    return [{"key": f"t{n}", "when": when, "minutes": m} for n, (when, m) in enumerate(pairs)]


def asked_for_a_demo(at=MONDAY - HOUR):
    lead = LeadFactory()
    activities.record(lead, type="demo_request", occurred_at=at, known_at=at)
    return lead


def started(handoff: Handoff) -> dict:
    return handoff.steps.filter(kind="clock_started").last().data


def told(kind: str) -> set[User]:
    deliveries.deliver(at=MONDAY + 9 * HOUR)
    return {each.user for each in Notification.objects.filter(event__kind=kind)}


def test_the_first_condition_that_holds_decides_and_the_step_says_which():
    version = agreed(terms=terms((ASKED, 15), (ASKED, 60)))
    quick = HandoffFactory(version=version, lead=asked_for_a_demo())
    plain = HandoffFactory(version=version)
    assert (quick.term_minutes, quick.due_at) == (15, MONDAY + 15 * MINUTE)
    assert started(quick)["term"] == "t0"
    assert (plain.term_minutes, plain.due_at) == (240, DUE)
    assert "term" not in started(plain)


def test_what_becomes_known_later_does_not_change_a_clock_that_runs():
    handoff = HandoffFactory(version=agreed(terms=terms((ASKED, 15))))
    at = MONDAY + MINUTE
    activities.record(handoff.lead, type="demo_request", occurred_at=at, known_at=at)
    clocks.sweep(at=MONDAY + HOUR)
    handoff.refresh_from_db()
    assert (handoff.term_minutes, handoff.due_at, handoff.breached_at) == (240, DUE, None)


def test_each_clock_asks_anew_when_it_starts(sam):
    handoff = HandoffFactory(version=agreed("first_contact", terms=terms((ASKED, 30))))
    at = MONDAY + MINUTE
    activities.record(handoff.lead, type="demo_request", occurred_at=at, known_at=at)
    handoff = handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL)
    assert (handoff.clock, handoff.term_minutes) == ("first_contact", 30)


def test_marketings_clock_has_terms_too(sam):
    version = agreed("answer_return", terms=terms((ASKED, 60)))
    handoff = returned(HandoffFactory(version=version, lead=asked_for_a_demo()), sam)
    assert (handoff.clock, handoff.term_minutes) == ("answer_return", 60)


def test_a_term_may_ask_for_the_score():
    version = agreed(terms=terms((GOOD, 60)))
    assert HandoffFactory(version=version).term_minutes == 240


@pytest.mark.parametrize(
    "when",
    [
        {"op": "is", "field": "gone", "value": "x"},
        {"none": [{"op": "is", "field": "gone", "value": "x"}]},
        {"op": "unheard_of"},
    ],
)
def test_a_condition_that_cannot_be_read_leaves_the_plain_term(when):
    assert HandoffFactory(version=agreed(terms=terms((when, 15)))).term_minutes == 240


def test_a_clock_without_conditions_asks_nothing_about_the_lead(django_assert_num_queries):
    handoff = HandoffFactory(version=agreed(warn_at=75, terms=[]))
    handoff = Handoff.objects.select_related("version", "lead", "pool__calendar").get()
    # Hours and days off, once for all moments; the row and the step.
    with django_assert_num_queries(4):
        clocks.start(handoff, "answer", at=MONDAY)


def test_the_warning_lies_in_working_time_and_comes_once():
    handoff = HandoffFactory(version=agreed(warn_at=75), opened_at=MONDAY + 7 * HOUR)
    # 75 % of four hours, an hour before the end of the day: two of them are Tuesday's.
    assert handoff.warn_at == MONDAY + timedelta(days=1) + 2 * HOUR
    assert clocks.warn(at=handoff.warn_at - MINUTE) == 0
    assert clocks.warn(at=handoff.warn_at) == 1
    assert clocks.warn(at=handoff.warn_at + MINUTE) == 0
    step = handoff.steps.get(kind="warned")
    assert (step.at, step.data["clock"]) == (handoff.warn_at, "answer")
    assert Event.objects.filter(kind="clock.warning").count() == 1


def test_without_a_given_moment_the_databases_clock_is_asked():
    handoff = HandoffFactory(version=agreed(warn_at=75))
    assert clocks.warn() == 0  # Long over: that is a breach.
    Handoff.objects.filter(pk=handoff.pk).update(due_at=MONDAY + timedelta(days=9999))
    assert clocks.warn() == 1


def test_what_is_over_is_a_breach_and_no_warning():
    HandoffFactory(version=agreed(warn_at=75))
    assert (clocks.warn(at=DUE), clocks.sweep(at=DUE + MINUTE)) == (0, 1)


def test_an_answer_in_time_needs_no_warning(sam):
    handoff = HandoffFactory(version=agreed(warn_at=75))
    handoff = handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL)
    assert handoff.warn_at is None
    assert clocks.warn(at=DUE - MINUTE) == 0


def test_the_next_clock_warns_again(sam):
    body = shapes.classic()
    item(body["clocks"], "answer")["warn_at"] = 75
    item(body["clocks"], "first_contact")["warn_at"] = 50
    version = AgreementVersionFactory(body=body)
    handoff = HandoffFactory(version=version)
    clocks.warn(at=DUE - MINUTE)
    handoff = handoffs.accept(handoff, by=sam, at=DUE - MINUTE, confirmed=ALL)
    assert handoff.warned_at is None
    assert clocks.warn(at=handoff.warn_at) == 1
    assert handoff.steps.filter(kind="warned").count() == 2


def test_the_owner_is_warned_with_the_deadline_and_nobody_else(sam, tom, lena, maya):
    handoff = HandoffFactory(version=agreed("first_contact", warn_at=50))
    handoff = handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL)
    clocks.warn(at=handoff.warn_at)
    assert told("clock.warning") == {sam}
    note = Notification.objects.get(event__kind="clock.warning")
    with translation.override("en"):
        text = notifications.sentence(note).text
    assert str(handoff.lead) in text
    assert "First contact" in text


def test_marketing_is_warned_of_its_own_clock(sam, maya, mark, lena):
    handoff = returned(HandoffFactory(version=agreed("answer_return", warn_at=50)), sam)
    handoff.refresh_from_db()
    clocks.warn(at=handoff.warn_at)
    assert told("clock.warning") == {maya, mark}


@pytest.mark.parametrize(
    ("escalate_to", "also"),
    [(None, set()), ("lead", set()), ("both_leads", {"mark"}), ("operations", {"olu"})],
)
def test_a_breach_is_told_to_whom_the_agreement_says(escalate_to, also, sam, lena, maya, mark, olu):
    also = {{"mark": mark, "olu": olu}[name] for name in also}
    said = {"escalate_to": escalate_to} if escalate_to else {}
    HandoffFactory(version=agreed(**said), pool__team=sam.team)
    clocks.sweep(at=DUE + MINUTE)
    assert told("clock.breached") == {lena} | also


def test_marketings_breach_is_told_to_both_leads_if_so_agreed(sam, lena, maya, mark, olu):
    version = agreed("answer_return", escalate_to="both_leads")
    handoff = returned(HandoffFactory(version=version, pool__team=sam.team), sam)
    handoff.refresh_from_db()
    clocks.sweep(at=handoff.due_at + MINUTE)
    assert told("clock.breached") == {mark, lena}
