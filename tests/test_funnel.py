"""The funnel, on a small telling of the demo: every figure opens exactly what it counts."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from feedback.funnels import reports, sets
from feedback.funnels.periods import last_weeks
from feedback.views import funnel
from leads.models import User
from tests.factories import version_in_force
from tests.tellings import NOW


class Figures(HTMLParser):
    """Collects (address, text) of the links to the leads behind a figure."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href") or ""
        if tag == "a" and address.startswith("/funnel/leads/"):
            self.found.append([address, ""])
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "a"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1][1] += data


def page(user: User, address: str, **query: object):
    client = Client()
    client.force_login(user)
    return client.get(address, query)


def figures(response) -> list[tuple[str, int]]:
    parser = Figures()
    parser.feed(response.content.decode())
    return [(address, leading_number(text)) for address, text in parser.found]


def leading_number(text: str) -> int:
    """Every figure's words begin with it."""
    return int(re.match(r"\s*(\d+)", text.replace(",", "")).group(1))


def assert_figures_open_what_they_count(user: User, **query: object) -> int:
    """Opens every figure of the funnel; returns how many there were."""
    found = dict(figures(page(user, reverse("funnel"), weeks=52, **query)))
    for address, number in found.items():
        behind = page(user, address)
        assert behind.context["page"].paginator.count == number, address
    return len(found)


def assert_parts_add_up(user: User) -> None:
    """Weeks and channels make the whole, and every handoff is somewhere once."""
    period = last_weeks(52, at=NOW)
    handoffs = sets.handoffs(user, period=period)
    total = reports.tally(handoffs)
    for groups in (reports.by_week(handoffs, period=period), reports.by_channel(handoffs)):
        for name in sets.SETS:
            assert sum(group.tally[name] for group in groups) == total[name], name
    for whole, parts in PARTITIONS.items():
        assert total[whole] == sum(total[part] for part in parts), whole


PARTITIONS = {
    "handed_over": ("accepted", "returned_at_the_door", "still_open", "withdrawn_unanswered"),
    "accepted": ("qualified", "in_talks", "returned_after_contact", "withdrawn_later"),
    "qualified": ("won", "deal_open", "lost"),
    "returned": ("returned_at_the_door", "returned_after_contact"),
    "still_open": ("waiting", "unanswered"),
}


def test_every_figure_opens_as_many_rows_as_it_says(
    told, monkeypatch, django_assert_max_num_queries
):
    # One telling for all of it: loading it is what costs. The rows are counted, not drawn.
    monkeypatch.setattr(funnel, "ROWS", 1)
    assert assert_figures_open_what_they_count(told["olu"]) > 60
    assert assert_figures_open_what_they_count(told["olu"], channel="webinar")
    assert assert_figures_open_what_they_count(told["sam"])
    assert_parts_add_up(told["olu"])
    client = Client()
    client.force_login(told["olu"])
    with django_assert_max_num_queries(40):
        response = client.get(reverse("funnel"), {"weeks": 52, "channel": "webinar"})
    assert [group.key for group in response.context["channels"]] == ["webinar"]


@pytest.mark.parametrize(
    "query",
    [
        {"set": "nonsense"},
        {"set": "won", "week": "soon"},
        {"set": "won", "week": "0001-01-01"},
        {"set": "stage", "stage": "nowhere"},
        {},
    ],
)
def test_a_figure_nobody_counts_is_not_found(olu, query):
    version_in_force()
    assert page(olu, reverse("funnel_leads"), **query).status_code == 404


def test_a_funnel_without_any_handoff_says_so(olu):
    version_in_force()
    response = page(olu, reverse("funnel"))
    assert "Nothing happened in this period" in response.content.decode()


def test_without_an_agreement_the_funnel_says_so(client, olu):
    client.force_login(olu)
    response = client.get(reverse("funnel"))
    assert response.status_code == 200
    assert "no agreement in force" in response.content.decode()


def test_an_outsider_finds_no_funnel(client, nina):
    client.force_login(nina)
    assert client.get(reverse("funnel")).status_code == 404
