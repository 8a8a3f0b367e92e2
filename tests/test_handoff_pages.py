"""Handoffs are answered in the browser, with JavaScript and without it."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from feedback import contacts, handoffs, queues, steps
from feedback.models import Handoff, Opportunity
from feedback.views import hands
from leads.models import ActivityType, Event, Touch
from scoring import shapes, stages
from tests.factories import (
    MONDAY,
    AgreementVersionFactory,
    HandoffFactory,
    LeadFactory,
    TeamFactory,
    UserFactory,
)
from tests.test_inbox import visit

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ALL = ["meets_criteria", "can_talk", "could_buy"]
HTMX = {"HX-Request": "true", "HX-Target": "inbox"}


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine, one_clock) -> None:
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
    assert response["HX-Retarget"] == response["HX-Reselect"] == "#hand"
    handoff.refresh_from_db()
    assert handoff.answered_by == sam


def test_who_comes_too_late_sees_all_of_the_lead_as_it_stands_and_the_way_on(
    sam, tom, handoff, signed_in
):
    others = [offered(tom) for _ in range(2)]
    client, place = signed_in(tom), {"queue": "answer", "whose": "all"}
    inbox = {**HTMX, "HX-Current-URL": "http://testserver/inbox/?queue=answer"}
    accepted(handoff, sam)
    page = client.post(
        url(handoff, "handoff_acceptance"), {"confirmed": ALL} | place, headers=inbox
    )
    said = page.content.decode()
    assert page.status_code == 409
    detail, answer = said.split('id="answer"')
    assert "Accepted by <b>Sam Okafor</b>" in detail.split('id="timeline"')[1]
    assert "Sam Okafor accepted this lead at 10:00." in answer
    assert 'id="bottom"' not in said
    following = page.context["desk"].next
    assert following in {f"/inbox/?queue=answer&whose=all&handoff={h.pk}" for h in others}
    assert following.replace("&", "&amp;") in detail


def test_an_answer_that_is_incomplete_leaves_the_rest_of_the_page_alone(sam, handoff, signed_in):
    page = signed_in(sam).post(url(handoff, "handoff_acceptance"), {}, headers=HTMX)
    assert (page.status_code, page["HX-Retarget"]) == (422, "#answer")
    assert 'id="detail"' not in page.content.decode()


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


# Later


def choices(page: str) -> list[str]:
    return re.findall(r'name="until" value="([^"]+)"', page)


def test_a_rep_puts_a_lead_off_until_before_its_deadline_and_takes_it_up_again(
    sam, handoff, signed_in
):
    client = signed_in(sam)
    page = client.get(url(handoff, "handoff_later")).text
    until = "The clock runs on: the lead can wait until its deadline, Mon 2 Mar, 13:00."
    assert until in page
    assert "With a pause" not in page
    hour, other = choices(page)
    assert "In an hour: Mon 2 Mar, 11:01" in page
    assert other == "other"
    form = {"until": hour, "reason": "On a train until then.", "queue": "answer", "whose": "mine"}
    assert client.post(url(handoff, "handoff_later"), form).status_code == 302
    handoff.refresh_from_db()
    assert handoff.rests_until.isoformat() == hour
    assert handoff.steps.filter(kind="put_off").get().note.text == "On a train until then."
    page = client.get(url(handoff)).text
    assert "Put off until 2 Mar, 11:01. “On a train until then.”" in page
    assert url(handoff, "handoff_later") not in page
    assert client.post(url(handoff, "handoff_resumption"), {}).status_code == 302
    handoff.refresh_from_db()
    assert handoff.rests_until is None
    assert client.post(url(handoff, "handoff_resumption"), {}).status_code == 409


def test_where_the_agreement_allows_a_pause_the_page_says_so_and_offers_later_days(
    sam, handoff, signed_in
):
    accepted(handoff, sam)
    client = signed_in(sam)
    page = client.get(url(handoff, "handoff_later")).text
    assert "the lead can wait until its deadline, Tue 3 Mar, 10:00. With a pause" in page
    assert "Pause the clock until then: the agreement allows it once, for 10 days at most" in page
    assert "checked" not in pause_box(page)
    for words in ("This afternoon: Mon 2 Mar, 14:00", "Tomorrow morning: Tue 3 Mar, 09:00"):
        assert words in page
    assert "Next Monday: Mon 9 Mar, 09:00" in page
    form = {"until": "other", "moment": "2026-03-04T15:30", "reason": "Back on Wednesday."}
    refused = client.post(url(handoff, "handoff_later"), form)
    assert refused.status_code == 422
    assert "Let the clock pause, or choose an earlier moment." in refused.text
    form |= {"pause": "on"}
    assert client.post(url(handoff, "handoff_later"), form).status_code == 302
    handoff.refresh_from_db()
    assert timezone.localtime(handoff.rests_until).strftime("%d %H:%M") == "04 15:30"
    assert handoff.paused_at is not None
    page = client.get(url(handoff)).text
    assert "The clock is paused until 4 Mar, 15:30." in page
    assert "8\xa0h left" in page


def pause_box(page: str) -> str:
    return re.search(r'<input type="checkbox" name="pause"[^>]*>', page)[0]


def test_a_pause_is_proposed_where_the_first_moment_lies_after_the_deadline(
    sam, handoff, signed_in, time_machine
):
    handoff = accepted(handoff, sam)
    time_machine.move_to(handoff.due_at - timedelta(minutes=30), tick=False)
    client = signed_in(sam)
    assert "checked" in pause_box(client.get(url(handoff, "handoff_later")).text)
    form = {"until": handoff.due_at.isoformat(), "reason": "Calls back in a moment."}
    assert client.post(url(handoff, "handoff_later"), form).status_code == 302
    handoff.refresh_from_db()
    assert (handoff.pauses, handoff.rests_until) == (0, handoff.due_at)


def test_the_page_asks_for_the_reason_before_a_lead_is_put_off(sam, handoff, signed_in):
    page = signed_in(sam).get(url(handoff, "handoff_later")).text
    tag = next(part for part in page.split("<textarea")[1:] if 'id="later_reason"' in part)
    assert "required" in tag.split(">")[0]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"until": "other", "moment": "", "reason": "Why not."}, "Say until when."),
        ({"until": "nonsense", "reason": "Why not."}, "Say until when."),
        ({"until": "2026-03-02T11:30:00Z", "reason": " "}, "needs a reason"),
        ({"until": "2026-03-02T09:00:00Z", "reason": "Why not."}, "must lie ahead"),
        ({"until": "2026-03-02T15:00:00Z", "reason": "Why not."}, "no pause here"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_later_than_allowed_is_refused_and_keeps_the_words(
    sam, handoff, signed_in, form, said, headers
):
    response = signed_in(sam).post(url(handoff, "handoff_later"), form, headers=headers)
    assert response.status_code == 422
    assert said in response.text
    assert form["reason"].strip() in response.text
    handoff.refresh_from_db()
    assert handoff.rests_until is None


def test_what_is_overdue_cannot_be_put_off_and_is_not_offered_to_be(
    sam, handoff, signed_in, time_machine
):
    time_machine.move_to(MONDAY + 5 * HOUR, tick=False)
    client = signed_in(sam)
    assert url(handoff, "handoff_later") not in client.get(url(handoff)).text
    form = {"until": (MONDAY + 6 * HOUR).isoformat(), "reason": "Why not."}
    response = client.post(url(handoff, "handoff_later"), form)
    assert response.status_code == 409
    assert "The deadline of this lead has passed" in response.text


# Undoing


def test_an_answer_says_how_to_undo_it_and_is_undone_by_whoever_gave_it(
    sam, tom, handoff, signed_in
):
    form = {"confirmed": ALL, "next": "1", "queue": "answer", "whose": "mine"}
    client = signed_in(sam)
    page = client.post(url(handoff, "handoff_acceptance"), form, headers=HTMX).text
    step = handoff.steps.get(kind="accepted")
    toast = page.split('id="toasts"')[1]
    assert url(handoff, "handoff_undo") in toast
    assert f'name="step" value="{step.pk}"' in toast
    assert "Undo: the acceptance" in client.get(url(handoff)).text
    assert signed_in(tom).post(url(handoff, "handoff_undo"), {"step": step.pk}).status_code == 403
    undone = client.post(url(handoff, "handoff_undo"), {"step": step.pk}, headers=HTMX)
    assert undone.context["hand"].handoff == handoff
    handoff.refresh_from_db()
    assert (handoff.answer, handoff.owner) == ("", sam)
    said = {"step": step.pk, "kind": "accepted", "unmet": "answer"}
    assert handoff.steps.last().data == said
    assert "handoff.undone" in events()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_undoing_is_said_with_and_without_a_script(sam, handoff, signed_in, headers):
    accepted(handoff, sam)
    step = handoff.steps.get(kind="accepted")
    form = {"step": step.pk, "queue": "answer", "whose": "mine"}
    client = signed_in(sam)
    page = client.post(url(handoff, "handoff_undo"), form, headers=headers, follow=True)
    toast = page.text.split('id="toasts"')[1]
    assert f"Undone: {handoff.lead} is as before." in toast


@pytest.mark.parametrize("view", [{"queue": "contact"}, {"queue": "answer", "q": "nobody"}])
def test_an_undone_lead_is_in_hand_again_and_in_its_list(sam, tom, signed_in, view):
    handoff = offered(tom)
    accepted(handoff, sam)
    step = handoff.steps.get(kind="accepted")
    form = {"step": step.pk, "whose": "mine"} | view
    page = signed_in(sam).post(url(handoff, "handoff_undo"), form, headers=HTMX)
    assert page.context["hand"].handoff == handoff
    assert [row.handoff for row in page.context["desk"].rows] == [handoff]
    assert f"queue=answer&whose=all&handoff={handoff.pk}" in page.headers["HX-Push-Url"]


def test_an_undone_lead_is_in_its_list_however_far_down(sam, handoff, signed_in, monkeypatch):
    monkeypatch.setattr(queues, "PAGE_SIZE", 2)
    Handoff.objects.filter(pk=handoff.pk).update(score=1)
    for _number in range(3):
        offered(sam)
    accepted(handoff, sam)
    form = {"step": handoff.steps.get(kind="accepted").pk, "queue": "answer", "whose": "mine"}
    page = signed_in(sam).post(url(handoff, "handoff_undo"), form, headers=HTMX)
    rows = page.context["desk"].rows
    assert [row.handoff for row in rows].index(handoff) == 3


def test_what_a_colleague_took_from_the_speed_lane_is_not_offered_for_an_answer(
    sam, tom, lena, signed_in
):
    lane = offered(sam, speed_lane=True)
    for user, may in ((sam, True), (tom, False), (lena, True)):
        shown = signed_in(user).get(url(lane)).context["hand"].may
        assert (shown.accept, shown.give_back) == (may, may)


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("name", ["handoff_acceptance", "handoff_return"])
def test_a_page_drawn_before_a_colleague_took_the_lead_is_told_so_and_a_fresh_one_answers(
    sam, tom, signed_in, name, headers
):
    handoff, client = HandoffFactory(), signed_in(tom)
    words = {"confirmed": ALL, "reason": "no_budget", "text": "Nothing this year."}
    form = words | {"seen": shown_owner(client.get(url(handoff, name)))}
    handoffs.assign(handoff, to=sam, by=sam, at=MONDAY + HOUR)
    refused = client.post(url(handoff, name), form, headers=headers)
    assert refused.status_code == 409
    assert "Sam Okafor took this lead at 10:00." in refused.content.decode()
    handoff.refresh_from_db()
    assert (handoff.answer, handoff.owner) == ("", sam)
    client.post(url(handoff, name), words | {"seen": shown_owner(refused)}, headers=headers)
    handoff.refresh_from_db()
    assert handoff.answered_by == tom


@pytest.mark.parametrize("gives", [{}, {"pool": "1"}])
def test_who_assigns_from_a_page_of_before_is_told_who_has_the_lead_now(
    sam, tom, lena, signed_in, gives
):
    handoff, client = offered(sam), signed_in(lena)
    page = client.get(url(handoff, "handoff_assignment") if not gives else url(handoff))
    form = {"to": lena.pk, "seen": shown_owner(page)} | gives
    if not gives:
        assert (
            client.post(url(handoff, "handoff_assignment"), {**form, "to": ""}).status_code == 422
        )
    handoffs.assign(handoff, to=tom, by=lena, at=MONDAY + HOUR)
    form["to"] = sam.pk
    refused = client.post(url(handoff, "handoff_assignment"), form)
    assert refused.status_code == 409
    assert "Tom Albrecht has this lead now." in refused.content.decode()
    assert Handoff.objects.get().owner == tom
    client.post(url(handoff, "handoff_assignment"), form | {"seen": shown_owner(refused)})
    assert Handoff.objects.get().owner == (None if gives else sam)


def test_who_assigns_what_its_owner_has_accepted_meanwhile_is_told_so(sam, tom, lena, signed_in):
    handoff, client = offered(sam), signed_in(lena)
    form = {"to": tom.pk, "seen": shown_owner(client.get(url(handoff, "handoff_assignment")))}
    handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL)
    refused = client.post(url(handoff, "handoff_assignment"), form)
    assert refused.status_code == 409
    assert "Sam Okafor accepted this lead at 10:00." in refused.content.decode()
    assert Handoff.objects.get().owner == sam
    client.post(url(handoff, "handoff_assignment"), form | {"seen": f"{sam.pk}-accepted"})
    assert Handoff.objects.get().owner == tom


@pytest.mark.parametrize("name", ["handoff_return", "handoff_assignment"])
def test_a_manager_who_takes_or_returns_what_a_rep_has_meanwhile_changes_nothing(
    sam, lena, signed_in, name
):
    handoff, client = HandoffFactory(), signed_in(lena)
    shown = client.get(url(handoff, name))
    handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL)
    form = {"to": sam.pk, "reason": "no_budget", "text": "None.", "seen": shown_owner(shown)}
    refused = client.post(url(handoff, name), form | {"to": lena.pk})
    assert "Sam Okafor accepted this lead at 10:00." in refused.content.decode()
    handoff.refresh_from_db()
    assert (handoff.state, handoff.owner) == ("accepted", sam)


def test_a_manager_returns_nothing_that_went_from_one_to_another_meanwhile(
    sam, tom, lena, signed_in
):
    handoff, client = offered(sam), signed_in(lena)
    handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL)
    form = {"reason": "no_budget", "text": "None."}
    form["seen"] = shown_owner(client.get(url(handoff, "handoff_return")))
    handoffs.assign(handoff, to=tom, by=lena, at=MONDAY + HOUR)
    refused = client.post(url(handoff, "handoff_return"), form)
    assert refused.status_code == 409
    assert "Tom Albrecht has this lead now." in refused.content.decode()
    handoff.refresh_from_db()
    assert (handoff.state, handoff.owner) == ("accepted", tom)


def shown_owner(page) -> str:
    return re.search(r'name="seen" value="(\d[\w-]*)"', page.content.decode())[1]


def test_a_refused_answer_tells_the_pulse_how_the_lead_stands_now(sam, tom, signed_in):
    handoff = HandoffFactory()
    handoffs.assign(handoff, to=sam, by=sam, at=MONDAY + HOUR)
    form = {"confirmed": ALL, "seen": "0"}
    page = signed_in(tom).post(url(handoff, "handoff_acceptance"), form, headers=HTMX)
    handoff.refresh_from_db()
    assert f'data-standing="{hands.standing(handoff)}"' in page.content.decode()


def test_after_an_answer_the_list_is_as_long_as_it_was(sam, signed_in, monkeypatch):
    monkeypatch.setattr(queues, "PAGE_SIZE", 2)
    rows = [offered(sam, score=100 - n) for n in range(6)]
    shown = ",".join(str(row.pk) for row in rows[:5])
    form = {"reason": "no_budget", "text": "None.", "queue": "answer", "shown": shown}
    page = signed_in(sam).post(url(rows[3], "handoff_return"), form, headers=HTMX)
    assert page.context["hand"].handoff == rows[4]
    left = [rows[n].pk for n in (0, 1, 2, 4, 5)]
    assert [row.pk for row in page.context["desk"].rows] == left


def test_the_words_of_a_return_that_was_undone_are_no_part_of_what_was_said(
    sam, handoff, signed_in
):
    facts = {"reason": "no_budget", "text": "No budget, they say."}
    handoffs.give_back(handoff, by=sam, at=MONDAY + HOUR, **facts)
    client = signed_in(sam)
    assert "No budget, they say." in client.get(url(handoff)).text.split('id="thread"')[1]
    handoffs.undo(handoff, by=sam, at=MONDAY + HOUR)
    page = client.get(url(handoff)).text
    assert "No budget, they say." not in page.split('id="thread"')[1]
    assert url(handoff, "handoff_acceptance") in page


def test_a_refusal_on_the_phone_leaves_the_form_on_its_own_page(sam, handoff, signed_in):
    form = {"confirmed": ALL[:1], "queue": "answer", "whose": "mine"}
    addresses = {
        reverse("inbox"): 'id="acceptance" class="stack desk"',
        url(handoff, "handoff_acceptance"): 'id="acceptance" class="stack"',
    }
    for path, said in addresses.items():
        headers = HTMX | {"HX-Current-URL": f"http://testserver{path}"}
        page = signed_in(sam).post(url(handoff, "handoff_acceptance"), form, headers=headers)
        assert said in page.text


def test_an_answer_on_another_page_leads_to_the_inbox_with_its_sheets(sam, handoff, signed_in):
    form = {"confirmed": ALL, "queue": "answer", "whose": "mine"}
    headers = HTMX | {"HX-Current-URL": f"http://testserver{url(handoff)}"}
    answer = signed_in(sam).post(url(handoff, "handoff_acceptance"), form, headers=headers)
    assert answer.headers["HX-Redirect"].startswith(reverse("inbox"))
    handoff.refresh_from_db()
    assert handoff.answer == "accepted"


def test_why_it_cannot_be_put_off_is_said_to_whom_it_concerns(sam, tom, maya, handoff, signed_in):
    form = 'id="later"'
    said = 'id="not-later"'
    mine = signed_in(sam).get(url(handoff)).text
    assert form in mine
    assert said not in mine
    toms = signed_in(tom).get(url(handoff)).text
    assert form not in toms
    assert f"Only {sam} and those who lead sales can put it off." in toms
    assert said not in signed_in(maya).get(url(handoff)).text


def test_the_words_to_open_with_are_for_sales(sam, maya, handoff, signed_in):
    visit(handoff.lead, "Started a trial", MONDAY - 24 * HOUR)
    ActivityType.objects.update(key="trial_started")
    page = signed_in(sam).get(url(handoff)).text
    assert f"this is {sam}. On 1 Mar you started a trial. Is this a good moment?" in page
    assert "How to open" not in signed_in(maya).get(url(handoff)).text


@pytest.mark.parametrize(
    ("words", "quoted"),
    [
        ("60 vehicles.\n\nThree depots?", "60 vehicles. Three depots?"),
        (f"Call me. {'Really ' * 30}soon.", "Call me."),
        ("so " * 100, f"{'so ' * 18}…"),
    ],
)
def test_a_quote_ends_where_a_sentence_ends(sam, handoff, signed_in, words, quoted):
    visit(handoff.lead, "Asked for a demo", MONDAY - 24 * HOUR, words=words)
    assert f"“{quoted}”" in signed_in(sam).get(url(handoff)).text.split('id="opener-words"')[1]


def test_a_claim_shows_its_reason_and_what_it_lacks(sam, lena, handoff, signed_in):
    low = LeadFactory(company_size=3, owner=sam)
    stages.begin([low.pk], version=handoff.version, at=MONDAY)
    claim = handoffs.claim(low, by=sam, at=MONDAY, reason="They called me.")
    page = signed_in(sam).get(url(claim)).text
    assert f"{sam}: “They called me.”" in page
    assert 'aria-label="not met"' in page
    assert "Criteria met" not in page
    assert "has waited" not in page
    handoffs.undo(claim, by=sam, at=MONDAY + HOUR)
    assert f"{sam} undid the claim at" in signed_in(lena).get(url(claim)).text


def test_who_withdrew_a_lead_is_said(mark, handoff, signed_in):
    why = "They are a customer."
    handoffs.withdraw(handoff, by=mark, at=MONDAY + HOUR, cause="recalled", reason=why)
    said = signed_in(mark).get(url(handoff)).text
    assert f"{mark} withdrew this lead at" in said


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_was_followed_by_something_is_not_undone(sam, handoff, signed_in, headers):
    accepted(handoff, sam)
    step = handoff.steps.get(kind="accepted")
    contacts.log(handoff, by=sam, at=MONDAY + HOUR, kind="call", outcome="reached")
    client = signed_in(sam)
    assert "Undo: the contact" in client.get(url(handoff)).text
    response = client.post(url(handoff, "handoff_undo"), {"step": step.pk}, headers=headers)
    assert response.status_code == 409
    assert 'id="refusal"' in response.text
    assert "Log another contact" in response.text
    handoff.refresh_from_db()
    assert handoff.answer == "accepted"


# What is told of the lead


def test_the_first_sentence_is_made_of_their_own_words_and_their_date(sam, signed_in):
    lead = LeadFactory(first_name="Mara", last_name="Lind")
    visit(lead, "Asked for a demo", MONDAY - 24 * HOUR, words="60 vehicles, three depots.")
    page = signed_in(sam).get(url(offered(sam, lead=lead))).text
    said = page.split('id="opener-words">')[1].split("</span>")[0]
    assert said == (
        "Hello Mara Lind, this is Sam Okafor. "
        "On 1 Mar you wrote to us: “60 vehicles, three depots.” Is this a good moment?"
    )


def test_the_first_sentence_calls_nobody_by_a_number(sam, signed_in):
    lead = LeadFactory(first_name="", last_name="", email="")
    visit(lead, "Asked for a demo", MONDAY - 24 * HOUR, words="60 vehicles.")
    page = signed_in(sam).get(url(offered(sam, lead=lead))).text
    assert 'id="opener-words">Hello, this is Sam Okafor. On 1 Mar' in page


def test_of_a_lead_who_did_nothing_no_first_sentence_is_made_up(sam, handoff, signed_in):
    assert "How to open" not in signed_in(sam).get(url(handoff)).text


def test_a_lead_comes_back_with_my_own_notes(sam, tom, handoff, signed_in, time_machine):
    accepted(handoff, sam)
    at = MONDAY + 2 * HOUR
    contacts.log(
        handoff, by=sam, at=at, kind="call", outcome="reached", text="Budget comes in June."
    )
    facts = {"by": sam, "at": at + HOUR, "reason": "no_budget", "text": "In June, back to me."}
    handoffs.give_back(handoff, **facts, back_on=date(2026, 6, 1))
    time_machine.move_to(datetime(2026, 6, 1, 10, tzinfo=UTC), tick=False)
    again = HandoffFactory(lead=handoff.lead, opened_at=datetime(2026, 6, 1, 9, tzinfo=UTC))
    page = signed_in(sam).get(url(again)).text
    mine = page.split('id="returned-before"')[1].split("</section>")[0]
    for words in ("You asked for it back", "In June, back to me.", "Budget comes in June."):
        assert words in mine
    toms = signed_in(tom).get(url(again)).text.split('id="returned-before"')[1]
    assert "You asked for it back" not in toms
    assert "Sam Okafor" in toms


def test_the_hand_says_why_it_is_whose_it_is_and_a_page_tells_more(sam, handoff, signed_in):
    client = signed_in(sam)
    assert "Sam Okafor took it." in client.get(url(handoff)).text.split('id="came"')[1]
    for headers in ({}, HTMX):
        page = client.get(url(handoff, "handoff_routing"), headers=headers)
        assert "Nobody was skipped." in page.text
        assert ("<html" in page.text) is not bool(headers)


def test_who_was_skipped_and_why_is_for_those_of_sales(sam, tom, maya, lena, handoff, signed_in):
    said = {"user": tom.pk, "why": "absent"}
    facts = {"from": sam.pk, "to": sam.pk, "rule": "round_robin", "skipped": [said]}
    steps.record(handoff, "assigned", at=MONDAY, data=facts)
    for user in (sam, lena):
        assert str(tom) in signed_in(user).get(url(handoff, "handoff_routing")).text
    page = signed_in(maya).get(url(handoff, "handoff_routing")).text
    assert "It was Sam Okafor’s turn." in page
    for hidden in (str(tom), "absent", "Nobody was skipped."):
        assert hidden not in page


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
    assert stolen.status_code == 409
    assert f"{sam} has this lead already." in stolen.text
    assert (
        signed_in(lena).post(url(handoff, "handoff_assignment"), {"to": tom.pk}).status_code == 302
    )
    handoff.refresh_from_db()
    assert handoff.owner == tom


def test_the_place_in_the_rail_stays_after_an_answer_from_the_inbox(sam, handoff, signed_in):
    at = HTMX | {"HX-Current-URL": f"http://testserver{reverse('inbox')}?queue=answer"}
    page = signed_in(sam).post(url(handoff, "handoff_assignment"), {"pool": "1"}, headers=at).text
    assert f'href="{reverse("inbox")}" aria-current="page"' in page


def test_a_rep_gives_a_lead_back_to_the_pool_and_a_colleague_cannot(sam, tom, handoff, signed_in):
    refused = signed_in(tom).post(url(handoff, "handoff_assignment"), {"pool": "1"})
    assert refused.status_code == 403
    client = signed_in(sam)
    page = client.get(url(handoff)).text
    assert "Undo: taking it" in page, "taken last, it may be undone"
    assert "Give it back to the pool" not in page
    handoffs.reply(handoff, by=sam, at=MONDAY + HOUR, text="Who knows her?")
    assert "Give it back to the pool" in client.get(url(handoff)).text
    assert client.post(url(handoff, "handoff_assignment"), {"pool": "1"}).status_code == 302
    handoff.refresh_from_db()
    assert handoff.owner is None
    assert handoff.steps.last().data["to"] is None


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
