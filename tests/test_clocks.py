"""A deadline is kept or missed at its true moment, whoever notices, and however late."""

from datetime import timedelta
from unittest.mock import ANY

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone, translation

from feedback import clocks, contacts, deliveries, handoffs, notifications, waiting
from feedback.funnels import reports, sets
from feedback.funnels.periods import last_weeks
from feedback.models import Handoff, Notification
from leads.models import Event
from scoring import shapes
from tests.factories import MONDAY, AgreementVersionFactory, HandoffFactory
from tests.test_handoffs import ALL, accepted, kinds, returned

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DUE = MONDAY + 4 * HOUR  # Classic gives sales 240 working minutes to answer.


def breaches(handoff) -> list[tuple[str, object]]:
    steps = handoff.steps.filter(kind="breached")
    return [(step.data["clock"], step.at) for step in steps]


def accept(handoff, by, at) -> Handoff:
    return handoffs.accept(handoff, by=by, at=at, confirmed=ALL)


def test_the_answer_clock_starts_with_the_offer_and_shows_its_terms():
    handoff = HandoffFactory()
    assert (handoff.clock, handoff.term_minutes, handoff.due_at) == ("answer", 240, DUE)
    said = handoff.steps.get(kind="clock_started").data
    assert said == {"clock": "answer", "due_at": DUE.isoformat(), "term_minutes": 240}


@pytest.mark.parametrize("late", [-SECOND, 0 * SECOND])
def test_an_answer_up_to_the_deadline_keeps_the_promise(sam, late):
    handoff = accept(HandoffFactory(), sam, DUE + late)
    assert breaches(handoff) == []
    assert kinds(handoff).count("clock_met") == 1


def test_an_answer_a_second_late_records_the_breach_itself_at_the_deadline(sam):
    handoff = accept(HandoffFactory(), sam, DUE + SECOND)
    assert breaches(handoff) == [("answer", DUE)]
    assert "clock_met" not in kinds(handoff)
    assert Event.objects.get(kind="clock.breached").at == DUE
    assert (handoff.clock, handoff.breached_at) == ("first_contact", None)


def test_a_sweep_flags_what_is_over_once_at_its_true_moment(sam):
    handoff = HandoffFactory()
    assert clocks.sweep(at=DUE) == 0
    assert clocks.sweep(at=DUE + 6 * HOUR) == 1
    assert clocks.sweep(at=DUE + 7 * HOUR) == 0
    handoff.refresh_from_db()
    assert handoff.breached_at == DUE
    assert breaches(handoff) == [("answer", DUE)]
    handoff = accept(handoff, sam, DUE + 8 * HOUR)
    assert breaches(handoff) == [("answer", DUE)]
    assert Event.objects.filter(kind="clock.breached").count() == 1


def test_what_a_sweep_has_flagged_is_not_called_kept_afterwards(sam):
    handoff = HandoffFactory()
    clocks.sweep(at=DUE + SECOND)
    handoff = accept(handoff, sam, DUE)
    assert breaches(handoff) == [("answer", DUE)]
    assert "clock_met" not in kinds(handoff)


def test_without_a_given_moment_a_sweep_asks_the_databases_clock():
    now = timezone.now()
    over = HandoffFactory(opened_at=now - timedelta(days=30))
    ahead = HandoffFactory(opened_at=now)
    with time_machine.travel(now + timedelta(days=9)):  # The worker's clock is wrong.
        assert clocks.sweep() == 1
    over.refresh_from_db()
    ahead.refresh_from_db()
    assert (over.breached_at, ahead.breached_at) == (over.due_at, None)


def test_more_than_one_batch_is_swept_in_one_go(monkeypatch):
    monkeypatch.setattr(clocks, "BATCH", 2)
    for _ in range(5):
        HandoffFactory()
    assert clocks.sweep(at=DUE + SECOND) == 5
    assert Event.objects.filter(kind="clock.breached").count() == 5


def test_an_idle_sweep_asks_one_question(django_assert_num_queries, sam):
    accepted(sam)
    HandoffFactory(waiting=True)
    with django_assert_num_queries(3):  # With the savepoint around it.
        assert clocks.sweep(at=MONDAY + 2 * HOUR) == 0


