"""Turns by weight: who joins, who is away, what is owed."""

from collections import Counter
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback import handoffs, releases, routing
from feedback.models import Handoff, Pool, PoolMember, RoutingRule
from feedback.routing import turns
from leads.models import User
from tests.factories import MONDAY, LeadFactory, PoolFactory
from tests.test_handoffs import ALL
from tests.test_routing import on_duty, owners, trace, waiting

HOUR = timedelta(hours=1)
WEEKS = timedelta(weeks=6)


@pytest.fixture
def pool(sales):
    return PoolFactory(team=sales)


def members_of(weights: list[int]) -> list[PoolMember]:
    return [
        PoolMember(pk=number, user=User(pk=number), weight=weight)
        for number, weight in enumerate(weights, 1)
    ]


def drawn(pool: Pool, members: list[PoolMember], count: int) -> list[int]:
    """Whose turn it was, without writing anything."""
    found = []
    for _ in range(count):
        member = turns.whose(pool, members)
        turns.advance(pool, member, members)
        found.append(member.pk)
    return found


def furthest(found: list[int], members: list[PoolMember]) -> Fraction:
    """How far anybody ever was from their share."""
    whole, counts, most = sum(m.weight for m in members), Counter(), Fraction()
    for number, pk in enumerate(found, 1):
        counts[pk] += 1
        for member in members:
            share = Fraction(number * member.weight, whole)
            most = max(most, abs(counts[member.pk] - share))
    return most


# By weight


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 10), min_size=1, max_size=15))
def test_at_every_moment_each_has_had_their_share_within_one(weights):
    members = members_of(weights)
    assert furthest(drawn(Pool(), members, 200), members) <= 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 10), min_size=2, max_size=8), st.integers(0, 300))
def test_who_joins_or_was_away_for_long_gets_a_share_from_then_on_and_no_flood(weights, before):
    pool, members = Pool(), members_of(weights)
    away, *others = members
    drawn(pool, members, 7)
    drawn(pool, others, before)
    found = drawn(pool, members, 100)
    for number in (10, 50, 100):
        share = Fraction(number * away.weight, sum(weights))
        assert abs(found[:number].count(away.pk) - share) <= 2


@pytest.mark.django_db
def test_a_weight_of_three_gets_three_times_as_many_in_one_release_and_in_many(pool, sam, tom):
    on_duty(pool, sam, weight=3, capacity=100)
    on_duty(pool, tom, weight=1, capacity=100)
    at_once = waiting(pool, 12)
    releases.release(at=MONDAY)
    assert Counter(owners(at_once)) == {sam: 9, tom: 3}
    for minute in range(8):
        [one] = waiting(pool)
        releases.release(at=MONDAY + minute * timedelta(minutes=1))
    assert Counter(Handoff.objects.values_list("owner", flat=True)) == {sam.pk: 15, tom.pk: 5}


@pytest.mark.django_db
def test_a_lead_that_is_theirs_anyhow_is_nobodys_turn(pool, sam, tom):
    on_duty(pool, sam, tom)
    owned = [waiting(pool, lead=LeadFactory(owner=sam))[0] for _ in range(3)]
    releases.release(at=MONDAY)
    others = waiting(pool, 2)
    releases.release(at=MONDAY)
    assert owners(owned) == [sam, sam, sam]
    assert owners(others) == [sam, tom]


@pytest.mark.django_db
def test_back_after_weeks_a_rep_takes_turns_as_the_others_do(pool, sam, tom):
    on_duty(pool, sam, capacity=100)
    on_duty(pool, tom, on_duty=False, capacity=100)
    waiting(pool, 20)
    releases.release(at=MONDAY)
    PoolMember.objects.filter(user=tom).update(on_duty=True)
    found = waiting(pool, 6)
    releases.release(at=MONDAY + WEEKS)
    assert Counter(owners(found)) == {sam: 3, tom: 3}


# Who has least to do


