"""Which pool a lead comes to and how: ordered rules, the speed lane, and the trace of it."""

from datetime import timedelta

import pytest

from feedback import deliveries, handoffs, releases, routing
from feedback.models import Handoff, HandoffEvent, Pool, PoolMember, RoutingRule
from feedback.routing import Roster
from leads import activities
from leads.models import Event, Lead
from leads.refusals import Refused
from tests.conftest import person
from tests.factories import (
    MONDAY,
    CompanyFactory,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    TeamFactory,
    entry_for,
    version_in_force,
)
from tests.test_handoffs import ALL, kinds
from tests.test_routing import on_duty, owners, trace, waiting

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SUNDAY = MONDAY - timedelta(days=1)
LARGE = {"op": "at_least", "field": "company_size", "value": 500}
ASKED = {
    "op": "did",
    "types": ["demo_requested"],
    "channels": [],
    "campaigns": [],
    "times": 1,
    "within_days": 1,
}
GONE = {"op": "is", "field": "shoe_size", "value": 42}


@pytest.fixture
def pool(sales):
    return PoolFactory(team=sales)


@pytest.fixture
def enterprise(sales):
    return PoolFactory(team=sales, name="Enterprise", position=1)


def rule(name: str, pool: Pool, **facts) -> RoutingRule:
    return RoutingRule.objects.create(name=name, pool=pool, **facts)


def large() -> Lead:
    return LeadFactory(company_size=900)


def asks_for_a_demo(lead: Lead, *, at=MONDAY) -> Lead:
    activities.record(lead, type="demo_requested", occurred_at=at, known_at=at)
    return lead


def delivered(lead: Lead, *, at=MONDAY) -> Handoff:
    """The lead met the criteria, and the worker came by."""
    entry_for(lead, version_in_force(), at=at)
    deliveries.deliver(at=at)
    return Handoff.objects.get(lead=lead)


# Rules


def test_the_first_active_rule_that_holds_decides(pool, enterprise, sam, tom):
    on_duty(pool, sam)
    on_duty(enterprise, tom)
    rule("Off", pool, position=0, active=False)
    here = rule("Large companies", enterprise, position=1, when=LARGE)
    rule("Everybody else", pool, position=2)
    handoff = delivered(large())
    assert (handoff.pool, handoff.rule, handoff.owner) == (enterprise, here, tom)
    said = handoff.steps.get(kind="opened").data
    assert (said["pool"], said["rule"]) == (enterprise.pk, here.pk)
    assert delivered(LeadFactory(company_size=20)).rule.name == "Everybody else"


def test_without_a_rule_that_holds_the_lead_comes_to_the_first_pool(pool, enterprise, sam):
    on_duty(pool, sam)
    rule("Large companies", enterprise, when=LARGE)
    handoff = delivered(LeadFactory())
    assert (handoff.pool, handoff.rule, handoff.owner) == (pool, None, sam)
    assert routing.explain(handoff).rule == "All others"


def test_a_rule_that_can_no_longer_be_read_never_holds_and_is_traced(pool, enterprise, sam):
    on_duty(pool, sam)
    lost = rule("Feet", enterprise, when={"none": [GONE]})
    handoff = delivered(LeadFactory())
    assert handoff.pool == pool
    assert handoff.steps.get(kind="opened").data["unreadable"] == [lost.pk]


def test_a_rule_decides_whether_owners_keep_their_leads(pool, sam, tom):
    on_duty(pool, sam, tom)
    fresh = rule("Fresh eyes", pool, keeps_lead_owner=False, keeps_company_owner=False)
    owned = [
        waiting(pool, rule=fresh, lead=LeadFactory(owner=tom))[0],
        waiting(pool, rule=fresh, lead=LeadFactory(company=CompanyFactory(owner=tom)))[0],
    ]
    releases.release(at=MONDAY)
    assert owners(owned) == [sam, tom]
    assert [trace(h)["rule"] for h in owned] == ["round_robin", "round_robin"]


