"""What an agreement may say about counting, halving, grades and stages, and what is refused."""

import pytest
from hypothesis import given

from scoring import checks, conditions, shapes
from scoring.checks.meaning import counts_each, highest
from scoring.conditions import repeating
from tests.strategies import MANY, PERSONAS, furnish, measured, some_conditions

pytestmark = pytest.mark.django_db

VISIT = {"op": "did", "types": ["pricing_page"]}
IDLE = {"op": "idle", "days": 30}
GATE = {"op": "known", "field": "phone"}


def body(*rules: dict, **score: object) -> dict:
    """Classic with some more rules."""
    text = shapes.classic()
    given = [
        {"key": f"x{n}", "group": "actions", "label": "", "points": 5, "times": "once", "cap": None}
        | rule
        for n, rule in enumerate(rules)
    ]
    return text | {"score": text["score"] | score | {"rules": [*text["score"]["rules"], *given]}}


def found(text: dict) -> dict[str, str]:
    return {problem.path: problem.message for problem in checks.validate(text)}


@pytest.mark.parametrize(
    "rule",
    [
        {"times": "every", "when": VISIT, "cap": 20},
        {"times": "day", "when": VISIT | {"where": [{"property": "minutes", "op": "known"}]}},
        {"times": "week", "when": {"all": [VISIT, GATE]}, "cap": 15},
        {"times": "month", "when": {"all": [VISIT, VISIT | {"times": 3}]}},
        {"times": "days", "days": 90, "when": VISIT | {"within_days": 365}},
        {"times": "every", "when": VISIT, "halving": [30, 60, 90]},
        {"times": "every", "when": VISIT | {"within_days": 90}, "halving": [30, 90]},
        {"times": "every", "when": {"all": [IDLE, VISIT | {"count": "days"}]}, "points": -10},
        {"when": {"op": "entered", "stages": ["nurture"], "times": 2}},
    ],
)
def test_rules_that_count_in_every_way_are_accepted(rule):
    assert found(body(rule)) == {}


@pytest.mark.parametrize(
    ("rule", "where", "said"),
    [
        ({"times": "every", "when": VISIT | {"times": 2}}, "times", "more than once"),
        ({"times": "day", "when": VISIT | {"count": "days"}}, "times", "more than once"),
        ({"times": "day", "when": {"all": [VISIT, VISIT]}}, "times", "more than once"),
        ({"times": "week", "when": {"any": [VISIT, GATE]}}, "times", "more than once"),
        ({"times": "month", "when": GATE}, "times", "more than once"),
        ({"times": "day", "when": IDLE}, "times", "each of its periods"),
        ({"times": "days", "when": VISIT}, "days", "number of days"),
        ({"times": "week", "days": 7, "when": VISIT}, "days", "number of days"),
        ({"times": "day", "when": VISIT, "halving": [7]}, "halving", "every activity"),
        ({"times": "every", "when": IDLE, "halving": [7]}, "halving", "every activity"),
        ({"times": "every", "when": VISIT, "halving": [7, 7]}, "halving", "must rise"),
        (
            {"times": "every", "when": VISIT | {"within_days": 30}, "halving": [7, 14]},
            "halving",
            "30 days back",
        ),
        ({"when": VISIT, "cap": 9}, "cap", "cap of its own"),
        ({"times": "hour", "when": VISIT}, "times", "is not one of"),
        ({"times": "days", "days": 0, "when": VISIT}, "days", "outside"),
        ({"times": "every", "when": VISIT, "halving": []}, "halving", "Between 1 and 8"),
        ({"times": "every", "when": VISIT, "halving": ["7"]}, "halving.1", "whole number"),
        ({"when": {"op": "entered", "stages": ["heaven"]}}, "when", "no stage “heaven”"),
    ],
)
def test_what_a_rule_cannot_mean_is_named_where_it_stands(rule, where, said):
    problems = found(body(rule))
    assert list(problems) == [f"score.rules.x0.{where}"]
    assert said in problems[f"score.rules.x0.{where}"]


@pytest.mark.parametrize(
    ("grades", "said"),
    [
        ({"fit": [30, 20, 10], "engagement": [40, 30, 10]}, ""),
        ({"fit": [10, 25, 40]}, "must fall"),
        ({"fit": [40, 40, 10]}, "must fall"),
        ({"fit": [90_000, 25, 10]}, "No lead can reach 90000"),
        ({"fit": [40, 25]}, "Between 3 and 3"),
        ({"fit": 40}, "must be a list"),
        ({"beauty": [3, 2, 1]}, "not part of an agreement"),
    ],
)
def test_grades_begin_with_the_best(grades, said):
    problems = list(found(body(grades=grades)).values())
    assert len(problems) == bool(said)
    assert all(said in problem for problem in problems)


def test_the_highest_score_knows_how_often_a_rule_can_count():
    def most(**rule: object) -> int | None:
        given = {"group": "channel", "points": 5, "cap": None, "when": VISIT} | rule
        text = {"score": {"rules": [given], "caps": {}, "floor": 0}}
        return highest(text, "fit")

    window = VISIT | {"within_days": 14}
    assert most(times="once") == 5
    assert most(times="every") is None
    assert most(times="every", cap=40) == 40
    assert most(times="day") is None
    assert most(times="day", when=window) == 5 * 16
    assert most(times="week", when=window) == 5 * 4
    assert most(times="month", when=window) == 5 * 2
    assert most(times="days", days=14, when=window) == 5 * 3
    assert most(times="week", when=window, cap=12) == 12
    assert most(times="every", when=IDLE) == 5 * 24


@pytest.fixture
def furnished(db) -> None:
    furnish()


@MANY
@given(data=some_conditions | measured)
def test_what_the_checks_let_count_is_what_rules_count(furnished, data):
    when = conditions.parse(data, personas=PERSONAS)
    counted = repeating.counted(when, "every", None, ())
    if counts_each(data):
        assert counted is not None
    elif data.get("op") != "did":
        assert counted is None


# Said twice


def remarks_of(text: dict) -> list[str]:
    assert checks.validate(text) == []
    return [each.message for each in checks.remarks(text)]


@pytest.mark.parametrize("template", shapes.TEMPLATES)
def test_no_template_says_anything_twice(template):
    assert remarks_of(shapes.TEMPLATES[template]()) == []


def test_the_same_rule_twice_is_remarked_on_by_both_names_and_is_no_fault():
    either = {"any": [VISIT | {"within_days": 30}, IDLE]}
    turned = {"any": [IDLE, VISIT | {"within_days": 30, "channels": []}]}
    text = body({"when": either, "label": "Prices read"}, {"when": turned, "label": "Keen"})
    [said] = remarks_of(text)
    assert said == (
        "“Prices read” and “Keen” give points for the same: leads get the points of both."
    )
    assert checks.remarks(text)[0].path == "score.rules.x1"
    twice = {"when": VISIT, "label": "Prices read"}
    assert remarks_of(body(twice, twice)) == [
        "The rule “Prices read” stands twice: leads get the points of both."
    ]


def test_two_rules_that_count_differently_are_two_rules():
    assert remarks_of(body({"when": VISIT}, {"when": VISIT, "times": "day"})) == []
    assert remarks_of(body({"when": VISIT}, {"when": VISIT | {"within_days": 7}})) == []


def test_the_same_criterion_twice_in_a_stage_is_remarked_on():
    text = shapes.classic()
    stage = next(each for each in text["stages"] if each["kind"] == "handoff")
    first = stage["criteria"][0]
    stage["criteria"].append(first | {"key": "again", "label": "Once more"})
    [said] = remarks_of(text)
    assert "and “Once more” ask for the same in" in said