@pytest.mark.django_db
def test_who_has_least_to_do_for_their_weight_comes_first(pool, sam, tom, lena):
    rule = RoutingRule.objects.create(name="Fair", pool=pool, strategy="least_loaded")
    on_duty(pool, sam, tom, capacity=100)
    on_duty(pool, lena, weight=2, capacity=100)
    [taken] = waiting(pool, rule=rule)
    releases.release(at=MONDAY)
    assert owners([taken]) == [lena]
    handoffs.accept(taken, by=lena, at=MONDAY, confirmed=ALL)
    found = waiting(pool, 7, rule=rule)
    releases.release(at=MONDAY)
    assert Counter(owners(found)) == {sam: 2, tom: 2, lena: 3}
    assert trace(found[0])["rule"] == "least_loaded"


# Turns given back


def returned(handoff, by, *, reason="no_budget") -> Handoff:
    handoff.refresh_from_db()
    return handoffs.give_back(handoff, by=by, at=MONDAY, reason=reason, text="Not this year.")


def credits_of(user) -> int:
    return PoolMember.objects.get(user=user).credits


@pytest.mark.django_db
def test_a_return_that_was_not_the_reps_fault_gives_the_turn_back_once(pool, sam, tom):
    on_duty(pool, sam, tom)
    first, _second = waiting(pool, 2)
    releases.release(at=MONDAY)
    handoff = returned(first, sam)
    assert (credits_of(sam), handoff.credited) == (1, True)
    assert routing.give_turn_back(handoff) is False
    assert credits_of(sam) == 1
    third, fourth, fifth = waiting(pool, 3)
    releases.release(at=MONDAY)
    assert owners([third, fourth, fifth]) == [sam, sam, tom]
    assert [trace(h)["rule"] for h in (third, fourth)] == ["turn_owed", "round_robin"]
    assert credits_of(sam) == 0


@pytest.mark.django_db
def test_a_return_for_want_of_a_response_costs_the_turn(pool, sam):
    on_duty(pool, sam)
    [handoff] = waiting(pool)
    releases.release(at=MONDAY)
    handoff = returned(handoff, sam, reason=reason_of_group(handoff.version, "no_response"))
    assert (credits_of(sam), handoff.credited) == (0, False)


def reason_of_group(version, group: str) -> str:
    return next(reason["key"] for reason in version.body["reasons"] if reason["group"] == group)


@pytest.mark.django_db
def test_no_turn_is_given_back_for_what_took_none(pool, sam):
    on_duty(pool, sam)
    [owned] = waiting(pool, lead=LeadFactory(owner=sam))
    releases.release(at=MONDAY)
    assert owners([owned]) == [sam]
    returned(owned, sam)
    assert credits_of(sam) == 0


@pytest.mark.django_db
def test_after_contact_too_the_turn_is_given_back_unless_the_reason_was_the_reps(pool, sam):
    on_duty(pool, sam)
    innocent, silent = waiting(pool, 2)
    releases.release(at=MONDAY)
    for handoff in (innocent, silent):
        handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL)
    no_response = reason_of_group(silent.version, "no_response")
    assert returned(silent, sam, reason=no_response).credited is False
    assert credits_of(sam) == 0
    assert returned(innocent, sam).credited is True
    assert credits_of(sam) == 1
    handoffs.undo(innocent, by=sam, at=MONDAY)
    assert credits_of(sam) == 0


@pytest.mark.django_db
def test_an_undone_return_takes_the_turn_back_even_where_it_was_had_meanwhile(pool, sam, tom):
    on_duty(pool, sam, tom)
    [first] = waiting(pool)
    releases.release(at=MONDAY)
    handoff = returned(first, sam)
    assert routing.take_turn_back(handoff) is True
    assert routing.take_turn_back(handoff) is False
    assert (credits_of(sam), handoff.credited) == (0, False)
    routing.give_turn_back(handoff)
    owed = waiting(pool)
    releases.release(at=MONDAY)
    assert owners(owed) == [sam]
    routing.take_turn_back(handoff)
    found = waiting(pool, 3)
    releases.release(at=MONDAY)
    assert owners(found) == [tom, tom, sam]


@pytest.mark.django_db
def test_what_came_back_does_not_count_among_what_a_rep_gets_a_day(pool, sam):
    on_duty(pool, sam, daily_capacity=1)
    first, second = waiting(pool, 2)
    assert releases.release(at=MONDAY) == 1
    assert releases.release(at=MONDAY + HOUR) == 0
    returned(first, sam)
    assert releases.release(at=MONDAY + 2 * HOUR) == 1
    assert owners([second]) == [sam]
