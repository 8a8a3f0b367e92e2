"""Several leads are returned at once: shown first, then each for itself."""

from copy import deepcopy
from datetime import timedelta

import pytest
from django.urls import reverse

from feedback import bulk, handoffs
from feedback.models import Handoff, HandoffEvent
from leads.models import Event
from scoring.shapes import classic
from tests.factories import MONDAY, AgreementVersionFactory, HandoffFactory
from tests.forms import form_of
from tests.test_inbox import freeze, inbox, offered
from tests.test_queues import CONFIRMED, accepted, named

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
NOW = MONDAY + HOUR
URL = "/inbox/returns/"


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine, one_clock) -> None:
    time_machine.move_to(NOW, tick=False)


def preview(client, *chosen, **query):
    return client.get(reverse("inbox_returns"), {"handoff": [h.pk for h in chosen]} | query)


def outcomes(page) -> list[str]:
    return [
        outcome.refused.code if outcome.refused else "returned"
        for outcome in page.context["outcomes"]
    ]


def test_rows_are_ticked_and_sent_without_a_script(sam, signed_in):
    first, second = offered(sam, score=80), offered(sam, score=70)
    client = signed_in(sam)
    html = inbox(client, points="60").content.decode()
    form = html.split('id="picks" method="get" action="/inbox/returns/"')[1]
    assert '<input type="hidden" name="points" value="60">' in form
    assert f'name="handoff" value="{first.pk}"' in html
    assert f'aria-label="Select {second.lead.name}"' in html


def test_what_is_chosen_is_shown_first_and_nothing_is_done(sam, signed_in):
    first, second = offered(sam, lead=named("One")), offered(sam, lead=named("Two"))
    page = preview(signed_in(sam), first, second)
    said = page.content.decode()
    assert page.status_code == 200
    assert "2 leads go back to marketing" in said
    assert said.index("One") < said.index("Two")
    assert not Handoff.objects.filter(answer="returned").exists()


def test_each_is_returned_with_the_one_reason_and_says_so(sam, signed_in):
    first, second = offered(sam), offered(sam)
    third = accepted(sam)
    client = signed_in(sam)
    form = form_of(preview(client, first, second, third).content.decode(), URL)
    reason = first.version.body["reasons"][0]["key"]
    page = client.post(URL, form | {"reason": reason, "text": "A list of students."})
    assert outcomes(page) == ["returned"] * 3
    assert page.content.decode().count("Returned to marketing.") == 3
    states = [h.state for h in Handoff.objects.order_by("pk")]
    assert states == ["returned", "returned", "returned_after_contact"]
    steps = HandoffEvent.objects.filter(kind="returned")
    assert {step.note.text for step in steps} == {"A list of students."}
    assert Event.objects.filter(kind="handoff.returned").count() == 3


def test_who_is_unticked_on_the_preview_stays(sam, signed_in):
    first, second = offered(sam), offered(sam)
    client = signed_in(sam)
    said = preview(client, first, second).content.decode()
    assert "Untick whom you want to keep." in said
    ticks = '<input type="checkbox" name="handoff" value="%s" checked'
    assert all(ticks % handoff.pk in said for handoff in (first, second))
    reason = first.version.body["reasons"][0]["key"]
    page = client.post(URL, {"handoff": [second.pk], "reason": reason, "text": "A student."})
    assert outcomes(page) == ["returned"]
    assert [Handoff.objects.get(pk=each.pk).answer for each in (first, second)] == ["", "returned"]


def test_the_preview_shows_each_with_its_clock_and_grade(sam, signed_in):
    late, soon = offered(sam), offered(sam)
    freeze(soon)
    for handoff, due_at in ((late, NOW - HOUR), (soon, NOW + HOUR)):
        Handoff.objects.filter(pk=handoff.pk).update(due_at=due_at)
    page = preview(signed_in(sam), late, soon).content.decode()
    first, second = page.split("</table>")[0].split("<tr ")[1:]
    assert "1\xa0h over</span>" in first
    assert "Answer, 2 Mar, 09:00" in first
    assert "1\xa0h</span>" in second
    assert '<abbr class="grade" title="' in second


