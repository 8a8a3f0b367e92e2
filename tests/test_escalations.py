"""A breach that nobody mends is told further, or the lead is taken back and offered to others."""

from datetime import timedelta

import pytest

from feedback import calendars, clocks, contacts, escalations, handoffs
from feedback.models import Handoff
from leads.models import Event
from scoring import shapes
from scoring.documents import item
from tests.factories import (
    MONDAY,
    AgreementVersionFactory,
    HandoffFactory,
    PoolFactory,
    PoolMemberFactory,
)
from tests.test_handoff_races import at_once
from tests.test_handoffs import ALL, kinds, returned

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DUE = MONDAY + 4 * HOUR
CHAIN = [{"minutes": 60, "to": "both_leads"}, {"minutes": 300, "to": "operations"}]


def agreed(clock: str = "answer", **said: object):
    """Classic, with another end of one clock: no chain but the one given."""
    body = shapes.classic()
    for each in body["clocks"]:
        each.pop("chain", None)
    item(body["clocks"], clock).update(said)
    return AgreementVersionFactory(body=body)


def escalated(handoff) -> list[tuple[int, str, object]]:
    steps = handoff.steps.filter(kind="escalated")
    return [(step.data["level"], step.data["to"], step.at) for step in steps]


def pool_of(*reps, **facts):
    pool = PoolFactory(team=reps[0].team)
    for rep in reps:
        PoolMemberFactory(pool=pool, user=rep, **facts)
    return pool


# The chain


def test_each_step_of_the_chain_is_due_so_long_after_the_deadline_in_working_time():
    handoff = HandoffFactory(version=agreed(chain=CHAIN))
    assert handoff.escalate_at == DUE + HOUR
    clocks.sweep(at=DUE + MINUTE)
    assert escalations.escalate(at=DUE + HOUR - MINUTE) == 0
    assert escalations.escalate(at=DUE + HOUR) == 1
    handoff.refresh_from_db()
    # Five hours after one o'clock: one is Tuesday's.
    assert (handoff.escalations, handoff.escalate_at) == (1, MONDAY + DAY + HOUR)
    assert escalations.escalate(at=MONDAY + DAY) == 0
    assert escalations.escalate(at=MONDAY + 9 * DAY) == 1
    assert escalations.escalate(at=MONDAY + 9 * DAY) == 0
    handoff.refresh_from_db()
    assert (handoff.escalations, handoff.escalate_at) == (2, None)
    assert escalated(handoff) == [
        (1, "both_leads", DUE + HOUR),
        (2, "operations", MONDAY + DAY + HOUR),
    ]


def test_each_step_is_an_event_that_says_whom_it_is_for():
    handoff = HandoffFactory(version=agreed(chain=CHAIN))
    clocks.sweep(at=MONDAY + 9 * DAY)
    escalations.escalate(at=MONDAY + 9 * DAY)
    events = Event.objects.filter(kind="clock.escalated").order_by("pk")
    assert [event.data for event in events] == [
        {"handoff": handoff.pk, "clock": "answer", "level": 1, "to": "both_leads"},
        {"handoff": handoff.pk, "clock": "answer", "level": 2, "to": "operations"},
    ]


def test_an_answer_ends_the_chain(sam):
    handoff = HandoffFactory(version=agreed(chain=CHAIN))
    clocks.sweep(at=DUE + MINUTE)
    handoff = handoffs.accept(handoff, by=sam, at=DUE + 2 * MINUTE, confirmed=ALL)
    assert handoff.escalate_at is None
    assert escalations.escalate(at=MONDAY + DAY) == 0


def test_a_clock_that_is_kept_is_told_nobody(sam):
    handoff = HandoffFactory(version=agreed(chain=CHAIN))
    assert escalations.escalate(at=DUE) == 0
    handoffs.accept(handoff, by=sam, at=DUE, confirmed=ALL)
    assert escalations.escalate(at=MONDAY + DAY) == 0