def test_an_owner_outside_of_their_hours_gets_it_only_where_the_rule_says_so(pool, sam):
    on_duty(pool, sam)
    always = rule("Always", pool, owner_any_hour=True)
    [kept] = waiting(pool, rule=always, lead=LeadFactory(owner=sam))
    [held] = waiting(pool, lead=LeadFactory(owner=sam))
    releases.release(at=SUNDAY)
    assert owners([kept, held]) == [sam, None]


def test_a_rule_that_is_deleted_leaves_its_handoffs_in_their_pool(pool, enterprise, tom):
    on_duty(enterprise, tom)
    here = rule("Large companies", enterprise, when=LARGE)
    handoff = delivered(large())
    here.delete()
    handoff.refresh_from_db()
    assert (handoff.pool, handoff.rule, handoff.owner) == (enterprise, None, tom)


# Speed lane


@pytest.fixture
def lane(pool):
    return rule("Asks for a person", pool, when=ASKED, strategy="first_to_take")


def test_who_asks_for_a_person_is_offered_at_once_to_everybody_there(pool, lane, sam, tom, lena):
    on_duty(pool, sam, tom, capacity=1)
    on_duty(pool, lena, on_duty=False)
    waiting(pool, 3, score=99)
    releases.release(at=MONDAY)
    handoff = delivered(asks_for_a_demo(LeadFactory(owner=tom)))
    assert (handoff.speed_lane, handoff.offered_at, handoff.owner) == (True, MONDAY, None)
    assert handoff.unassigned_since is None
    said = Event.objects.get(kind="handoff.alert").data
    assert said == {"handoff": handoff.pk, "rule": lane.pk, "people": [sam.pk, tom.pk]}
    assert "assigned" not in kinds(handoff)
    assert routing.explain(handoff).why.startswith("Speed lane")
    assert Handoff.objects.waiting().count() == 1


def test_the_first_to_take_it_has_it(pool, lane, sam, tom):
    on_duty(pool, sam, tom)
    handoff = delivered(asks_for_a_demo(LeadFactory()))
    taken = handoffs.assign(handoff, to=tom, by=tom, at=MONDAY)
    assert (taken.owner, taken.transfers) == (tom, 0)
    assert routing.explain(taken).why == "Tom Albrecht took it."
    with pytest.raises(Refused) as refusal:
        handoffs.assign(handoff, to=sam, by=sam, at=MONDAY)
    assert refusal.value.code == "already_theirs"
    releases.release(at=MONDAY + HOUR)
    assert Event.objects.filter(kind="handoff.alert").count() == 1
    undone = handoffs.undo(taken, by=tom, at=MONDAY + HOUR)
    assert routing.explain(undone).why.startswith("Speed lane")


def test_with_nobody_there_it_is_unassigned_until_somebody_comes(pool, lane, sam):
    on_duty(pool, sam)
    handoff = delivered(asks_for_a_demo(LeadFactory(), at=SUNDAY), at=SUNDAY)
    assert (handoff.owner, handoff.unassigned_since) == (None, SUNDAY)
    assert not Event.objects.filter(kind="handoff.alert").exists()
    for minute in range(3):
        releases.release(at=MONDAY + minute * MINUTE)
    handoff.refresh_from_db()
    assert handoff.unassigned_since is None
    assert Event.objects.get(kind="handoff.alert").at == MONDAY
    releases.release(at=MONDAY + 9 * HOUR)
    releases.release(at=MONDAY + 10 * HOUR)
    handoff.refresh_from_db()
    assert handoff.unassigned_since == MONDAY + 9 * HOUR
    assert kinds(handoff).count("unassigned") == 2


def test_what_nobody_took_yet_takes_no_room_from_others(pool, lane, sam):
    on_duty(pool, sam, capacity=1)
    delivered(asks_for_a_demo(LeadFactory()))
    [other] = waiting(pool)
    releases.release(at=MONDAY)
    assert owners([other]) == [sam]


