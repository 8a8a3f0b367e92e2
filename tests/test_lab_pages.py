"""The lab's pages, on a small telling of the demo: every figure opens exactly what it counts."""

import re
from copy import deepcopy
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feedback.funnels.shares import Share
from feedback.lab import forms, reports, verdicts
from feedback.views import lab
from leads.models import User
from scoring import agreements, replays
from scoring.documents import item
from scoring.models import AgreementVersion, Replay
from tests.factories import version_in_force
from tests.tellings import NOW

DAY = timedelta(days=1)


class Figures(HTMLParser):
    """Collects (address, text) of the links to the leads behind a figure."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href") or ""
        if tag == "a" and "leads/?" in address and address.startswith("/lab/"):
            self.found.append([address, ""])
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "a"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1][1] += data


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="leads.backends.PeopleBackend")
    return client


def figures(response) -> dict[str, int]:
    """Addresses with the number their words begin with."""
    parser = Figures()
    parser.feed(response.content.decode())
    numbered = ((address, re.match(r"\s*(\d+)", text)) for address, text in parser.found)
    return {address: int(number.group(1)) for address, number in numbered if number}


@pytest.fixture(autouse=True)
def short_pages(monkeypatch) -> None:
    """The rows behind a figure are counted, not drawn."""
    monkeypatch.setattr(lab, "ROWS", 1)


def assert_figures_open_what_they_count(client: Client, path: str) -> dict[str, int]:
    found = figures(client.get(path))
    for address, number in found.items():
        assert client.get(address).context["page"].paginator.count == number, address
    return found


def worked_off(at=NOW) -> None:
    while not replays.step(at=at):
        pass


def asked(client: Client, version, **more: object) -> str:
    """The address of a replay of the last 90 days, worked off."""
    since, until = (timezone.localdate(each) for each in forms.last_days(NOW))
    form = {"version": version.pk, "since": since, "until": until - DAY} | more
    response = client.post(reverse("lab"), form)
    assert response.status_code == 302, response.content.decode()
    worked_off()
    return response.url


def lower_bar(user: User) -> AgreementVersion:
    text = deepcopy(agreements.in_force().body)
    mql = item(text["stages"], "mql")
    item(mql["criteria"], "bar")["when"]["value"] = 45
    mql["criteria"] = [each for each in mql["criteria"] if each["key"] != "company_size"]
    return agreements.open_draft(by=user, at=timezone.now(), body=text)


def test_every_figure_of_a_replay_opens_as_many_leads_as_it_says(
    told, django_assert_max_num_queries
):
    client = browser(told["maya"])
    first = AgreementVersion.objects.get(number=1)
    path = asked(client, first)
    found = assert_figures_open_what_they_count(client, path)
    assert len(found) > 25
    result = client.get(path).context["result"]
    counts = result.counts
    for column in ("crossed", "other", "before"):
        assert counts[column] == sum(counts[f"{column}_{each}"] for each in verdicts.VERDICTS)
    assert counts["good"] == sum(counts[f"{column}_good"] for column in verdicts.COLUMNS)
    assert counts["real"] == counts["same"] + counts["only_real"]
    assert counts["crossed"] == counts["same"] + counts["only_replay"]
    assert counts["same"] == counts["earlier"] + counts["about"] + counts["later"]
    assert sum(band.leads for band in result.bands) == counts["crossed"] > 0
    assert "between" in client.get(path).content.decode()
    with django_assert_max_num_queries(30):
        client.get(path)
    assert figures(browser(told["olu"]).get(path)) == found


def test_every_figure_of_an_impact_opens_as_many_leads_as_it_says(told):
    client = browser(told["mark"])
    lower_bar(told["maya"])
    assert (
        "What would Version 3 change today?" in client.get(reverse("lab_impact")).content.decode()
    )
    client.post(reverse("lab_impact"))
    waiting = client.get(reverse("lab_impact")).content.decode()
    assert "Waiting for a worker" in waiting
    worked_off()
    response = client.get(reverse("lab_impact"))
    found = assert_figures_open_what_they_count(client, reverse("lab_impact"))
    assert found[f"{reverse('lab_impact_leads')}?change=gained"] > 0
    assert "Today it lacks" in response.content.decode()
    assert "It would have handed over" in response.content.decode()


def test_a_replay_shows_how_far_it_is_and_can_be_stopped(told):
    client = browser(told["maya"])
    version = agreements.in_force()
    since, until = forms.last_days(NOW)
    replay = replays.request(version, starts_at=since, ends_at=until, by=told["maya"], at=NOW)
    replays.step(at=NOW, chunk=40)
    path = reverse("lab_replay", args=[replay.pk])
    assert "40 of 200 leads looked at" in client.get(path).content.decode()
    part = client.get(path, headers={"hx-request": "true"})
    assert "<html" not in part.content.decode()
    client.post(reverse("lab_replay_stop", args=[replay.pk]))
    assert "stopped after 40 of 200" in client.get(path).content.decode()
    assert client.get(path, headers={"hx-request": "true"}).headers["HX-Refresh"] == "true"
    assert "Stopped" in client.get(reverse("lab")).content.decode()


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2026-06-10", "2026-06-18", "The period is not over yet."),
        ("2026-06-10", "2026-06-01", "The period ends before it begins."),
        ("2020-06-10", "2026-06-01", "longer than two years"),
        ("soon", "2026-06-01", "Enter a valid date."),
        ("1970-01-01", "9999-12-31", "The period is not over yet."),
        ("0001-01-01", "2026-06-01", "Ensure this value is greater than or equal to"),
    ],
)
def test_a_period_that_cannot_be_replayed_says_why_beside_its_field(maya, since, until, said):
    version = version_in_force()
    with time_machine.travel(NOW, tick=False):
        form = {"version": version.pk, "since": since, "until": until}
        response = browser(maya).post(reverse("lab"), form)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Replay.objects.exists()


def test_asking_twice_leads_to_the_same_replay(maya):
    version, client = version_in_force(), browser(maya)
    with time_machine.travel(NOW, tick=False):
        assert asked(client, version) == asked(client, version)
        assert asked(client, version, anew="1") != asked(client, version, anew="1")


def test_the_lab_begins_with_the_draft_and_with_the_version_the_address_names(maya, mark):
    version = version_in_force()
    text = lower_bar(mark)
    client = browser(maya)
    first = client.get(reverse("lab")).context["form"]
    assert [first.fields["version"].choices[0][0], first["version"].value()] == [text.pk, text.pk]
    named = client.get(reverse("lab"), {"version": version.pk}).context["form"]
    assert named["version"].value() == version.pk


def test_before_anything_was_done_the_lab_says_so(maya):
    client = browser(maya)
    assert "Nobody has written a version yet" in client.get(reverse("lab")).content.decode()
    assert "No version is being written" in client.get(reverse("lab_impact")).content.decode()
    version_in_force()
    assert "Nothing has been replayed yet" in client.get(reverse("lab")).content.decode()


def test_a_replay_that_finds_nobody_says_so(maya):
    version, client = version_in_force(), browser(maya)
    with time_machine.travel(NOW, tick=False):
        page = client.get(asked(client, version)).content.decode()
    assert "would have handed over nobody" in page


def test_a_figure_nobody_counts_is_not_found(maya):
    version, client = version_in_force(), browser(maya)
    with time_machine.travel(NOW, tick=False):
        path = asked(client, version)
    for query in ("", "?set=nonsense", "?set=crossed&band=high", "?set=crossed&band=1..x"):
        assert client.get(f"{path}leads/{query}").status_code == 404
    assert client.get(reverse("lab_impact_leads"), {"change": "crossed"}).status_code == 404


def test_a_rep_and_an_outsider_find_no_lab(sam, nina):
    version_in_force()
    for user in (sam, nina):
        assert browser(user).get(reverse("lab")).status_code == 404
        assert "/lab/" not in browser(user).get(reverse("account")).content.decode()


def test_bands_are_of_one_width_and_say_no_lift_of_too_few():
    rows = [(61, "good", 12), (64, "returned", 8), (66, "never", 5), (97, "good", 1)]
    low, high = reports.bands(rows)
    assert (low.low, low.high, low.leads, low.good) == (60, 69, 25, Share(12, 20))
    assert (high.low, high.high, high.good) == (90, 99, Share(1, 1))
    assert low.overall == high.overall == Share(13, 21)
    assert low.lift == pytest.approx((12 / 20) / (13 / 21))
    assert low.interval[0] < low.lift < low.interval[1]
    assert (high.lift, high.interval) == (None, None)
    assert reports.bands([]) == []


def test_leads_below_nought_have_bands_too():
    assert [(band.low, band.high) for band in reports.bands([(-3, "good", 1), (4, "good", 1)])] == [
        (-4, -3),
        (4, 5),
    ]