def test_each_that_was_returned_can_be_undone_until_anything_followed(sam, tom, signed_in):
    first, second, third = offered(sam), offered(sam), accepted(tom)
    reason = first.version.body["reasons"][0]["key"]
    chosen = {"handoff": [first.pk, second.pk, third.pk], "reason": reason, "text": "Students."}
    page = signed_in(sam).post(URL, chosen).content.decode()
    assert "2 leads were returned, 1 stays" in page
    undo = reverse("inbox_return_undo", args=[first.pk])
    [row] = [each for each in page.split("<tr ") if undo in each]
    assert "Undo" not in page.split(f'id="outcome-{third.pk}"')[1]
    step = {"step": first.steps.get(kind="returned").pk}
    assert f'name="step" value="{step["step"]}"' in row
    done = signed_in(sam).post(undo, step, headers={"HX-Request": "true"})
    assert (done.status_code, "as before" in done.text) == (200, True)
    assert Handoff.objects.get(pk=first.pk).answer == ""
    again = signed_in(sam).post(undo, step, headers={"HX-Request": "true"})
    assert again.status_code == 409
    assert "You have undone this at 10:00." in again.text
    assert Handoff.objects.get(pk=second.pk).answer == "returned"


def test_an_undoing_that_would_be_refused_is_not_offered(sam, signed_in):
    body = classic()
    next(each for each in body["reasons"] if each["key"] == "no_budget")["resets"] = True
    first = offered(sam, version=AgreementVersionFactory(body=body, status="replaced"))
    second = offered(sam, version=AgreementVersionFactory())
    form = {"handoff": [first.pk, second.pk], "reason": "no_budget", "text": "None this year."}
    page = signed_in(sam).post(URL, form)
    assert outcomes(page) == ["returned"] * 2
    said = page.content.decode()
    assert reverse("inbox_return_undo", args=[first.pk]) not in said
    assert reverse("inbox_return_undo", args=[second.pk]) in said


def test_one_that_a_colleague_answered_meanwhile_stays_and_says_who(sam, tom, signed_in):
    first, second = offered(sam), offered(sam)
    client = signed_in(sam)
    form = form_of(preview(client, first, second).content.decode(), URL)
    reason = first.version.body["reasons"][0]["key"]
    handoffs.give_back(first, by=tom, at=NOW, reason=reason, text="Mine.")
    page = client.post(URL, form | {"reason": reason, "text": "Students."})
    assert outcomes(page) == ["already_answered", "returned"]
    assert "Tom Albrecht returned this lead at 10:00." in page.content.decode()
    again = client.post(URL, form | {"reason": reason, "text": "Students."})
    assert HandoffEvent.objects.filter(kind="returned").count() == 2
    assert again.status_code in (200, 422)


def test_what_changed_hands_since_the_page_was_drawn_stays_and_says_whose_it_is(
    sam, tom, lena, signed_in
):
    nobodys, his, mine = HandoffFactory(), offered(sam), offered(sam)
    client = signed_in(lena)
    form = form_of(preview(client, nobodys, his, mine).content.decode(), URL)
    words = {"reason": mine.version.body["reasons"][0]["key"], "text": "Students."}
    handoffs.assign(nobodys, to=tom, by=tom, at=NOW)
    handoffs.accept(his, by=sam, at=NOW, confirmed=CONFIRMED)
    page = client.post(URL, form | words)
    assert outcomes(page) == ["already_theirs", "already_answered", "returned"]
    said = page.content.decode()
    assert "Tom Albrecht took this lead at 10:00." in said
    assert "Sam Okafor accepted this lead at 10:00." in said
    assert "Go on with the next lead" not in said
    assert [Handoff.objects.get(pk=h.pk).state for h in (nobodys, his)] == ["offered", "accepted"]
    fresh = preview(client, nobodys, his).content.decode()
    assert "Tom Albrecht has it." in fresh
    assert outcomes(client.post(URL, form_of(fresh, URL) | words)) == ["returned"] * 2


def test_a_page_that_comes_back_without_a_reason_still_says_what_it_showed_first(
    sam, tom, signed_in
):
    handoff, client = HandoffFactory(), signed_in(sam)
    form = form_of(preview(client, handoff).content.decode(), URL)
    handoffs.assign(handoff, to=tom, by=tom, at=NOW)
    again = client.post(URL, form | {"text": "Students."})
    assert again.status_code == 422
    reason = {"reason": handoff.version.body["reasons"][0]["key"], "text": "Students."}
    page = client.post(URL, form_of(again.content.decode(), URL) | reason)
    assert outcomes(page) == ["already_theirs"]


