"""A return may reset: what the lead did before counts no more among the points of actions."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from leads import activities
from leads.models import StaleLead
from scoring import histories, scores
from scoring.models import StageEntry
from tests.factories import MONDAY, AgreementVersionFactory, HandoffFactory, LeadFactory
from tests.test_handoffs import returned
from tests.test_ledgers import SEEN, body, rule

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULES = (
    rule("seen", "actions", 5, when=SEEN, times="every"),
    rule("came", "channel", 3, when=SEEN),
)


def agreed(*, resets: bool = True, rules=RULES, **limits: object):
    text = body(*rules, **limits)
    for reason in text["reasons"]:
        reason["resets"] = resets
    return AgreementVersionFactory(body=text)


def does(lead, at, type: str = "webinar") -> None:
    activities.record(lead, type=type, occurred_at=at, known_at=at)


def points(lead, version, at) -> int:
    """By SQL, which stores it, and by Python the same."""
    scores.rescore([lead.pk], version=version, at=at, refresh=True)
    lead.score.refresh_from_db()
    assert scores.score_at(lead, version, at).ledger == lead.score.ledger
    return lead.score.total


def came_back(version, sam, *, at=MONDAY + HOUR):
    lead = LeadFactory()
    does(lead, MONDAY - DAY)
    does(lead, MONDAY - 2 * DAY)
    scores.rescore([lead.pk], version=version, at=MONDAY)
    return returned(HandoffFactory(lead=lead, version=version), sam, at=at).lead


def test_actions_before_the_return_count_no_more_and_the_rest_does(sam):
    version = agreed()
    lead = came_back(version, sam)
    assert points(lead, version, MONDAY) == 13
    assert points(lead, version, MONDAY + HOUR) == 3
    does(lead, MONDAY + 2 * HOUR)
    assert points(lead, version, MONDAY + 3 * HOUR) == 8


def test_a_reason_that_does_not_reset_leaves_the_points(sam):
    version = agreed(resets=False)
    lead = came_back(version, sam)
    assert not StageEntry.objects.filter(resets=True).exists()
    assert points(lead, version, MONDAY + HOUR) == 13


def test_a_text_without_resets_does_not_look_at_those_of_others(sam):
    lead = came_back(agreed(), sam)
    assert lead.stage_entries.filter(resets=True).exists()
    other = AgreementVersionFactory(body=body(*RULES), status="superseded")
    assert scores.score_at(lead, other, MONDAY + HOUR).total == 13


def test_silence_begins_anew_with_the_reset(sam):
    quiet = rule("quiet", "actions", -2, when={"op": "idle", "days": 7}, times="every")
    version = agreed(rules=(quiet,))
    lead = came_back(version, sam)
    assert points(lead, version, MONDAY + 8 * DAY) == -2
    lead = LeadFactory()  # Never did anything, and came back all the same.
    returned(HandoffFactory(lead=lead, version=version), sam)
    assert points(lead, version, MONDAY + 7 * DAY) == 0
    assert points(lead, version, MONDAY + 8 * DAY) == -2


def test_who_returns_marks_the_lead_to_be_scored_anew(sam):
    lead = came_back(agreed(), sam)
    entry = lead.stage_entries.get(resets=True)
    assert (entry.cause, entry.at) == ("returned", MONDAY + HOUR)
    assert StaleLead.objects.filter(lead=lead).exists()


def test_the_history_of_the_score_says_that_the_return_took_the_points(sam):
    version = agreed()
    lead = came_back(version, sam)
    points(lead, version, MONDAY + 2 * HOUR)
    with override("en"):
        [latest, *_others] = histories.account(lead, until=MONDAY + 2 * HOUR).changes
        assert latest.points == -10
        assert [str(cause.text) for cause in latest.causes] == [
            "Sales returned the lead: what it did before counts no more"
        ]


def test_a_lead_that_comes_back_twice_begins_at_the_later_return(sam):
    version = agreed()
    lead = came_back(version, sam)
    does(lead, MONDAY + 2 * HOUR)
    again = HandoffFactory(lead=lead, version=version, opened_at=MONDAY + 3 * HOUR)
    returned(again, sam, at=MONDAY + 4 * HOUR)
    assert points(lead, version, MONDAY + 4 * HOUR) == 3
