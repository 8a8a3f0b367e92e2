"""Hours have changed, and deadlines have not followed yet: none by the old hours ever counts."""

from datetime import timedelta

import pytest
from django.urls import reverse

from feedback import calendars, clocks, handoffs, tasks
from feedback.clocks import breaches, rewritings
from feedback.models import Carryover, DayOff, Handoff, HoursChange, PoolMember
from leads.models import Event
from scoring import shapes
from scoring.documents import item
from tests.factories import MONDAY, AgreementVersionFactory, HandoffFactory, PoolFactory
from tests.test_changed_hours import DUE, HOUR, MINUTE, TEN, berlin, member, moves, set_week, week
from tests.test_handoff_races import at_once
from tests.test_handoffs import ALL

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
# With this Monday off, what was worked on it by ten stays worked.
TUESDAY = DUE + DAY - HOUR


@pytest.fixture(autouse=True)
def later(monkeypatch):
    """No deadline follows while the hours are saved."""
    monkeypatch.setattr(rewritings, "AT_ONCE", 0)


def monday_off(handoff: Handoff, *, at=TEN) -> clocks.rewriting:
    with clocks.rewriting(at=at) as rewritten:
        DayOff.objects.create(calendar=handoff.pool.calendar, date=MONDAY.date())
    return rewritten


def kinds(handoff: Handoff) -> list[str]:
    return list(handoff.steps.values_list("kind", flat=True))


def without_guard(monkeypatch) -> None:
    """The sweep as it would be if it did not ask."""
    monkeypatch.setattr(breaches, "settled", lambda found: found)
    guard = "AND NOT EXISTS (SELECT FROM feedback_carryover c WHERE c.handoff_id = h.id)"
    assert guard in breaches.FLAG
    monkeypatch.setattr(breaches, "FLAG", breaches.FLAG.replace(guard, ""))


def test_a_change_is_written_down_and_deadlines_follow_once():
    rows = [HandoffFactory() for _ in range(3)]
    rewritten = monday_off(rows[0])
    assert (rewritten.moved, rewritten.left) == (0, 3)
    assert set(Handoff.objects.values_list("due_at", flat=True)) == {DUE}
    assert clocks.pending() == rewritings.Following(number=3, left=3)
    tasks.carry_over()
    assert clocks.pending() is None
    assert set(Handoff.objects.values_list("due_at", flat=True)) == {TUESDAY}
    assert not HoursChange.objects.exists()
    assert clocks.carry_over_all() == 0
    for row in rows:
        assert row.steps.get(kind="deadline_moved").at == TEN


def test_few_follow_at_once(monkeypatch):
    monkeypatch.setattr(rewritings, "AT_ONCE", 2)
    few = HandoffFactory()
    assert monday_off(few).moved == 1
    calendar = week("Others", 9, 17)
    many = [HandoffFactory(pool__name="Others", pool__calendar=calendar) for _ in range(3)]
    rewritten = monday_off(many[0])
    assert (rewritten.moved, rewritten.left) == (0, 3)


def test_what_does_not_run_in_changed_hours_has_not_to_follow(sam):
    late = HandoffFactory()
    clocks.sweep(at=DUE + MINUTE)
    mine = HandoffFactory(owner=sam)
    member(mine, sam, week("Sam's", 9, 17))
    assert monday_off(late).left == 0
    assert not HoursChange.objects.exists()


def test_an_answer_brings_the_deadline_along_first(sam):
    handoff = HandoffFactory()
    monday_off(handoff)
    handoffs.accept(handoff, by=sam, at=DUE + HOUR, confirmed=ALL)
    assert kinds(handoff)[-4:] == ["deadline_moved", "clock_met", "accepted", "clock_started"]
    assert clocks.carry_over_all() == 0
    assert len(moves(handoff)) == 1
    assert not HoursChange.objects.exists()


def test_an_answer_that_did_not_would_be_late_for_no_reason(sam, monkeypatch):
    """The control."""
    monkeypatch.setattr(clocks, "settle", lambda handoff: None)
    handoff = HandoffFactory()
    monday_off(handoff)
    handoffs.accept(handoff, by=sam, at=DUE + HOUR, confirmed=ALL)
    assert "breached" in kinds(handoff)


