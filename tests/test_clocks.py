"""A deadline is kept or missed at its true moment, whoever notices, and however late."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from threading import Event as Signal
from unittest.mock import ANY

import pytest
import time_machine
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone, translation

from feedback import (
    clocks,
    contacts,
    deliveries,
    escalations,
    handoffs,
    notifications,
    steps,
    waiting,
)
from feedback.clocks import breaches, sweeps
from feedback.clocks.sweepers import BREACHES, alone
from feedback.funnels import reports, sets
from feedback.funnels.periods import last_weeks
from feedback.models import Handoff, HandoffEvent, Notification
from leads.models import Event
from scoring import shapes
from scoring.documents import item
from tests.factories import MONDAY, AgreementVersionFactory, HandoffFactory
from tests.processes import wait_until
from tests.test_handoff_races import at_once
from tests.test_handoffs import ALL, accepted, kinds, returned

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DUE = MONDAY + 4 * HOUR  # Classic gives sales 240 working minutes to answer.


def broken(handoff) -> list[tuple[str, object]]:
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
    assert broken(handoff) == []
    assert kinds(handoff).count("clock_met") == 1


def test_an_answer_a_second_late_records_the_breach_itself_at_the_deadline(sam):
    handoff = accept(HandoffFactory(), sam, DUE + SECOND)
    assert broken(handoff) == [("answer", DUE)]
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
    assert broken(handoff) == [("answer", DUE)]
    handoff = accept(handoff, sam, DUE + 8 * HOUR)
    assert broken(handoff) == [("answer", DUE)]
    assert Event.objects.filter(kind="clock.breached").count() == 1


def test_what_a_sweep_has_flagged_is_not_called_kept_afterwards(sam):
    handoff = HandoffFactory()
    clocks.sweep(at=DUE + SECOND)
    handoff = accept(handoff, sam, DUE)
    assert broken(handoff) == [("answer", DUE)]
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
    monkeypatch.setattr(breaches, "BATCH", 2)
    monkeypatch.setattr(breaches, "SMALL_BATCH", 2)
    for _ in range(5):
        HandoffFactory()
    assert clocks.sweep(at=DUE + SECOND) == 5
    assert Event.objects.filter(kind="clock.breached").count() == 5


def test_an_idle_sweep_asks_one_question(django_assert_num_queries, sam):
    accepted(sam)
    HandoffFactory(waiting=True)
    with django_assert_num_queries(1):
        assert clocks.sweep(at=MONDAY + 2 * HOUR) == 0


def test_each_clock_of_a_handoff_has_its_own_verdict(sam):
    handoff = accept(HandoffFactory(), sam, DUE + SECOND)
    due_at = handoff.due_at
    clocks.sweep(at=due_at + SECOND)
    contacts.log(handoff, by=sam, at=due_at + HOUR, kind="call", outcome="reached")
    handoff.refresh_from_db()
    assert broken(handoff) == [("answer", DUE), ("first_contact", due_at)]
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
    assert (handoff.clock, handoff.due_at, broken(handoff)) == ("", None, [])


@pytest.mark.parametrize("swept", [False, True])
def test_a_return_answered_late_is_a_breach_once_at_the_deadline(sam, maya, swept):
    handoff = returned(HandoffFactory(), sam)
    due_at = handoff.due_at
    assert clocks.sweep(at=due_at) == 0
    if swept:
        assert (clocks.sweep(at=due_at + HOUR), clocks.sweep(at=due_at + HOUR)) == (1, 0)
    handoffs.reply(handoff, by=maya, at=due_at + 2 * HOUR, text="Sorry, late.")
    assert clocks.sweep(at=due_at + 3 * HOUR) == 0
    assert broken(handoff) == [("answer_return", due_at)]
    assert Event.objects.get(kind="clock.breached").at == due_at
    assert kinds(handoff).count("clock_met") == 1  # Of the rep's answer.


def test_marketings_breach_is_told_to_who_leads_marketing(sam, lena, maya, mark):
    handoff = returned(HandoffFactory(), sam)
    clocks.sweep(at=handoff.due_at + SECOND)
    deliveries.deliver(at=handoff.due_at + SECOND)
    told = Notification.objects.get(event__kind="clock.breached")
    assert (told.user, told.mail_due) == (mark, True)
    said = notifications.sentence(told).text
    lead = f"{handoff.lead} ({handoff.lead.company_name})"
    assert said == f"Marketing has not answered the return of {lead}, due 10:00."
    with translation.override("de"):
        assert "hat auf die Rückgabe von" in notifications.sentence(told).text


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
    for at, chip in ((MONDAY + 2 * HOUR, ""), (handoff.due_at + HOUR, "1\xa0h over")):
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
    assert broken(handoff) == [("answer", DUE)]


def test_an_agreement_without_a_clock_promises_nothing(sam):
    version = AgreementVersionFactory(body=shapes.three_steps())
    handoff = accept(HandoffFactory(version=version), sam, MONDAY + HOUR)
    contacts.log(handoff, by=sam, at=MONDAY + HOUR, kind="call", outcome="reached")
    handoff.refresh_from_db()
    assert (handoff.clock, handoff.due_at) == ("", None)
    handoff = returned(handoff, sam, reason="not_now", at=MONDAY + 2 * HOUR)
    assert (handoff.clock, handoff.due_at) == ("", None)
    assert clocks.sweep(at=MONDAY + timedelta(days=365)) == 0


# At the deadline


@pytest.mark.parametrize("order", ["accept", "sweep, accept", "accept, sweep"])
@pytest.mark.parametrize("late", [-1, 0, 1])
def test_who_accepts_on_the_page_around_the_deadline_finds_one_consistent_outcome(
    sam, lena, signed_in, one_clock, late, order
):
    handoff, at = HandoffFactory(pool__team=sam.team), DUE + late * SECOND
    form = {"confirmed": sorted(ALL)}
    for verb in order.split(", "):
        with time_machine.travel(at, tick=False):
            if verb == "sweep":
                assert clocks.sweep(at=at) == (late > 0 and order.startswith("sweep"))
            else:
                url = reverse("handoff_acceptance", args=[handoff.pk])
                assert signed_in(sam).post(url, form).status_code == 302
    handoff.refresh_from_db()
    assert (handoff.answer, handoff.answered_at, handoff.owner) == ("accepted", at, sam)
    assert broken(handoff) == [("answer", DUE)] * (late > 0)
    assert kinds(handoff).count("clock_met") == (late <= 0)
    assert Event.objects.filter(kind="clock.breached").count() == (late > 0)
    [handed] = sets.handoffs(lena, period=last_weeks(4, at=at))
    assert (handed.late_answer, handed.kept_answer_return) == (late > 0, False)
    total = reports.tally(sets.handoffs(lena, period=last_weeks(4, at=at)))
    [answer] = [
        p for p in reports.promises(total, body=handoff.version.body) if p.clock == "answer"
    ]
    assert (answer.kept.part, answer.kept.whole) == (int(late <= 0), 1)
    # The next clock is not the last one's: it runs from the answer, unbroken.
    assert (handoff.clock, handoff.breached_at) == ("first_contact", None)
    assert handoff.clock_started_at == at


# When nobody sweeps for a while


def test_after_six_hours_without_a_sweep_each_breach_is_there_once_at_its_true_moment(sam):
    body = shapes.classic()
    for clock in body["clocks"]:
        clock["warn_at"] = 50
    version = AgreementVersionFactory(body=body)
    # Every ten minutes one was offered; then nothing sweeps from eleven to five.
    offered = [
        HandoffFactory(version=version, opened_at=MONDAY + n * timedelta(minutes=10))
        for n in range(30)
    ]
    early, late = MONDAY + 2 * HOUR, MONDAY + 8 * HOUR
    near = {h.pk for h in offered if h.warn_at <= early}
    assert (clocks.wake(at=early), clocks.sweep(at=early), clocks.warn(at=early)) == (0, 0, 1)
    paused = handoffs.put_off(
        accept(HandoffFactory(version=version), sam, MONDAY),
        by=sam,
        at=MONDAY + HOUR,
        until=MONDAY + 4 * HOUR,
        reason="At one.",
        pause=True,
    )
    for _ in range(2):  # Beat comes back, and comes again.
        clocks.wake(at=late)
        clocks.sweep(at=late)
        clocks.warn(at=late)
    for handoff in offered:
        handoff.refresh_from_db()
        over = handoff.due_at < late
        assert handoff.breached_at == (handoff.due_at if over else None)
        assert broken(handoff) == [("answer", handoff.due_at)] * over
        # What is over by now is not warned of after the fact.
        warned = [step.at for step in handoff.steps.filter(kind="warned")]
        expected = handoff.pk in near or handoff.warn_at <= late < handoff.due_at
        assert warned == [handoff.warn_at] * expected
    assert sum(h.breached_at is not None for h in offered) == 24
    paused.refresh_from_db()
    resumed = paused.steps.get(kind="resumed")
    assert (resumed.at, paused.paused_at, paused.rests_until) == (MONDAY + 4 * HOUR, None, None)
    # One of eight hours was used: seven are left from one o'clock, three of them tomorrow's.
    assert (paused.due_at, paused.breached_at) == (MONDAY + timedelta(days=1) + 3 * HOUR, None)


@pytest.mark.parametrize("batch", [20, 2])
def test_a_flood_of_breaches_is_told_once_in_all_and_a_handful_one_by_one(monkeypatch, batch):
    few, many = 3, 5
    for name in ("BATCH", "SMALL_BATCH"):
        monkeypatch.setattr(breaches, name, batch)
    monkeypatch.setattr(breaches, "MOST_TOLD", few)
    for number in range(few):
        HandoffFactory(pool__name="Small", lead__last_name=f"S{number}")
    rows = [HandoffFactory() for _ in range(many)]
    late = DUE + HOUR
    assert clocks.sweep(at=late) == few + many
    told = Event.objects.filter(kind="clock.breached")
    assert {event.data["handoff"] for event in told}.isdisjoint({row.pk for row in rows})
    assert (told.count(), set(told.values_list("at", flat=True))) == (few, {DUE})
    flood = Event.objects.get(kind="clock.breached_many")
    said = {"pool": rows[0].pool_id, "clock": "answer", "number": many}
    assert (flood.data, flood.lead, flood.at) == (said, None, late)
    for row in rows:  # Each has its step all the same, as if it had come alone.
        step = row.steps.get(kind="breached")
        assert (step.at, step.by, step.note) == (DUE, None, None)
        assert step.data == {"clock": "answer", "due_at": DUE.isoformat(), "term_minutes": 240}
        assert step.recorded_at


@pytest.mark.parametrize("part", [timedelta(0), timedelta(microseconds=120_000)])
def test_a_step_says_the_deadline_as_python_writes_it(part):
    handoff = HandoffFactory(opened_at=MONDAY + part)
    clocks.sweep(at=DUE + HOUR)
    said = handoff.steps.get(kind="breached").data["due_at"]
    assert said == (DUE + part).isoformat()


# Several sweepers


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_four_sweepers_at_once_each_breach_is_flagged_by_one(monkeypatch):
    monkeypatch.setattr(breaches, "BATCH", 7)
    monkeypatch.setattr(breaches, "alone", everybody)
    rows = [HandoffFactory() for _ in range(60)]
    flagged = at_once(*(lambda: clocks.sweep(at=DUE + HOUR) for _ in range(4)))
    assert sum(flagged) == 60
    assert HandoffEvent.objects.filter(kind="breached").count() == 60
    assert all(broken(row) == [("answer", DUE)] for row in rows)


@contextmanager
def everybody(_number: int) -> Iterator[bool]:
    """As if nobody asked whether another sweep is at it."""
    yield True


SWEEPS = {
    "breached": (breaches, "_flag_batch", lambda: clocks.sweep(at=DUE + HOUR)),
    "warning": (sweeps, "_warn_batch", lambda: clocks.warn(at=DUE - HOUR)),
    "escalated": (escalations, "_take_batch", lambda: escalations.escalate(at=DUE + 9 * DAY)),
}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guard", [alone, everybody])
@pytest.mark.parametrize("kind", SWEEPS)
def test_a_flood_is_told_once_though_a_sweep_begins_between_the_batches_of_another(
    monkeypatch, kind, guard
):
    """With the control: a second sweep would tell of what the first has left."""
    module, name, sweep = SWEEPS[kind]
    for where in (breaches, sweeps, escalations):
        monkeypatch.setattr(where, "BATCH", 3)
        monkeypatch.setattr(where, "MOST_TOLD", 2)
    monkeypatch.setattr(module, "alone", guard)
    version = AgreementVersionFactory(body=watched())
    rows = [HandoffFactory(version=version) for _ in range(8)]
    if kind == "escalated":
        clocks.sweep(at=DUE + HOUR)
    halfway, done, batch = Signal(), Signal(), getattr(module, name)

    def stop_after_one(*args) -> int:
        found = batch(*args)
        if not halfway.is_set():
            halfway.set()
            assert done.wait(timeout=30)
        return found

    def second() -> int:
        try:
            return halfway.wait(timeout=30) and sweep()
        finally:
            done.set()

    monkeypatch.setattr(module, name, stop_after_one)
    found = at_once(sweep, second)
    assert found == ([len(rows), 0] if guard is alone else [3, 5])
    many = Event.objects.filter(kind=f"clock.{kind}_many").order_by("pk")
    numbers = list(many.values_list("data__number", flat=True))
    assert numbers == ([8] if guard is alone else [8, 5])
    steps = HandoffEvent.objects.filter(kind={"warning": "warned"}.get(kind, kind))
    assert steps.count() == len(rows)


def watched() -> dict:
    """An agreement that warns before a deadline, and tells others once it has passed."""
    body = shapes.classic()
    said = {"warn_at": 50, "chain": [{"minutes": 60, "to": "both_leads"}]}
    item(body["clocks"], "answer").update(said)
    return body


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_dies_lets_the_next_one_go_on():
    HandoffFactory()

    def die() -> None:
        with alone(BREACHES) as ours:
            assert ours
            connection.close()

    at_once(die)
    wait_until(
        lambda: at_once(lambda: clocks.sweep(at=DUE + HOUR)) == [1], "the next goes on", seconds=30
    )


@pytest.mark.postgres
def test_behind_a_pooler_that_hands_connections_round_no_lock_stays(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    with alone(BREACHES) as ours, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        )
        assert (ours, cursor.fetchone()[0]) == (True, 0)


@pytest.mark.postgres
def test_a_sweep_whose_machine_vanishes_is_missed_within_a_minute():
    """What the server asks of the connection; through a socket of one machine it asks nothing."""
    afar = not connection.settings_dict["HOST"].startswith("/")
    with alone(BREACHES) as ours, connection.cursor() as cursor:
        assert ours
        asked = []
        for name in ("idle", "interval", "count"):
            cursor.execute(f"SHOW tcp_keepalives_{name}")
            asked.append(int(cursor.fetchone()[0]))
    assert asked == ([30, 10, 3] if afar else [0, 0, 0])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_sweepers_that_read_first_and_write_then_would_flag_twice():
    """The control: without the lock in the same statement, both see the row unflagged."""
    handoff, seen = HandoffFactory(), Barrier(2)

    def careless() -> None:
        due = list(Handoff.objects.filter(breached_at=None, due_at__lt=DUE + HOUR))
        seen.wait(timeout=30)
        for each in due:
            Handoff.objects.filter(pk=each.pk).update(breached_at=each.due_at)
            steps.record(each, "breached", at=each.due_at, data={"clock": each.clock})

    at_once(careless, careless)
    assert broken(handoff) == [("answer", DUE)] * 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_somebody_answers_right_now_is_left_to_the_answer(sam):
    held, other = HandoffFactory(), HandoffFactory()
    locked, done = Signal(), Signal()

    def hold() -> None:
        with transaction.atomic():
            Handoff.objects.select_for_update().get(pk=held.pk)
            locked.set()
            done.wait(timeout=30)

    def sweep() -> int:
        locked.wait(timeout=30)
        try:
            return clocks.sweep(at=DUE + HOUR)
        finally:
            done.set()

    assert at_once(hold, sweep) == [None, 1]
    other.refresh_from_db()
    held.refresh_from_db()
    assert (other.breached_at, held.breached_at) == (DUE, None)
    assert broken(accept(held, sam, DUE + 2 * HOUR)) == [("answer", DUE)]