def test_a_lead_in_the_queue_that_asks_for_a_person_skips_it(pool, lane, sam):
    on_duty(pool, sam, capacity=1)
    waiting(pool, 2, score=99)
    [handoff] = waiting(pool)
    [other] = waiting(pool)
    asks_for_a_demo(handoff.lead, at=MONDAY + MINUTE)
    activities.record(
        other.lead, type="form", occurred_at=MONDAY + MINUTE, known_at=MONDAY + MINUTE
    )
    releases.release(at=MONDAY + 2 * MINUTE)
    handoff.refresh_from_db()
    other.refresh_from_db()
    assert (handoff.speed_lane, handoff.rule) == (True, lane)
    assert handoff.offered_at == MONDAY + 2 * MINUTE
    assert (other.speed_lane, other.offered_at) == (False, None)
    assert kinds(handoff)[:3] == ["opened", "hurried", "offered"]


def test_what_was_asked_while_workers_stood_still_is_not_lost(pool, lane, sam):
    on_duty(pool, sam, capacity=1)
    waiting(pool, 2, score=99)
    [handoff] = waiting(pool)
    asks_for_a_demo(handoff.lead, at=MONDAY + MINUTE)
    releases.release(at=MONDAY + 6 * HOUR)
    handoff.refresh_from_db()
    assert (handoff.speed_lane, handoff.offered_at) == (True, MONDAY + 6 * HOUR)


def test_an_offered_lead_that_asks_for_a_person_now_is_on_top_and_its_owner_hears_once(
    pool, lane, sam, tom
):
    on_duty(pool, sam, tom)
    handoff = given(pool, sam)
    asks_for_a_demo(handoff.lead, at=MONDAY + MINUTE)
    for minute in (2, 3):
        releases.release(at=MONDAY + minute * MINUTE)
    again = Handoff.objects.get()
    assert (again.speed_lane, again.owner, again.due_at) == (True, sam, handoff.due_at)
    alert = Event.objects.get(kind="handoff.alert")
    assert (alert.data["people"], alert.at) == ([sam.pk], MONDAY + 2 * MINUTE)
    assert kinds(handoff).count("hurried") == 1


def test_a_lead_given_back_that_asks_for_a_person_now_is_everybodys(pool, lane, sam, tom):
    on_duty(pool, sam, tom)
    handoff = given(pool, sam)
    handoffs.assign(handoff, to=None, by=sam, at=MONDAY)
    asks_for_a_demo(handoff.lead, at=MONDAY + MINUTE)
    releases.release(at=MONDAY + 2 * MINUTE)
    assert Event.objects.get(kind="handoff.alert").data["people"] == [tom.pk]


def test_an_accepted_lead_that_asks_again_stays_as_it_is(pool, lane, sam):
    on_duty(pool, sam)
    handoff = handoffs.accept(given(pool, sam), by=sam, at=MONDAY, confirmed=ALL)
    asks_for_a_demo(handoff.lead, at=MONDAY + MINUTE)
    releases.release(at=MONDAY + 2 * MINUTE)
    assert not Handoff.objects.get().speed_lane
    assert not Event.objects.filter(kind="handoff.alert").exists()


# Nobody is eligible


def test_a_pool_without_members_leaves_its_leads_unassigned_and_says_so_once(pool):
    handoff = delivered(LeadFactory())
    releases.release(at=MONDAY + HOUR)
    assert (handoff.owner, handoff.unassigned_since) == (None, MONDAY)
    assert Event.objects.filter(kind="handoff.unassigned").count() == 1


