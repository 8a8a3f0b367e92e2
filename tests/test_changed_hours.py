"""Whose working hours count, and what becomes of running deadlines when they change."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest

from feedback import calendars, clockfaces, clocks, handoffs, setups
from feedback.clocks import rewritings
from feedback.models import Calendar, DayOff, Handoff, PoolMember, WorkingHours
from leads.models import Event
from scoring import shapes
from scoring.documents import item
from scoring.models import AgreementVersion
from tests.factories import (
    MONDAY,
    AgreementVersionFactory,
    HandoffFactory,
    PoolFactory,
)
from tests.test_calendars import Walker
from tests.test_handoffs import ALL, returned

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DUE = MONDAY + 4 * HOUR
TEN = MONDAY + HOUR


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of the first days of March 2026 in Berlin."""
    return datetime(2026, 3, day, hour - 1, minute, tzinfo=UTC)


def week(name: str, starts: int, ends: int) -> Calendar:
    calendar = Calendar.objects.create(name=name, time_zone="Europe/Berlin")
    set_week(calendar, starts, ends)
    return calendar


def set_week(calendar: Calendar, starts: int, ends: int) -> None:
    calendar.hours.all().delete()
    WorkingHours.objects.bulk_create(
        WorkingHours(calendar=calendar, weekday=day, starts=time(starts), ends=time(ends))
        for day in range(5)
    )


def member(handoff, rep, calendar=None) -> PoolMember:
    return PoolMember.objects.create(pool=handoff.pool, user=rep, calendar=calendar)


def moves(handoff) -> list[dict]:
    return [step.data for step in handoff.steps.filter(kind="deadline_moved")]


# Whose hours


def test_the_owners_own_hours_count_and_else_the_pools(sam, tom):
    handoff, own = HandoffFactory(), week("Mornings", 8, 11)
    member(handoff, sam, own)
    member(handoff, tom)
    assert calendars.of(handoff) == handoff.pool.calendar
    for owner, calendar in ((sam, own), (tom, handoff.pool.calendar)):
        handoff.owner = owner
        assert calendars.of(handoff) == calendar


def test_hours_in_another_pool_do_not_count(sam):
    handoff = HandoffFactory(owner=sam)
    other = PoolFactory(name="Others", team=sam.team)
    PoolMember.objects.create(pool=other, user=sam, calendar=week("Mornings", 8, 11))
    assert calendars.of(handoff) == handoff.pool.calendar


def test_the_clock_of_an_accepted_lead_runs_in_the_reps_hours_and_marketings_in_the_pools(sam):
    handoff = HandoffFactory()
    member(handoff, sam, week("Afternoons", 13, 17))
    handoff = handoffs.accept(handoff, by=sam, at=TEN, confirmed=ALL)
    assert (handoff.clock, handoff.due_at) == ("first_contact", berlin(3, 17))
    handoff = returned(handoff, sam, at=berlin(2, 15))
    assert (handoff.clock, handoff.due_at) == ("answer_return", berlin(4, 15))
    face = clockfaces.read(handoff, at=berlin(3, 9))
    assert face.seconds == 14 * 3600