def test_what_the_page_said_stays_does_so_whatever_has_changed_since(sam, tom, signed_in):
    mine, his = offered(sam), accepted(tom)
    client = signed_in(sam)
    form = form_of(preview(client, mine, his).content.decode(), URL)
    handoffs.undo(his, by=tom, at=NOW)
    words = {"reason": mine.version.body["reasons"][0]["key"], "text": "Students."}
    page = client.post(URL, form | words)
    assert outcomes(page) == ["returned", "changed"]
    assert Handoff.objects.get(pk=his.pk).state == "offered"


def test_what_may_not_be_returned_is_said_before(sam, tom, signed_in):
    mine, his = offered(sam), accepted(tom)
    waiting = HandoffFactory(waiting=True)
    page = preview(signed_in(sam), mine, his, waiting)
    codes = [row.refused and row.refused.code for row in page.context["rows"]]
    assert codes == [None, "not_yours", "not_offered"]
    assert "1 lead goes back to marketing" in page.content.decode()
    assert "Tom Albrecht works on this lead." in page.content.decode()


def test_a_reason_and_a_sentence_are_asked_for_once_and_nothing_is_half_done(sam, signed_in):
    first, second = offered(sam), offered(sam)
    client = signed_in(sam)
    for said in ({"text": "No reason."}, {"reason": "no_reason_of_ours", "text": "x"}):
        page = client.post(URL, {"handoff": [first.pk, second.pk]} | said)
        assert page.status_code == 422
        assert "errorlist" in page.content.decode()
    reason = first.version.body["reasons"][0]["key"]
    page = client.post(URL, {"handoff": [first.pk, second.pk], "reason": reason, "text": " "})
    assert page.status_code == 422
    assert not Handoff.objects.exclude(answer="").exists()


def test_a_day_that_has_passed_is_refused_to_each_and_changes_nothing(sam, signed_in):
    first, second = offered(sam), offered(sam)
    client = signed_in(sam)
    reason = first.version.body["reasons"][0]["key"]
    said = {"reason": reason, "text": "In March.", "back_on": NOW.date().isoformat()}
    page = client.post(URL, {"handoff": [first.pk, second.pk]} | said)
    assert outcomes(page) == ["date_past", "date_past"]
    assert not Handoff.objects.exclude(answer="").exists()


def test_only_reasons_that_all_their_agreements_have_are_offered():
    body = deepcopy(classic())
    body["reasons"] = body["reasons"][1:]
    old, new = AgreementVersionFactory(status="replaced"), AgreementVersionFactory(body=body)
    assert [key for key, _label in bulk.reasons([old, new])] == [
        reason["key"] for reason in body["reasons"]
    ]
    assert bulk.reasons([]) == []


def test_nobody_selected_is_said(sam, signed_in):
    page = preview(signed_in(sam))
    assert "Nobody is selected." in page.content.decode()
    assert signed_in(sam).post(URL, {"reason": "x", "text": "y"}).status_code == 422


def test_leads_of_another_team_are_as_if_they_were_not(sam, maya, signed_in):
    from tests.factories import TeamFactory, UserFactory

    handoff = offered(sam)
    stranger = UserFactory(team=TeamFactory(name="Other sales"))
    page = preview(signed_in(stranger), handoff)
    assert page.context["rows"] == []
    assert handoff.lead.last_name not in page.content.decode()
    assert preview(signed_in(maya), handoff).status_code == 404


def test_queues_in_which_nobody_may_return_have_no_boxes(sam, signed_in):
    HandoffFactory(waiting=True)
    accepted(sam)
    client = signed_in(sam)
    for queue in ("waiting", "answered"):
        html = inbox(client, queue=queue).content.decode()
        assert 'id="row-' in html
        assert 'name="handoff"' not in html


def test_more_than_a_page_can_return_are_refused_and_none_is_returned(sam, signed_in, monkeypatch):
    monkeypatch.setattr("feedback.views.bulk.MOST", 2)
    chosen = [offered(sam, score=score) for score in (80, 70, 60)]
    client = signed_in(sam)
    reason = {"reason": "no_fit", "text": "Not for us."}
    for answer in (
        preview(client, *chosen),
        client.post(URL, {"handoff": [h.pk for h in chosen]} | reason),
    ):
        assert answer.status_code == 422
        assert "At most 2 leads are returned at once." in answer.text
    assert not Handoff.objects.exclude(answer="").exists()
    assert preview(client, *chosen[:2]).status_code == 200