def test_whoever_comes_on_duty_gets_what_was_unassigned_most_urgent_first(pool, sam):
    on_duty(pool, sam, on_duty=False, capacity=1)
    later, sooner = waiting(pool, 2)
    releases.release(at=MONDAY)
    Handoff.objects.filter(pk=sooner.pk).update(due_at=MONDAY + MINUTE)
    PoolMember.objects.update(on_duty=True)
    releases.release(at=MONDAY + HOUR)
    assert owners([sooner, later]) == [sam, None]
    later.refresh_from_db()
    assert later.unassigned_since == MONDAY


def test_whoever_takes_an_unassigned_lead_has_it(pool, sam):
    handoff = delivered(LeadFactory())
    taken = handoffs.assign(handoff, to=sam, by=sam, at=MONDAY + HOUR)
    assert (taken.owner, taken.unassigned_since) == (sam, None)
    assert taken.assigned_at == MONDAY + HOUR


def test_a_pool_that_fails_holds_no_other_pool_up(pool, enterprise, sam, tom, monkeypatch):
    on_duty(pool, sam)
    on_duty(enterprise, tom)
    waiting(pool)
    [other] = waiting(enterprise)
    locked = Roster.locked

    def fails(pool_id, *, at):
        if pool_id == pool.pk:
            raise RuntimeError("broken")
        return locked(pool_id, at=at)

    monkeypatch.setattr(Roster, "locked", fails)
    with pytest.raises(RuntimeError):
        releases.release(at=MONDAY)
    assert owners([other]) == [tom]


# Given back, passed on


def given(pool, user) -> Handoff:
    [handoff] = waiting(pool, lead=LeadFactory(owner=user))
    releases.release(at=MONDAY)
    handoff.refresh_from_db()
    assert handoff.owner == user
    return handoff


def test_an_owner_gives_a_lead_back_to_the_pool_where_it_stays_for_who_takes_it(pool, sam, tom):
    on_duty(pool, sam, tom)
    handoff = given(pool, sam)
    with pytest.raises(Refused):
        handoffs.assign(handoff, to=None, by=tom, at=MONDAY)
    back = handoffs.assign(handoff, to=None, by=sam, at=MONDAY + HOUR)
    assert (back.owner, back.unassigned_since, back.transfers) == (None, None, 1)
    assert back.due_at == handoff.due_at
    assert Event.objects.get(kind="handoff.assigned").data["to"] is None
    assert routing.explain(back).why.startswith("It was given back to the pool")
    releases.release(at=MONDAY + 2 * HOUR)
    assert owners([handoff]) == [None]
    with pytest.raises(Refused) as refusal:
        handoffs.assign(handoff, to=None, by=sam, at=MONDAY)
    assert refusal.value.code == "nobodys"


def test_a_lead_that_is_passed_on_goes_to_somebody_else_or_is_unassigned(pool, sam, tom, lena):
    on_duty(pool, sam, tom)
    handoff = given(pool, sam)
    with pytest.raises(Refused):
        handoffs.pass_on(handoff, by=tom, at=MONDAY)
    assert handoffs.pass_on(handoff, by=sam, at=MONDAY).owner == tom
    assert {"user": sam.pk, "why": "passed_on"} in trace(handoff)["skipped"]
    PoolMember.objects.filter(user=sam).update(on_duty=False)
    alone = handoffs.pass_on(handoff, by=lena, at=MONDAY + HOUR)
    assert (alone.owner, alone.unassigned_since, alone.transfers) == (None, MONDAY + HOUR, 2)
    assert Event.objects.get(kind="handoff.unassigned").data["from"] == tom.pk


def test_what_waits_for_somebody_who_has_left_goes_to_others(pool, sam, tom):
    on_duty(pool, sam, tom)
    handoff = given(pool, sam)
    accepted = handoffs.accept(given(pool, sam), by=sam, at=MONDAY, confirmed=ALL)
    sam.is_active = False
    sam.save()
    releases.release(at=MONDAY + HOUR)
    assert owners([handoff, accepted]) == [tom, sam]
    said = trace(handoff)
    assert (said["from"], said["to"], said["rule"]) == (sam.pk, tom.pk, "round_robin")
    tom.is_active = False
    tom.save()
    for minute in range(2):
        releases.release(at=MONDAY + 2 * HOUR + minute * MINUTE)
    handoff.refresh_from_db()
    assert (handoff.owner, handoff.unassigned_since) == (None, MONDAY + 2 * HOUR)
    assert kinds(handoff).count("unassigned") == 1


