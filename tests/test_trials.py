"""A trial: signed until a day, then kept, changed or gone back on by both sides."""

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from feedback import deliveries, notifications
from feedback.models import Notification
from scoring import agreements, documents, tasks
from scoring.models import AgreementVersion, TrialAnswer
from scoring.shapes import classic
from tests.test_agreements import change_answer_clock, refusal_of, told

Status = AgreementVersion.Status
DAY = timedelta(days=1)
UNTIL = "2026-03-20"


@pytest.fixture
def first(mark, lena, monday):
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday)


@pytest.fixture
def trial(first, mark, lena, maya, monday):
    """Version 2: answer within 3 h, tried until 20 March."""
    draft = agreements.open_draft(by=maya, at=monday)
    draft = change_answer_clock(draft, 180, by=maya, at=monday).version
    effect = {"trial_until": UNTIL, "expects": "Sales calls sooner."}
    edit = {"section": "effect", "value": effect, "by": maya, "at": monday}
    draft = agreements.edit(draft, **edit, expected_sha256=draft.sha256).version
    version = agreements.propose(draft, by=maya, at=monday + DAY)
    for signatory in (mark, lena):
        version = agreements.sign(version, by=signatory, at=monday + DAY, sha256=version.sha256)
    return version


def local(text):
    return timezone.make_aware(datetime.fromisoformat(text))


@pytest.fixture
def over():
    return local(f"{UNTIL}T09:00")


def answer(version, by, what, at):
    return agreements.answer_trial(version, by=by, at=at, answer=what)


def test_the_text_says_that_it_is_a_trial_and_what_is_expected(trial, sam, signed_in):
    page = signed_in(sam).get("/agreement/").text
    assert "It is a trial until 20 Mar 2026." in page
    assert "What we expect of it: Sales calls sooner." in page


def test_both_sides_are_told_on_the_day_and_once(trial, mark, lena, olu, maya):
    assert agreements.end_trial(at=local("2026-03-19T23:59")) is None
    assert agreements.end_trial(at=local(f"{UNTIL}T00:00")) == trial
    assert agreements.end_trial(at=local(f"{UNTIL}T00:01")) is None
    deliveries.deliver(at=local(f"{UNTIL}T01:00"))
    rows = Notification.objects.filter(event__kind="agreement.trial_over")
    assert {row.user for row in rows} == {mark, lena, olu}
    assert all(row.mail_due for row in rows)
    said = notifications.sentence(rows.first())
    assert said.text == "The trial of agreement 2 is over: keep it, change it, or go back?"
    assert said.url == f"/agreement/versions/{trial.pk}/trial/"


def test_who_does_not_answer_is_reminded_until_they_do(trial, mark, lena, over, settings):
    settings.AGREEMENT_REMINDER_DAYS = 3
    assert agreements.remind_of_trial(at=over + 9 * DAY) == []
    agreements.end_trial(at=over)
    assert agreements.remind_of_trial(at=over + 2 * DAY) == []
    assert agreements.remind_of_trial(at=over + 3 * DAY) == ["marketing", "sales"]
    answer(trial, mark, "keep", over + 4 * DAY)
    assert agreements.remind_of_trial(at=over + 5 * DAY) == []
    assert agreements.remind_of_trial(at=over + 6 * DAY) == ["sales"]
    deliveries.deliver(at=over + 6 * DAY)
    rows = Notification.objects.filter(event__kind="agreement.trial_reminder")
    assert [row.user for row in rows.order_by("pk")][-1] == lena
    said = notifications.sentence(rows.first())
    assert said.text.startswith("The trial of agreement 2 still waits for your answer")
    assert said.url == f"/agreement/versions/{trial.pk}/trial/"
    answer(trial, lena, "keep", over + 7 * DAY)
    assert agreements.remind_of_trial(at=over + 30 * DAY) == []


