"""Conditions look at where a lead really was: what was undone counts until it was, not after."""

from datetime import timedelta

import pytest

from leads import fields
from leads.models import Lead
from scoring import conditions, facts, stages
from scoring.replays import places
from tests.factories import MONDAY, LeadFactory, version_in_force

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
# What happens, in order: hour, stage, cause.
RETURN = [(1, "mql", "criteria"), (2, "nurture", "returned"), (3, "mql", "undone")]
CLAIM = [(1, "mql", "claimed"), (1, "sal", "claimed"), (2, "inquiry", "undone")]
AGAIN = [*RETURN, (4, "nurture", "returned")]
ACCEPTANCE = [(1, "mql", "criteria"), (2, "sal", "accepted"), (3, "mql", "undone")]


def lead_that_went(way) -> Lead:
    lead, version = LeadFactory(), version_in_force()
    stages.begin([lead.pk], version=version, at=MONDAY)
    for hour, stage, cause in way:
        stages.enter(lead, stage, cause=cause, at=MONDAY + hour * HOUR, version=version)
    return lead


def entered(stage, times=1):
    return {"op": "entered", "stages": [stage], "times": times}


BACK = {"op": "recycled", "times": 1}


@pytest.mark.parametrize(
    ("way", "condition", "hours"),
    [
        (RETURN, BACK, {2}),
        (AGAIN, BACK, {2, 4, 5}),
        (RETURN, entered("mql"), {1, 2, 3, 4, 5}),
        (RETURN, entered("mql", times=2), set()),
        (RETURN, entered("nurture"), {2}),
        (ACCEPTANCE, entered("sal"), {2}),
        (ACCEPTANCE, entered("mql"), {1, 2, 3, 4, 5}),
        (CLAIM, entered("mql"), {1}),
        (CLAIM, entered("sal"), {1}),
        (CLAIM, entered("inquiry", times=2), set()),
    ],
)
def test_python_and_sql_count_an_entry_until_it_is_undone(way, condition, hours):
    lead = lead_that_went(way)
    parsed = conditions.parse(condition)
    history = facts.history(lead, MONDAY + 6 * HOUR, known=fields.registry())
    by_python, by_sql = set(), set()
    for hour in range(6):
        at = MONDAY + hour * HOUR
        if parsed.holds(history.at(at)):
            by_python.add(hour)
        if conditions.satisfying(Lead.objects.all(), parsed, at=at).filter(pk=lead.pk).exists():
            by_sql.add(hour)
    assert by_python == hours
    assert by_sql == hours


def test_where_an_undone_claim_leaves_a_lead_it_rests_as_before():
    lead, version = lead_that_went([]), version_in_force()
    rest = {"rests_until": MONDAY + 90 * HOUR, "rested_since": MONDAY}
    stages.enter(lead, "nurture", cause="returned", at=MONDAY, version=version, **rest)
    stages.enter(lead, "mql", cause="claimed", at=MONDAY + HOUR, version=version)
    stages.enter(lead, "nurture", cause="undone", at=MONDAY + 2 * HOUR, version=version, **rest)
    stages.enter(lead, "mql", cause="criteria", at=MONDAY + 99 * HOUR, version=version)
    there = [place for place in places.of([lead.pk])[lead.pk] if place.stage == "nurture"]
    assert len(there) == 2
    assert {place.rested_since for place in there} == {MONDAY}
    assert there[0].rests_until == there[1].rests_until
