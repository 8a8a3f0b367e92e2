"""Two who write rules, duty and hours at once, on real connections."""

from datetime import date
from functools import partial

import pytest

from feedback import absences, pools, rule_histories, rules, workweeks
from feedback.models import Absence, Calendar, PoolMember, RoutingRule
from feedback.workweeks import Week
from leads.refusals import Refused
from tests.factories import AgreementVersionFactory, HandoffFactory, PoolFactory, PoolMemberFactory
from tests.test_handoff_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 10


@pytest.fixture
def pool(sales, sam):
    AgreementVersionFactory()
    pool = PoolFactory(team=sales)
    PoolMemberFactory(pool=pool, user=sam)
    return pool


def codes(results):
    return sorted(each.code for each in results if isinstance(each, Refused))


def facts(pool, **more):
    owners = dict.fromkeys(("keeps_lead_owner", "keeps_company_owner", "owner_any_hour"), True)
    return {"name": "Rule", "pool": pool, "when": None, "strategy": "round_robin"} | owners | more


def test_of_two_who_save_a_rule_at_once_one_does_and_the_other_is_told(pool, lena, olu, monday):
    rule = rules.add(**facts(pool), by=lena, at=monday)

    def save(by, name, seen):
        return rules.change(rule, by=by, at=monday, seen=seen, **facts(pool, name=name))

    for number in range(ROUNDS):
        seen = rule_histories.latest(rule)
        results = at_once(
            partial(save, lena, f"A{number}", seen), partial(save, olu, f"B{number}", seen)
        )
        assert codes(results) == ["edited_meanwhile"]


def test_rules_moved_and_added_at_once_keep_one_order(pool, lena, olu, monday):
    made = [rules.add(**facts(pool, name=name), by=lena, at=monday) for name in "ABC"]
    for number in range(ROUNDS):
        at_once(
            lambda: rules.move(made[2], rules.UP, by=lena, at=monday),
            lambda: rules.move(made[0], rules.DOWN, by=olu, at=monday),
            lambda n=number: rules.add(**facts(pool, name=f"New {n}"), by=olu, at=monday),
        )
    places = list(RoutingRule.objects.values_list("position", flat=True))
    assert places == sorted(set(places))


def test_of_two_rules_with_one_name_added_at_once_one_is(pool, lena, olu, monday):
    for number in range(ROUNDS):
        results = at_once(
            *(
                lambda by=by, n=number: rules.add(**facts(pool, name=f"R{n}"), by=by, at=monday)
                for by in (lena, olu)
            )
        )
        assert codes(results) == ["same_name"]


def test_days_away_entered_twice_at_once_are_there_once(pool, sam, lena, monday):
    for number in range(ROUNDS):
        day = date(2026, 6, 1 + number)
        results = at_once(
            *(
                lambda by=by, day=day: absences.enter(
                    sam, first_day=day, last_day=day, by=by, at=monday
                )
                for by in (sam, lena)
            )
        )
        assert codes(results) == ["overlaps"]
    assert Absence.objects.count() == ROUNDS


def test_somebody_added_to_a_pool_twice_at_once_is_there_once(pool, tom, lena, olu, monday):
    results = at_once(
        *(lambda by=by: pools.add_member(pool, tom, by=by, at=monday) for by in (lena, olu))
    )
    assert codes(results) == ["there_already"]
    assert PoolMember.objects.filter(user=tom).count() == 1


def test_hours_written_twice_at_once_are_those_of_one(pool, sam, lena, olu, monday):
    HandoffFactory.create_batch(3, pool=pool, owner=sam, opened_at=monday)
    week = Week.of(pool.calendar)
    early, late = (
        Week(**(vars(week) | {"hours": tuple((day, *span) for day, *span in spans)}))
        for spans in (
            [(day, week.hours[0][1].replace(hour=6), week.hours[0][2]) for day in range(5)],
            [(day, week.hours[0][1], week.hours[0][2].replace(hour=20)) for day in range(6)],
        )
    )
    results = at_once(
        lambda: workweeks.change(pool.calendar, early, by=lena, at=monday),
        lambda: workweeks.change(pool.calendar, late, by=olu, at=monday),
    )
    assert not [each for each in results if isinstance(each, Exception)]
    assert Week.of(Calendar.objects.get()) in (early, late)
