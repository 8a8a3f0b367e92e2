"""Who gets a lead, and how many a pool is offered at a time."""

from datetime import timedelta

import pytest

from feedback import handoffs, releases, routing
from feedback.models import Handoff, PoolMember
from leads.models import Event, Lead, TeamAccess
from tests.factories import (
    MONDAY,
    CompanyFactory,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    PoolMemberFactory,
)
from tests.test_handoffs import ALL, kinds

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
SUNDAY = MONDAY - timedelta(days=1)


@pytest.fixture
def pool(sales):
    return PoolFactory(team=sales)


def on_duty(pool, *people, **facts) -> None:
    for user in people:
        PoolMemberFactory(pool=pool, user=user, **facts)


def waiting(pool, count=1, **facts) -> list[Handoff]:
    return [HandoffFactory(pool=pool, waiting=True, **facts) for _ in range(count)]


def owners(found) -> list:
    return [Handoff.objects.get(pk=handoff.pk).owner for handoff in found]


def trace(handoff) -> dict:
    return handoff.steps.filter(kind="assigned").last().data


def test_those_on_duty_take_turns_even_within_one_moment(pool, sam, tom, lena):
    on_duty(pool, sam, tom, lena)
    found = waiting(pool, 6)
    assert releases.release(at=MONDAY) == 6
    assert owners(found) == [sam, tom, lena, sam, tom, lena]
    assert trace(found[0])["rule"] == "round_robin"


def test_turns_go_on_where_they_stopped(pool, sam, tom):
    on_duty(pool, sam, tom)
    [first] = waiting(pool)
    releases.release(at=MONDAY)
    [second] = waiting(pool)
    releases.release(at=MONDAY)
    assert owners([first, second]) == [sam, tom]


def test_a_released_lead_is_shown_to_the_team_and_its_clock_runs(pool, sam, tom, nina):
    on_duty(pool, sam)
    [handoff] = waiting(pool)
    assert not Lead.objects.visible_to(tom).exists()
    releases.release(at=MONDAY + HOUR)
    handoff.refresh_from_db()
    assert handoff.offered_at == MONDAY + HOUR
    assert (handoff.clock, handoff.due_at) == ("answer", MONDAY + 5 * HOUR)
    assert Lead.objects.visible_to(tom).get() == handoff.lead
    assert not Lead.objects.visible_to(nina).exists()
    assert TeamAccess.objects.get().since == MONDAY + HOUR
    assert kinds(handoff) == ["opened", "offered", "assigned", "clock_started"]
    assert Event.objects.filter(kind="handoff.offered").count() == 1


def test_the_leads_owner_keeps_it_and_else_the_companys(pool, sam, tom):
    on_duty(pool, sam, tom)
    [owned] = waiting(pool, lead=LeadFactory(owner=tom))
    [known] = waiting(pool, lead=LeadFactory(company=CompanyFactory(owner=tom)))
    releases.release(at=MONDAY)
    assert owners([owned, known]) == [tom, tom]
    assert (trace(owned)["rule"], trace(known)["rule"]) == ("keep_owner", "company_owner")


def test_an_owner_who_is_off_duty_or_gone_is_skipped_and_the_trace_says_why(pool, sam, tom, lena):
    on_duty(pool, sam)
    on_duty(pool, tom, on_duty=False)
    [absent] = waiting(pool, lead=LeadFactory(owner=tom))
    [gone] = waiting(pool, lead=LeadFactory(owner=lena))
    releases.release(at=MONDAY)
    assert owners([absent, gone]) == [sam, sam]
    assert trace(absent)["skipped"] == [{"user": tom.pk, "why": "off_duty"}]
    assert {"user": lena.pk, "why": "not_in_pool"} in trace(gone)["skipped"]


def test_a_pool_is_offered_what_its_reps_can_take_best_first(pool, sam, tom):
    on_duty(pool, sam, tom, capacity=1)
    low, high, middle = (waiting(pool, score=score)[0] for score in (61, 90, 75))
    assert releases.release(at=MONDAY) == 2
    assert owners([high, middle]) == [sam, tom]
    low.refresh_from_db()
    assert (low.offered_at, low.state) == (None, "waiting")
    assert releases.release(at=MONDAY + HOUR) == 0
    handoffs.accept(high, by=sam, at=MONDAY + HOUR, confirmed=ALL)
    assert releases.release(at=MONDAY + 2 * HOUR) == 1
    assert owners([low]) == [sam]


def test_a_rep_without_room_is_skipped(pool, sam, tom):
    on_duty(pool, sam, capacity=1)
    on_duty(pool, tom, capacity=3)
    found = waiting(pool, 4)
    releases.release(at=MONDAY)
    assert owners(found) == [sam, tom, tom, tom]
    assert {"user": sam.pk, "why": "no_room"} in trace(found[3])["skipped"]


def test_after_hours_a_lead_is_nobodys_and_finds_its_owner_in_the_morning(pool, sam):
    on_duty(pool, sam)
    [handoff] = waiting(pool)
    assert releases.release(at=SUNDAY) == 1
    handoff.refresh_from_db()
    assert (handoff.owner, handoff.unassigned_since) == (None, SUNDAY)
    said = {"from": None, "rule": "nobody", "skipped": [{"user": sam.pk, "why": "after_hours"}]}
    assert handoff.steps.get(kind="unassigned").data == said
    assert routing.explain(handoff).why == "Nobody could take it then."
    assert Event.objects.get(kind="handoff.unassigned").data == {"handoff": handoff.pk} | said
    releases.release(at=SUNDAY + HOUR)
    assert kinds(handoff).count("unassigned") == 1
    releases.release(at=MONDAY)
    handoff.refresh_from_db()
    assert (handoff.owner, handoff.unassigned_since) == (sam, None)
    said = Event.objects.get(kind="handoff.assigned").data
    assert (said["to"], said["rule"]) == (sam.pk, "round_robin")
    assert (handoff.assigned_at, handoff.due_at) == (MONDAY, MONDAY + 4 * HOUR)


def test_nobody_on_duty_is_a_queue_that_everybody_of_the_team_sees(pool, sam, tom):
    on_duty(pool, sam, on_duty=False)
    [handoff] = waiting(pool)
    assert releases.release(at=MONDAY) == 1
    handoff.refresh_from_db()
    assert (handoff.owner, handoff.state, handoff.clock) == (None, "offered", "answer")
    assert Handoff.objects.visible_to(tom).awaiting_answer().get() == handoff
    assert handoffs.assign(handoff, to=tom, by=tom, at=MONDAY).owner == tom


def test_a_queue_that_nobody_works_on_is_still_no_flood(pool):
    waiting(pool, 14)
    assert releases.release(at=MONDAY) == 10
    assert Handoff.objects.waiting().count() == 4


def test_a_member_who_left_the_team_or_the_house_gets_nothing(pool, sam, tom, maya):
    on_duty(pool, sam, tom, maya)
    tom.is_active = False
    tom.save()
    found = waiting(pool, 3)
    releases.release(at=MONDAY)
    assert owners(found) == [sam, sam, sam]


def test_taking_a_turn_writes_no_row_of_the_members_history(pool, sam):
    on_duty(pool, sam)
    waiting(pool)
    releases.release(at=MONDAY)
    member = PoolMember.objects.get()
    assert member.last_assigned_at == MONDAY
    assert member.history.count() == 1
