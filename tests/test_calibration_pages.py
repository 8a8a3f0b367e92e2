"""The room in the browser: opened, voted in on phones, closed, read on the wall."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from feedback import notifications
from feedback.models import Notification
from leads import activities
from leads.models import Event
from scoring import agreements, calibrations
from scoring.documents import item
from scoring.models import Calibration, Vote
from scoring.shapes import classic
from tests.factories import ChannelFactory
from tests.forms import form_of
from tests.rooms import above, below, opened, some_leads, voted

pytestmark = pytest.mark.django_db

ROUNDS = "/agreement/calibration/"
HTMX = {"hx-request": "true"}
YES, NO = (lambda subject: True), (lambda subject: False)


@pytest.fixture
def at():
    return timezone.now() - timedelta(hours=1)


@pytest.fixture
def version(mark, lena, at):
    ChannelFactory()
    return agreements.install(
        classic(), by_marketing=mark, by_sales=lena, at=at - timedelta(days=9)
    )


@pytest.fixture
def room(version, maya, at):
    some_leads(at)
    return opened(version, maya, at)


def address(calibration, page="", *args):
    return reverse(f"agreement_calibration{page}", args=[calibration.code, *args])


def text_of(response) -> str:
    """What the page says in its main part, without markup."""
    [main] = re.findall(r"<main.*</main>", response.content.decode(), re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def says(client, calibration, position, answer, **headers):
    path = address(calibration, "_vote", position)
    return client.post(path, {"is_lead": answer}, headers=headers)


# Opening


def test_a_round_is_opened_with_the_form_and_shown_on_the_wall(version, maya, signed_in, at):
    some_leads(at)
    client = signed_in(maya)
    form = form_of(client.get(ROUNDS).content.decode(), ROUNDS)
    assert form["most"] == ["20"]
    page = client.post(ROUNDS, form, follow=True)
    room = Calibration.objects.get()
    assert room.hides_names
    assert page.redirect_chain[-1][0] == address(room, "_wall")
    assert "There are only 12 leads to vote on" in page.content.decode()
    assert f"testserver{address(room)}" in text_of(page)
    assert 'class="qr"' in page.content.decode()


def test_the_draft_is_voted_on_rather_than_what_is_in_force(version, maya, signed_in, at):
    some_leads(at)
    draft = agreements.open_draft(by=maya, at=at)
    client = signed_in(maya)
    client.post(ROUNDS, form_of(client.get(ROUNDS).content.decode(), ROUNDS))
    assert Calibration.objects.get().version == draft


def test_a_wrong_number_is_refused_beside_the_field_and_the_input_stays(version, maya, signed_in):
    client = signed_in(maya)
    form = form_of(client.get(ROUNDS).content.decode(), ROUNDS) | {"most": ["31"]}
    page = client.post(ROUNDS, form)
    assert page.status_code == 422
    assert 'value="31"' in page.content.decode()
    assert 'class="errorlist"' in page.content.decode()


def test_whoever_comes_second_is_told_of_the_open_round(room, sam, signed_in, version):
    bar = f"{version.pk}:mql"
    page = signed_in(sam).post(ROUNDS, {"bar": bar, "most": 20})
    assert page.status_code == 409
    assert "Maya Lindner opened a round" in text_of(page)
    assert address(room) in page.content.decode()


def test_without_an_agreement_the_page_says_what_to_do(maya, signed_in):
    assert "A vote needs a text" in text_of(signed_in(maya).get(ROUNDS))


def test_both_sides_are_told_and_led_into_the_room(room, maya, sam, mark, lena, olu):
    notifications.tell(Event.objects.get(kind="calibration.opened"), at=room.opened_at)
    told = Notification.objects.select_related("event__lead", "event__actor")
    assert {each.user for each in told} == {sam, mark, lena}
    said = notifications.sentence(told[0])
    assert said.url == address(room)
    assert said.text == "Maya Lindner asks both teams: is this a lead? Vote, alone."


# Voting


def test_a_person_votes_lead_by_lead_without_javascript(room, sam, signed_in):
    client = signed_in(sam)
    page = client.get(address(room))
    for position in range(1, 13):
        assert f"{position} of 12" in text_of(page)
        form = address(room, "_vote", position)
        assert f'action="{form}"' in page.content.decode()
        page = client.post(form, {"is_lead": "yes"}, follow=True)
    assert "You have answered every lead." in text_of(page)
    assert Vote.objects.filter(user=sam, is_lead=True).count() == 12


def test_htmx_gets_the_next_lead_alone(room, sam, signed_in):
    page = says(signed_in(sam), room, 1, "no", **HTMX).content.decode()
    assert page.lstrip().startswith('<div class="ballot" id="ballot">')
    assert address(room, "_vote", 2) in page


def test_a_double_click_is_one_vote_and_an_answer_may_be_changed(room, sam, signed_in):
    client = signed_in(sam)
    for answer in ("yes", "yes", "no"):
        says(client, room, 1, answer)
    assert [vote.is_lead for vote in Vote.objects.all()] == [False]
    page = client.get(f"{address(room)}?lead=1").content.decode()
    assert re.search(r'value="no"[^>]*aria-pressed="true"', page)
    assert re.search(r'value="yes"[^>]*aria-pressed="false"', page)


def test_an_answer_that_is_neither_yes_nor_no_is_refused(room, sam, signed_in):
    page = says(signed_in(sam), room, 1, "perhaps")
    assert page.status_code == 422
    assert "Say yes or no." in text_of(page)
    assert not Vote.objects.exists()


def test_a_lead_that_is_not_there_is_not_found(room, sam, signed_in):
    assert says(signed_in(sam), room, 99, "yes").status_code == 404


def test_after_the_end_a_vote_is_refused_with_a_sentence_and_a_way_to_the_result(
    room, maya, sam, at, signed_in
):
    voted(room, at, {maya: YES, sam: YES})
    calibrations.close(room, by=maya, at=at)
    for headers in ({}, HTMX):
        page = says(signed_in(sam), room, 1, "no", **headers)
        assert page.status_code == 409
        assert "Maya Lindner closed this round" in page.content.decode()
        assert address(room) in page.content.decode()
    assert not Vote.objects.filter(is_lead=False).exists()


def test_operations_see_the_wall_and_no_ballot(room, olu, signed_in):
    client = signed_in(olu)
    assert client.get(address(room)).headers["location"] == address(room, "_wall")
    page = client.get(address(room, "_wall")).content.decode()
    assert "Vote here" not in page
    assert "Close the vote" not in page
    assert says(client, room, 1, "yes").status_code == 403


def test_a_stranger_is_asked_to_sign_in_and_brought_into_the_room(room, client):
    page = client.get(address(room))
    assert page.headers["location"] == f"/sign-in/?next={address(room)}"


# Secrecy


def test_nobody_sees_a_score_the_text_or_a_vote_before_the_end(room, maya, sam, signed_in, at):
    voted(room, at, {maya: YES})
    client = signed_in(sam)
    pages = [client.get(address(room)), client.get(address(room, "_wall")), client.get(ROUNDS)]
    totals = {str(total) for total in room.leads.values_list("total", flat=True)}
    for page in pages:
        said = text_of(page)
        assert not re.search(r"\b(points?|score|meets|handed over|lacks)\b", said)
        assert not totals & set(re.findall(r"\d+", said))


def test_the_wall_says_how_many_have_finished_on_each_side(room, maya, mark, sam, signed_in, at):
    voted(room, at, {maya: YES})
    calibrations.vote(room, 1, is_lead=False, by=mark, at=at)
    page = signed_in(sam).get(address(room, "_wall"), headers=HTMX).content.decode()
    said = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert said == "Marketing 1 of 2 finished Sales – nobody has begun"


def test_closing_is_the_thing_to_do_when_all_who_began_have_finished(
    room, maya, sam, signed_in, at
):
    client, weighty = signed_in(maya), re.compile(r"btn primary[^>]*>Close the vote")
    assert "Close the vote" in text_of(client.get(address(room, "_wall")))
    assert not weighty.search(client.get(address(room, "_wall")).content.decode())
    voted(room, at, {maya: YES, sam: YES})
    assert weighty.search(client.get(address(room, "_wall")).content.decode())


def test_a_wall_that_asks_again_gets_the_button_anew_only_where_it_changed(
    room, maya, sam, signed_in, at
):
    client = signed_in(maya)

    def asked():
        """What the wall asks for again and again, as the page at this moment says it."""
        page = client.get(address(room, "_wall")).content.decode()
        [path] = re.findall(r'id="turnout"[^>]* hx-get="([^"]+)"', page)
        return path

    before = asked()
    assert "Close the vote" not in client.get(before, headers=HTMX).content.decode()
    voted(room, at, {maya: YES, sam: YES})
    assert "btn primary" in client.get(before, headers=HTMX).content.decode()
    assert "Close the vote" not in client.get(asked(), headers=HTMX).content.decode()


def test_of_a_hidden_lead_nothing_is_shown_that_names_it(version, maya, sam, signed_in, at):
    lead = above(7, at, title="Owner of Kestrel 7", city="Quistville", industry="Kestrel trade")
    moment = at - timedelta(days=1)
    words = {"words": "Call Kim Quist7 on 0170"}
    activities.record(
        lead, type="demo_requested", occurred_at=moment, known_at=moment, properties=words
    )
    room = opened(version, maya, at)
    page = signed_in(sam).get(address(room)).content.decode()
    for secret in ("Kim", "Quist", "Kestrel", "kestrel7.example", "0170", "Quistville"):
        assert secret not in page
    assert "with a message, hidden here" in page


def test_a_campaign_named_after_the_hidden_company_is_not_shown(version, maya, sam, signed_in, at):
    lead = above(7, at)
    moment = at - timedelta(days=1)
    for campaign in ("Dinner with Kestrel 7", "Spring fair"):
        activities.record(
            lead, type="demo_requested", occurred_at=moment, known_at=moment, campaign=campaign
        )
    page = text_of(signed_in(sam).get(address(opened(version, maya, at))))
    assert "Spring fair" in page
    assert "Dinner with" not in page


def test_a_rep_opens_no_round_that_names_leads_they_may_not_see(version, sam, signed_in, at):
    some_leads(at)
    client, stage = (
        signed_in(sam),
        next(each["key"] for each in version.body["stages"] if each["kind"] == "handoff"),
    )
    form = {"bar": f"{version.pk}:{stage}", "most": "20"}
    page = client.post(ROUNDS, form)
    assert page.status_code == 403
    assert "leads that you may not see yourself" in text_of(page)
    assert not Calibration.objects.exists()
    assert client.post(ROUNDS, form | {"hides_names": "on"}).status_code == 302


def test_with_names_the_room_sees_the_name_the_company_and_the_words(
    version, maya, sam, signed_in, at
):
    lead = above(7, at)
    moment = at - timedelta(days=1)
    words = {"words": "We need it by May."}
    activities.record(
        lead, type="demo_requested", occurred_at=moment, known_at=moment, properties=words
    )
    room = opened(version, maya, at, hides_names=False)
    said = text_of(signed_in(sam).get(address(room)))
    assert "Kim Quist7" in said
    assert "Kestrel 7" in said
    assert "We need it by May." in said
    assert "lead7@" not in said


def test_a_rep_sees_in_the_room_what_it_shows_and_never_the_page_of_the_lead(
    room, sam, signed_in, maya, at
):
    client = signed_in(sam)
    lead = room.leads.get(position=1).lead
    assert client.get(address(room)).status_code == 200
    assert client.get(reverse("lead", args=[lead.pk])).status_code == 404
    voted(room, at, {maya: YES, sam: YES})
    calibrations.close(room, by=maya, at=at)
    assert reverse("lead", args=[lead.pk]) not in client.get(address(room)).content.decode()
    assert reverse("lead", args=[lead.pk]) in signed_in(maya).get(address(room)).content.decode()


# Closing, and the result


@pytest.fixture
def disputed(version, maya, sam, at):
    for n in range(5):
        above(n, at, company_size=60 + n)
    for n in range(5, 10):
        above(n, at)
    for n in range(10, 14):
        below(n, at)
    room = opened(version, maya, at)
    large = lambda subject: subject.lead.company_size >= 100  # noqa: E731
    voted(room, at, {maya: lambda subject: subject.handed_over, sam: large})
    return calibrations.close(room, by=maya, at=at)


def test_closing_leads_to_the_result_and_the_wall_follows(room, maya, sam, at, signed_in):
    client = signed_in(maya)
    early = client.post(address(room, "_closing"))
    assert early.status_code == 409
    assert "have not voted yet" in text_of(early)
    voted(room, at, {maya: YES, sam: YES})
    page = client.post(address(room, "_closing"), follow=True)
    assert "Marketing and sales agree on all 12 leads." in text_of(page)
    follows = signed_in(sam).get(address(room, "_wall"), headers=HTMX)
    assert follows.headers["HX-Redirect"] == address(room)


def test_the_result_says_where_the_sides_differ_and_what_would_settle_it(disputed, sam, signed_in):
    said = text_of(signed_in(sam).get(address(disputed)))
    assert "Marketing and sales agree on 9 of 14 leads." in said
    assert "Company size is below 100 5 of 5 disputed, 4 of 9 others" in said
    assert "Company size is at least 50 → Company size is at least 100" in said
    assert "answers 5 of 5 disputed as the votes lean" in said
    assert "loses 0 of 5 that both want" in said


def test_disputed_leads_come_first_with_the_votes_of_each_side(disputed, sam, signed_in):
    page = signed_in(sam).get(address(disputed)).content.decode()
    [table] = re.findall(r'<table class="verdicts">.*?</table>', page, re.S)
    rows = re.findall(r"<tr( class=\"disputed\")?>", table.split("<tbody>")[1])
    assert [bool(each) for each in rows] == [True] * 5 + [False] * 9


def test_names_that_were_hidden_stay_off_the_wall_when_it_is_over(disputed, maya, signed_in):
    said = text_of(signed_in(maya).get(address(disputed)))
    assert "Head of Logistics, Logistics, 120 people, DE" in said
    assert "Quist" not in said
    assert "Kestrel" not in said


def test_a_suggestion_is_taken_into_the_draft_in_one_click(disputed, sam, signed_in):
    client = signed_in(sam)
    path = address(disputed, "_draft")
    form = form_of(client.get(address(disputed)).content.decode(), path)
    page = client.post(path, form)
    assert page.headers["location"] == "/agreement/draft/stages/#criterion-mql-company_size"
    draft = agreements.unsettled()
    found = item(item(draft.body["stages"], "mql")["criteria"], "company_size")
    assert found["when"]["value"] == 100
    again = client.post(path, form)
    assert again.status_code == 409
    assert "The draft says so already." in text_of(again)


def test_a_suggestion_taken_into_a_proposal_says_whose_signature_lapsed(
    disputed, version, maya, mark, signed_in, at
):
    body = version.body | {"note": "A word more."}
    draft = agreements.open_draft(by=maya, at=at, body=body)
    draft = agreements.propose(draft, by=maya, at=at)
    agreements.sign(draft, by=mark, at=at, sha256=draft.sha256)
    client, path = signed_in(maya), address(disputed, "_draft")
    page = client.get(address(disputed)).content.decode()
    assert "signatures on it lapse" in page
    page = client.post(path, form_of(page, path), follow=True)
    assert "The signature of Mark Reuter for Marketing lapsed" in page.content.decode()


def test_operations_read_the_result_and_take_nothing(disputed, olu, signed_in):
    page = signed_in(olu).get(address(disputed))
    assert "Take into the draft" not in page.content.decode()
    assert signed_in(olu).post(address(disputed, "_draft")).status_code == 403


def test_the_list_names_earlier_rounds_with_their_results(disputed, sam, signed_in):
    said = text_of(signed_in(sam).get(ROUNDS))
    assert "9 of 14" in said
    assert "MQL in Version 1" in said


# What the pages cost


def queries(client, path) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == 200
    return len(found)


def test_a_ballot_and_a_result_cost_the_same_whatever_the_number_of_leads_and_votes(
    version, maya, mark, sam, lena, at, signed_in
):
    some_leads(at, 6)
    few = opened(version, maya, at)
    client = signed_in(sam)
    ballot = queries(client, address(few))
    voted(few, at, {maya: YES, sam: NO})
    calibrations.close(few, by=maya, at=at)
    result, rounds = queries(client, address(few)), queries(client, ROUNDS)
    for n in range(20, 30):
        below(n, at)
    many = opened(version, maya, at)
    assert queries(client, address(many)) == ballot
    voted(many, at, {maya: YES, mark: NO, sam: NO, lena: YES})
    calibrations.close(many, by=maya, at=at)
    assert queries(client, address(many)) == result
    assert queries(client, ROUNDS) == rounds
    assert (ballot, result, rounds) == (15, 20, 10)