def test_each_clock_of_a_handoff_has_its_own_verdict(sam):
    handoff = accept(HandoffFactory(), sam, DUE + SECOND)
    due_at = handoff.due_at
    clocks.sweep(at=due_at + SECOND)
    contacts.log(handoff, by=sam, at=due_at + HOUR, kind="call", outcome="reached")
    handoff.refresh_from_db()
    assert breaches(handoff) == [("answer", DUE), ("first_contact", due_at)]
    assert (handoff.clock, handoff.breached_at) == ("qualify", None)
    returned(handoff, sam, at=due_at + 2 * HOUR)
    met = handoff.steps.get(kind="clock_met")
    assert met.data == {"clock": "qualify", "due_at": ANY, "term_minutes": 14400}


def test_a_return_without_a_contact_is_no_first_contact_kept(sam):
    handoff = returned(accepted(sam), sam, at=MONDAY + 2 * HOUR)
    met = [step.data["clock"] for step in handoff.steps.filter(kind="clock_met")]
    assert met == ["answer"]
    assert (handoff.clock, handoff.closed_at) == ("answer_return", MONDAY + 2 * HOUR)


@pytest.mark.parametrize("after_contact", [False, True])
def test_a_return_starts_marketings_clock_in_the_pools_working_time(sam, after_contact):
    handoff = accepted(sam) if after_contact else HandoffFactory()
    handoff = returned(handoff, sam, at=MONDAY + 2 * HOUR)
    assert (handoff.clock, handoff.term_minutes) == ("answer_return", 960)
    assert handoff.due_at == MONDAY + timedelta(days=2) + 2 * HOUR  # Two days of eight hours.
    assert kinds(handoff)[-2:] == ["returned", "clock_started"]


def test_marketings_first_answer_in_time_keeps_its_promise_once(sam, maya, mark):
    handoff = returned(HandoffFactory(), sam)
    handoffs.reply(handoff, by=maya, at=handoff.due_at, text="We ask for the budget now.")
    handoffs.reply(handoff, by=mark, at=handoff.due_at + HOUR, text="And for the time frame.")
    met = [step.data["clock"] for step in handoff.steps.filter(kind="clock_met")]
    assert met == ["answer", "answer_return"]
    assert clocks.sweep(at=handoff.due_at + HOUR) == 0
    handoff.refresh_from_db()
    assert (handoff.clock, handoff.due_at, breaches(handoff)) == ("", None, [])


@pytest.mark.parametrize("swept", [False, True])
def test_a_return_answered_late_is_a_breach_once_at_the_deadline(sam, maya, swept):
    handoff = returned(HandoffFactory(), sam)
    due_at = handoff.due_at
    assert clocks.sweep(at=due_at) == 0
    if swept:
        assert (clocks.sweep(at=due_at + HOUR), clocks.sweep(at=due_at + HOUR)) == (1, 0)
    handoffs.reply(handoff, by=maya, at=due_at + 2 * HOUR, text="Sorry, late.")
    assert clocks.sweep(at=due_at + 3 * HOUR) == 0
    assert breaches(handoff) == [("answer_return", due_at)]
    assert Event.objects.get(kind="clock.breached").at == due_at
    assert kinds(handoff).count("clock_met") == 1  # Of the rep's answer.


def test_marketings_breach_is_told_to_who_leads_marketing(sam, lena, maya, mark):
    handoff = returned(HandoffFactory(), sam)
    clocks.sweep(at=handoff.due_at + SECOND)
    deliveries.deliver(at=handoff.due_at + SECOND)
    told = Notification.objects.get(event__kind="clock.breached")
    assert (told.user, told.mail_due) == (mark, True)
    said = notifications.sentence(told).text
    assert said == f"A deadline passed for {handoff.lead}: Answer a return."
    with translation.override("de"):
        assert "Auf eine Rückgabe antworten" in notifications.sentence(told).text