def test_whoever_gave_a_lead_away_does_not_get_it_back_by_itself(pool, sam, tom, lena):
    on_duty(pool, sam)
    handoff = given(pool, sam)
    handoffs.pass_on(handoff, by=sam, at=MONDAY)
    for minute in range(2):
        releases.release(at=MONDAY + minute * MINUTE)
    assert owners([handoff]) == [None]
    on_duty(pool, tom)
    releases.release(at=MONDAY + HOUR)
    assert owners([handoff]) == [tom]
    handoffs.pass_on(handoff, by=tom, at=MONDAY + HOUR)
    releases.release(at=MONDAY + 2 * HOUR)
    assert owners([handoff]) == [None]
    assert handoffs.assign(handoff, to=sam, by=sam, at=MONDAY + 3 * HOUR).owner == sam


def test_from_whom_a_manager_took_a_lead_may_get_it_again(pool, sam, tom, lena):
    on_duty(pool, sam, tom)
    handoff = given(pool, sam)
    handoffs.assign(handoff, to=tom, by=lena, at=MONDAY)
    assert handoffs.pass_on(handoff, by=tom, at=MONDAY + HOUR).owner == sam


@pytest.mark.parametrize("whereto", ["marketing", None])
def test_what_waits_for_somebody_of_another_team_now_goes_to_others(
    pool, sam, tom, marketing, whereto
):
    on_duty(pool, sam, tom)
    handoff = given(pool, sam)
    tom_has = given(pool, tom)
    sam.team = marketing if whereto else None
    sam.save()
    releases.release(at=MONDAY + HOUR)
    assert owners([handoff, tom_has]) == [tom, tom]
    handoff.refresh_from_db()
    assert handoff.transfers == 1


def test_many_unassigned_leads_ask_for_no_more_than_a_few(pool, sam, django_assert_max_num_queries):
    on_duty(pool, sam)
    version = version_in_force()
    PoolMember.objects.update(capacity=1)
    HandoffFactory(pool=pool, owner=sam, version=version)
    rows = HandoffFactory.create_batch(30, pool=pool, version=version, unassigned_since=MONDAY)
    with django_assert_max_num_queries(28):
        releases.release(at=MONDAY + MINUTE)
    assert owners(rows) == [None] * 30


def test_what_was_given_back_takes_no_room_from_what_waits(pool, sam, tom):
    on_duty(pool, sam, capacity=2)
    found = waiting(pool, 4)
    releases.release(at=MONDAY)
    given_back = [handoff for handoff in found if owners([handoff]) == [sam]]
    for handoff in given_back:
        handoffs.assign(handoff, to=None, by=sam, at=MONDAY)
    releases.release(at=MONDAY + MINUTE)
    assert sorted(owners(found), key=str) == [None, None, sam, sam]
    assert owners(given_back) == [None, None]


def test_many_for_nobody_who_is_there_keep_no_other_from_its_owner(pool, sam, tom, monkeypatch):
    monkeypatch.setattr(releases, "RETRIED", 2)
    on_duty(pool, sam)
    found = [given(pool, sam) for _ in range(3)]
    for handoff in found:
        handoffs.pass_on(handoff, by=sam, at=MONDAY)
    late = HandoffFactory(pool=pool, unassigned_since=MONDAY, version=version_in_force())
    Handoff.objects.filter(pk=late.pk).update(due_at=MONDAY + 99 * HOUR)
    releases.release(at=MONDAY + MINUTE)
    assert owners([*found, late]) == [None, None, None, sam]


