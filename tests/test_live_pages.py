"""The inbox brings itself up to date: what it asks for, when it is told, and what stays."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from feedback import handoffs
from feedback.models import Handoff
from tests.factories import MONDAY, LeadFactory
from tests.test_inbox import CONFIRMED, inbox, offered
from tests.test_queues import named

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
NOW = MONDAY + HOUR
HTMX = {"HX-Request": "true", "HX-Target": "pulse"}
IDLE = 6


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine) -> None:
    time_machine.move_to(NOW, tick=False)


def page(client, **query) -> dict[str, str]:
    """What a page says it shows, as the script reads it off."""
    html = inbox(client, **query).content.decode()
    found = re.search(r'data-handoff="(\d+)" data-standing="([^"]*)"', html)
    return query | {
        "state": re.search(r'id="pulse-state" value="([^"]*)"', html)[1],
        "shown": ",".join(re.findall(r'id="row-(\d+)"', html)),
        "handoff": found[1] if found else "",
        "standing": found[2] if found else "",
    }


def pulse(client, said):
    return client.get(reverse("inbox_pulse"), said, headers=HTMX)


def test_a_page_that_shows_what_is_true_is_told_nothing_at_the_cost_of_six_queries(
    sam, signed_in, django_assert_max_num_queries
):
    client = signed_in(sam)
    for n in range(5):
        offered(sam, score=60 + n)
    said = page(client)
    assert said["handoff"]
    with django_assert_max_num_queries(IDLE):
        answer = pulse(client, said)
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("queue", ["answer", "pool", "answered", "resting", "unassigned"])
def test_a_new_page_of_any_queue_is_up_to_date(queue, sam, lena, signed_in):
    offered(sam)
    for user in (sam, lena):
        client = signed_in(user)
        assert pulse(client, page(client, queue=queue)).status_code == 204


def test_a_new_lead_appears_with_its_queues_and_a_sentence(sam, signed_in):
    client = signed_in(sam)
    said = page(client)
    offered(sam, lead=named("Newcomer"))
    answer = pulse(client, said)
    assert answer.status_code == 200
    assert answer["HX-Trigger"] == "baton:news"
    html = answer.content.decode()
    assert "Newcomer" in html
    assert "1 new in this list." in html
    assert 'id="queues"' in html
    assert 'id="place-inbox"' in html
    assert "<main" not in html
    assert 'id="hand"' not in html


def test_the_place_of_the_lead_in_hand_follows_the_list(sam, signed_in):
    first, held, last = (offered(sam, score=score) for score in (80, 70, 60))
    client = signed_in(sam)
    said = page(client, handoff=held.pk) | {"handoff": str(held.pk)}
    assert place(inbox(client, handoff=held.pk)) == "2 of 3"
    offered(sam, score=90)
    news = pulse(client, said)
    assert place(news) == "3 of 4"
    handoffs.assign(held, to=None, by=sam, at=NOW)
    assert place(pulse(client, said)) == ""


def place(answer) -> str:
    drawn = answer.content.decode().split('id="hand-place"')[1].split("</span>")[0]
    return re.sub(r"<[^>]*>|^[^>]*>", "", drawn).strip()


def test_a_lead_that_a_colleague_answered_leaves_and_the_hand_says_who_and_when(
    sam, tom, lena, signed_in
):
    handoff, other = offered(sam, score=80), offered(sam, score=70)
    client = signed_in(lena)
    said = page(client)
    assert said["handoff"] == str(handoff.pk)
    reason = handoff.version.body["reasons"][0]["key"]
    handoffs.give_back(handoff, by=sam, at=NOW, reason=reason, text="No.")
    html = pulse(client, said).content.decode()
    assert f'id="row-{handoff.pk}"' not in html
    assert f'id="row-{other.pk}"' in html
    assert "1 has left it." in html
    assert 'id="moved-on"' in html
    assert "Sam Okafor returned this lead at 10:00." in html
    assert "<textarea" not in html
    told = re.search(r'data-code="moved_on" data-standing="([^"]*)"', html)[1]
    state = re.search(r'id="pulse-state" value="([^"]*)"', html)[1]
    again = said | {"state": state, "shown": str(other.pk), "standing": told}
    assert pulse(client, again).status_code == 204


def test_a_lead_put_off_or_reassigned_by_a_manager_is_news_to_who_has_it_in_hand(
    sam, tom, lena, signed_in
):
    handoff = offered(sam)
    client = signed_in(sam)
    said = page(client)
    handoffs.assign(handoff, to=tom, by=lena, at=NOW)
    html = pulse(client, said).content.decode()
    assert f'id="row-{handoff.pk}"' not in html
    assert 'id="moved-on"' in html


def test_a_lead_that_nobody_has_any_more_can_be_taken_where_one_reads_so(sam, tom, maya, signed_in):
    handoff = offered(sam)
    client = signed_in(tom)
    said = page(client, whose="all")
    handoffs.assign(handoff, to=None, by=sam, at=NOW)
    html = pulse(client, said).content.decode()
    told = html.split('id="moved-on"')[1]
    assert "Nobody has this lead now. You can take it." in told
    assert "It stands now" not in told
    assert f'action="{reverse("handoff_assignment", args=[handoff.pk])}"' in told
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', told))
    assert fields["to"] == str(tom.pk)
    client.post(reverse("handoff_assignment", args=[handoff.pk]), fields)
    handoff.refresh_from_db()
    assert handoff.owner == tom


def test_clocks_go_on_by_the_minute(sam, signed_in, time_machine):
    offered(sam, opened_at=MONDAY - 65 * HOUR)
    client = signed_in(sam)
    said = page(client)
    time_machine.move_to(NOW + 59 * SECOND, tick=False)
    assert pulse(client, said).status_code == 204
    time_machine.move_to(NOW + 60 * SECOND, tick=False)
    html = pulse(client, said).content.decode()
    assert "1\xa0h\xa059\xa0min" in html
    assert 'id="queues"' not in html
    assert 'id="moved-on"' not in html
    assert "new in this list" not in html


def test_what_is_put_off_comes_back_by_itself(sam, signed_in, time_machine):
    handoff = offered(sam)
    said = {"until": NOW + HOUR, "reason": "Is travelling.", "pause": False}
    handoffs.put_off(handoff, by=sam, at=NOW, **said)
    client = signed_in(sam)
    said = page(client)
    assert said["shown"] == ""
    time_machine.move_to(NOW + HOUR, tick=False)
    assert f'id="row-{handoff.pk}"' in pulse(client, said).content.decode()


def test_filters_hold_for_what_is_new(sam, signed_in):
    client = signed_in(sam)
    said = page(client, points="80")
    offered(sam, lead=named("Weak"), score=60)
    html = pulse(client, said).content.decode()
    assert "Weak" not in html
    assert 'id="queues"' in html
    offered(sam, lead=named("Strong"), score=90)
    assert "Strong" in pulse(client, said).content.decode()


def test_a_list_that_was_lengthened_stays_as_long(sam, signed_in, monkeypatch):
    monkeypatch.setattr("feedback.queues.PAGE_SIZE", 2)
    for n in range(6):
        offered(sam, score=60 + n)
    client = signed_in(sam)
    shown = Handoff.objects.order_by("-score").values_list("pk", flat=True)[:4]
    said = page(client) | {"shown": ",".join(map(str, shown)), "state": "old"}
    html = pulse(client, said).content.decode()
    assert len(re.findall(r'id="row-\d+"', html)) == 4
    assert 'id="more-rows"' in html


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"state": "~", "shown": "x,,1", "handoff": "none", "standing": "~~"},
        {"shown": ",".join(["9" * 30] * 500), "handoff": "9" * 30},
        {"handoff": "99999", "standing": "offered"},
    ],
)
def test_a_page_that_says_nonsense_is_shown_what_is_true(said, sam, signed_in):
    offered(sam)
    assert 'id="row-' in pulse(signed_in(sam), said).content.decode()


def test_nobody_hears_of_what_another_team_has(sam, signed_in):
    from tests.factories import TeamFactory, UserFactory

    handoff = offered(sam)
    stranger = UserFactory(team=TeamFactory(name="Other sales"))
    client = signed_in(stranger)
    said = {"whose": "all", "handoff": str(handoff.pk), "standing": "old", "state": "old"}
    html = pulse(client, said).content.decode()
    assert handoff.lead.last_name not in html
    assert 'id="moved-on"' not in html


def test_marketing_hears_nothing(maya, signed_in):
    assert pulse(signed_in(maya), {}).status_code == 404


def test_an_answer_does_not_wait_for_the_pulse(sam, signed_in):
    """The answer itself draws the list; the next pulse has nothing to add."""
    first, _second = offered(sam, score=80), offered(sam, lead=LeadFactory(), score=70)
    client = signed_in(sam)
    said = {"queue": "answer", "whose": "mine", "confirmed": list(CONFIRMED), "next": "1"}
    url = reverse("handoff_acceptance", args=[first.pk])
    html = client.post(url, said, headers={"HX-Request": "true"}).content.decode()
    assert f'id="row-{first.pk}"' not in html
    state = re.search(r'id="pulse-state" value="([^"]*)"', html)[1]
    assert pulse(client, {"state": state, "whose": "mine"}).status_code == 204