def test_from_a_first_agreement_there_is_no_way_back(mark, lena, monday, signed_in):
    body = classic() | {"effect": {"trial_until": UNTIL, "expects": "Less talk."}}
    draft = agreements.open_draft(by=mark, at=monday, body=body, as_written=True)
    version = agreements.propose(draft, by=mark, at=monday)
    for signatory in (mark, lena):
        version = agreements.sign(version, by=signatory, at=monday, sha256=version.sha256)
    client, path = signed_in(lena), f"/agreement/versions/{version.pk}/trial/"
    page = client.get(path).text
    assert 'value="change"' in page
    assert 'value="go_back"' not in page
    assert "There was no version before it to go back to." in page
    assert client.post(path, {"answer": "go_back"}).status_code == 409
    assert not TrialAnswer.objects.exists()


def test_the_schedule_tells_by_the_databases_clock(trial):
    tasks.keep_agreement()
    assert len(told("agreement.trial_over")) == 1
    trial.refresh_from_db()
    assert trial.trial_told_at > local(f"{UNTIL}T00:00")
    assert trial.status == Status.IN_FORCE


def test_who_signs_is_led_to_the_trial_until_their_side_has_answered(
    trial, mark, lena, sam, over, signed_in
):
    link = f'href="/agreement/versions/{trial.pk}/trial/"'
    assert link in signed_in(lena).get("/agreement/").text
    assert link not in signed_in(sam).get("/agreement/").text
    answer(trial, lena, "keep", over)
    assert link not in signed_in(lena).get("/agreement/").text
    assert link in signed_in(mark).get("/agreement/").text


def test_kept_by_both_it_is_on_trial_no_more(trial, mark, lena, over, signed_in):
    assert answer(trial, mark, "keep", over) is None
    assert not agreements.trial(trial).kept
    assert answer(trial, lena, "keep", over) is None
    assert agreements.trial(trial).kept
    assert len(told("agreement.trial_kept")) == 1
    assert agreements.in_force() == trial
    assert "Tried, and kept" in signed_in(mark).get(f"/agreement/versions/{trial.pk}/trial/").text


def test_what_both_have_kept_is_decided(trial, mark, lena, over, signed_in):
    answer(trial, mark, "keep", over)
    answer(trial, lena, "keep", over)
    refusal = refusal_of(answer, trial, mark, "go_back", over + DAY)
    assert (refusal.code, refusal.status) == ("trial_kept", 409)
    assert agreements.trial(trial).kept
    page = signed_in(mark).get(f"/agreement/versions/{trial.pk}/trial/").text
    assert 'name="answer"' not in page
    assert "Tried, and kept" in signed_in(mark).get("/agreement/").text


def test_the_other_side_hears_of_an_answer(trial, mark, lena, over):
    answer(trial, mark, "go_back", over)
    deliveries.deliver(at=over)
    [row] = Notification.objects.filter(event__kind="agreement.trial_answered")
    said = notifications.sentence(row)
    assert (row.user, said.url) == (lena, f"/agreement/versions/{trial.pk}/trial/")
    assert said.text == "Mark Reuter says what is to become of agreement 2 after its trial."


def test_change_it_opens_a_draft_of_its_text(trial, mark, over):
    draft = answer(trial, mark, "change", over)
    assert draft.body == documents.anew(trial.body)
    assert "effect" not in draft.body
    assert agreements.in_force() == trial


def test_go_back_opens_a_draft_of_the_text_before(trial, first, lena, over):
    draft = answer(trial, lena, "go_back", over)
    assert draft.body == first.body
    assert (draft.number, draft.base) == (3, trial)


def test_the_second_side_finds_the_draft_of_the_first_and_its_answer_counts(
    trial, mark, lena, over
):
    answer(trial, mark, "change", over)
    assert answer(trial, lena, "go_back", over) is None
    assert AgreementVersion.objects.unsettled().count() == 1
    given = agreements.trial(trial).answers
    assert (given["marketing"].answer, given["sales"].answer) == ("change", "go_back")


def test_where_the_answers_differ_the_page_says_so_and_either_is_given_again(
    trial, mark, lena, over, signed_in
):
    draft = answer(trial, mark, "change", over)
    answer(trial, lena, "go_back", over)
    client, path = signed_in(lena), f"/agreement/versions/{trial.pk}/trial/"
    page = client.get(path).text
    assert "The answers differ." in page
    assert 'value="go_back" disabled' in page
    agreements.withdraw(draft, by=mark, at=over)
    assert 'value="go_back" disabled' not in client.get(path).text
    assert "is open to be changed" in client.post(path, {"answer": "go_back"}, follow=True).text