def test_the_next_clock_begins_at_the_foot_of_its_own_chain(sam):
    version = agreed("first_contact", chain=CHAIN[:1])
    handoff = handoffs.accept(HandoffFactory(version=version), by=sam, at=MONDAY, confirmed=ALL)
    assert handoff.escalate_at == MONDAY + DAY + HOUR
    clocks.sweep(at=MONDAY + DAY + HOUR)
    assert escalations.escalate(at=MONDAY + DAY + HOUR) == 1
    contacts.log(handoff, by=sam, at=MONDAY + DAY + 2 * HOUR, kind="call", outcome="reached")
    handoff.refresh_from_db()
    assert (handoff.clock, handoff.escalations, handoff.escalate_at) == ("qualify", 0, None)


def test_marketings_clock_has_a_chain_too(sam):
    handoff = returned(HandoffFactory(version=agreed("answer_return", chain=CHAIN)), sam)
    late = handoff.escalate_at
    clocks.sweep(at=late)
    assert escalations.escalate(at=late) == 1
    assert Event.objects.get(kind="clock.escalated").data["clock"] == "answer_return"


def test_without_a_chain_nothing_follows():
    handoff = HandoffFactory(version=agreed())
    assert handoff.escalate_at is None
    clocks.sweep(at=MONDAY + 9 * DAY)
    assert escalations.escalate(at=MONDAY + 9 * DAY) == 0


def test_looking_for_nothing_is_one_question(django_assert_num_queries):
    HandoffFactory(version=agreed(chain=CHAIN))
    with django_assert_num_queries(1):
        assert escalations.escalate(at=MONDAY) == 0
    with django_assert_num_queries(1):
        assert clocks.warn(at=MONDAY) == 0
    with django_assert_num_queries(1):
        assert clocks.wake(at=MONDAY) == 0


# Taking back


def test_at_a_breach_the_lead_is_taken_back_and_somebody_else_has_the_whole_time(sam, tom):
    pool, late = pool_of(sam, tom), DUE + MINUTE
    handoff = HandoffFactory(version=agreed(take_back=True), pool=pool, owner=sam)
    clocks.sweep(at=late)
    assert escalations.escalate(at=late) == 1
    handoff.refresh_from_db()
    assert (handoff.owner, handoff.clock, handoff.clock_started_at) == (tom, "answer", late)
    assert handoff.due_at == calendars.add_working_minutes(pool.calendar, late, 240)
    assert handoff.breached_at is None
    assert kinds(handoff)[-4:] == ["breached", "taken_back", "assigned", "clock_started"]
    event = Event.objects.get(kind="handoff.taken_back")
    assert event.data == {"handoff": handoff.pk, "from": sam.pk}
    assert Event.objects.get(kind="handoff.assigned").data["to"] == tom.pk


def test_whoever_let_it_pass_does_not_get_it_again_even_as_the_leads_owner(sam, tom):
    pool, late = pool_of(sam, tom), DUE + MINUTE
    handoff = HandoffFactory(
        version=agreed(take_back=True), pool=pool, owner=sam, lead__owner=sam, lead__company=None
    )
    clocks.sweep(at=late)
    escalations.escalate(at=late)
    handoff.refresh_from_db()
    again = handoff.due_at + MINUTE
    assert handoff.owner == tom
    clocks.sweep(at=again)
    assert escalations.escalate(at=again) == 1
    handoff.refresh_from_db()
    assert (handoff.owner, handoff.unassigned_since) == (None, again)
    taken = handoff.steps.filter(kind="taken_back").values_list("data__from", flat=True)
    assert list(taken) == [sam.pk, tom.pk]
    assert handoff.steps.filter(kind="breached").count() == 2


def test_what_nobody_has_is_not_taken_back_but_told_further(sam):
    pool = pool_of(sam, on_duty=False)
    version = agreed(take_back=True, chain=CHAIN)
    handoff = HandoffFactory(version=version, pool=pool)
    assert handoff.escalate_at == DUE
    clocks.sweep(at=DUE + MINUTE)
    assert escalations.escalate(at=DUE + MINUTE) == 1
    handoff.refresh_from_db()
    assert (handoff.escalations, handoff.escalate_at) == (1, DUE + HOUR)
    escalations.escalate(at=DUE + HOUR)
    assert escalated(handoff) == [(1, "both_leads", DUE + HOUR)]
    assert "taken_back" not in kinds(handoff)