def test_who_is_not_of_the_team_gets_nothing_by_hand(pool, sam, lena):
    on_duty(pool, sam)
    handoff = given(pool, sam)
    stranger = person("Jo Weiss", team=TeamFactory(name="Other sales"))
    with pytest.raises(Refused) as refusal:
        handoffs.assign(handoff, to=stranger, by=lena, at=MONDAY)
    assert refusal.value.code == "not_in_team"


# Tried out


def test_a_rehearsal_names_rule_and_rep_and_writes_nothing(pool, enterprise, sam, tom, lena):
    on_duty(pool, lena)
    on_duty(enterprise, sam, on_duty=False)
    on_duty(enterprise, tom)
    rule("Large companies", enterprise, when=LARGE)
    lead = large()
    version_in_force()
    before = [*PoolMember.objects.values()], Event.objects.count()
    tried = routing.rehearse(lead, MONDAY)
    assert (tried.rule, tried.pool, tried.user) == ("Large companies", enterprise, tom)
    assert tried.why == "It was Tom Albrecht’s turn."
    assert [(s.user, s.why) for s in tried.skipped] == [(sam, "off duty")]
    assert ([*PoolMember.objects.values()], Event.objects.count()) == before
    assert not Handoff.objects.exists()
    assert delivered(lead).owner == tom


def test_a_rehearsal_of_the_speed_lane_and_of_an_empty_pool(pool, lane, sam):
    lead = asks_for_a_demo(LeadFactory())
    version_in_force()
    assert routing.rehearse(lead, MONDAY).why == "Nobody can take it now."
    on_duty(pool, sam)
    assert routing.rehearse(lead, MONDAY).code == "first_to_take"
    assert routing.rehearse(lead, SUNDAY).code == "nobody"
    assert routing.rehearse(lead, SUNDAY).skipped[0].why == "outside of working hours"


def test_why_somebody_has_a_lead_is_said_from_loaded_steps_without_a_question(
    pool, sam, tom, django_assert_num_queries
):
    on_duty(pool, sam)
    on_duty(pool, tom, on_duty=False)
    [found] = waiting(pool)
    releases.release(at=MONDAY)
    steps = list(HandoffEvent.objects.order_by("-pk"))
    handoff = Handoff.objects.select_related("rule", "pool", "owner").get(pk=found.pk)
    with django_assert_num_queries(0):
        said = routing.explain(handoff, steps=steps)
    assert (said.why, len(said.rows)) == ("It was Sam Okafor’s turn.", 1)
    with django_assert_num_queries(1):
        assert [(s.user, s.why) for s in said.skipped] == [(tom, "off duty")]


def test_a_pool_without_room_lets_a_lead_wait_in_trial_and_in_truth(pool, sam):
    on_duty(pool, sam, capacity=1)
    waiting(pool)
    releases.release(at=MONDAY)
    lead = LeadFactory()
    assert routing.rehearse(lead, MONDAY).code == "waits"
    handoff = delivered(lead)
    assert (handoff.offered_at, routing.explain(handoff).code) == (None, "waits")


# Answered while nobody had it


def unassigned(pool) -> Handoff:
    [handoff] = waiting(pool)
    releases.release(at=SUNDAY)
    handoff.refresh_from_db()
    assert handoff.unassigned_since
    return handoff


def test_an_unassigned_lead_is_accepted_returned_and_withdrawn_as_any_other(pool, sam, mark):
    handoffs.accept(unassigned(pool), by=sam, at=MONDAY, confirmed=ALL)
    returned = {"reason": "no_budget", "text": "Not this year."}
    handoffs.give_back(unassigned(pool), by=sam, at=MONDAY, **returned)
    handoffs.withdraw(
        unassigned(pool), by=mark, at=MONDAY, cause="recalled", reason="They are a customer."
    )
    rows = Handoff.objects.order_by("pk").values_list("answer", "unassigned_since")
    assert [*rows] == [("accepted", None), ("returned", None), ("withdrawn", None)]
