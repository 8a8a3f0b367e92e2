"""Scores: one statement for many leads, and the same in Python for one."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from leads import activities, changes, fields, identities
from leads.models import Attribute, Channel, Event, Lead, StaleLead, User
from scoring import explanations, ledgers, scores, statements
from scoring.documents import GROUPS
from scoring.models import Correction, Score, Standing
from tests import strategies
from tests.factories import AgreementVersionFactory, version_in_force
from tests.strategies import MANY, NOW, PERSONAS, furnish, some_conditions, written
from tests.test_ledgers import body, rule

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SEEN = {"op": "did", "types": ["webinar"], "within_days": 30}


def lead(name: str = "kim", **values: object) -> Lead:
    key = identities.email(f"{name}@acme.example")
    return changes.upsert([key], values, source="form", known_at=NOW - 90 * DAY)[0]


def does(who: Lead, type: str, at, known_at=None, channel: str | None = None) -> None:
    activities.record(who, type=type, occurred_at=at, known_at=known_at or at, channel=channel)


def put_in_force(*rules: dict, **limits: object):
    return AgreementVersionFactory(body=body(*rules, **limits))


def scored(who: Lead, version, at=NOW) -> Score:
    scores.rescore([who.pk], version=version, at=at)
    return Score.objects.get(lead=who)


def test_points_once_and_every_time_with_caps_make_fit_engagement_and_total():
    kim = lead(title="Head of Operations", company_size=420)
    for days in (1, 2, 3, 31):
        does(kim, "webinar", NOW - days * DAY)
    version = put_in_force(
        rule("role", "profile", 15, when={"op": "contains", "field": "title", "value": "head"}),
        rule("size", "profile", 30, when={"op": "at_least", "field": "company_size", "value": 50}),
        rule("inbound", "channel", 8, when={"op": "did", "channels": ["inbound"]}),
        rule("webinar", "actions", 5, when=SEEN),
        rule("webinars", "actions", 8, 20, when=SEEN, times="every"),
        caps={"profile": 40},
        floor=0,
    )
    score = scored(kim, version)
    assert score.ledger == [15, 30, 0, 5, 24, -4, -5, 0, 0]
    assert (score.fit, score.engagement, score.total) == (40, 25, 65)
    assert (score.version, score.as_of) == (version, NOW)


def test_every_time_counts_from_the_bar_on_and_never_more_than_a_thousand():
    kim, robot = lead(), lead("robot")
    does(kim, "webinar", NOW - DAY)
    done = [
        activities.NewActivity(robot.pk, "webinar", NOW - n * timedelta(minutes=1), NOW)
        for n in range(1100)
    ]
    activities.record_many(done, at=NOW)
    version = put_in_force(rule("r", "actions", 3, when=SEEN | {"times": 2}, times="every"))
    assert scored(kim, version).total == 0
    assert scored(robot, version).total == 3000
    assert scores.score_at(robot, version, NOW).total == 3000


def test_what_happened_exactly_at_the_edge_of_the_window_is_out():
    kim = lead()
    does(kim, "webinar", NOW - 30 * DAY)
    version = put_in_force(rule("r", "actions", 3, when=SEEN))
    assert scored(kim, version, at=NOW - timedelta(microseconds=1)).total == 3
    assert scored(kim, version).total == 0


def test_a_second_scoring_writes_nothing_unless_it_must_be_dated_anew():
    kim = lead(title="CEO")
    version = put_in_force(rule("r", "profile", 3))
    assert scores.rescore([kim.pk], version=version, at=NOW) == 1
    assert scores.rescore([kim.pk], version=version, at=NOW + DAY) == 0
    assert Score.objects.get().as_of == NOW
    assert scores.rescore([kim.pk], version=version, at=NOW + DAY, refresh=True) == 1
    assert Score.objects.get().as_of == NOW + DAY


def test_a_score_says_when_time_alone_will_change_it():
    kim, idle = lead(), lead("idle")
    does(kim, "webinar", NOW - 29 * DAY - timedelta(microseconds=7))
    does(kim, "webinar", NOW - 3 * DAY)
    version = put_in_force(rule("r", "actions", 3, when=SEEN, times="every"))
    assert scored(kim, version).next_change_at == NOW + DAY - timedelta(microseconds=7)
    assert scored(idle, version).next_change_at != scored(kim, version).next_change_at


def test_an_activity_dated_ahead_of_the_clock_is_counted_when_its_time_comes():
    kim = lead()
    does(kim, "webinar", NOW + timedelta(seconds=5))
    version = put_in_force(rule("r", "actions", 3, when=SEEN))
    assert scored(kim, version).total == 0
    assert scored(kim, version, at=NOW + timedelta(seconds=5)).total == 3


def test_the_end_of_a_rest_is_a_moment_of_change(db):
    kim = lead()
    version = put_in_force(rule("r", "profile", 3))
    scored(kim, version)
    Standing.objects.filter(lead=kim).update(rests_until=NOW + 5 * DAY)
    assert scored(kim, version).next_change_at == NOW + 5 * DAY
    assert scored(kim, version, at=NOW + 5 * DAY).next_change_at != NOW + 5 * DAY


def test_a_correction_counts_from_its_moment_to_its_end_and_says_when(olu):
    kim = lead(title="CEO")
    version = put_in_force(rule("r", "profile", 3), floor=0)
    given = {"lead": kim, "by": olu}
    Correction.objects.create(points=10, at=NOW, until=NOW + 5 * DAY, **given)
    Correction.objects.create(points=-20, at=NOW + DAY, until=NOW + 2 * DAY, **given)
    found = []
    for days in range(6):
        score = scored(kim, version, at=NOW + days * DAY)
        ahead = score.next_change_at and (score.next_change_at - NOW).days
        found.append((score.ledger, score.fit, score.total, ahead))
    assert found == [
        ([3, 10, 0], 3, 13, 1),
        ([3, -10, 7], 3, 0, 2),
        *[([3, 10, 0], 3, 13, 5)] * 3,
        ([3, 0, 0], 3, 3, None),
    ]


def test_points_fade_in_steps_and_half_a_point_is_rounded_away_from_zero():
    kim = lead()
    for days in (1, 8, 20):
        does(kim, "webinar", NOW - days * DAY)
    when = SEEN | {"within_days": None}
    fades = {"when": when, "times": "every", "halving": [7, 14, 30]}
    version = put_in_force(rule("up", "actions", 2, **fades), rule("down", "actions", -2, **fades))
    assert scored(kim, version).ledger == [4, -4, 0]
    assert scored(kim, version).next_change_at == NOW + 6 * DAY
    assert scored(kim, version, at=NOW + 11 * DAY).ledger == [2, -2, 0]


def test_a_draft_says_whom_it_would_hand_over_and_writes_nothing():
    kim, lea = lead(title="Head"), lead("lea")
    put_in_force(rule("r", "profile", 3))
    bar = {"op": "score_at_least", "which": "total", "value": 50}
    text = body(rule("role", "profile", 60))
    stage = next(stage for stage in text["stages"] if stage["key"] == "mql")
    stage["criteria"] = [{"key": "bar", "group": "score", "label": "", "when": bar}]
    draft = AgreementVersionFactory(status="draft", body=text)
    assert statements.would_score([kim.pk, lea.pk], draft, at=NOW) == [
        (kim.pk, 60, 0, 60),
        (lea.pk, 0, 0, 0),
    ]
    everybody = range(kim.pk, lea.pk + 1)
    assert statements.would_meet(everybody, draft, "mql", at=NOW) == [(kim.pk, 60, 0, 60)]
    assert not Score.objects.exists()


def test_scoring_hands_over_those_that_now_meet_the_criteria_and_tells_once():
    Channel.objects.create(key="web", name="Website", kind="inbound")
    version = version_in_force()
    facts = {"title": "Head of Operations", "seniority": "Head", "function": "Operations"}
    facts |= {"company_size": 420, "industry": "Logistics", "country": "DE"}
    kim, cold = lead(**facts), lead("cold", **facts)
    does(kim, "quote_requested", NOW - DAY, channel="web")
    for _ in range(2):
        scores.rescore([kim.pk, cold.pk], version=version, at=NOW)
    assert Score.objects.get(lead=kim).total >= 60 > Score.objects.get(lead=cold).total
    assert Standing.objects.get(lead=kim).kind == "handoff"
    assert Standing.objects.get(lead=cold).kind == "open"
    told = Event.objects.filter(kind="stage.entered")
    assert [(event.lead, event.data["kind"]) for event in told] == [(kim, "handoff")]


def test_only_the_version_in_force_scores():
    kim = lead(title="CEO")
    old = put_in_force(rule("r", "profile", 3))
    old.status = "superseded"
    old.save()
    with pytest.raises(scores.NotInForce):
        scores.rescore([kim.pk], version=old, at=NOW)
    assert not Score.objects.exists()
    assert scores.score_at(kim, old, NOW).total == 3


def test_a_rule_that_can_no_longer_be_understood_gives_no_points():
    gone = {"op": "is", "field": "shoe_size", "value": "x"}
    version = put_in_force(rule("gone", "profile", 9, when=gone), rule("r", "profile", 3))
    kim = lead(title="CEO")
    assert scored(kim, version).ledger == [0, 3, 0]
    assert "shoe_size" in str(ledgers.lines([9, 3, 0], version)[0].words)


def test_a_field_registered_after_its_rule_was_first_read_counts_from_then_on():
    when = {"op": "at_least", "field": "seats", "value": 50}
    version = put_in_force(rule("seats", "profile", 7, when=when))
    kim = lead(title="CEO")
    assert scored(kim, version).total == 0
    fields.save(Attribute(key="seats", label="Seats", type="number"))
    changes.record(kim, {"seats": 60}, source="form", known_at=NOW)
    assert scored(kim, version).total == 7


def test_a_model_of_four_hundred_rules_is_one_statement(django_assert_num_queries):
    rules = [
        rule(f"r{n}", GROUPS[n % 3], 1, 5, when=SEEN | {"times": n % 9 + 1}) for n in range(400)
    ]
    version = put_in_force(*rules, caps={"actions": 70})
    kim = lead()
    does(kim, "webinar", NOW - DAY)
    score = scored(kim, version)
    assert len(score.ledger) == 802
    assert score.ledger == scores.score_at(kim, version, NOW).ledger
    with django_assert_num_queries(1) as queries:
        Score.objects.get(lead=kim)
    assert len(queries) == 1


def test_one_lead_is_rescored_in_few_queries(django_assert_max_num_queries):
    version = version_in_force()
    kim = lead(title="Head")
    does(kim, "webinar", NOW - DAY)
    scored(kim, version)
    with django_assert_max_num_queries(6):
        scores.rescore([kim.pk], version=version, at=NOW, refresh=True)


LATER = [NOW + timedelta(days=3), NOW + timedelta(days=5)]
steps = st.lists(st.integers(1, 14), min_size=1, max_size=4, unique=True).map(sorted)
repetitions = st.one_of(
    st.sampled_from(["once", "every", "day", "week", "month"]).map(lambda times: {"times": times}),
    st.integers(1, 9).map(lambda days: {"times": "days", "days": days}),
    steps.map(lambda ages: {"times": "every", "halving": ages}),
)
once = strategies.did.map(lambda did: did | {"op": "did", "times": 1, "count": "times"})
repeating = once | strategies.idle.map(lambda idle: idle | {"op": "idle"})
gated = st.tuples(repeating, strategies.leaves).map(lambda parts: {"all": list(parts)})
rules = st.lists(
    st.tuples(
        st.sampled_from(GROUPS),
        st.integers(-20, 20),
        st.none() | st.integers(0, 30),
        repetitions,
        some_conditions | repeating | gated,
    ),
    max_size=6,
)
periods = st.lists(
    st.sampled_from(strategies.EDGES + LATER), min_size=2, max_size=2, unique=True
).map(sorted)
corrections = st.lists(
    st.builds(
        lambda n, points, period: (n, points, *period),
        st.integers(0, 4),
        st.integers(1, 9),
        periods,
    ),
    max_size=4,
)
limits = st.fixed_dictionaries(
    {
        "caps": st.dictionaries(st.sampled_from(GROUPS), st.integers(0, 30)),
        "floors": st.dictionaries(st.sampled_from(GROUPS), st.integers(-30, 0)),
        "floor": st.none() | st.integers(-10, 10),
    }
)


bars = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["score_at_least", "score_below"]),
        "which": st.sampled_from(["total", "fit", "engagement"]),
        "value": st.integers(-10, 20),
    }
)


@pytest.fixture
def furnished(db) -> None:
    furnish()


def random_version(some_rules: list, some_limits: dict, criteria: list):
    return AgreementVersionFactory(body=random_body(some_rules, some_limits, criteria))


def random_body(some_rules: list, some_limits: dict, criteria: list) -> dict:
    made = [
        rule(f"r{n}", group, points, cap, when=when, **repeated)
        for n, (group, points, cap, repeated, when) in enumerate(some_rules)
    ]
    text = body(*made, **some_limits) | {"personas": PERSONAS}
    text["reasons"][0]["resets"] = bool(some_limits.get("caps"))
    mql = next(stage for stage in text["stages"] if stage["key"] == "mql")
    mql["criteria"] = [
        {"key": f"c{n}", "group": "profile", "label": "", "when": when}
        for n, when in enumerate(criteria)
    ]
    return text


@settings(MANY, max_examples=20)
@given(
    people=strategies.people,
    some_rules=rules,
    some_limits=limits,
    criteria=st.lists(some_conditions | bars, max_size=3),
    corrected=corrections,
)
def test_the_stored_score_is_what_python_makes_and_its_ledger_sums(
    furnished, people, some_rules, some_limits, criteria, corrected
):
    with transaction.atomic():
        version = random_version(some_rules, some_limits, criteria)
        made = written(people, scores.Rulebook(version.body).vocabulary.fields)
        leads = {each.pk: each for each, _facts in made}
        correct(list(leads.values()), corrected)
        ids = list(leads)
        whole = undone(lambda: scores.rescore(ids, version=version, at=NOW))
        assert whole == undone(
            lambda: [scores.rescore(range(pk, pk + 1), version=version, at=NOW) for pk in ids]
        )
        would = statements.would_score(ids, version, at=NOW)
        assert would == [row[:1] + row[2:5] for row in whole]
        assert would == [would_be(each, version) for each in leads.values()]
        would_meet = statements.would_meet(ids, version, "mql", at=NOW)
        assert would_meet == [each for each in would if meets(leads[each.lead], version)]

        rescore_until_still(ids, version)
        for each in leads.values():
            stored = Score.objects.get(lead=each)
            then = scores.score_at(each, version, stored.as_of)
            assert stored.ledger == then.ledger
            assert (stored.fit, stored.engagement) == (then.fit, then.engagement)
            assert stored.total == then.total == sum(stored.ledger)
            _nothing_changes_before(stored, each, version)
        meeting = statements.meeting(ids, version, "mql", at=NOW)
        assert meeting == [pk for pk in ids if meets(leads[pk], version)]
        assert statements.would_score(ids, version, at=NOW) == [
            row[:1] + row[2:5] for row in table()
        ]
        if not scores.Rulebook(version.body).looks_at_entries():
            assert meeting == [each.lead for each in would_meet]
            entered = Standing.objects.filter(kind="handoff").order_by("lead")
            assert list(entered.values_list("lead", flat=True)) == meeting
        transaction.set_rollback(True)


def correct(leads: list[Lead], given: list[tuple]) -> None:
    """Points by hand, each for one of the leads, from and until a moment."""
    olu = User.objects.create(email="olu@baton.example")
    Correction.objects.bulk_create(
        Correction(lead=leads[who % len(leads)], points=points, at=at, until=until, by=olu)
        for who, points, at, until in given
    )


def undone(rescore) -> list[tuple]:
    """The scores as they are afterwards; then all is as it was."""
    before = transaction.savepoint()
    rescore()
    found = table()
    transaction.savepoint_rollback(before)
    return found


def rescore_until_still(ids: list[int], version) -> None:
    """Who moved is looked at again, where rules look at moves."""
    while ids:
        scores.rescore(ids, version=version, at=NOW, refresh=True)
        ids = list(StaleLead.objects.values_list("lead", flat=True))
        StaleLead.objects.all().delete()


def would_be(who: Lead, version) -> statements.Points:
    made = scores.score_at(who, version, NOW)
    return statements.Points(who.pk, made.fit, made.engagement, made.total)


def meets(who: Lead, version, stage: str = "mql") -> bool:
    return all(each.holds for each in explanations.criteria(who, version, stage, NOW))


def table() -> list[tuple]:
    return list(Score.objects.order_by("pk").values_list())


def _nothing_changes_before(stored: Score, who: Lead, version) -> None:
    """Neither a microsecond before the stored moment of change, nor ever without one; what
    is known only later leaves the lead in the queue until then."""
    dated = [*who.activities.all(), *who.touches.all()]
    coming = [max(each.occurred_at, each.known_at) for each in dated]
    coming += who.stage_entries.values_list("at", flat=True)
    ends = [stored.next_change_at or NOW + timedelta(days=4000), *coming]
    until = min(each for each in ends if each > stored.as_of)
    assert until > stored.as_of
    for moment in (until - timedelta(microseconds=1), stored.as_of + (until - stored.as_of) / 2):
        assert scores.score_at(who, version, moment).ledger == stored.ledger


@pytest.mark.postgres
def test_the_statement_for_one_lead_is_kept_by_the_server_and_those_for_many_are_not():
    version = put_in_force(rule("r", "profile", 3))
    kim, lea = lead(title="CEO"), lead("lea")
    before = kept_statements()
    scores.rescore([kim.pk, lea.pk], version=version, at=NOW)
    scores.rescore(range(kim.pk, lea.pk + 1), version=version, at=NOW)
    assert kept_statements() == before
    for who in (kim, lea, kim):
        scores.rescore([who.pk], version=version, at=NOW + DAY, refresh=True)
    kept = [each for each in kept_statements() if each not in before]
    assert len([each for each in kept if "INSERT" in each]) == 1
    assert set(Score.objects.values_list("as_of", "total")) == {(NOW + DAY, 3), (NOW + DAY, 0)}


def kept_statements() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name || statement FROM pg_prepared_statements ORDER BY name")
        return [text for (text,) in cursor.fetchall()]


@pytest.mark.postgres
def test_statements_are_not_prepared_by_the_server():
    """PostgreSQL would keep a plan made for other sizes (it once made the aggregate double)."""
    assert connection.get_connection_params()["prepare_threshold"] is None
