"""What happened to a lead, as one reader may see it."""

from datetime import timedelta

import pytest

from feedback import briefings, clocks, contacts, escalations, handoffs, steps, timelines
from leads import touches
from leads.models import Lead
from tests.factories import (
    MONDAY,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    TeamFactory,
    UserFactory,
)
from tests.test_escalations import CHAIN, DUE, agreed
from tests.test_handoffs import ALL

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def lines(lead: Lead, reader) -> list[str]:
    """The text of each line and whom it names, newest first."""
    history = timelines.recent(lead, reader, most=12)
    return [f"{each.text} {each.strong}".strip() for each in timelines.moments(history, {})]


def tried(handoff, by, *, at, text: str) -> None:
    handoffs.accept(handoff, by=by, at=at, confirmed=ALL)
    contacts.log(handoff, by=by, at=at + HOUR, kind="call", outcome="reached", text=text)


@pytest.fixture
def two_teams(sam) -> Lead:
    """Kim of another team tried, and returned; Sam tries, and marketing has sent a mail."""
    lead, kim = LeadFactory(), UserFactory(team=TeamFactory(side="sales", name="North"))
    first = HandoffFactory(lead=lead, pool=PoolFactory(name="North", team=kim.team))
    tried(first, kim, at=MONDAY, text="Kim’s words.")
    handoffs.give_back(first, by=kim, at=MONDAY + 2 * HOUR, reason="no_budget", text="No.")
    touches.record(lead, kind="mail", outcome="sent", occurred_at=MONDAY + 3 * HOUR)
    again = HandoffFactory(lead=lead, pool__team=sam.team, opened_at=MONDAY + 4 * HOUR)
    tried(again, sam, at=MONDAY + 5 * HOUR, text="Sam’s words.")
    return lead


def said(lead: Lead, reader, most: int = 12) -> list[str]:
    found = timelines.recent(lead, reader, most=most).touches
    return [touch.note.text if touch.note else touch.kind for touch in found]


def test_a_rep_reads_no_contact_of_a_team_whose_handoffs_are_hidden(two_teams, sam, lena, maya):
    assert said(two_teams, sam) == ["Sam’s words.", "mail"]
    for reader in (lena, maya):
        assert said(two_teams, reader) == ["Sam’s words.", "mail", "Kim’s words."]


def test_contacts_of_others_take_no_place_among_the_latest(two_teams, sam):
    assert said(two_teams, sam, most=2) == ["Sam’s words.", "mail"]
    assert timelines.recent(two_teams, sam, most=2).more is False


@pytest.fixture
def pool_of_sam(sam):
    return PoolFactory(team=sam.team)


def test_an_escalated_handoff_is_read_with_who_was_told(sam, pool_of_sam):
    handoff = HandoffFactory(version=agreed(chain=CHAIN), pool=pool_of_sam)
    clocks.sweep(at=DUE + HOUR)
    escalations.escalate(at=DUE + HOUR)
    found = lines(handoff.lead, sam)
    assert found[0] == "Told who leads both teams"
    assert "Deadline passed" in found


def test_whom_it_was_assigned_to_is_named_whoever_it_was(sam, tom, pool_of_sam):
    handoff = HandoffFactory(pool=pool_of_sam)
    for number in (tom.pk, sam.pk, 10**9):
        steps.record(handoff, "assigned", at=MONDAY + HOUR, data={"from": None, "to": number})
    found = set(lines(handoff.lead, sam))
    assert {f"Assigned to {tom}", f"Assigned to {sam}", "Assigned to nobody"} <= found


def test_a_timeline_asks_three_questions_however_many_people_it_names(
    sam, tom, pool_of_sam, django_assert_num_queries
):
    handoff = HandoffFactory(pool=pool_of_sam)
    steps.record(handoff, "assigned", at=MONDAY + HOUR, data={"from": None, "to": tom.pk})
    steps.record(handoff, "message", at=MONDAY + HOUR, by=sam)
    with django_assert_num_queries(3):
        assert f"Assigned to {tom}" in lines(handoff.lead, sam)


def test_the_hand_shows_the_latest_lines_and_says_that_there_are_more(sam, pool_of_sam):
    handoff = HandoffFactory(pool=pool_of_sam)
    for minutes in range(40):
        at = MONDAY + timedelta(minutes=minutes)
        steps.record(handoff, "warned", at=at, data={"clock": "answer"})
    briefing = briefings.brief(handoff, sam)
    assert briefing.more
    assert len(briefing.moments) == briefings.MOST_LINES
    assert briefing.moments[0].at == at
