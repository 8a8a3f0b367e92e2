"""Four workers give out leads at once: weights and capacities hold as if there were one."""

from collections import Counter
from datetime import timedelta

import pytest

from feedback import deliveries, handoffs, releases
from feedback.models import Handoff, Pool, PoolMember
from feedback.routing import Roster, turns
from leads.models import Event
from leads.refusals import Refused
from tests.factories import (
    MONDAY,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    PoolMemberFactory,
    UserFactory,
    entry_for,
    version_in_force,
)
from tests.test_handoff_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

WORKERS = 4


@pytest.fixture
def pool(sales) -> Pool:
    return PoolFactory(team=sales)


def three_reps(pool: Pool, **facts) -> list:
    reps = UserFactory.create_batch(3)
    for weight, rep in enumerate(reps, 1):
        PoolMemberFactory(pool=pool, user=rep, weight=weight, **facts)
    return [rep.pk for rep in reps]


def handed_over(count: int) -> None:
    version = version_in_force()
    for _ in range(count):
        entry_for(LeadFactory(), version)


def given_to() -> Counter:
    return Counter(Handoff.objects.exclude(owner=None).values_list("owner", flat=True))


def deliver_at_once() -> None:
    results = at_once(*[lambda: deliveries.deliver(at=MONDAY)] * WORKERS)
    deliveries.deliver(at=MONDAY)
    releases.release(at=MONDAY)
    assert not [each for each in results if isinstance(each, Refused)]


def test_four_workers_keep_to_the_weights(pool):
    reps = three_reps(pool, capacity=100)
    handed_over(30)
    deliver_at_once()
    assert given_to() == {reps[0]: 5, reps[1]: 10, reps[2]: 15}
    assert Event.objects.filter(kind="handoff.offered").count() == 30


def test_four_workers_keep_to_capacities_and_days(pool):
    reps = three_reps(pool, capacity=5, daily_capacity=4)
    handed_over(20)
    deliver_at_once()
    assert given_to() == dict.fromkeys(reps, 4)
    assert Handoff.objects.waiting().count() == 8


def test_a_turn_owed_is_had_once(pool):
    reps = three_reps(pool, capacity=100)
    PoolMember.objects.filter(user=reps[0]).update(credits=2)
    handed_over(20)
    deliver_at_once()
    assert given_to() == {reps[0]: 5, reps[1]: 6, reps[2]: 9}
    assert PoolMember.objects.get(user=reps[0]).credits == 0


def test_without_the_lock_of_the_pool_they_would_not(pool, monkeypatch):
    """The control: each worker reads the same turns and the same room, and gives out by them."""

    def unlocked(pool_id: int, *, at) -> Roster:
        return Roster(Pool.objects.select_related("team", "calendar").get(pk=pool_id), at=at)

    monkeypatch.setattr(Roster, "locked", unlocked)
    monkeypatch.setattr(turns, "take", turns.advance)  # Else its row would be the lock.
    monkeypatch.setattr(PoolMember.objects, "filter", lambda **facts: PoolMember.objects.none())
    monkeypatch.setattr(releases, "BATCH", 3)
    three_reps(pool, capacity=1)
    for _ in range(12):
        HandoffFactory(pool=pool, waiting=True)
    at_once(*[lambda: releases.release(at=MONDAY)] * WORKERS)
    assert max(given_to().values()) > 1


def test_a_lead_is_passed_on_while_workers_release(pool):
    reps = three_reps(pool, capacity=100)
    found = [HandoffFactory(pool=pool, waiting=True) for _ in range(12)]
    releases.release(at=MONDAY)
    boss = UserFactory(leads_team=True)
    more = timedelta(minutes=1)
    at_once(
        *[lambda h=h: handoffs.pass_on(h, by=boss, at=MONDAY + more) for h in found[:8]],
        *[lambda: releases.release(at=MONDAY + more)] * 2,
    )
    assert given_to().total() == 12
    assert set(given_to()) <= set(reps)
    for handoff in found[:8]:
        handoff.refresh_from_db()
        assert handoff.transfers == 1
        last = handoff.steps.filter(kind="assigned").last()
        assert (last.data["to"], last.data["from"] != handoff.owner_id) == (handoff.owner_id, True)