def test_faces_of_a_list_ask_two_questions_however_long_it_is(sam, tom, django_assert_num_queries):
    for number in range(6):
        HandoffFactory(owner=[sam, tom, None][number % 3])
    pool = Handoff.objects.first().pool
    PoolMember.objects.create(pool=pool, user=sam, calendar=week("Mornings", 8, 11))
    PoolMember.objects.create(pool=pool, user=tom, calendar=week("Afternoons", 13, 17))
    DayOff.objects.create(calendar=pool.calendar, date=date(2026, 3, 3))
    rows = list(Handoff.objects.select_related("pool__calendar").order_by("pk"))
    with django_assert_num_queries(2):
        clockfaces.prepare(rows)
        faces = [clockfaces.read(row, at=TEN).seconds // 3600 for row in rows]
    assert faces == [1, 0, 3] * 2
    alone = Handoff.objects.order_by("pk")
    assert [clockfaces.read(row, at=TEN).seconds // 3600 for row in alone] == faces


# What changes while clocks run


def test_what_was_worked_stays_worked_and_the_rest_runs_in_the_new_hours():
    handoff = HandoffFactory()
    with clocks.rewriting(at=TEN):
        set_week(handoff.pool.calendar, 9, 12)
    handoff.refresh_from_db()
    # One of four hours is used: two are left today, one tomorrow.
    assert handoff.due_at == berlin(3, 10)
    [said] = moves(handoff)
    assert said == {
        "clock": "answer",
        "old": DUE.isoformat(),
        "new": handoff.due_at.isoformat(),
        "cause": "calendar",
    }
    assert handoff.steps.get(kind="deadline_moved").at == TEN
    assert not Event.objects.filter(kind__contains="deadline").exists()


def test_it_matters_when_the_hours_change():
    """The control: told an hour later, an hour less is left."""
    handoff = HandoffFactory()
    with clocks.rewriting(at=TEN + HOUR):
        set_week(handoff.pool.calendar, 9, 12)
    handoff.refresh_from_db()
    assert handoff.due_at == berlin(3, 10)
    other = HandoffFactory(pool__name="Others", pool__calendar=week("Long", 9, 17))
    with clocks.rewriting(at=berlin(2, 12, 30)):
        set_week(other.pool.calendar, 9, 12)
    other.refresh_from_db()
    assert other.due_at == berlin(3, 9, 30)


@pytest.mark.parametrize(
    ("change", "due_at"),
    [
        (lambda c: DayOff.objects.create(calendar=c, date=date(2026, 3, 2)), berlin(3, 12)),
        (lambda c: Calendar.objects.filter(pk=c.pk).update(time_zone="UTC"), berlin(2, 13)),
        (lambda c: Calendar.objects.filter(pk=c.pk).update(name="Renamed"), DUE),
        (lambda c: c.hours.all().delete(), DUE),
    ],
)
def test_any_change_of_a_calendar_is_felt(change, due_at):
    handoff = HandoffFactory()
    with clocks.rewriting(at=TEN):
        change(handoff.pool.calendar)
    handoff.refresh_from_db()
    assert handoff.due_at == due_at
    assert bool(moves(handoff)) == (due_at != DUE)


def test_a_place_brings_its_holidays():
    handoff = HandoffFactory(opened_at=datetime(2026, 4, 2, 13, 0, tzinfo=UTC))
    assert handoff.due_at == datetime(2026, 4, 3, 9, 0, tzinfo=UTC)  # Good Friday.
    with clocks.rewriting(at=handoff.opened_at):
        Calendar.objects.update(country="DE")
    handoff.refresh_from_db()
    assert handoff.due_at == datetime(2026, 4, 7, 9, 0, tzinfo=UTC)


def test_another_calendar_for_a_pool_moves_its_deadlines_and_no_others(sam):
    handoff, own = HandoffFactory(), week("Sam's", 9, 17)
    his = HandoffFactory(owner=sam)
    member(his, sam, own)
    other = HandoffFactory(pool__name="Others", pool__calendar=week("Theirs", 9, 17))
    pool = handoff.pool
    with clocks.rewriting(at=TEN):
        pool.calendar = week("Afternoons", 13, 17)
        pool.save()
    for each in (handoff, his, other):
        each.refresh_from_db()
    assert (handoff.due_at, his.due_at, other.due_at) == (berlin(2, 16), DUE, DUE)
    assert not moves(his)


def test_hours_of_their_own_for_a_member_move_the_deadlines_of_what_they_have(sam, tom):
    his, hers = HandoffFactory(owner=sam), HandoffFactory(owner=tom)
    rep = member(his, sam)
    with clocks.rewriting(at=TEN):
        rep.calendar = week("Afternoons", 13, 17)
        rep.save()
    his.refresh_from_db()
    hers.refresh_from_db()
    assert (his.due_at, hers.due_at) == (berlin(2, 16), DUE)
    with clocks.rewriting(at=berlin(2, 14)):
        rep.calendar = None
        rep.save()
    his.refresh_from_db()
    assert his.due_at == berlin(2, 16)  # Two hours are left, in either hours.


def test_a_deadline_never_moves_into_the_past():
    handoff = HandoffFactory(pool__calendar=week("Mornings", 9, 10))
    assert handoff.due_at == berlin(5, 10)
    wednesday = berlin(4, 16)
    with clocks.rewriting(at=wednesday):
        set_week(handoff.pool.calendar, 0, 23)
    handoff.refresh_from_db()
    # Three hours were worked; the fourth begins now.
    assert handoff.due_at == wednesday + HOUR


@pytest.mark.parametrize("swept", [True, False])
def test_what_is_over_stays_over(swept):
    handoff = HandoffFactory()
    if swept:
        clocks.sweep(at=DUE + MINUTE)
    with clocks.rewriting(at=DUE + MINUTE):
        set_week(handoff.pool.calendar, 0, 1)
    clocks.sweep(at=DUE + 2 * MINUTE)
    handoff.refresh_from_db()
    assert (handoff.due_at, handoff.breached_at) == (DUE, DUE)
    assert not moves(handoff)


def test_the_warning_and_the_chain_move_along_but_what_was_warned_stays_warned():
    body = shapes.classic()
    item(body["clocks"], "answer").update(
        {"warn_at": 50, "chain": [{"minutes": 60, "to": "operations"}]}
    )
    version = AgreementVersionFactory(body=body)
    warned, handoff = HandoffFactory(version=version), HandoffFactory(version=version)
    Handoff.objects.filter(pk=warned.pk).update(warned_at=TEN)
    with clocks.rewriting(at=TEN):
        set_week(handoff.pool.calendar, 9, 11)
    handoff.refresh_from_db()
    # Used: one hour. The warning comes after two, the end after four, the chain after five.
    assert handoff.warn_at == berlin(2, 11)
    assert handoff.due_at == berlin(3, 11)
    assert handoff.escalate_at == berlin(4, 10)
    assert handoff.warned_at is None
    assert clocks.warn(at=berlin(3, 10)) == 1
    warned.refresh_from_db()
    assert (warned.warned_at, warned.due_at) == (TEN, handoff.due_at)


def watched(minutes: int, warn_at: int) -> AgreementVersion:
    """An agreement that gives so long to answer, warns on the way, tells others an hour late."""
    body = shapes.classic()
    chain = [{"minutes": 60, "to": "operations"}]
    item(body["clocks"], "answer").update({"minutes": minutes, "warn_at": warn_at, "chain": chain})
    return AgreementVersionFactory(body=body)


def shift_to_tuesday(calendar: Calendar) -> None:
    """Two hours less on Monday, two more on Tuesday, and none on Wednesday."""
    calendar.hours.all().delete()
    for day, starts, ends in ((0, 9, 15), (1, 7, 12), (3, 9, 17)):
        hours = {"starts": time(starts), "ends": time(ends)}
        WorkingHours.objects.create(calendar=calendar, weekday=day, **hours)


@pytest.mark.parametrize("at_once", [500, 0])
def test_the_warning_and_the_chain_follow_where_the_deadline_stays(monkeypatch, at_once):
    monkeypatch.setattr(rewritings, "AT_ONCE", at_once)
    handoff = HandoffFactory(version=watched(660, 70))
    assert (handoff.warn_at, handoff.due_at) == (berlin(2, 16, 42), berlin(3, 12))
    with clocks.rewriting(at=TEN) as rewritten:
        shift_to_tuesday(handoff.pool.calendar)
    assert clocks.carry_over_all() == rewritten.moved == 0
    handoff.refresh_from_db()
    assert (handoff.warn_at, handoff.due_at) == (berlin(3, 8, 42), berlin(3, 12))
    assert handoff.escalate_at == berlin(5, 10)
    assert not moves(handoff)
    assert clocks.warn(at=berlin(2, 17)) == 0
    assert clocks.warn(at=berlin(3, 8, 42)) == 1


def test_the_warning_follows_whoever_gets_a_lead_whose_deadline_stays(sam, tom, lena):
    handoff = HandoffFactory(version=watched(660, 70))
    own = week("Shifted", 9, 17)
    shift_to_tuesday(own)
    member(handoff, tom, own)
    handoffs.assign(handoff, to=tom, by=lena, at=TEN)
    handoff.refresh_from_db()
    assert (handoff.warn_at, handoff.due_at) == (berlin(3, 8, 42), berlin(3, 12))
    assert not moves(handoff)


def test_a_paused_clock_moves_from_the_end_of_its_pause(sam):
    handoff = HandoffFactory()
    handoff = handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL)
    thursday = berlin(5, 9)
    said = {"until": thursday, "reason": "A fair.", "pause": True}
    handoff = handoffs.put_off(handoff, by=sam, at=TEN, **said)
    assert handoff.due_at == berlin(5, 16)
    with clocks.rewriting(at=berlin(3, 9)):
        set_week(handoff.pool.calendar, 9, 12)
    handoff.refresh_from_db()
    assert handoff.due_at == berlin(9, 10)  # Three on Thursday, three on Friday, one on Monday.
    assert (handoff.rests_until, handoff.paused_at) == (thursday, TEN)


def test_many_are_rewritten_in_batches(monkeypatch, django_assert_max_num_queries):
    rows = [HandoffFactory() for _ in range(7)]
    monkeypatch.setattr(rewritings, "BATCH", 3)
    with django_assert_max_num_queries(62), clocks.rewriting(at=TEN):
        set_week(rows[0].pool.calendar, 9, 12)
    assert set(Handoff.objects.values_list("due_at", flat=True)) == {berlin(3, 10)}
    assert sum(len(moves(row)) for row in rows) == 7


def test_the_hours_entered_while_setting_up_move_what_runs(sales, sam, lena):
    handoff = HandoffFactory(pool__team=sales)
    week_ends = {"starts": time(9), "ends": time(12), "time_zone": "Europe/Berlin", "country": ""}
    setups.set_hours(**week_ends, by=lena, at=TEN)
    handoff.refresh_from_db()
    assert handoff.due_at == berlin(3, 10)


# Everything together


def works(calendar: Calendar) -> Callable[[datetime], bool]:
    """What the calendar says now, asked minute by minute."""
    return Walker(calendar).works


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_a_clock_runs_for_its_term_and_no_minute_more(
    sam, tom, lena, monkeypatch, seed
):
    """Against somebody who walks through the days: hours change, the lead changes hands, is paused
    and taken up, in any order; of its eight hours each is worked in the hours of then."""
    random = Random(seed)
    # With some, deadlines follow a change of hours only when they are asked for.
    monkeypatch.setattr(rewritings, "AT_ONCE", random.choice([0, 500]))
    handoff = HandoffFactory(pool__team=sam.team)
    pool, owns = handoff.pool.calendar, week("Tom's", 11, 20)
    member(handoff, sam)
    member(handoff, tom, owns)
    handoff = handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL)
    left, at, asleep = 480, MONDAY, None
    works_now = works(pool)
    for _ in range(random.randrange(1, 6)):
        until = at + random.randrange(30, 900) * MINUTE
        left, at = walked(works_now, left, at, until, asleep)
        if not left:
            break
        resting = asleep is not None and asleep > at
        match random.choice(["hours", "transfer", "pause", "up"]):
            case "hours":
                with clocks.rewriting(at=at):
                    starts = random.randrange(6, 14)
                    set_week(random.choice([pool, owns]), starts, starts + random.randrange(2, 9))
            case "transfer":
                to = tom if handoff.owner == sam else sam
                handoff = handoffs.assign(handoff, to=to, by=lena, at=at)
                asleep = None
            case "pause" if not handoff.pauses:
                asleep = at + random.randrange(30, 3000) * MINUTE
                said = {"until": asleep, "reason": "Later.", "pause": True}
                handoff = handoffs.put_off(handoff, by=lena, at=at, **said)
            case "up" if resting:
                handoff = handoffs.take_up(handoff, by=lena, at=at)
                asleep = None
        works_now = works(calendars.of(Handoff.objects.get(pk=handoff.pk)))
    left, at = walked(works_now, left, at, at + 60 * DAY, asleep)
    clocks.carry_over_all()
    handoff.refresh_from_db()
    assert (left, handoff.due_at) == (0, at)
    assert clocks.sweep(at=at) == 0
    assert clocks.sweep(at=at + MINUTE) == 1


def walked(works_now, left, at, until, asleep) -> tuple[int, datetime]:
    """How many minutes are left when it is `until`, or when none is."""
    while left and at < until:
        awake = asleep is None or at >= asleep
        left -= awake and works_now(at)
        at += MINUTE
    return left, at
