"""The history of a score: what changed it, who, and when; derived, and it adds up."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from leads import activities, changes
from leads.models import ActivityType, Lead
from scoring import corrections, histories, scores
from scoring.documents import GROUPS
from scoring.models import AgreementVersion, Score
from tests import strategies
from tests.factories import AgreementVersionFactory
from tests.strategies import MANY, NOW, PERSONAS, TYPES, furnish, some_conditions, written
from tests.test_ledgers import body, rule

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
HEAD = {"op": "is", "field": "seniority", "value": "Head"}
PAGE = {"op": "did", "types": ["pricing_page"], "within_days": 14}
WEBINAR = {"op": "did", "types": ["webinar"], "within_days": 30}
POINTS = st.integers(-30, 30).filter(bool)


def in_force(number: int, text: dict, since, until=None) -> AgreementVersion:
    status = "superseded" if until else "in_force"
    return AgreementVersionFactory(
        number=number, body=text, status=status, in_force_at=since, superseded_at=until
    )


def agreed(*rules: dict, since=NOW - 80 * DAY, **limits: object) -> AgreementVersion:
    return in_force(1, body(*rules, **limits), since)


def known(at=NOW - 60 * DAY, **values: object) -> Lead:
    lead = Lead.objects.create(created_at=at)
    changes.record(lead, values or {"last_name": "Lind"}, source="form", known_at=at)
    return lead


def does(lead: Lead, type: str, at, known_at=None, **properties: object):
    done = activities.record(
        lead, type=type, occurred_at=at, known_at=known_at or at, properties=properties
    )
    ActivityType.objects.filter(key=type).update(name=type.replace("_", " ").capitalize())
    return done


def told(lead: Lead, until=NOW, **asked) -> list[tuple]:
    """Oldest first: from, to, why, and the lines that differ."""
    account = histories.account(lead, until=until, **asked)
    return [
        (
            change.before.total,
            change.after.total,
            [cause.text for cause in change.causes],
            [(str(line.words), line.points) for line in change.lines],
        )
        for change in reversed(account.changes)
    ]


# What happened


def test_each_change_names_what_the_lead_did_and_the_line_it_moved():
    agreed(rule("page", "actions", 10, when=PAGE))
    lead = known()
    does(lead, "pricing_page", NOW - DAY)
    line = "“Read the pricing page” in the last 14 days"
    assert told(lead)[-1] == (0, 10, ["Read the pricing page"], [(line, 10)])


def test_a_change_of_the_profile_names_who_wrote_which_fields(maya):
    agreed(rule("head", "profile", 15, when=HEAD))
    lead = known()
    changes.record(
        lead, {"seniority": "Head", "city": "Hamburg"}, source="baton", known_at=NOW - DAY, by=maya
    )
    [*_first, (before, after, causes, _lines)] = told(lead)
    assert (before, after) == (0, 15)
    assert causes == ["Maya Lindner changed: seniority, city"]


def test_time_that_passes_says_what_no_longer_counts():
    agreed(rule("page", "actions", 10, when=PAGE))
    lead = known()
    does(lead, "pricing_page", NOW - 20 * DAY)
    account = histories.account(lead, until=NOW)
    gone = account.changes[0]
    assert gone.at == NOW - 6 * DAY
    assert (gone.before.total, gone.after.total, gone.points) == (10, 0, -10)
    assert [cause.text for cause in gone.causes] == [
        "14 days passed: “Read the pricing page” no longer counts"
    ]
    assert [cause.side for cause in gone.causes] == ["time"]


def test_time_says_nothing_of_what_no_rule_counted():
    agreed(rule("page", "actions", 10, when=PAGE), rule("web", "actions", 3, when=WEBINAR))
    lead = known()
    does(lead, "webinar", NOW - 33 * DAY)
    does(lead, "pricing_page", NOW - 15 * DAY)
    texts = [causes for _b, _a, causes, _l in told(lead)]
    assert texts[-2:] == [
        ["30 days passed: “Webinar” no longer counts"],
        ["14 days passed: “Read the pricing page” no longer counts"],
    ]


def test_another_version_is_a_cause_and_only_lines_that_differ_are_shown():
    turn = NOW - 10 * DAY
    page, head = rule("page", "actions", 10, when=PAGE), rule("head", "profile", 15, when=HEAD)
    in_force(1, body(page, head), NOW - 80 * DAY, turn)
    in_force(2, body(page | {"points": 4}, head), turn)
    lead = known(seniority="Head")
    does(lead, "pricing_page", NOW - 12 * DAY)
    account = histories.account(lead, until=NOW - 9 * DAY)
    change = account.changes[0]
    assert [cause.text for cause in change.causes] == ["Agreement 2 came into force"]
    assert [(line.key, line.points) for line in change.lines] == [("page", -6)]
    assert [version.number for version in account.versions] == [1, 2]
    assert (change.before.version.number, change.after.version.number) == (1, 2)


def test_a_correction_names_its_author_with_the_reason_and_its_end_is_told(maya, lena):
    agreed(rule("head", "profile", 15, when=HEAD))
    lead = known(seniority="Head")
    at = NOW - 20 * DAY
    given = {"points": 30, "reason": "Met her at the fair."}
    corrections.correct(lead, until=(at + 3 * DAY).date(), by=maya, at=at, **given)
    other = corrections.correct(lead, until=(NOW + DAY).date(), by=lena, at=at + HOUR, **given)
    corrections.end(other, reason="It was her sister.", by=maya, at=NOW - DAY)
    found = [
        (change.before.total, change.after.total, cause.text, cause.quote)
        for change in reversed(histories.account(lead, until=NOW).changes)
        for cause in change.causes
    ][-4:]
    assert found == [
        (15, 45, "Maya Lindner corrected the score by hand", "Met her at the fair."),
        (45, 75, "Lena Fuchs corrected the score by hand", "Met her at the fair."),
        (75, 45, "A correction by Maya Lindner ran out", "Met her at the fair."),
        (45, 15, "Maya Lindner ended a correction", "It was her sister."),
    ]


def test_what_became_known_late_changed_the_score_when_it_became_known():
    agreed(rule("page", "actions", 10, when=PAGE))
    lead = known()
    does(lead, "pricing_page", NOW - 9 * DAY, known_at=NOW - 2 * DAY)
    [*_first, (before, after, causes, _lines)] = told(lead)
    late = "Read the pricing page on 20 Mar 2026, known only now"
    assert (before, after, causes) == (0, 10, [late])


def test_many_things_at_one_moment_are_named_and_counted():
    agreed(rule("page", "actions", 1, when={"op": "did"}, times="every"))
    lead = known()
    for type in ("a", "a", "b", "c", "d", "e"):
        does(lead, type, NOW - DAY)
    assert told(lead)[-1][2] == ["A (2 times)", "B", "C", "and 2 more"]


def test_a_lead_without_an_agreement_in_force_has_an_empty_history():
    account = histories.account(known(), until=NOW)
    assert (account.changes, account.now.score, account.now.grade) == ([], None, None)


def test_what_the_floor_took_back_is_told_with_nought_points_and_its_lines(maya):
    agreed(rule("head", "profile", 15, when=HEAD), floor=0)
    lead = known(seniority="Head")
    for points, hours in ((-40, 2), (-7, 1)):
        corrections.correct(
            lead, points=points, until=(NOW + DAY).date(), reason="A rival.", by=maya,
            at=NOW - hours * HOUR,
        )  # fmt: skip
    latest = told(lead)[-1]
    assert latest == (
        0,
        0,
        ["Maya Lindner corrected the score by hand"],
        [("Corrected by hand", -7), ("Floor of the score: 0", 7)],
    )


def test_a_version_that_moves_no_line_is_no_change():
    turn = NOW - 10 * DAY
    text = body(rule("head", "profile", 15, when=HEAD))
    in_force(1, text, NOW - 80 * DAY, turn)
    in_force(2, text | {"name": "B"}, turn)
    account = histories.account(known(seniority="Head"), until=NOW)
    assert [change.at for change in account.changes] == [NOW - 60 * DAY]


def test_the_first_score_is_a_change_from_none():
    agreed(rule("head", "profile", 15, when=HEAD))
    account = histories.account(known(seniority="Head"), until=NOW)
    assert account.start.score is None
    [first] = account.changes
    assert (first.points, [cause.text for cause in first.causes]) == (
        15,
        ["First known from form: seniority"],
    )


def test_a_long_history_is_cut_and_says_so():
    agreed(rule("page", "actions", 1, when=PAGE | {"within_days": 90}, times="every"))
    lead = known()
    for hours in range(30):
        does(lead, "pricing_page", NOW - DAY - hours * HOUR)
    whole = histories.account(lead, until=NOW)
    cut = histories.account(lead, until=NOW, most=10)
    assert (whole.cut, cut.cut) == (False, True)
    assert len(cut.changes) == 10
    assert cut.changes == whole.changes[:10]
    assert cut.start.total == 20


def test_a_history_asks_little_whatever_happened(maya, django_assert_max_num_queries):
    agreed(rule("page", "actions", 10, when=PAGE), rule("head", "profile", 15, when=HEAD))
    lead = known()
    for days in range(50):
        does(lead, f"page_{days}", NOW - days * DAY)
        changes.record(lead, {"city": f"C{days}"}, source="a", known_at=NOW - days * DAY, by=maya)
    corrections.correct(
        lead, points=3, until=(NOW + DAY).date(), reason="Why.", by=maya, at=NOW - DAY
    )
    with django_assert_max_num_queries(11):
        histories.account(lead, until=NOW)


def test_causes_are_said_in_the_readers_language(maya):
    agreed(rule("page", "actions", 10, when=PAGE))
    lead = known()
    does(lead, "pricing_page", NOW - 20 * DAY)
    with override("de"):
        [*_first, (_before, _after, causes, _lines)] = told(lead)
    assert causes == ["14 Tage vergangen: „Preisseite gelesen“ zählt nicht mehr"]


# It adds up


@pytest.fixture
def furnished(db) -> None:
    furnish()


def random_body(some_rules: list[dict], some_limits: dict) -> dict:
    made = [rule(f"r{n}", **each) for n, each in enumerate(some_rules)]
    text = body(*made, **some_limits) | {"personas": PERSONAS}
    text["reasons"][0]["resets"] = bool(some_limits["caps"])
    return text


rules = st.lists(
    st.fixed_dictionaries(
        {
            "group": st.sampled_from(GROUPS),
            "points": POINTS,
            "cap": st.none() | st.integers(1, 30),
            "times": st.sampled_from(["once", "every", "day", "week"]),
            "when": some_conditions,
        }
    )
    | st.fixed_dictionaries(
        {
            "group": st.just("actions"),
            "points": POINTS,
            "times": st.just("every"),
            "halving": st.sampled_from([[2], [1, 2], [2, 4, 7]]),
            "when": st.fixed_dictionaries({"op": st.just("did"), "types": st.just(TYPES[:1])}),
        }
    ),
    max_size=5,
)
limits = st.fixed_dictionaries(
    {
        "caps": st.dictionaries(st.sampled_from(GROUPS), st.integers(0, 30)),
        "floor": st.none() | st.integers(-10, 0),
    }
)
given_by_hand = st.lists(st.tuples(POINTS, strategies.moments, st.integers(1, 9)), max_size=3)


@settings(MANY, max_examples=20)
@given(
    people=strategies.people,
    first=rules,
    second=rules,
    some_limits=limits,
    turn=strategies.moments,
    by_hand=given_by_hand,
    asked=st.lists(strategies.moments, max_size=12),
)
def test_the_start_and_all_changes_make_the_score_at_every_moment(
    furnished, maya, people, first, second, some_limits, turn, by_hand, asked
):
    with transaction.atomic():
        turn, since = min(turn, NOW), NOW - 20 * DAY
        old = in_force(1001, random_body(first, some_limits), since, turn)
        new = in_force(1002, random_body(second, some_limits), turn)
        made = written(people, scores.Rulebook(new.body).vocabulary.fields)
        for lead, _facts in made:
            for points, at, days in by_hand:
                until = at + days * DAY
                lead.corrections.create(points=points, at=at, until=until, by=maya)
        scores.rescore([lead.pk for lead, _facts in made], version=new, at=NOW)
        for lead, _facts in made:
            account = histories.account(lead, until=NOW, days=12)
            assert not account.cut
            _adds_up(account, lead)
            _holds_at(account, lead, [since, turn, *asked], {old.pk: old, new.pk: new}, turn)
        transaction.set_rollback(True)


def _adds_up(account: histories.Account, lead: Lead) -> None:
    stored = Score.objects.get(lead=lead)
    gained = sum(change.points for change in account.changes)
    assert account.start.total + gained == stored.total
    now = account.now.score
    assert (now.fit, now.engagement, now.total) == (stored.fit, stored.engagement, stored.total)
    for change in account.changes:
        assert sum(line.points for line in change.lines) == change.points
        assert change.causes
        assert all(str(cause.text) for cause in change.causes)


def _holds_at(account, lead: Lead, asked: list, versions: dict, turn) -> None:
    """The history's score at any moment is the one that scoring makes of what was known then."""
    old, new = versions.values()
    edges = [change.at for change in account.changes]
    moments = [*asked, *(edge - timedelta(microseconds=1) for edge in edges)]
    for moment in moments:
        if not account.start.at <= moment <= NOW:
            continue
        point = [each for each in account.points if each.at <= moment][-1]
        if point.score is None:
            continue
        then = scores.score_at(lead, new if moment >= turn else old, moment)
        assert (point.score.fit, point.score.engagement, point.total) == (
            then.fit,
            then.engagement,
            then.total,
        )