def test_what_sales_or_operations_write_is_not_marketings_answer(sam, lena, olu):
    handoff = returned(HandoffFactory(), sam)
    for person in (sam, lena, olu):
        handoffs.reply(handoff, by=person, at=MONDAY + 2 * HOUR, text="What now?")
    handoff.refresh_from_db()
    assert handoff.clock == "answer_return"
    assert clocks.sweep(at=handoff.due_at + SECOND) == 1


def test_what_marketing_wrote_before_the_return_does_not_answer_it(sam, maya):
    handoff = HandoffFactory()
    handoffs.reply(handoff, by=maya, at=MONDAY + HOUR, text="She asked for a call.")
    assert kinds(handoff).count("clock_met") == 0
    handoff = returned(handoff, sam, at=MONDAY + 2 * HOUR)
    assert handoff.clock == "answer_return"


def test_an_overdue_return_is_marketings_and_in_no_queue_of_sales(sam, olu, signed_in):
    handoff = returned(accepted(sam), sam, at=MONDAY + 2 * HOUR)
    late = handoff.due_at + SECOND
    [row] = reports.overdue(olu, at=late)
    assert (row.side, row.owner, row.clock, row.late) == ("marketing", None, "answer_return", 1)
    for user in (sam, olu):
        counted = waiting.count(user, at=late, everyones=True)
        assert (counted.overdue, set(counted.queues.values())) == (0, {0})
    with time_machine.travel(late, tick=False):
        query = {"set": "overdue", "owner": 0, "clock": "answer_return"}
        behind = signed_in(olu).get(reverse("funnel_leads"), query)
        assert [each.pk for each in behind.context["page"]] == [handoff.pk]
        client = signed_in(sam)
        inbox = client.get(reverse("inbox"), {"queue": "answered", "handoff": handoff.pk})
        assert [each.face for each in inbox.context["desk"].rows] == [None]
        assert inbox.context["desk"].hand.face is None


def test_the_returns_say_quietly_what_is_late(sam, maya, signed_in):
    handoff = returned(HandoffFactory(), sam)
    for at, chip in ((MONDAY + 2 * HOUR, ""), (handoff.due_at + HOUR, "1 h over")):
        with time_machine.travel(at, tick=False):
            page = signed_in(maya).get(reverse("returns")).context["page"]
            assert [row.face.chip for row in page] == [chip]


def test_the_funnel_counts_marketings_promise(sam, maya):
    due_at = None
    for late in (None, HOUR, -HOUR):
        handoff = returned(HandoffFactory(), sam)
        due_at = handoff.due_at
        if late:
            handoffs.reply(handoff, by=maya, at=due_at + late, text="Thank you.")
    body = handoff.version.body
    for swept, owed in ((False, 2), (True, 3)):
        if swept:
            clocks.sweep(at=due_at + SECOND)
        total = reports.tally(sets.handoffs(maya, period=last_weeks(4, at=due_at)))
        promise = reports.promises(total, body=body)[-1]
        assert (promise.clock, promise.side) == ("answer_return", "marketing")
        assert (promise.kept.part, promise.kept.whole) == (1, owed)


def test_a_transfer_cannot_hide_a_breach(sam, tom, lena):
    handoff = handoffs.assign(HandoffFactory(), to=sam, by=lena, at=DUE - HOUR)
    handoff = handoffs.assign(handoff, to=tom, by=lena, at=DUE - SECOND)
    assert handoff.due_at == DUE
    clocks.sweep(at=DUE + SECOND)
    assert breaches(handoff) == [("answer", DUE)]


def test_an_agreement_without_a_clock_promises_nothing(sam):
    version = AgreementVersionFactory(body=shapes.three_steps())
    handoff = accept(HandoffFactory(version=version), sam, MONDAY + HOUR)
    contacts.log(handoff, by=sam, at=MONDAY + HOUR, kind="call", outcome="reached")
    handoff.refresh_from_db()
    assert (handoff.clock, handoff.due_at) == ("", None)
    handoff = returned(handoff, sam, reason="not_now", at=MONDAY + 2 * HOUR)
    assert (handoff.clock, handoff.due_at) == ("", None)
    assert clocks.sweep(at=MONDAY + timedelta(days=365)) == 0
