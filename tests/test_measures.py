"""Measures: the same number in Python and in SQL, and nothing changes before it is said to."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import Q
from hypothesis import given, settings
from hypothesis import strategies as st

from leads import activities, fields, identities, touches
from leads.changes import upsert
from leads.models import NEVER_KNOWN, Activity, Channel, Lead, Quarantine
from scoring import conditions, facts, measures, stages
from scoring.binds import Given
from scoring.conditions import repeating
from scoring.facts import Facts
from scoring.measures import Ids, Measure, Tally
from scoring.models import StageEntry
from scoring.rulebooks import halved
from tests.factories import version_in_force
from tests.strategies import EDGES, MANY, NOW, furnish, measured, people, written

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
HALVING = [(2,), (1, 3), (2, 4, 7), (1, 2, 3, 4, 7, 14)]

repetitions = st.one_of(
    st.tuples(st.sampled_from(["every", "day", "week", "month"]), st.none(), st.just(())),
    st.tuples(st.just("days"), st.integers(1, 40), st.just(())),
    st.tuples(st.just("every"), st.none(), st.sampled_from(HALVING)),
)


@pytest.fixture
def furnished(db) -> None:
    furnish()


@pytest.fixture
def kim(db) -> Lead:
    key = identities.email("kim@acme.example")
    return upsert([key], {"title": "Head"}, source="form", known_at=NOW - 90 * DAY)[0]


def does(who: Lead, type: str, days: float, **more: object) -> Activity:
    """So many days before NOW."""
    at = NOW - timedelta(days=days)
    return activities.record(who, type=type, occurred_at=at, known_at=at, **more)[0]


def of(data: dict) -> Measure:
    return next(conditions.parse(data).measures())


def number(who: Lead, measure: Measure, at: datetime = NOW) -> int:
    """In Python, and the same in SQL."""
    found = facts.facts_at(who, at, known=fields.registry()).value(measure)
    leads, sql = measures.counted(Lead.objects.filter(pk=who.pk), [measure], at=at)
    assert leads.annotate(number=sql.value(measure)).get().number == found
    return found


@settings(MANY, max_examples=50)
@given(people=people, asked=st.lists(st.tuples(measured, repetitions), min_size=1, max_size=6))
def test_python_and_sql_make_the_same_numbers_which_nothing_changes_too_early(
    furnished, people, asked
):
    wanted = [each for data, how in asked for each in _measures(data, how)]
    with transaction.atomic():
        made = written(people, fields.registry())
        rows = _in_sql(wanted)
        for lead, known in made:
            numbers, until = rows[lead.pk]
            assert numbers == [known.value(each) for each in wanted]
            _reads_the_same(lead, known, wanted)
            _stays_the_same(known, wanted, until)
        transaction.set_rollback(True)


def _measures(data: dict, how: tuple) -> list[Measure]:
    """What a condition measures, and what a rule with it counts."""
    condition = conditions.parse(data)
    anew = condition.since_reset()
    counted = [repeating.counted(each, *how) for each in (condition, anew)]
    return [*condition.measures(), *anew.measures(), *filter(None, counted)]


def _in_sql(wanted: list[Measure]) -> dict[int, tuple[list[int], list[datetime]]]:
    tally = Tally(Ids.of(wanted), Given(NOW), Q())
    leads, sql, moments = tally.counted_and_leaving(Lead.objects.all(), wanted, wanted)
    numbers = {f"n{n}": sql.value(each) for n, each in enumerate(wanted)}
    rows = leads.annotate(**numbers, **moments).values("pk", *numbers, *moments)
    return {
        row["pk"]: ([row[name] for name in numbers], [row[name] for name in moments if row[name]])
        for row in rows
    }


def _reads_the_same(lead: Lead, known: Facts, wanted: list[Measure]) -> None:
    """From the database, at NOW and at any moment before it."""
    history = facts.history(lead, NOW, known=fields.registry())
    for moment in EDGES:
        then = replace(known, at=moment)
        assert [history.at(moment).value(m) for m in wanted] == [then.value(m) for m in wanted]


def _stays_the_same(known: Facts, wanted: list[Measure], leaving: list[datetime]) -> None:
    """Until the first of these moments, or until something comes to be known."""
    dated = (*known.activities, *known.touches)
    coming = [max(each.occurred_at, each.known_at) for each in dated]
    until = min(each for each in [*leaving, *coming, NOW + 4000 * DAY] if each > NOW)
    assert all(each > NOW for each in leaving)
    numbers = [known.value(each) for each in wanted]
    for moment in (until - TICK, NOW + (until - NOW) / 2):
        assert [replace(known, at=moment).value(each) for each in wanted] == numbers


@given(
    points=st.integers(-1000, 1000),
    number=st.integers(0, 10**6),
    steps=st.integers(1, 8),
)
def test_halved_points_are_rounded_once_half_away_from_zero(points, number, steps):
    whole = 2 ** (steps - 1)
    exact = points * min(number, 1000 * whole) / whole
    assert abs(halved(points, number, steps) - exact) <= 0.5
    assert halved(-points, number, steps) == -halved(points, number, steps)
    if abs(exact - int(exact)) == 0.5:
        assert abs(halved(points, number, steps)) > abs(exact)


def test_days_weeks_and_months_are_those_of_the_company(kim):
    """In Berlin, Monday the 2nd of March begins at 23:00 UTC of the 1st."""
    midnight = datetime(2026, 3, 1, 23, tzinfo=UTC)
    for at in (midnight - DAY, midnight - TICK, midnight, midnight + DAY):
        activities.record(kim, type="visit", occurred_at=at, known_at=at)
    visits = Measure(types=("visit",))
    days = replace(visits, of=measures.DAYS)
    assert [number(kim, replace(visits, of=each)) for each in ("weeks", "months")] == [2, 1]
    assert number(kim, days) == 3
    assert number(kim, replace(visits, of="buckets", days=2)) == 2
    Activity.objects.filter(occurred_at=midnight - DAY).update(local_date=date(2026, 2, 28))
    assert number(kim, replace(visits, of="months")) == 2


def test_buckets_are_counted_from_the_first_of_january_1970(kim):
    for day in (date(1969, 12, 31), date(1970, 1, 1), date(1970, 1, 30), date(1970, 1, 31)):
        Activity.objects.filter(pk=does(kim, "visit", 1).pk).update(local_date=day)
    assert number(kim, Measure(of="buckets", days=30)) == 3
    assert number(kim, Measure(of="weeks")) == 2


def test_points_halve_step_by_step_and_end_after_the_last(kim):
    for days in (10, 10.5, 20, 25, 30):
        does(kim, "visit", days)
    assert number(kim, Measure(of="halved", halving=(10, 20, 30), within_days=30)) == 2 + 2 + 1 + 1
    assert (
        number(kim, Measure(of="halved", halving=(11, 21, 31), within_days=31)) == 4 + 4 + 2 + 1 + 1
    )


def test_idleness_is_counted_in_full_periods_from_what_was_last(kim):
    idle = of({"op": "idle", "days": 10})
    every = replace(idle, most=measures.MOST_PERIODS)
    Lead.objects.filter(pk=kim.pk).update(created_at=NOW - 35 * DAY)
    kim.refresh_from_db()
    assert number(kim, every) == 3
    does(kim, "visit", 20)
    assert [number(kim, each) for each in (idle, every)] == [1, 2]
    assert number(kim, every, at=NOW - TICK) == 1
    does(kim, "visit", 9)
    assert number(kim, idle) == 0
    assert number(kim, every, at=NOW + 1000 * DAY) == 24


def test_minutes_are_whole_and_of_numbers_only(kim):
    for minutes in (12.9, 30, True, "40", -5, 10**7):
        does(kim, "webinar", 1, properties={"minutes": minutes})
    assert number(kim, of({"op": "did", "count": "minutes"})) == 42


def test_channels_are_counted_one_by_one(kim):
    for key, kind in (("web", "inbound"), ("ads", "inbound"), ("fair", "event")):
        Channel.objects.create(key=key, name=key, kind=kind)
    for key in ("web", "ads", "ads", None):
        does(kim, "visit", 1, channel=key)
    assert number(kim, of({"op": "did", "count": "channels"})) == 2
    assert number(kim, of({"op": "did", "count": "channels", "channels": ["event"]})) == 0


def test_two_actions_count_together_at_the_same_event_only(kim):
    both = of({"op": "did_both", "types": ["booth"], "and_types": ["talk"]})
    does(kim, "booth", 3, properties={"event": "Expo"})
    does(kim, "talk", 3, properties={"event": "expo"})
    does(kim, "talk", 3)
    assert number(kim, both) == 0
    does(kim, "talk", 2, properties={"event": "Expo"})
    assert number(kim, both) == 1
    assert number(kim, replace(both, within_days=3)) == 0


def test_a_touch_is_answered_by_whatever_the_lead_does_later(kim):
    for days in (20, 10, 5):
        touches.record(kim, kind="mail", outcome="sent", occurred_at=NOW - days * DAY)
    unanswered = of({"op": "unanswered_at_least", "kinds": ["mail"], "value": 1})
    assert number(kim, unanswered) == 3
    does(kim, "visit", 10)
    assert number(kim, unanswered) == 2
    assert number(kim, replace(unanswered, within_days=10)) == 1
    assert number(kim, replace(unanswered, kinds=("call",))) == 0
    does(kim, "visit", 1)
    assert number(kim, unanswered) == 0


def test_after_a_recycle_and_after_an_unsubscription_counting_begins_anew(kim):
    version = version_in_force()
    for days in (9, 6, 3):
        does(kim, "visit", days)
    since = of({"op": "did", "types": ["visit"], "since_recycle": True})
    gone = of({"op": "did", "types": ["visit"], "since_types": ["unsubscribed"]})
    assert [number(kim, each) for each in (since, gone)] == [3, 3]
    back = {"cause": StageEntry.Cause.RETURNED, "version": version}
    stages.enter(kim, "nurture", at=NOW - 6 * DAY, **back)
    does(kim, "unsubscribed", 4)
    assert [number(kim, each) for each in (since, gone)] == [1, 1]
    assert number(kim, of({"op": "recycled"})) == 1
    assert number(kim, of({"op": "entered", "stages": ["nurture"], "within_days": 6})) == 0
    # What sales takes is no recycle.
    stages.enter(kim, "sal", at=NOW - 2 * DAY, **back | {"cause": "accepted"})
    assert number(kim, since) == 1
    assert number(kim, of({"op": "entered", "stages": ["nurture", "sal"]})) == 2


def test_what_was_set_aside_counts_before_and_after_but_not_meanwhile(kim):
    visit = does(kim, "visit", 10)
    for cause, days, known in (("hand", 8, visit.known_at), ("released", 4, None)):
        at = NOW - days * DAY
        Quarantine.objects.create(activity=visit, cause=cause, known_at=known, at=at)
        known_at = NEVER_KNOWN if cause == "hand" else at
        Activity.objects.filter(pk=visit.pk).update(known_at=known_at)
    history = facts.history(kim, NOW, known=fields.registry())
    seen = [history.at(NOW - days * DAY).value(Measure()) for days in (9, 8, 5, 4, 0)]
    assert seen == [1, 0, 0, 1, 1]
    assert history.at(NOW - 8 * DAY - TICK).value(Measure()) == 1


def test_many_leads_are_read_at_once(kim, django_assert_num_queries):
    does(kim, "visit", 1)
    other = upsert(
        [identities.email("b@acme.example")], {}, source="form", known_at=NOW - 90 * DAY
    )[0]
    known = fields.registry()
    with django_assert_num_queries(6):
        found = facts.histories([kim.pk, other.pk], NOW, known=known)
    assert [found[pk].at(NOW).value(Measure()) for pk in (kim.pk, other.pk)] == [1, 0]
    assert found[kim.pk].moments() == [NOW - 90 * DAY, NOW - DAY]


def test_plain_measures_are_one_join_and_their_boundaries_one_aggregate(
    kim, django_assert_num_queries
):
    wanted = [
        Measure(types=(type,), within_days=days) for type in ("visit", "quote") for days in (7, 30)
    ]
    does(kim, "visit", 6)
    does(kim, "quote", 29)
    tally = Tally(Ids.of(wanted), Given(NOW), Q())
    leads, sql, moments = tally.counted_and_leaving(Lead.objects.all(), wanted, wanted)
    rows = leads.annotate(total=sql.value(wanted[0]), **moments).values_list("total", "leaves")
    with django_assert_num_queries(1) as queries:
        assert list(rows) == [(1, NOW + DAY)]
    statement = queries[0]["sql"]
    assert statement.count("JOIN") == 1
    assert statement.upper().count("MIN(") == 1
    assert "properties" not in statement
    assert "local_date" not in statement