def test_no_sweep_flags_by_old_hours_and_the_next_one_goes_by_the_new():
    handoff = HandoffFactory()
    monday_off(handoff)
    assert clocks.sweep(at=DUE + HOUR) == 0
    assert clocks.carry_over_all(due_by=DUE - MINUTE) == 0
    assert clocks.carry_over_all(due_by=DUE + HOUR) == 1
    assert clocks.sweep(at=TUESDAY) == 0
    assert clocks.sweep(at=TUESDAY + HOUR) == 1
    handoff.refresh_from_db()
    assert handoff.breached_at == TUESDAY


def test_a_sweep_that_did_not_ask_would_flag_what_is_in_time(monkeypatch):
    """The control."""
    without_guard(monkeypatch)
    handoff = HandoffFactory()
    monday_off(handoff)
    assert clocks.sweep(at=DUE + HOUR) == 1


def test_a_deadline_that_is_earlier_by_the_new_hours_is_late_from_its_true_moment(sam):
    """However late the deadline follows, an answer after it is a breach."""
    rows = [HandoffFactory(opened_at=berlin(2, 16)) for _ in range(2)]
    assert rows[0].due_at == berlin(3, 12)
    with clocks.rewriting(at=berlin(2, 16)):
        set_week(rows[0].pool.calendar, 9, 20)
    true = berlin(2, 20)
    handoffs.accept(rows[0], by=sam, at=true + HOUR, confirmed=ALL)
    assert rows[0].steps.get(kind="breached").at == true
    clocks.carry_over_all()
    assert clocks.sweep(at=true + 2 * HOUR) == 1
    rows[1].refresh_from_db()
    assert rows[1].breached_at == true


def test_nobody_is_warned_nor_a_pause_ended_by_old_hours(sam):
    body = shapes.classic()
    item(body["clocks"], "answer")["warn_at"] = 50
    handoff = HandoffFactory(version=AgreementVersionFactory(body=body))
    paused = handoffs.accept(HandoffFactory(), by=sam, at=MONDAY, confirmed=ALL)
    until = berlin(4, 9)
    said = {"until": until, "reason": "A fair.", "pause": True}
    paused = handoffs.put_off(paused, by=sam, at=TEN, **said)
    with clocks.rewriting(at=TEN):
        set_week(handoff.pool.calendar, 9, 11)
        set_week(paused.pool.calendar, 9, 11)
    near = handoff.warn_at + MINUTE
    assert clocks.warn(at=near) == 0
    assert clocks.wake(at=until) == 0
    clocks.carry_over_all()
    assert clocks.warn(at=berlin(3, 10)) == 1
    assert clocks.wake(at=until) == 1
    # Seven hours were left when it was paused; two of them fit into each of its days.
    assert Handoff.objects.get(pk=paused.pk).due_at == berlin(9, 10)


def test_who_gets_a_lead_has_what_was_left_by_the_new_hours(sam, tom, lena):
    handoff = HandoffFactory(pool__team=sam.team, owner=sam)
    member(handoff, sam)
    member(handoff, tom, week("Tom's", 13, 17))
    monday_off(handoff)
    handoffs.assign(handoff, to=tom, by=lena, at=TEN + HOUR)
    assert [said["cause"] for said in moves(handoff)] == ["calendar", "transfer"]
    assert moves(handoff)[0]["new"] == moves(handoff)[1]["old"] == TUESDAY.isoformat()
    assert clocks.carry_over_all() == 0


@pytest.mark.parametrize("at", [TEN + HOUR, DUE + HOUR])
def test_two_changes_in_a_row_come_to_the_same_late_or_at_once(monkeypatch, at):
    """Also where the old deadline has passed when the second is made."""

    def changed(handoff: Handoff) -> list[dict]:
        monday_off(handoff)
        with clocks.rewriting(at=at):
            set_week(handoff.pool.calendar, 9, 10)
        clocks.carry_over_all()
        return moves(handoff)

    late = changed(HandoffFactory())
    monkeypatch.setattr(rewritings, "AT_ONCE", 500)
    at_once = changed(HandoffFactory(pool__name="O", pool__calendar=week("O", 9, 17)))
    assert late == at_once
    assert len(late) == 2


