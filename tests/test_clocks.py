"""A deadline is kept or missed at its true moment, whoever notices, and however late."""

from datetime import timedelta
from unittest.mock import ANY

import pytest
import time_machine
from django.utils import timezone

from feedback import clocks, contacts, handoffs
from feedback.models import Handoff
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
    assert (handoff.clock, handoff.due_at) == ("", None)


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
    assert clocks.sweep(at=MONDAY + timedelta(days=365)) == 0
