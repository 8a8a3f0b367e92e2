"""Working hours change while leads are offered and answered, on real connections: nobody waits in
a circle, and no deadline keeps the hours of before."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event as Flag
from time import sleep

import pytest
from django.db import transaction

from feedback import calendars, clocks, handoffs, pools, releases, routing, workweeks
from feedback.clocks import rewritings
from feedback.models import Calendar, DayOff, Handoff, Pool, PoolMember
from feedback.workweeks import Week
from leads.refusals import Refused
from tests.factories import (
    MONDAY,
    HandoffFactory,
    PoolFactory,
    PoolMemberFactory,
    version_in_force,
)
from tests.test_handoff_races import at_once
from tests.test_handoffs import returned

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SOON = MONDAY + MINUTE


@pytest.fixture
def pool(sam, tom) -> Pool:
    pool = PoolFactory(team=sam.team)
    for rep in (sam, tom):
        PoolMemberFactory(pool=pool, user=rep)
    return pool


@pytest.fixture
def tuesday() -> Calendar:
    """Hours in which this Monday is off."""
    calendar = Calendar.objects.create(name="From Tuesday", time_zone="Europe/Berlin")
    DayOff.objects.create(calendar=calendar, date=MONDAY.date())
    return calendar


class Halt:
    """A verb that stands still for a moment when it is called, with what it has locked; `after`
    it, also once it has done its work."""

    def __init__(self, monkeypatch, module, name: str, *, after: bool = False) -> None:
        self.verb, self.after, self.reached = getattr(module, name), after, Flag()
        monkeypatch.setattr(module, name, self)

    def __call__(self, *args, **facts):
        done = self.verb(*args, **facts) if self.after else None
        self.reached.set()
        sleep(0.6)
        return done if self.after else self.verb(*args, **facts)

    def then(self, verb: Callable) -> Callable:
        """The verb, from the moment on at which the other stands still."""
        return lambda: self.reached.wait(30) and verb()


def test_hours_of_a_pool_change_while_a_lead_of_it_is_passed_on(
    pool, tuesday, sam, tom, lena, monkeypatch
):
    handoff = HandoffFactory(pool=pool, owner=sam, version=version_in_force())
    halt = Halt(monkeypatch, routing, "assign_again")
    change = halt.then(lambda: pools.change(pool, name="X", calendar=tuesday, by=lena, at=SOON))
    passed, moved = at_once(lambda: handoffs.pass_on(handoff, by=sam, at=SOON), change)
    assert (passed.owner, moved) == (tom, 1)
    handoff.refresh_from_db()
    assert handoff.due_at >= MONDAY + DAY - timedelta(hours=9)


def test_hours_of_a_rep_change_while_they_return_a_lead(pool, tuesday, lena, monkeypatch):
    handoff = HandoffFactory(pool=pool, version=version_in_force(), waiting=True)
    releases.release(at=MONDAY)
    handoff.refresh_from_db()
    member = PoolMember.objects.get(pool=pool, user=handoff.owner)
    terms = pools.Terms(5, None, 1, tuesday)
    halt = Halt(monkeypatch, routing, "give_turn_back")
    change = halt.then(lambda: pools.change_member(member, terms, by=lena, at=SOON))
    back, moved = at_once(lambda: returned(handoff, handoff.owner), change)
    assert (back.answer, moved) == ("returned", 0)
    member.refresh_from_db()
    assert (member.calendar, member.credits) == (tuesday, 1)


def test_a_lead_offered_while_hours_change_has_its_deadline_in_the_new_ones(
    pool, lena, monkeypatch
):
    handoff = HandoffFactory(pool=pool, version=version_in_force(), waiting=True)
    calendar = pool.calendar
    halt = Halt(monkeypatch, clocks, "start", after=True)
    week = Week.of(calendar)
    off = Week(**vars(week) | {"days_off": ((MONDAY.date(), "Moving"),)})
    change = halt.then(lambda: workweeks.change(calendar, off, by=lena, at=SOON).moved)
    assert at_once(lambda: releases.release(at=MONDAY), change) == [1, 1]
    handoff.refresh_from_db()
    fresh = Calendar.objects.get(pk=calendar.pk)
    moved = handoff.steps.get(kind="deadline_moved").at
    left = timedelta(minutes=handoff.term_minutes) - (moved - MONDAY)
    assert handoff.due_at == calendars.add_working_time(fresh, moved, left)
    assert moved >= SOON


def test_what_a_change_waits_for_others_comes_on_top_of_its_moment(
    pool, tuesday, sam, lena, monkeypatch
):
    handoff = HandoffFactory(pool=pool, owner=sam, version=version_in_force())
    held, asked, moments = Flag(), Flag(), iter([0, 90])

    def hold() -> None:
        with transaction.atomic():
            calendars.hold()
            held.set()
            assert asked.wait(30)

    def change() -> int:
        assert held.wait(30)
        return pools.change(pool, name="X", calendar=tuesday, by=lena, at=SOON)

    def pause(_seconds: float) -> None:
        asked.set()

    monkeypatch.setattr(rewritings, "LONGEST", "20ms")
    monkeypatch.setattr(rewritings, "TRIES", 10_000)
    monkeypatch.setattr(rewritings, "sleep", pause)
    monkeypatch.setattr(rewritings, "monotonic", lambda: next(moments))
    assert at_once(hold, change) == [None, 1]
    step = handoff.steps.get(kind="deadline_moved")
    assert step.at == SOON + timedelta(seconds=90)


def test_whoever_changes_hours_gives_up_when_others_never_pause(
    pool, tuesday, sam, lena, monkeypatch
):
    monkeypatch.setattr(rewritings, "TRIES", 1)
    handoff = HandoffFactory(pool=pool, owner=sam, version=version_in_force())
    halt = Halt(monkeypatch, routing, "assign_again")
    change = halt.then(lambda: pools.change(pool, name="X", calendar=tuesday, by=lena, at=SOON))
    _passed, refused = at_once(lambda: handoffs.pass_on(handoff, by=sam, at=SOON), change)
    assert isinstance(refused, Refused)
    assert (refused.code, Pool.objects.get().calendar) == ("busy", pool.calendar)
    assert Handoff.objects.get().due_at == handoff.due_at
