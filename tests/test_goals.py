"""The board of goals: measured figures, each with the rows behind it and what keeps it honest."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils.translation import override

from feedback import goals, handoffs
from feedback.goals import spans
from feedback.models import Handoff, Opportunity
from scoring import shapes
from tests.factories import MONDAY, AgreementVersionFactory, HandoffFactory, PoolFactory
from tests.test_handoffs import accepted, returned

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = MONDAY + 10 * DAY  # The middle of March, and near the end of the first quarter.


def goal(metric: str, amount: int, period: str = "month", **also: object) -> dict:
    said = {"key": metric, "label": metric.title(), "target": "", "counter": ""}
    return said | {"metric": metric, "amount": amount, "period": period} | also


def body(*wanted: dict, **also: object) -> dict:
    return shapes.classic() | {"goals": list(wanted)} | also


def deal(at=MONDAY, *, status="won", amount=1000, **facts) -> Opportunity:
    closed = None if status == "open" else at
    return Opportunity.objects.create(
        name="Deal", status=status, amount=amount, opened_at=at, closed_at=closed, **facts
    )


def first(user, *wanted, at=NOW, **also):
    with override("en"):
        return goals.board(user, body(*wanted, **also), at=at).goals[0]


def test_revenue_is_what_was_won_in_the_period_each_deal_once(maya, mark):
    deal(amount=1500)
    deal(amount=None)
    deal(amount=700, currency="CHF")
    deal(MONDAY - 40 * DAY)  # In January: another month, the same quarter.
    deal(status="lost")
    deal(status="open")
    wanted = goal("revenue", 5000, currency="EUR")
    found = first(maya, wanted)
    assert (found.figure.words, found.percent) == ("1,500 EUR", 30)
    assert found.figure.asides == ("1 deal of unknown amount", "1 deal in another currency")
    quarter = first(maya, wanted | {"period": "quarter"})
    assert quarter.figure.words == "2,500 EUR"


def test_a_deal_with_many_contacts_counts_once_for_a_rep(sam):
    won = deal(amount=1000, owner=sam)
    for _ in range(3):
        handoff = HandoffFactory(pool=PoolFactory(team=sam.team))
        won.contacts.create(lead=handoff.lead)
    assert first(sam, goal("revenue", 5000, currency="EUR")).figure.words == "1,000 EUR"


def test_a_rep_sees_no_others_money(sam, tom):
    deal(amount=1000, owner=tom)
    assert first(sam, goal("revenue", 5000, currency="EUR")).figure.value == 0


def test_the_pipeline_counts_when_it_was_opened(maya):
    deal(status="open")
    deal(status="lost")
    deal(MONDAY - 60 * DAY, status="open")
    assert first(maya, goal("pipeline", 5000, currency="EUR")).figure.words == "2,000 EUR"


def test_velocity_is_the_median_from_the_handover_and_fewer_days_are_better(sam, maya):
    for days in (2, 4, 9):
        handoff = accepted(sam, pool=PoolFactory(team=sam.team), at=MONDAY)
        deal(MONDAY + days * DAY, handoff=handoff)
    found = first(maya, goal("velocity", 5))
    assert (found.figure.words, found.state) == ("4 days", "reached")
    assert found.figure.asides[0] == "median of 3 deals won"
    assert first(maya, goal("velocity", 3)).state == "behind"


def test_without_a_deal_velocity_is_told_by_qualifications_and_says_so(sam, maya):
    handoff = accepted(sam, pool=PoolFactory(team=sam.team), at=MONDAY)
    Handoff.objects.filter(pk=handoff.pk).update(outcome="qualified", closed_at=MONDAY + 3 * DAY)
    found = first(maya, goal("velocity", 5))
    assert found.figure.words == "3 days"
    assert "no deal is won yet" in found.figure.asides[0]
    Handoff.objects.all().update(closed_at=MONDAY - 300 * DAY)
    assert first(maya, goal("velocity", 5)).figure.words == "no deal yet"


def test_a_conversation_counts_when_it_was_held(sam, maya):
    handoff = accepted(sam, pool=PoolFactory(team=sam.team))
    Handoff.objects.filter(pk=handoff.pk).update(conversation_at=MONDAY)
    accepted(sam, pool=PoolFactory(team=sam.team))
    found = first(maya, goal("conversations", 1))
    assert (found.figure.words, found.state) == ("1", "reached")


def test_below_twenty_a_counter_metric_says_how_many_and_no_verdict(sam, maya):
    honest = {"counter_metric": "acceptance", "counter_amount": 60}
    accepted(sam, pool=PoolFactory(team=sam.team))
    returned(HandoffFactory(pool=PoolFactory(team=sam.team)), sam)
    counter = first(maya, goal("conversations", 30, **honest)).counter
    assert (counter.share.part, counter.share.whole, counter.holds) == (1, 2, None)
    assert counter.bound == "at least 60 %"


@pytest.mark.parametrize(
    ("metric", "bound", "holds"),
    [
        ("acceptance", 75, True),
        ("acceptance", 76, False),
        ("returned_at_door", 25, True),
        ("returned_at_door", 24, False),
    ],
)
def test_from_twenty_on_it_holds_or_it_does_not(sam, maya, metric, bound, holds):
    pool = PoolFactory(team=sam.team)
    for n in range(20):
        handoff = HandoffFactory(pool=pool)
        state = "accepted" if n < 15 else "returned"
        facts = {"answer": state, "answered_at": MONDAY, "answered_by": sam, "owner": sam}
        if state == "returned":
            handoffs.give_back(handoff, by=sam, at=MONDAY, reason="no_budget", text="None.")
        else:
            Handoff.objects.filter(pk=handoff.pk).update(**facts)
    honest = {"counter_metric": metric, "counter_amount": bound}
    assert first(maya, goal("conversations", 30, **honest)).counter.holds is holds


def test_a_goal_in_words_stays_in_words(maya):
    found = first(maya, {"key": "a", "label": "A", "target": "soon", "counter": "but well"})
    assert (found.figure, found.target, found.words) == (None, "soon", "but well")


def test_marketing_sees_what_it_supplied_of_what_it_promised(maya, sam):
    pool = PoolFactory(team=sam.team)
    HandoffFactory(pool=pool, score=80)
    HandoffFactory(pool=pool, score=10)
    supply = {"handoffs": 4, "least_score": 60, "accepted": 50}
    found = goals.board(maya, body(supply=supply), at=NOW).supply
    assert (found.promised, found.supplied, found.percent, found.state) == (4, 1, 25, "behind")


def test_each_side_reads_its_own_numbers_first(maya, sam):
    watches = {"marketing": ["acceptance"], "sales": ["answer_time", "won"]}
    sides = [each.side for each in goals.board(sam, body(watches=watches), at=NOW).watches]
    assert sides == ["sales", "marketing"]
    sides = [each.side for each in goals.board(maya, body(watches=watches), at=NOW).watches]
    assert sides == ["marketing", "sales"]


@pytest.mark.parametrize(
    ("kind", "words", "since"),
    [("month", "March 2026", 1), ("quarter", "quarter 1 of 2026", 1), ("year", "2026", 1)],
)
def test_the_span_that_runs_is_told_by_its_name(kind, words, since):
    span = spans.running(kind, at=NOW)
    with override("en"):
        assert span.words == words
    assert span.period.until == NOW
    assert 0 < span.passed < 100


def test_a_span_ends_with_its_year():
    span = spans.running("quarter", at=datetime(2026, 12, 31, 12, tzinfo=UTC))
    assert (span.ends.year, span.ends.month) == (2027, 1) or span.ends.day == 31
    assert span.passed == 99


def test_each_figure_counts_as_many_as_are_listed_behind_it(sam, maya, signed_in, monkeypatch):
    pool = PoolFactory(team=sam.team)
    accepted(sam, pool=pool)
    returned(HandoffFactory(pool=pool), sam)
    deal(), deal(amount=None)
    text = body(goal("revenue", 10, currency="EUR"), supply={"handoffs": 5})
    names = ("won_deals", "opened_deals", "closed_deals", "conversations_held", "qualified_then")
    for name in (*names, "supplied", "accepted", "answered", "handed_over"):
        listing = goals.behind(maya, text, name, "month", at=NOW)
        assert listing.rows.count() == len(listing.rows)
    assert goals.behind(maya, text, "accepted", "month", at=NOW).rows.count() == 1
    assert goals.behind(maya, text, "won_deals", "month", at=NOW).rows.count() == 2
    assert goals.behind(maya, text, "unheard_of", "month", at=NOW) is None
    assert goals.behind(maya, text, "accepted", "century", at=NOW) is None
    assert signed_in(maya).get(reverse("goal_leads") + "?set=nothing&in=month").status_code == 404


def test_the_page_shows_it_and_links_to_it(sam, maya, signed_in):
    wanted = goal("revenue", 5000, "year", currency="EUR")
    wanted |= {"counter_metric": "won", "counter_amount": 25}
    watches = {"marketing": ["acceptance", "cost_per_handoff", "revenue"]}
    AgreementVersionFactory(body=body(wanted, supply={"handoffs": 5}, watches=watches))
    page = signed_in(maya).get(reverse("goals")).content.decode()
    assert "of 5,000 EUR a year" in page
    assert "of 5 handoffs promised" in page
    assert "no cost recorded" in page
    assert reverse("goal_leads") in page
    assert reverse("goals") in signed_in(maya).get(reverse("funnel")).content.decode()


def test_without_goals_and_without_an_agreement_the_page_says_what_to_do(maya, signed_in):
    client = signed_in(maya)
    assert "Nothing is agreed yet" in client.get(reverse("goals")).content.decode()
    AgreementVersionFactory(body=body())
    assert "The agreement names no goals" in client.get(reverse("goals")).content.decode()


def test_the_page_asks_little_however_many_goals(maya, signed_in, django_assert_max_num_queries):
    many = [goal("revenue", n + 1, currency="EUR") | {"key": f"g{n}"} for n in range(9)]
    AgreementVersionFactory(body=body(*many))
    client = signed_in(maya)
    client.get(reverse("goals"))
    with django_assert_max_num_queries(30):
        client.get(reverse("goals"))