def test_who_is_killed_between_batches_leaves_the_rest_to_the_next(monkeypatch):
    rows = [HandoffFactory() for _ in range(7)]
    monday_off(rows[0])
    monkeypatch.setattr(rewritings, "BATCH", 3)
    write, calls = rewritings._write, []

    def killed(moved):
        calls.append(1)
        write(moved)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(rewritings, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        clocks.carry_over_all()
    assert clocks.pending() == rewritings.Following(number=7, left=4)
    assert clocks.carry_over_all() == 4
    assert [len(moves(row)) for row in rows] == [1] * 7
    assert set(Handoff.objects.values_list("due_at", flat=True)) == {TUESDAY}


def test_who_leads_sees_how_many_are_to_come_and_that_none_is(client, lena, sam):
    handoff = HandoffFactory(pool__team=sam.team)
    monday_off(handoff)
    client.force_login(lena)
    assert b'hx-get="/duty/deadlines/"' in client.get(reverse("duty")).content
    clocks.carry_over_all()
    page = client.get(reverse("duty_deadlines")).content.decode()
    assert "All running deadlines follow the new hours." in page
    assert "hx-get" not in page
    assert b"duty/deadlines" not in client.get(reverse("duty")).content


# Many warnings at once


def test_more_warnings_than_a_handful_are_one_for_each_who_is_told(sam, tom, monkeypatch):
    """The beat stood still for hours: each lead says that it was warned of, whoever has them is
    told once."""
    monkeypatch.setattr("feedback.clocks.sweeps.MOST_TOLD", 2)
    monkeypatch.setattr("feedback.clocks.sweeps.BATCH", 2)
    body = shapes.classic()
    item(body["clocks"], "answer")["warn_at"] = 50
    version = AgreementVersionFactory(body=body)
    pool = HandoffFactory(version=version, owner=tom).pool
    for owner, number in ((sam, 3), (tom, 1), (None, 3)):
        for _ in range(number):
            HandoffFactory(version=version, pool=pool, owner=owner)
    assert clocks.warn(at=MONDAY + 3 * HOUR) == 8
    alone = Event.objects.filter(kind="clock.warning").values_list("data__handoff", flat=True)
    toms = Handoff.objects.filter(owner=tom).values_list("pk", flat=True)
    assert sorted(alone) == sorted(toms)
    many = Event.objects.filter(kind="clock.warning_many")
    said = {"clock": "answer", "number": 3}
    whom = [event.data for event in many]
    assert len(whom) == 2
    assert said | {"owner": sam.pk} in whom
    assert said | {"pool": pool.pk} in whom
    for handoff in Handoff.objects.all():
        assert kinds(handoff).count("warned") == 1
    assert clocks.warn(at=MONDAY + 3 * HOUR) == 0


def test_whose_own_hours_stay_keeps_the_deadline_whatever_changes_around(sam, tom, lena):
    """The pool's hours change; Tom has the same for his own, as Sam has in another pool. Lena goes
    by the pool's from now on, which are what her own were."""
    toms = HandoffFactory(owner=tom)
    pool, mornings = toms.pool, week("Mornings", 9, 11)
    sams, lenas = (HandoffFactory(version=toms.version, pool=pool, owner=u) for u in (sam, lena))
    others = PoolFactory(name="Others", team=sam.team)
    PoolMember.objects.create(pool=others, user=sam, calendar=pool.calendar)
    member(toms, tom, pool.calendar)
    member(toms, sam, week("Afternoons", 13, 17))
    lenas_own = member(toms, lena, mornings)
    with clocks.rewriting(at=TEN):
        set_week(pool.calendar, 9, 11)
        PoolMember.objects.filter(pk=lenas_own.pk).update(calendar=None)
    clocks.carry_over_all()
    assert [len(moves(each)) for each in (toms, sams, lenas)] == [1, 0, 0]


# Several at once


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_each_deadline_follows_once_whoever_brings_it_along(sam):
    rows = [HandoffFactory() for _ in range(30)]
    monday_off(rows[0])
    answers = [
        lambda row=row: handoffs.accept(row, by=sam, at=DUE + HOUR, confirmed=ALL)
        for row in rows[::6]
    ]
    at_once(*answers, *[clocks.carry_over_all] * 3, lambda: clocks.sweep(at=DUE + HOUR))
    clocks.carry_over_all()
    assert not Carryover.objects.exists()
    for row in rows:
        assert kinds(row).count("deadline_moved") == 1
        assert "breached" not in kinds(row)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("careless", [False, True])
def test_a_sweep_waits_for_hours_that_are_being_changed(monkeypatch, careless):
    """With the control: a sweep that does not wait flags what is in time."""
    from tests.test_changed_hours_races import Halt

    handoff = HandoffFactory()
    halt = Halt(monkeypatch, rewritings, "_write_down", after=True)
    if careless:
        monkeypatch.setattr(calendars, "hold", lambda: None)
    swept = halt.then(lambda: clocks.sweep(at=DUE + HOUR))
    _changed, flagged = at_once(lambda: monday_off(handoff), swept)
    assert flagged == careless
