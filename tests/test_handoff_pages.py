"""Handoffs are answered in the browser, with JavaScript and without it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from feedback import contacts, handoffs
from feedback.models import Handoff, Opportunity
from leads.models import Event, Touch
from scoring import shapes
from tests.factories import (
    MONDAY,
    AgreementVersionFactory,
    HandoffFactory,
    LeadFactory,
    TeamFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ALL = ["meets_criteria", "can_talk", "could_buy"]
HTMX = {"HX-Request": "true", "HX-Target": "inbox"}


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine) -> None:
    time_machine.move_to(MONDAY + HOUR, tick=False)


@pytest.fixture
def handoff(sam) -> Handoff:
    return offered(sam, lead=LeadFactory(first_name="Mara", last_name="Lind"))


def offered(owner, **facts) -> Handoff:
    handoff = HandoffFactory(**facts)
    handoffs.assign(handoff, to=owner, by=owner, at=MONDAY)
    handoff.refresh_from_db()
    return handoff


def accepted(handoff, by) -> Handoff:
    return handoffs.accept(handoff, by=by, at=MONDAY + HOUR, confirmed=set(ALL))


def url(handoff, name="handoff") -> str:
    return reverse(name, args=[handoff.pk])


def events() -> set[str]:
    return set(Event.objects.values_list("kind", flat=True))


# Accepting


def test_a_rep_accepts_with_the_checklist_and_stays_with_the_lead(sam, handoff, signed_in):
    form = {"confirmed": ALL, "next_step": "I call at two.", "queue": "answer", "whose": "mine"}
    response = signed_in(sam).post(url(handoff, "handoff_acceptance"), form)
    assert response.status_code == 302
    assert f"handoff={handoff.pk}" in response.url
    handoff.refresh_from_db()
    assert (handoff.answer, handoff.answered_by) == ("accepted", sam)
    assert handoff.steps.get(kind="accepted").note.text == "I call at two."
    assert "handoff.accepted" in events()


def test_an_incomplete_checklist_is_refused_with_what_is_missing_and_keeps_the_words(
    sam, handoff, signed_in
):
    form = {"confirmed": ALL[:2], "next_step": "I call at two."}
    response = signed_in(sam).post(url(handoff, "handoff_acceptance"), form)
    assert response.status_code == 422
    page = response.content.decode()
    assert "Not confirmed yet" in page
    assert "I call at two." in page
    handoff.refresh_from_db()
    assert handoff.answer == ""


def test_after_accept_and_next_the_next_lead_is_in_hand_and_focused(sam, handoff, signed_in):
    following = offered(sam, lead=LeadFactory(last_name="Following"), score=50)
    form = {"confirmed": ALL, "next": "1", "queue": "answer", "whose": "mine"}
    response = signed_in(sam).post(url(handoff, "handoff_acceptance"), form, headers=HTMX)
    assert response.status_code == 200
    assert response.context["hand"].handoff == following
    assert f"handoff={following.pk}" in response["HX-Push-Url"]
    row = response.content.decode().split(f'id="row-{following.pk}"')[1].split("</li>")[0]
    assert "autofocus" in row
    assert f'id="row-{handoff.pk}"' not in response.content.decode()


def test_the_last_answer_leaves_an_empty_queue_that_says_done(sam, handoff, signed_in):
    form = {"confirmed": ALL, "next": "1", "queue": "answer", "whose": "mine"}
    response = signed_in(sam).post(url(handoff, "handoff_acceptance"), form, headers=HTMX)
    assert response.context["desk"].nothing == "done"
    assert response.context["hand"] is None


def test_a_colleague_a_second_late_is_told_who_has_it_and_sees_how_it_stands(
    sam, tom, handoff, signed_in
):
    accepted(handoff, sam)
    form = {"confirmed": ALL, "queue": "pool", "whose": "mine"}
    for headers in ({}, HTMX):
        response = signed_in(tom).post(url(handoff, "handoff_acceptance"), form, headers=headers)
        page = response.content.decode()
        assert response.status_code == 409
        assert "Sam Okafor accepted this lead at 10:00." in page
        assert url(handoff, "handoff_acceptance") not in page
    assert response["HX-Retarget"] == "#answer"
    handoff.refresh_from_db()
    assert handoff.answered_by == sam


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("handoff_return", {"text": "Buys elsewhere\nuntil <May>.", "back_on": "2026-06-01"}),
        ("handoff_return", {"text": "Buys elsewhere\nuntil <May>.", "back_on": "someday"}),
        ("handoff_acceptance", {"next_step": "I call at two."}),
    ],
)
def test_what_was_written_when_a_colleague_was_faster_stays_readable(
    sam, tom, handoff, signed_in, name, typed, headers
):
    accepted(handoff, sam)
    form = {"confirmed": ALL, "reason": "no_budget", "queue": "pool", "whose": "mine"} | typed
    response = signed_in(tom).post(url(handoff, name), form, headers=headers)
    page = response.content.decode()
    assert "Sam Okafor accepted this lead at 10:00." in page
    unsent = page.split('id="unsent"')[1].split("</section>")[0]
    for words in typed.values():
        assert words.replace("\n", "<br>").replace("<May>", "&lt;May&gt;") in unsent
    assert "<textarea" not in unsent


def test_a_refused_answer_that_can_be_given_again_is_not_called_unsent(sam, handoff, signed_in):
    form = {"confirmed": ALL[:2], "next_step": "I call at two."}
    response = signed_in(sam).post(url(handoff, "handoff_acceptance"), form)
    assert 'id="unsent"' not in response.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_message_that_is_too_long_comes_back_as_it_was_written(maya, handoff, signed_in, headers):
    text = "Read the whole story. " * 200
    response = signed_in(maya).post(
        url(handoff, "handoff_messages"), {"text": text}, headers=headers
    )
    assert response.status_code == 422
    assert text.strip() in response.content.decode()
    assert 'id="unsent"' not in response.content.decode()


def test_the_first_tap_on_accept_opens_the_checklist_as_a_page_of_its_own(sam, handoff, signed_in):
    client = signed_in(sam)
    page = client.get(url(handoff)).content.decode()
    assert f'href="{url(handoff, "handoff_acceptance")}' in page
    page = client.get(url(handoff, "handoff_acceptance")).content.decode()
    assert "A conversation can be started" in page or "conversation" in page
    assert handoff.answer == ""


# Returning


def test_a_rep_returns_with_reason_disputed_criterion_a_sentence_and_a_date(
    sam, maya, handoff, signed_in
):
    form = {
        "reason": "no_budget",
        "text": "New budget in June.",
        "disputed": "bar",
        "back_on": "2026-06-01",
        "queue": "answer",
        "whose": "mine",
    }
    response = signed_in(sam).post(url(handoff, "handoff_return"), form)
    assert response.status_code == 302
    handoff.refresh_from_db()
    assert (handoff.answer, handoff.reason.key, handoff.disputed) == (
        "returned",
        "no_budget",
        "bar",
    )
    assert handoff.back_on.isoformat() == "2026-06-01"
    assert "handoff.returned" in events()
    page = signed_in(maya).get(f"/returns/?handoff={handoff.pk}").content.decode()
    assert "To be offered again on 1 Jun 2026." in page
    assert "Rests " not in page


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"reason": "", "text": "No."}, "A return needs a reason."),
        ({"reason": "nonsense", "text": "No."}, "The agreement has no reason"),
        ({"reason": "no_budget", "text": " "}, "A return needs a sentence"),
        ({"reason": "no_budget", "text": "No.", "back_on": "2020-01-01"}, "must lie ahead"),
        ({"reason": "no_budget", "text": "No.", "back_on": "in March"}, "valid date"),
    ],
)
def test_a_return_that_says_too_little_is_refused_with_what_to_do(
    sam, handoff, signed_in, form, said
):
    client = signed_in(sam)
    for headers in ({}, HTMX):
        response = client.post(url(handoff, "handoff_return"), form, headers=headers)
        assert response.status_code == 422
        assert said in response.content.decode()
    handoff.refresh_from_db()
    assert handoff.answer == ""


def test_a_lead_is_returned_after_contact(sam, handoff, signed_in):
    accepted(handoff, sam)
    form = {"reason": "no_budget", "text": "We talked; nothing left this year."}
    response = signed_in(sam).post(url(handoff, "handoff_return"), form)
    assert response.status_code == 302
    handoff.refresh_from_db()
    assert (handoff.answer, handoff.outcome) == ("accepted", "returned")


# After acceptance


def test_a_rep_logs_a_try_then_a_conversation(sam, handoff, signed_in):
    accepted(handoff, sam)
    client = signed_in(sam)
    tried = {"kind": "call", "outcome": "not_reached", "text": "Voicemail."}
    assert client.post(url(handoff, "handoff_contacts"), tried).status_code == 302
    handoff.refresh_from_db()
    assert handoff.first_contact_at is not None
    assert handoff.conversation_at is None
    held = {"kind": "call", "text": "Wants a demo on Friday."}
    assert client.post(url(handoff, "handoff_conversation"), held).status_code == 302
    handoff.refresh_from_db()
    assert handoff.conversation_at is not None
    assert set(Touch.objects.values_list("outcome", flat=True)) == {"not_reached", "conversation"}
    assert "Wants a demo on Friday." in client.get(url(handoff)).content.decode()


def test_the_qualification_checklist_opens_an_opportunity_by_itself(sam, handoff, signed_in):
    accepted(handoff, sam)
    form = {
        "item_buying_cycle": "on",
        "item_influence": "decides alone",
        "item_time_frame": "before the summer",
        "item_size_known": "40 seats",
        "item_next_step": "demo on Friday",
        "amount": "",
    }
    client = signed_in(sam)
    missing = client.post(url(handoff, "handoff_qualification"), form | {"item_influence": ""})
    assert missing.status_code == 422
    assert "before the summer" in missing.content.decode()
    assert client.post(url(handoff, "handoff_qualification"), form).status_code == 302
    handoff.refresh_from_db()
    assert handoff.outcome == "qualified"
    assert handoff.opportunity.amount is None
    assert url(handoff.opportunity, "opportunity") in client.get(url(handoff)).content.decode()


def test_without_a_checklist_the_rep_opens_the_opportunity(sam, signed_in):
    AgreementVersionFactory(body=shapes.three_steps())
    handoff = offered(sam)
    keys = {item["key"] for item in handoff.version.body["checklists"].get("acceptance", [])}
    handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=keys)
    response = signed_in(sam).post(url(handoff, "handoff_qualification"), {"amount": "1200"})
    assert response.status_code == 302
    assert Opportunity.objects.get().amount == 1200


# Who may


def test_marketing_reads_the_handoff_and_writes_in_the_thread_but_does_not_answer(
    maya, handoff, signed_in
):
    client = signed_in(maya)
    page = client.get(url(handoff)).content.decode()
    assert "Mara Lind" in page
    assert url(handoff, "handoff_acceptance") not in page
    assert (
        client.post(url(handoff, "handoff_messages"), {"text": "Met at the fair."}).status_code
        == 302
    )
    assert handoff.steps.get(kind="message").note.text == "Met at the fair."
    refused = client.post(url(handoff, "handoff_acceptance"), {"confirmed": ALL})
    assert refused.status_code == 403


def test_an_empty_message_is_not_sent(maya, handoff, signed_in):
    response = signed_in(maya).post(url(handoff, "handoff_messages"), {"text": "  "})
    assert response.status_code == 422
    assert not handoff.steps.filter(kind="message").exists()


def test_whoever_works_for_another_team_does_not_know_of_the_handoff(handoff, nina, signed_in):
    stranger = UserFactory(team=TeamFactory(name="Other sales"))
    for user in (stranger, nina):
        client = signed_in(user)
        assert client.get(url(handoff)).status_code == 404
        assert client.post(url(handoff, "handoff_return"), {}).status_code == 404


def test_a_rep_takes_a_lead_nobody_has_and_a_manager_gives_it_to_another(sam, tom, lena, signed_in):
    handoff = HandoffFactory()
    assert (
        signed_in(sam).post(url(handoff, "handoff_assignment"), {"to": sam.pk}).status_code == 302
    )
    handoff.refresh_from_db()
    assert handoff.owner == sam
    stolen = signed_in(tom).post(url(handoff, "handoff_assignment"), {"to": tom.pk})
    assert stolen.status_code == 403
    assert (
        signed_in(lena).post(url(handoff, "handoff_assignment"), {"to": tom.pk}).status_code == 302
    )
    handoff.refresh_from_db()
    assert handoff.owner == tom


def test_a_colleague_cannot_work_on_a_lead_that_another_accepted(sam, tom, handoff, signed_in):
    accepted(handoff, sam)
    form = {"kind": "call", "outcome": "reached"}
    response = signed_in(tom).post(url(handoff, "handoff_contacts"), form)
    assert response.status_code == 403
    assert "Sam Okafor works on this lead." in response.content.decode()
    assert not Touch.objects.exists()


def test_an_answer_is_only_ever_posted(sam, handoff, signed_in):
    client = signed_in(sam)
    for name in ("handoff_contacts", "handoff_conversation", "handoff_messages"):
        assert client.get(url(handoff, name)).status_code == 405


# Opportunities


@pytest.fixture
def deal(sam, handoff) -> Opportunity:
    from feedback import qualifications

    accepted(handoff, sam)
    contacts.hold_conversation(handoff, by=sam, at=MONDAY + HOUR)
    answers = dict.fromkeys(
        ("buying_cycle", "influence", "time_frame", "size_known", "next_step"), "yes"
    )
    return qualifications.qualify(handoff, by=sam, at=MONDAY + HOUR, answers=answers)


@pytest.mark.parametrize(("typed", "amount"), [("", None), ("48000.50", "48000.50")])
def test_a_deal_is_won_with_an_amount_or_without(sam, deal, signed_in, typed, amount):
    client = signed_in(sam)
    assert client.post(url(deal, "opportunity_win"), {"amount": typed}).status_code == 302
    deal.refresh_from_db()
    assert deal.status == "won"
    assert (str(deal.amount) if deal.amount else None) == amount
    assert "opportunity.won" in events()
    late = client.post(url(deal, "opportunity_loss"), {"because": "Too late."})
    assert late.status_code == 409
    assert "This opportunity was won" in late.content.decode()


def test_a_deal_is_lost_with_a_reason_and_never_without(sam, deal, signed_in):
    client = signed_in(sam)
    assert client.post(url(deal, "opportunity_loss"), {"because": " "}).status_code == 422
    assert client.post(url(deal, "opportunity_loss"), {"because": "Price"}).status_code == 302
    deal.refresh_from_db()
    assert (deal.status, deal.lost_because) == ("lost", "Price")
    assert "Price" in client.get(url(deal, "opportunity")).content.decode()


def test_an_amount_that_is_none_is_refused(sam, deal, signed_in):
    for typed in ("-5", "0", "a lot"):
        response = signed_in(sam).post(url(deal, "opportunity_win"), {"amount": typed})
        assert response.status_code == 422
    deal.refresh_from_db()
    assert deal.status == "open"


def test_a_colleague_sees_the_deal_and_cannot_close_it_marketing_neither(
    tom, maya, nina, deal, signed_in
):
    for user in (tom, maya):
        client = signed_in(user)
        page = client.get(url(deal, "opportunity"))
        assert page.status_code == 200
        assert url(deal, "opportunity_win") not in page.content.decode()
        assert client.post(url(deal, "opportunity_win"), {}).status_code == 403
    assert signed_in(nina).get(url(deal, "opportunity")).status_code == 404
