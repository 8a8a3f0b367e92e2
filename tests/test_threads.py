"""Threads: what is said about a section or a clause, until it is resolved."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from feedback import deliveries, notifications
from feedback.models import Notification
from scoring import agreements
from scoring.agreements import comments
from scoring.models import Comment, Thread
from scoring.shapes import classic
from tests.test_agreements import change_answer_clock, refusal_of, told


@pytest.fixture
def in_force(mark, lena, monday):
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday)


@pytest.fixture
def draft(in_force, maya, monday):
    opened = agreements.open_draft(by=maya, at=monday)
    return change_answer_clock(opened, 180, by=maya, at=monday).version


@pytest.fixture
def thread(draft, sam, monday):
    return comments.open_thread(
        draft, section="clocks", clause="answer", text="3 h on Fridays?", by=sam, at=monday
    )


def post(client, path, **body):
    return client.post(path, body)


def open_by_page(client, draft, *, place="clocks", clause="answer", text="Why?", **more):
    path = f"/agreement/versions/{draft.pk}/threads/"
    return post(client, path, place=place, clause=clause, text=text, **more)


def test_somebody_of_sales_asks_about_a_clause_and_it_stands_beside_it(draft, sam, signed_in):
    client = signed_in(sam)
    response = open_by_page(client, draft, text="3 h on\nFridays?")
    [thread] = Thread.objects.all()
    assert (thread.section, thread.clause, thread.opened_by) == ("clocks", "answer", sam)
    assert response.url == (
        f"/agreement/versions/{draft.pk}/?thread={thread.pk}#thread-{thread.pk}"
    )
    page = client.get(response.url).text
    talk = page[page.index('id="talk-clocks"') : page.index('id="talk-checklists"')]
    assert "3 h on<br>Fridays?" in talk
    assert "about <a" in talk
    assert "autofocus" in talk
    assert "One open thread" in page


def test_on_the_page_of_the_draft_one_stays_there(draft, sam, signed_in):
    response = open_by_page(signed_in(sam), draft, **{"from": "draft"})
    assert response.url.startswith("/agreement/draft/?thread=")


def test_the_run_of_the_operation_may_ask_too_outsiders_may_not(draft, olu, ada, nina, signed_in):
    assert open_by_page(signed_in(olu), draft).status_code == 302
    assert open_by_page(signed_in(ada), draft).status_code == 403
    assert open_by_page(signed_in(nina), draft).status_code == 404
    assert Thread.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "This field is required."), ("   ", "This field is required."), ("x" * 2001, "2000")],
)
def test_words_that_cannot_be_taken_come_back_beside_their_field(
    draft, sam, signed_in, text, sentence
):
    response = open_by_page(signed_in(sam), draft, text=text)
    assert response.status_code == 422
    talk = response.text[response.text.index('id="talk-clocks"') :]
    assert sentence in talk
    assert text.strip() in talk
    assert "At most 2000 characters." in talk
    assert "maxlength" not in talk  # Browsers would cut what is pasted, in silence.
    assert not Thread.objects.exists()


def test_a_section_that_is_not_there_is_not_found(draft, sam, signed_in):
    assert open_by_page(signed_in(sam), draft, place="weather").status_code == 404


def test_a_clause_that_is_not_in_the_section_is_refused(draft, sam, signed_in):
    assert open_by_page(signed_in(sam), draft, clause="moon").status_code == 422


def test_markup_in_a_comment_is_shown_as_it_was_written(draft, sam, signed_in):
    open_by_page(signed_in(sam), draft, text="<script>alert(1)</script>")
    page = signed_in(sam).get(f"/agreement/versions/{draft.pk}/").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_others_answer_and_resolve_and_open_it_again(thread, maya, sam, signed_in):
    client = signed_in(maya)
    post(client, f"/agreement/threads/{thread.pk}/answers/", text="Until noon, then.")
    post(client, f"/agreement/threads/{thread.pk}/resolution/")
    thread.refresh_from_db()
    assert [each.by for each in thread.comments.all()] == [sam, maya]
    assert thread.resolved_by == maya
    page = client.get(f"/agreement/versions/{thread.version_id}/").text
    assert "One resolved thread" in page
    assert "open thread" not in page
    post(signed_in(sam), f"/agreement/threads/{thread.pk}/reopening/")
    thread.refresh_from_db()
    assert (thread.resolved_by, thread.resolved_at) == (None, None)


def test_an_answer_to_a_resolved_thread_opens_it_again(thread, maya, sam, monday):
    comments.resolve(thread, by=maya, at=monday)
    comments.answer(thread, text="Not for me.", by=sam, at=monday)
    thread.refresh_from_db()
    assert thread.resolved_at is None


def test_resolving_twice_leaves_the_first_who_did(thread, maya, sam, monday):
    comments.resolve(thread, by=maya, at=monday)
    again = comments.resolve(thread, by=sam, at=monday)
    assert again.resolved_by == maya
    assert len(told("agreement.thread_resolved")) == 1


def test_a_thread_survives_edits_and_a_clause_that_is_gone_is_said(
    draft, maya, sam, monday, signed_in
):
    clause = draft.body["goals"][0]["key"] if draft.body["goals"] else None
    section, value = ("goals", []) if clause else ("reasons", draft.body["reasons"][1:])
    clause = clause or draft.body["reasons"][0]["key"]
    comments.open_thread(draft, section=section, clause=clause, text="This?", by=sam, at=monday)
    edit = {"section": section, "value": value, "by": maya, "at": monday}
    agreements.edit(draft, **edit, expected_sha256=draft.sha256)
    page = signed_in(sam).get(f"/agreement/versions/{draft.pk}/").text
    assert "about a clause that is gone from the text" in page
    assert "This?" in page


def test_a_criterion_has_its_thread_at_its_own_stage(draft, sam, signed_in):
    stage = next(each for each in draft.body["stages"] if each["criteria"])
    key = stage["criteria"][0]["key"]
    clause = f"{stage['key']}.{key}"
    open_by_page(signed_in(sam), draft, place=f"stage-{stage['key']}", clause=clause)
    [thread] = Thread.objects.all()
    assert (thread.section, thread.clause) == ("stages", clause)
    page = signed_in(sam).get(f"/agreement/versions/{draft.pk}/").text
    talk = page[page.index(f'id="talk-stage-{stage["key"]}"') :]
    assert talk.index(f'id="thread-{thread.pk}"') < talk.index("Comment")


def test_a_whole_section_can_be_asked_about(draft, sam, signed_in):
    open_by_page(signed_in(sam), draft, clause="")
    assert Thread.objects.get().clause == ""
    page = signed_in(sam).get(f"/agreement/versions/{draft.pk}/").text
    assert "about this section" in page


def test_nothing_more_is_said_about_a_version_in_force(in_force, sam, monday, signed_in):
    refusal = refusal_of(
        comments.open_thread, in_force, section="clocks", text="Late.", by=sam, at=monday
    )
    assert (refusal.code, refusal.status) == ("settled", 409)
    assert "Comment" not in signed_in(sam).get("/agreement/").text


def test_what_was_said_stays_readable_when_it_is_in_force(
    thread, draft, mark, lena, sam, maya, monday, signed_in
):
    comments.resolve(thread, by=maya, at=monday)
    version = agreements.propose(draft, by=maya, at=monday)
    for signatory in (mark, lena):
        version = agreements.sign(version, by=signatory, at=monday, sha256=version.sha256)
    page = signed_in(sam).get("/agreement/").text
    assert "3 h on Fridays?" in page
    assert f"/agreement/threads/{thread.pk}/answers/" not in page


def test_who_is_concerned_is_told_and_led_to_the_thread(thread, maya, mark, lena, sam, tom, monday):
    """Maya wrote the text, Mark and Lena sign it; Tom has nothing to do with it."""
    deliveries.deliver(at=monday)
    rows = Notification.objects.filter(event__kind="agreement.commented")
    assert {row.user for row in rows} == {maya, mark, lena}
    said = notifications.sentence(rows.first())
    assert said.text == "Sam Okafor wrote about agreement 2."
    assert said.url.endswith(f"/#thread-{thread.pk}")
    with translation.override("de"):
        assert "Vereinbarung 2" in notifications.sentence(rows.first()).text


def test_who_said_something_is_told_of_answers(thread, maya, sam, tom, monday):
    comments.answer(thread, text="Me too.", by=tom, at=monday)
    comments.answer(thread, text="Noted.", by=maya, at=monday)
    deliveries.deliver(at=monday)
    last = told("agreement.commented")[-1]
    assert {sam, tom} <= {row.user for row in Notification.objects.filter(event=last)}


def test_comments_cannot_be_changed_in_the_database(thread):
    with pytest.raises(DatabaseError), transaction.atomic():
        Comment.objects.update(text="Never said.")


def test_reading_many_threads_takes_no_more_queries(draft, sam, monday, signed_in):
    client, path = signed_in(sam), f"/agreement/versions/{draft.pk}/"

    def queries(count):
        for number in range(count):
            thread = comments.open_thread(
                draft, section="clocks", text=f"Question {number}", by=sam, at=monday
            )
            comments.answer(thread, text="Yes.", by=sam, at=timezone.now())
        client.get(path)
        with CaptureQueriesContext(connection) as counted:
            client.get(path)
        return len(counted)

    assert queries(1) == queries(8)