def test_of_a_side_the_latest_answer_counts(trial, mark, over):
    answer(trial, mark, "change", over)
    answer(trial, mark, "keep", over + DAY)
    assert agreements.trial(trial).answers["marketing"].answer == "keep"


def test_it_stays_in_force_and_the_page_says_so(trial, mark, over, signed_in):
    answer(trial, mark, "go_back", over)
    page = signed_in(mark).get(f"/agreement/versions/{trial.pk}/trial/").text
    assert "stays in force until both sides have signed another one" in page
    assert agreements.in_force() == trial


def test_it_is_not_answered_before_its_day(trial, mark):
    refusal = refusal_of(answer, trial, mark, "keep", local("2026-03-19T12:00"))
    assert (refusal.code, refusal.status) == ("trial_runs", 409)
    assert "20 Mar 2026" in refusal.message


def test_a_version_that_is_no_trial_has_no_page(first, mark, over, signed_in):
    assert signed_in(mark).get(f"/agreement/versions/{first.pk}/trial/").status_code == 404
    assert refusal_of(answer, first, mark, "keep", over).code == "no_trial"


def test_an_answer_that_is_none_is_refused(trial, mark, signed_in):
    path = f"/agreement/versions/{trial.pk}/trial/"
    assert signed_in(mark).post(path, {"answer": "perhaps"}).status_code == 422
    assert not TrialAnswer.objects.exists()


@pytest.mark.parametrize("who", ["sam", "maya", "olu", "ada"])
def test_only_who_signs_answers(trial, who, request, signed_in):
    client = signed_in(request.getfixturevalue(who))
    path = f"/agreement/versions/{trial.pk}/trial/"
    assert client.get(path).status_code == 200
    assert client.post(path, {"answer": "keep"}).status_code == 403
    assert not TrialAnswer.objects.exists()


def test_on_the_page_a_signatory_answers_and_comes_to_the_draft(trial, lena, signed_in):
    client = signed_in(lena)
    response = client.post(f"/agreement/versions/{trial.pk}/trial/", {"answer": "go_back"})
    assert response.url == "/agreement/draft/"
    assert "is open to be changed" in client.get(response.url).text


def test_the_page_shows_what_was_expected_and_what_came_of_it(trial, sam, signed_in):
    page = signed_in(sam).get(f"/agreement/versions/{trial.pk}/trial/").text
    assert "Sales calls sooner." in page


def test_answers_cannot_be_changed_in_the_database(trial, mark, over):
    answer(trial, mark, "keep", over)
    with pytest.raises(DatabaseError), transaction.atomic():
        TrialAnswer.objects.update(answer="go_back")


def test_a_superseded_trial_asks_nobody(trial, mark, lena, maya, over, signed_in):
    draft = answer(trial, mark, "go_back", over)
    version = agreements.propose(draft, by=maya, at=over)
    for signatory in (mark, lena):
        version = agreements.sign(version, by=signatory, at=over, sha256=version.sha256)
    trial.refresh_from_db()
    assert trial.status == Status.SUPERSEDED
    assert refusal_of(answer, trial, lena, "keep", over + DAY).code == "no_trial"
    page = signed_in(lena).get(f"/agreement/versions/{trial.pk}/trial/").text
    assert 'name="answer"' not in page


def test_an_answer_stands_though_somebody_opens_a_draft_in_the_same_moment(
    trial, lena, maya, over, monkeypatch
):
    agreements.open_draft(by=maya, at=over)
    looked, real = [], agreements.drafts.unsettled

    def too_early():
        """The first look comes before the other draft."""
        looked.append(real())
        return None if len(looked) == 1 else looked[-1]

    monkeypatch.setattr(agreements.drafts, "unsettled", too_early)
    assert answer(trial, lena, "change", over) is None
    assert len(looked) == 2
    assert TrialAnswer.objects.get().answer == "change"
