"""Who of a pool is there: duty, days away, hours of their own, and how much they take a day."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from feedback import handoffs, releases
from feedback.models import Absence, Calendar, DayOff, Handoff, Pool, PoolMember, WorkingHours
from feedback.routing import Roster
from tests.factories import MONDAY, HandoffFactory, LeadFactory, PoolFactory
from tests.test_handoffs import ALL
from tests.test_routing import on_duty, owners, trace, waiting

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def pool(sales):
    return PoolFactory(team=sales)


def hours(name: str, zone: str, **facts) -> Calendar:
    calendar = Calendar.objects.create(name=name, time_zone=zone, **facts)
    for day in range(5):
        WorkingHours.objects.create(calendar=calendar, weekday=day, starts=time(9), ends=time(17))
    return calendar


def away(user, first: date, last: date) -> Absence:
    return Absence.objects.create(
        user=user, first_day=first, last_day=last, entered_by=user, entered_at=MONDAY
    )


def there(pool, at) -> list:
    return [member.user for member in Roster(Pool.objects.get(pk=pool.pk), at=at).there]


def test_an_absence_lasts_from_the_first_day_to_the_last_where_the_rep_is(pool, sam, tom):
    on_duty(pool, sam, tom)
    away(sam, date(2026, 3, 2), date(2026, 3, 3))
    assert there(pool, MONDAY) == [tom]
    assert there(pool, MONDAY + timedelta(days=1)) == [tom]
    assert there(pool, MONDAY + timedelta(days=2)) == [sam, tom]


def test_the_day_of_an_absence_is_the_one_of_the_reps_own_zone(pool, sam, tom):
    auckland = Calendar.objects.create(name="Auckland", time_zone="Pacific/Auckland")
    on_duty(pool, sam, calendar=auckland)
    away(sam, date(2026, 3, 3), date(2026, 3, 3))
    evening = datetime(2026, 3, 2, 10, 59, tzinfo=UTC)  # 23:59 in Auckland, the day before.
    assert there(pool, evening) == [sam]
    assert there(pool, evening + timedelta(minutes=1)) == []
    assert there(pool, evening + timedelta(days=1, minutes=1)) == [sam]


def test_own_hours_go_before_those_of_the_pool(pool, sam, tom):
    on_duty(pool, sam)
    on_duty(pool, tom, calendar=hours("New York", "America/New_York"))
    assert there(pool, MONDAY) == [sam]
    assert there(pool, MONDAY + 7 * HOUR) == [sam, tom]
    assert there(pool, MONDAY + 10 * HOUR) == [tom]


def test_nobody_gets_a_lead_on_a_public_holiday_or_a_day_off(pool, sam, tom):
    on_duty(pool, sam, calendar=hours("Bavaria", "Europe/Berlin", country="DE", region="BY"))
    on_duty(pool, tom)
    epiphany = datetime(2026, 1, 6, 10, tzinfo=UTC)
    assert there(pool, epiphany) == [tom]
    DayOff.objects.create(calendar=pool.calendar, date=date(2026, 3, 2))
    assert there(pool, MONDAY) == [sam]


def test_an_absent_owner_is_skipped_with_the_reason(pool, sam, tom):
    on_duty(pool, sam, tom)
    away(sam, date(2026, 3, 1), date(2026, 3, 9))
    [handoff] = waiting(pool, lead=LeadFactory(owner=sam))
    releases.release(at=MONDAY)
    assert owners([handoff]) == [tom]
    assert trace(handoff)["skipped"] == [{"user": sam.pk, "why": "absent"}]


def test_a_closed_account_is_named_so(pool, sam, tom):
    on_duty(pool, sam, tom)
    sam.is_active = False
    sam.save()
    [handoff] = waiting(pool, lead=LeadFactory(owner=sam))
    releases.release(at=MONDAY)
    assert trace(handoff)["skipped"] == [{"user": sam.pk, "why": "inactive"}]


def test_a_day_takes_so_many_and_the_next_day_begins_at_the_reps_midnight(pool, sam):
    on_duty(pool, sam, daily_capacity=2)
    first, second, third = waiting(pool, 3)
    assert releases.release(at=MONDAY) == 2
    for handoff in (first, second):
        handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL)
    assert releases.release(at=MONDAY + 7 * HOUR) == 0
    third.refresh_from_db()
    assert third.state == "waiting"
    assert releases.release(at=MONDAY + 24 * HOUR) == 1
    assert owners([third]) == [sam]


def test_who_is_full_for_today_is_skipped_with_the_reason(pool, sam, tom):
    on_duty(pool, sam, daily_capacity=1)
    on_duty(pool, tom)
    found = waiting(pool, 3)
    releases.release(at=MONDAY)
    assert owners(found) == [sam, tom, tom]
    assert {"user": sam.pk, "why": "day_full"} in trace(found[2])["skipped"]


def test_who_was_given_leads_by_hand_has_them_among_those_of_today(pool, sam, tom, lena):
    on_duty(pool, sam, daily_capacity=1)
    handoff = HandoffFactory(pool=pool)
    handoffs.assign(handoff, to=sam, by=lena, at=MONDAY)
    assert Roster(pool, at=MONDAY).today == {sam.pk: 1}
    assert Roster(pool, at=MONDAY).room == 0


def test_asked_back_on_a_day_the_lead_comes_to_who_asked(pool, sam, tom):
    on_duty(pool, sam, tom)
    [handoff] = waiting(pool)
    releases.release(at=MONDAY)
    handoff.refresh_from_db()
    handoffs.give_back(
        handoff,
        by=sam,
        at=MONDAY,
        reason="no_budget",
        text="In March.",
        back_on=date(2026, 3, 16),
    )
    lead, version = handoff.lead, handoff.version
    Handoff.objects.filter(pk=handoff.pk).update(rests_until=None)
    again = HandoffFactory(
        lead=lead,
        version=version,
        pool=pool,
        waiting=True,
        opened_at=MONDAY + timedelta(days=14),
    )
    releases.release(at=MONDAY + timedelta(days=14))
    assert owners([again]) == [sam]
    assert trace(again)["rule"] == "asked_back"


def test_a_roster_asks_six_questions_however_many_there_are(
    pool, sam, tom, lena, django_assert_max_num_queries
):
    for user, zone in ((sam, "Asia/Kathmandu"), (tom, "America/New_York")):
        on_duty(pool, user, daily_capacity=5, calendar=hours(zone, zone))
    on_duty(pool, lena)
    waiting(pool, 3)
    releases.release(at=MONDAY)
    with django_assert_max_num_queries(6):
        Roster(pool, at=MONDAY).room  # noqa: B018
    assert PoolMember.objects.count() == 3