def test_what_is_accepted_is_never_taken_back(sam, tom):
    pool = pool_of(sam, tom)
    handoff = HandoffFactory(version=agreed(take_back=True), pool=pool, owner=sam)
    handoff = handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL)
    clocks.sweep(at=MONDAY + 9 * DAY)
    assert escalations.escalate(at=MONDAY + 9 * DAY) == 0
    assert Handoff.objects.get().owner == sam


def test_an_answer_before_the_sweep_keeps_the_lead_with_its_breach(sam, tom):
    pool = pool_of(sam, tom)
    handoff = HandoffFactory(version=agreed(take_back=True), pool=pool, owner=sam)
    handoffs.accept(handoff, by=sam, at=DUE + MINUTE, confirmed=ALL)
    clocks.sweep(at=DUE + 2 * MINUTE)
    assert escalations.escalate(at=DUE + 2 * MINUTE) == 0
    assert "taken_back" not in kinds(handoff)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_several_workers_at_once_one_takes_each_step(sam, tom):
    """Some in either pool, in the one or the other order: nobody waits for somebody who waits."""
    version, late = agreed(take_back=True), DUE + HOUR
    other = PoolFactory(name="Others", team=sam.team)
    PoolMemberFactory(pool=other, user=tom)
    pools = [pool_of(sam, tom), other]
    rows = [HandoffFactory(version=version, pool=pools[n % 2], owner=sam) for n in range(20)]
    clocks.sweep(at=late)
    taken = at_once(*(lambda: escalations.escalate(at=late) for _ in range(3)))
    assert sum(taken) == 20
    for row in rows:
        assert kinds(row).count("taken_back") == 1
    due_at = calendars.add_working_minutes(other.calendar, late, 240)
    assert set(Handoff.objects.values_list("owner", "due_at")) == {(tom.pk, due_at)}


def test_taking_back_is_a_transfer_and_is_counted(sam, tom):
    pool, late = pool_of(sam, tom), DUE + MINUTE
    handoff = HandoffFactory(version=agreed(take_back=True), pool=pool, owner=sam)
    clocks.sweep(at=late)
    escalations.escalate(at=late)
    handoff.refresh_from_db()
    assert (handoff.owner, handoff.transfers) == (tom, 1)


def test_in_the_speed_lane_what_is_taken_back_is_offered_to_the_others(sam, tom):
    pool, late = pool_of(sam, tom), DUE + MINUTE
    version = agreed(take_back=True)
    handoff = HandoffFactory(version=version, pool=pool, owner=sam, speed_lane=True)
    clocks.sweep(at=late)
    escalations.escalate(at=late)
    assert Event.objects.get(kind="handoff.alert").data["people"] == [tom.pk]
    tom_takes = handoffs.assign(handoff, to=tom, by=tom, at=late)
    again = tom_takes.due_at + MINUTE
    clocks.sweep(at=again)
    escalations.escalate(at=again)
    handoff.refresh_from_db()
    assert (handoff.owner, handoff.unassigned_since) == (None, again)
    why = handoff.steps.get(kind="unassigned").data["skipped"]
    assert why == [{"user": rep.pk, "why": "taken_back"} for rep in (sam, tom)]


# Many at once


@pytest.mark.parametrize(("number", "told"), [(2, ["clock.escalated"] * 4), (3, [])])
def test_more_than_a_handful_are_told_further_once_in_all(sam, monkeypatch, number, told):
    monkeypatch.setattr(escalations, "MOST_TOLD", 2)
    monkeypatch.setattr(escalations, "BATCH", 2)
    pool, version, late = pool_of(sam), agreed(chain=CHAIN), MONDAY + 9 * DAY
    rows = [HandoffFactory(version=version, pool=pool, owner=sam) for _ in range(number)]
    clocks.sweep(at=late)
    assert escalations.escalate(at=late) == 2 * number
    events = Event.objects.filter(kind="clock.escalated")
    assert list(events.values_list("kind", flat=True)) == told
    many = Event.objects.filter(kind="clock.escalated_many").order_by("pk")
    said = {"pool": pool.pk, "number": number, "clock": "answer"}
    levels = [] if told else [{"level": 1, "to": "both_leads"}, {"level": 2, "to": "operations"}]
    assert [event.data for event in many] == [said | level for level in levels]
    for row in rows:  # Each has its steps all the same.
        assert [level for level, *_ in escalated(row)] == [1, 2]
