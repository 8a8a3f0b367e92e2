"""A grade is read off a score: a letter for the fit, a digit for the engagement."""

import pytest
from django.utils.translation import override

from scoring import grades, shapes
from scoring.checks import meaning
from scoring.ledgers import ScoreResult


def score(fit: int, engagement: int) -> ScoreResult:
    return ScoreResult(fit, engagement, fit + engagement, [])


def silent() -> dict:
    """An agreement that says nothing of grades."""
    body = shapes.classic()
    body["score"].pop("grades", None)
    return body


def agreed(**scale: list[int]) -> dict:
    body = shapes.classic()
    return body | {"score": body["score"] | {"grades": scale}}


@pytest.mark.parametrize(
    ("fit", "engagement", "grade"),
    [(40, 30, "A1"), (39, 29, "B2"), (20, 10, "B3"), (19, 9, "C4"), (5, 30, "C1"), (4, 0, "D4")],
)
def test_a_grade_is_given_from_its_points_on(fit, engagement, grade):
    body = agreed(fit=[40, 20, 5], engagement=[30, 20, 10])
    assert str(grades.of(score(fit, engagement), body)) == grade


def test_without_a_scale_quarters_of_the_most_points_make_the_grades():
    body = silent()
    body["score"]["caps"] |= {"profile": 40, "channel": 1, "actions": None}
    most = meaning.highest(body, "fit")
    assert most == 41
    assert grades.Scale.read(body).fit == (31, 21, 11)


def test_where_points_know_no_limit_the_quarters_are_those_of_sixty():
    body = silent()
    every = {"key": "each", "group": "actions", "points": 5, "cap": None, "times": "every"}
    every |= {"label": "", "when": {"op": "did", "types": ["visit"], "within_days": 30}}
    body["score"] |= {"rules": [every], "caps": {}}
    scale = grades.Scale.read(body)
    assert scale.engagement == (45, 30, 15)
    # No rule gives points for the profile: nobody fits without any.
    assert scale.fit == (45, 30, 15)
    assert str(grades.of(score(0, 1000), body)) == "D1"


def test_points_below_zero_and_beyond_every_bar_have_a_grade_too():
    body = agreed(fit=[40, 20, 5], engagement=[30, 20, 10])
    assert str(grades.of(score(-1000, 10**6), body)) == "D1"


def test_corrections_move_the_total_and_leave_the_grade():
    body = agreed(fit=[40, 20, 5], engagement=[30, 20, 10])
    plain, corrected = ScoreResult(40, 10, 50, []), ScoreResult(40, 10, 90, [])
    assert grades.of(plain, body) == grades.of(corrected, body)


def test_a_grade_says_what_it_means_in_the_readers_language():
    scale = grades.Scale.read(agreed(fit=[40, 20, 5], engagement=[30, 20, 10]))
    b4 = scale.grade(score(25, 3))
    assert scale.words(b4) == "Fit B (20 to 39 points), engagement 4 (below 10 points)."
    a1 = scale.grade(score(40, 30))
    assert "Fit A (40 points or more), engagement 1 (30 points or more)" in scale.words(a1)
    with override("de"):
        assert "Passung B (20 bis 39 Punkte)" in scale.words(b4)
