"""Signing: object, sign with a reservation, lapse, wait for the day, take effect."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation

from feedback import deliveries, notifications
from feedback.models import Notification
from leads import append_only
from leads.refusals import Refused
from scoring import agreements, documents, tasks
from scoring.agreements import comments, drafts, effects, objections
from scoring.models import AgreementVersion, Objection, RescoreRun, Signature
from scoring.shapes import classic
from tests.conftest import person
from tests.factories import AgreementVersionFactory
from tests.forms import form_of
from tests.test_agreements import change_answer_clock, place, refusal_of, told

Status = AgreementVersion.Status
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def in_force(mark, lena, monday):
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday)


@pytest.fixture
def draft(in_force, maya, monday):
    opened = agreements.open_draft(by=maya, at=monday + HOUR)
    return change_answer_clock(opened, 180, by=maya, at=monday + HOUR).version


@pytest.fixture
def proposal(draft, maya, monday):
    return agreements.propose(draft, by=maya, at=monday + 2 * HOUR)


def say_effect(version, *, by, at, **effect):
    edit = {"section": "effect", "value": effect, "by": by, "at": at}
    return agreements.edit(version, **edit, expected_sha256=version.sha256).version


def later(draft, maya, monday, starts="2026-03-09T08:00", **effect):
    """The draft, proposed, with a time of its own."""
    draft = say_effect(draft, by=maya, at=monday + HOUR, starts=starts, **effect)
    return agreements.propose(draft, by=maya, at=monday + 2 * HOUR)


def sign(version, *signatories, at, **more):
    for signatory in signatories:
        version = agreements.sign(version, by=signatory, at=at, sha256=version.sha256, **more)
    return version


def local(text):
    return timezone.make_aware(datetime.fromisoformat(text))


# Objecting


def test_a_signatory_objects_with_a_reason_and_both_sides_are_told(
    proposal, lena, mark, maya, sam, monday
):
    agreements.object_to(
        proposal, by=lena, at=monday + 3 * HOUR, sha256=proposal.sha256, reason="Not on  Fridays."
    )
    [objection] = objections.standing(proposal)
    assert (objection.side, objection.reason) == ("sales", "Not on Fridays.")
    deliveries.deliver(at=monday + 4 * HOUR)
    people = {row.user for row in Notification.objects.filter(event__kind="agreement.objected")}
    assert people == {mark, maya}


def test_an_objection_stands_until_that_side_signs_after_all(proposal, lena, monday):
    object_to(proposal, lena, monday)
    sign(proposal, lena, at=monday + 4 * HOUR)
    assert objections.standing(proposal) == []
    assert Objection.objects.count() == 1


def test_an_objection_falls_with_the_proposal_it_was_made_to(proposal, lena, maya, monday):
    object_to(proposal, lena, monday)
    draft = change_answer_clock(proposal, 200, by=maya, at=monday + 4 * HOUR).version
    assert objections.standing(draft) == []
    again = agreements.propose(draft, by=maya, at=monday + 5 * HOUR)
    assert objections.standing(again) == []


def test_an_objection_does_not_keep_the_other_side_from_signing(proposal, lena, mark, monday):
    object_to(proposal, lena, monday)
    assert sign(proposal, mark, at=monday + 4 * HOUR).status == Status.PROPOSED


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_an_objection_without_a_reason_is_refused_beside_its_field(
    proposal, lena, signed_in, reason
):
    response = signed_in(lena).post(
        f"/agreement/versions/{proposal.pk}/objection/",
        {"sha256": proposal.sha256, "reason": reason},
    )
    assert response.status_code == 422
    assert "An objection needs its reason." in response.text
    assert not Objection.objects.exists()


def test_who_signs_for_nobody_cannot_object(proposal, sam, signed_in):
    body = {"sha256": proposal.sha256, "reason": "I do not like it."}
    path = f"/agreement/versions/{proposal.pk}/objection/"
    assert signed_in(sam).post(path, body).status_code == 403


def test_who_has_signed_cannot_object_to_the_same_text(proposal, lena, monday):
    sign(proposal, lena, at=monday + 3 * HOUR)
    assert refusal_of(object_to, proposal, lena, monday).code == "already_signed"


def test_a_text_that_was_changed_meanwhile_is_not_objected_to(proposal, lena, monday):
    refusal = refusal_of(
        agreements.object_to, proposal, by=lena, at=monday, sha256="0" * 64, reason="No."
    )
    assert (refusal.code, refusal.status) == ("altered", 409)


def test_objections_cannot_be_changed_in_the_database(proposal, lena, monday):
    object_to(proposal, lena, monday)
    with pytest.raises(DatabaseError), transaction.atomic():
        Objection.objects.update(reason="Fine by me.")


def object_to(version, by, monday, reason="Four hours are too few."):
    return agreements.object_to(
        version, by=by, at=monday + 3 * HOUR, sha256=version.sha256, reason=reason
    )


# Reservations


def test_an_open_thread_holds_a_signature_up(proposal, sam, lena, monday, signed_in):
    comments.open_thread(proposal, section="clocks", text="On Fridays?", by=sam, at=monday)
    body = {"sha256": proposal.sha256, "side": "sales"}
    path = f"/agreement/versions/{proposal.pk}/signature/"
    response = signed_in(lena).post(path, body)
    assert response.status_code == 409
    assert "One thread is open." in response.text
    assert 'name="reservation"' in response.text
    assert not proposal.signatures.exists()


def test_a_signature_with_a_reservation_keeps_it_for_ever(
    proposal, sam, lena, mark, monday, signed_in
):
    comments.open_thread(proposal, section="clocks", text="On Fridays?", by=sam, at=monday)
    said = {"reservation": "Fridays until noon only."}
    body = {"sha256": proposal.sha256, "side": "sales"} | said
    signed_in(lena).post(f"/agreement/versions/{proposal.pk}/signature/", body)
    [signature] = agreements.counting(proposal)
    assert signature.reservation == "Fridays until noon only."
    sign(proposal, mark, at=timezone.now(), reservation="We talk about it in May.")
    for path in ("/agreement/", "/agreement/versions/"):
        page = signed_in(sam).get(path).text
        assert "Fridays until noon only." in page
        assert "We talk about it in May." in page
    with pytest.raises(DatabaseError), transaction.atomic():
        Signature.objects.update(reservation="")


def test_a_resolved_thread_holds_nothing_up(proposal, sam, lena, monday):
    thread = comments.open_thread(proposal, section="clocks", text="Why?", by=sam, at=monday)
    comments.resolve(thread, by=lena, at=monday)
    assert sign(proposal, lena, at=monday + 3 * HOUR).signatures.count() == 1


def test_a_reservation_that_is_too_long_is_refused_with_all_its_words(proposal, lena, signed_in):
    words = "no " * 400
    body = {"sha256": proposal.sha256, "side": "sales", "reservation": words}
    response = signed_in(lena).post(f"/agreement/versions/{proposal.pk}/signature/", body)
    assert response.status_code == 422
    assert words.strip() in response.text
    assert not proposal.signatures.exists()


# Lapsing


def test_the_panel_says_which_sentence_made_a_signature_lapse(
    proposal, lena, maya, monday, signed_in
):
    sign(proposal, lena, at=monday + 3 * HOUR)
    draft = change_answer_clock(proposal, 480, by=maya, at=monday + 4 * HOUR).version
    change_answer_clock(draft, 60, by=maya, at=monday + 5 * HOUR)
    page = signed_in(lena).get("/agreement/draft/").text
    assert "Sales’ signature lapsed:" in page
    assert "Accept or return a handoff: within: 3 h → 1 day" in " ".join(page.split())
    with translation.override("de"):
        page = signed_in(lena).get("/agreement/draft/", headers={"accept-language": "de"}).text
    assert "3 Std. → 1 Tag" in page or "→ 1 Tag" in page


def test_a_new_signature_takes_the_place_of_the_lapsed_one(proposal, lena, maya, monday, signed_in):
    sign(proposal, lena, at=monday + 3 * HOUR)
    draft = change_answer_clock(proposal, 480, by=maya, at=monday + 4 * HOUR).version
    again = agreements.propose(draft, by=maya, at=monday + 5 * HOUR)
    sign(again, lena, at=monday + 6 * HOUR)
    page = signed_in(maya).get("/agreement/draft/").text
    assert "signature lapsed" not in page


def test_whoever_edited_cannot_sign_for_both(proposal, mark, monday):
    draft = change_answer_clock(proposal, 200, by=mark, at=monday + 3 * HOUR).version
    version = agreements.propose(draft, by=mark, at=monday + 4 * HOUR)
    sign(version, mark, at=monday + 5 * HOUR)
    assert refusal_of(sign, version, mark, at=monday + 6 * HOUR, side="sales").code == "other_side"
    assert refusal_of(sign, version, mark, at=monday + 6 * HOUR).code == "already_signed"


def test_a_changed_base_is_another_word_than_a_changed_text(proposal, in_force, lena, monday):
    """It takes somebody past Baton: only one version is open at a time."""
    AgreementVersion.objects.filter(pk=in_force.pk).update(status=Status.SUPERSEDED)
    AgreementVersionFactory(number=77)
    refusal = refusal_of(sign, proposal, lena, at=monday + 3 * HOUR)
    assert (refusal.code, refusal.status) == ("base_changed", 409)
    assert not proposal.signatures.exists()
    assert "came into force after" in refusal.message


# Reminding


def test_a_proposal_nobody_answers_reminds_who_has_not(proposal, mark, lena, monday, settings):
    settings.AGREEMENT_REMINDER_DAYS = 3
    proposed = proposal.proposed_at
    sign(proposal, mark, at=proposed + HOUR)
    assert agreements.remind(at=proposed + 3 * DAY - HOUR) == []
    assert agreements.remind(at=proposed + 3 * DAY) == ["sales"]
    deliveries.deliver(at=proposed + 3 * DAY)
    told_rows = Notification.objects.filter(event__kind="agreement.reminder")
    assert [row.user for row in told_rows] == [lena]
    assert agreements.remind(at=proposed + 4 * DAY) == []
    assert agreements.remind(at=proposed + 6 * DAY) == ["sales"]


def test_an_objection_is_an_answer_and_is_not_reminded_of(proposal, mark, lena, monday):
    object_to(proposal, lena, monday)
    assert agreements.remind(at=proposal.proposed_at + 9 * DAY) == ["marketing"]


def test_a_new_proposal_begins_to_wait_anew(proposal, maya, monday):
    assert agreements.remind(at=proposal.proposed_at + 4 * DAY)
    draft = change_answer_clock(proposal, 90, by=maya, at=monday + 5 * DAY).version
    again = agreements.propose(draft, by=maya, at=monday + 5 * DAY)
    assert agreements.remind(at=again.proposed_at + DAY) == []
    assert agreements.remind(at=again.proposed_at + 3 * DAY)


def test_nobody_is_reminded_of_a_draft(draft, monday):
    assert agreements.remind(at=monday + 30 * DAY) == []


# Taking effect later


def test_a_version_waits_for_the_time_it_names(draft, in_force, mark, lena, maya, monday):
    version = sign(later(draft, maya, monday), mark, lena, at=monday + 3 * HOUR)
    assert (version.status, version.takes_effect_at) == (Status.AGREED, local("2026-03-09T08:00"))
    assert agreements.in_force() == in_force
    assert agreements.take_effect(at=local("2026-03-09T07:59")) is None
    assert agreements.take_effect(at=local("2026-03-09T08:00")) == version
    assert agreements.in_force() == version
    assert RescoreRun.objects.filter(version=version).exists()
    assert agreements.take_effect(at=local("2026-03-09T08:01")) is None


def test_the_time_is_that_of_the_installation_also_after_the_clocks_change(
    draft, mark, lena, maya, monday
):
    proposal = later(draft, maya, monday, starts="2026-03-30T08:00")
    version = sign(proposal, mark, lena, at=monday + 3 * HOUR)
    assert version.takes_effect_at.isoformat() in (
        "2026-03-30T08:00:00+02:00",
        "2026-03-30T06:00:00+00:00",
    )


def test_both_are_told_when_it_takes_effect_in_their_language(draft, mark, lena, maya, olu, monday):
    lena.language = "de"
    lena.save()
    sign(later(draft, maya, monday), mark, lena, at=monday + 3 * HOUR)
    deliveries.deliver(at=monday + 4 * HOUR)
    notifications.send_mails(at=monday + 4 * HOUR + timedelta(minutes=1))
    said = {each.to[0]: each.subject for each in mail.outbox}
    assert "takes effect on 9 Mar 2026, 08:00" in said["olu@baton.example"]
    assert "9. Mär 2026, 08:00" in said["lena@baton.example"]


def test_a_time_that_has_passed_when_both_have_signed_means_at_once(
    draft, mark, lena, maya, monday
):
    version = sign(later(draft, maya, monday), mark, lena, at=local("2026-03-10T08:00"))
    assert (version.status, version.takes_effect_at) == (Status.IN_FORCE, None)


@pytest.mark.parametrize(
    ("effect", "field", "sentence"),
    [
        ({"starts": "2026-03-02T08:00"}, "effect.starts", "lies in the past"),
        ({"trial_until": "2026-03-02"}, "effect.trial_until", "lies in the past"),
    ],
)
def test_a_time_in_the_past_is_not_proposed(draft, maya, monday, effect, field, sentence):
    draft = say_effect(draft, by=maya, at=monday + HOUR, **effect)
    refusal = refusal_of(agreements.propose, draft, by=maya, at=monday + 2 * HOUR)
    assert (refusal.code, refusal.field) == ("in_the_past", field)
    assert sentence in refusal.message


@pytest.mark.parametrize(
    ("effect", "field"),
    [
        ({"starts": "2026-03-29T02:30"}, "effect.starts"),  # The clocks jump over it.
        ({"starts": "2026-05-01T08:00", "trial_until": "2026-05-01"}, "effect.trial_until"),
        ({"starts": "tomorrow"}, "effect.starts"),
        ({"trial_until": "2026-02-30"}, "effect.trial_until"),
    ],
)
def test_an_effect_that_cannot_be_is_refused_with_its_place(draft, maya, monday, effect, field):
    refusal = refusal_of(say_effect, draft, by=maya, at=monday, **effect)
    assert (refusal.code, refusal.field) == ("cannot_run", field)


def test_the_form_takes_local_times_and_gives_the_same_text_back(draft, maya, signed_in):
    client, path = signed_in(maya), "/agreement/draft/effect/"
    given = {
        "sha256": draft.sha256,
        "starts": "2031-03-30T08:00",
        "trial_until": "2031-06-30",
        "expects_en": "More conversations.",
        "expects_de": "Mehr Gespräche.",
    }
    assert client.post(path, given).status_code == 302
    draft.refresh_from_db()
    assert draft.body["effect"] == {
        "starts": "2031-03-30T08:00",
        "trial_until": "2031-06-30",
        "expects": {"en": "More conversations.", "de": "Mehr Gespräche."},
    }
    page = client.get(path).text
    assert 'value="2031-03-30T08:00"' in page
    before = draft.sha256
    client.post(path, given | {"sha256": before})
    draft.refresh_from_db()
    assert draft.sha256 == before


@pytest.mark.parametrize(
    ("starts", "until", "sentence"),
    [
        ("soon", "", "Enter a valid date/time."),
        ("2031-05-01T08:00", "2031-04-01", "over before it begins"),
        ("", "31.3.2031", "Enter a valid date."),
    ],
)
def test_a_bad_time_is_refused_beside_its_field(draft, maya, signed_in, starts, until, sentence):
    given = {"sha256": draft.sha256, "starts": starts, "trial_until": until}
    response = signed_in(maya).post("/agreement/draft/effect/", given)
    assert response.status_code == 422
    assert sentence in response.text
    draft.refresh_from_db()
    assert "effect" not in draft.body


def test_an_edit_of_the_time_lapses_signatures_too(draft, mark, maya, monday):
    proposal = sign(later(draft, maya, monday), mark, at=monday + 3 * HOUR)
    edited = say_effect(proposal, by=maya, at=monday + 4 * HOUR, starts="2026-03-10T08:00")
    assert (edited.status, agreements.counting(edited)) == (Status.DRAFT, [])
    assert told("agreement.edited")[-1].data["lapsed"] == ["marketing"]


def test_a_version_in_force_with_a_time_is_followed_by_drafts_without_one(
    draft, mark, lena, maya, monday
):
    version = sign(later(draft, maya, monday), mark, lena, at=local("2026-03-10T08:00"))
    following = agreements.open_draft(by=maya, at=local("2026-03-11T08:00"))
    assert "effect" in version.body
    assert "effect" not in following.body
    refusal = refusal_of(agreements.propose, following, by=maya, at=local("2026-03-11T08:00"))
    assert refusal.code == "nothing_changed"


# While it is proposed


def past_baton(version, **change):
    """What the application's database user can do to a row, past the verbs."""
    with transaction.atomic():
        AgreementVersion.objects.filter(pk=version.pk).update(**change)


@pytest.mark.parametrize("status", [Status.PROPOSED, Status.AGREED, Status.IN_FORCE])
def test_the_database_keeps_a_proposal_as_it_was_proposed(proposal, in_force, status):
    if status == Status.IN_FORCE:
        past_baton(in_force, status=Status.SUPERSEDED)
    for change in (
        {"body": {}},
        {"sha256": "0" * 64},
        {"predicted": {"gained": 99}},
        {"proposals": 2},
        {"proposals": 0},
        {"proposed_by": None},
        {"proposed_at": None},
        {"base": None},
        {"number": 77},
    ):
        with pytest.raises(DatabaseError, match="cannot be changed"):
            past_baton(proposal, status=status, **change)


def test_a_prediction_is_not_exchanged_under_a_signature_by_way_of_a_draft(
    proposal, lena, maya, monday
):
    sign(proposal, lena, at=monday + 3 * HOUR)
    past_baton(proposal, status=Status.DRAFT)
    past_baton(proposal, predicted={"gained": 99})
    for proposals in (0, 1):
        with pytest.raises(DatabaseError, match="cannot be changed"):
            past_baton(proposal, status=Status.PROPOSED, proposals=proposals)
    with pytest.raises(DatabaseError, match="cannot be changed"):
        past_baton(proposal, proposals=0)
    past_baton(proposal, status=Status.PROPOSED, proposals=2)
    proposal.refresh_from_db()
    assert agreements.counting(proposal) == []


def test_the_database_lets_no_draft_be_in_force_unproposed(draft, in_force):
    past_baton(in_force, status=Status.SUPERSEDED)
    for status in (Status.AGREED, Status.IN_FORCE, Status.SUPERSEDED):
        with pytest.raises(DatabaseError, match="cannot be changed"):
            past_baton(draft, status=status)


def test_what_was_withdrawn_stays_withdrawn_and_as_it_was(proposal, mark, monday):
    agreements.withdraw(proposal, by=mark, at=monday + 3 * HOUR)
    for change in ({"status": "draft"}, {"status": "proposed"}, {"body": {}}):
        with pytest.raises(DatabaseError, match="cannot be changed"):
            past_baton(proposal, **change)


# While it waits


@pytest.fixture
def agreed(draft, mark, lena, maya, monday):
    return sign(later(draft, maya, monday), mark, lena, at=monday + 3 * HOUR)


def test_what_both_signed_cannot_be_edited_while_it_waits(agreed, maya, monday):
    refusal = refusal_of(change_answer_clock, agreed, 10, by=maya, at=monday + 4 * HOUR)
    assert (refusal.code, refusal.status) == ("settled", 409)
    assert "waits for its day" in refusal.message
    assert refusal.remedy == "Withdraw it first, or wait until it has taken effect."


@pytest.mark.parametrize(
    "change",
    [
        {"body": {}},
        {"sha256": "0" * 64},
        {"status": "draft"},
        {"status": "proposed"},
        {"predicted": {"gained": 99}},
        {"number": 77},
        {"proposed_at": None},
    ],
)
def test_the_database_keeps_it_as_it_was_signed(agreed, change):
    with pytest.raises(DatabaseError), transaction.atomic():
        AgreementVersion.objects.filter(pk=agreed.pk).update(**change)
    for each in change:
        setattr(agreed, each, change[each])
    with pytest.raises(DatabaseError), transaction.atomic():
        agreed.save()
    agreed.refresh_from_db()
    assert documents.digest(agreed.body) == agreed.sha256


def test_raw_sql_cannot_alter_it_either(agreed):
    sql = f"UPDATE {AgreementVersion._meta.db_table} SET sha256 = 'x' WHERE id = %s"
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute(sql, [agreed.pk])


def copied(row, *, verb="INSERT", **other):
    """Writes a row again by plain SQL, with other values in some columns; without `id` as a new
    one."""
    names = [field.column for field in row._meta.concrete_fields]
    names = [name for name in names if other.get(name, "") is not None]
    values = ", ".join("%s" if name in other else f'"{name}"' for name in names)
    table, columns = row._meta.db_table, ", ".join(f'"{name}"' for name in names)
    sql = f"{verb} INTO {table} ({columns}) SELECT {values} FROM {table} WHERE id = %s"
    given = [other[name] for name in names if name in other]
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(sql, [*given, row.pk])


def test_no_row_takes_the_place_of_one_that_was_signed(agreed):
    """SQLite's REPLACE deletes what is in its way, and asks no trigger of deletion."""
    verb = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"
    signature = agreed.signatures.first()
    for row, other in (
        (agreed, {"sha256": "x"}),
        (agreed, {"sha256": "x", "status": "draft"}),
        (agreed, {"id": None, "number": 99, "status": "draft"}),
        (signature, {"reservation": "forged"}),
        (signature, {"id": None, "reservation": "forged"}),
    ):
        with pytest.raises(DatabaseError):
            copied(row, verb=verb, **other)
    assert [each.reservation for each in agreed.signatures.all()] == ["", ""]


def test_a_row_that_nobody_signed_does_not_run(agreed, in_force):
    past_baton(in_force, status=Status.SUPERSEDED)
    for status in (Status.IN_FORCE, Status.SUPERSEDED):
        with pytest.raises(DatabaseError, match="cannot be changed"):
            copied(in_force, id=None, number=99, status=status)


def test_what_one_side_signed_does_not_run(proposal, in_force, mark, monday):
    sign(proposal, mark, at=monday + 3 * HOUR)
    past_baton(in_force, status=Status.SUPERSEDED)
    for status in (Status.AGREED, Status.IN_FORCE):
        with pytest.raises(DatabaseError, match="cannot be changed"):
            past_baton(proposal, status=status)


def test_what_runs_is_not_pushed_out(agreed, in_force):
    verb = "UPDATE OR REPLACE" if connection.vendor == "sqlite" else "UPDATE"
    sql = f"{verb} {AgreementVersion._meta.db_table} SET status = 'in_force' WHERE id = %s"
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute(sql, [agreed.pk])
    assert AgreementVersion.objects.in_force().get() == in_force


def test_the_database_lets_nothing_of_it_be_deleted(agreed):
    append_only.erasing()
    for rows in (AgreementVersion.objects.filter(pk=agreed.pk), agreed.signatures.all()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows._raw_delete(rows.db)


def test_the_administration_only_reads_versions(agreed, ada, signed_in):
    path = f"/admin/scoring/agreementversion/{agreed.pk}/change/"
    client = signed_in(ada)
    assert client.get(path).status_code == 200
    assert client.post(path, {"number": 77}).status_code == 403
    assert client.post(path.replace("change", "delete"), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("who", ["mark", "lena"])
def test_a_signatory_withdraws_what_waits(agreed, who, request, signed_in):
    client = signed_in(request.getfixturevalue(who))
    client.post(f"/agreement/versions/{agreed.pk}/withdrawal/")
    agreed.refresh_from_db()
    assert agreed.status == Status.WITHDRAWN
    assert agreements.take_effect(at=agreed.takes_effect_at) is None


def test_who_opened_it_cannot_withdraw_it_any_more(agreed, maya, signed_in):
    response = signed_in(maya).post(f"/agreement/versions/{agreed.pk}/withdrawal/")
    assert response.status_code == 403
    assert "Who signs for marketing or sales" in response.text
    agreed.refresh_from_db()
    assert agreed.status == Status.AGREED


def test_nobody_is_offered_to_edit_it(agreed, maya, signed_in):
    client = signed_in(maya)
    page = client.get("/agreement/draft/").text
    assert 'href="/agreement/draft/clocks/"' not in page
    assert "Comment<" not in page
    assert client.get("/agreement/draft/clocks/").url == "/agreement/draft/"


def test_no_draft_is_opened_beside_it(agreed, sam, monday):
    assert refusal_of(agreements.open_draft, by=sam, at=monday + 4 * HOUR).code == "draft_open"


def test_the_page_says_when_it_takes_effect(agreed, sam, signed_in):
    page = signed_in(sam).get(f"/agreement/versions/{agreed.pk}/").text
    assert "It takes effect on 9 Mar 2026, 08:00." in page
    assert "Withdraw" not in page


# Stuck


@pytest.fixture
def stuck(draft, in_force, mark, lena, maya, monday):
    """Agreed on without the stage Nurture; then leads come to stand there."""
    body = deepcopy(draft.body)
    stages = [each for each in body["stages"] if each["key"] != "out"]
    for each in stages:
        each["next"] = [key for key in each["next"] if key != "out"]
    reasons = [each for each in body["reasons"] if each["then"] == "nurture"]
    for section, value in (("reasons", reasons), ("stages", stages)):
        edit = {"section": section, "value": value, "by": maya, "at": monday + HOUR}
        draft = agreements.edit(draft, **edit, expected_sha256=draft.sha256).version
    version = sign(later(draft, maya, monday), mark, lena, at=monday + 3 * HOUR)
    place("out", in_force, monday + 4 * HOUR, count=2)
    return version


def test_what_cannot_take_effect_stays_and_is_told_once(stuck, in_force, monday):
    moment = stuck.takes_effect_at
    for minutes in range(3):
        assert agreements.take_effect(at=moment + timedelta(minutes=minutes)) is None
    stuck.refresh_from_db()
    assert stuck.status == Status.AGREED
    assert "stand in" in stuck.problem
    assert len(told("agreement.stuck")) == 1
    assert agreements.in_force() == in_force


def test_it_takes_effect_once_nothing_is_in_the_way(stuck, in_force, monday):
    moment = stuck.takes_effect_at
    agreements.take_effect(at=moment)
    from scoring.models import Standing  # noqa: PLC0415

    Standing.objects.all().delete()
    version = agreements.take_effect(at=moment + HOUR)
    assert (version, version.status, version.problem) == (stuck, Status.IN_FORCE, "")
    assert version.in_force_at == moment + HOUR


def test_the_page_says_what_is_in_the_way(stuck, mark, signed_in):
    agreements.take_effect(at=stuck.takes_effect_at)
    page = signed_in(mark).get(f"/agreement/versions/{stuck.pk}/").text
    assert "and could not" in page
    assert "2 leads stand in" in page


# The schedule


def test_the_schedule_asks_the_databases_clock(draft, mark, lena, maya, monday, monkeypatch):
    """Both signed long ago, for a day that is long ago: the worker's clock is not asked."""
    version = sign(later(draft, maya, monday), mark, lena, at=monday + 3 * HOUR)
    monkeypatch.setattr("scoring.tasks.nudge", lambda task: None)
    monkeypatch.setattr("django.utils.timezone.now", lambda: monday)
    tasks.keep_agreement()
    version.refresh_from_db()
    assert version.status == Status.IN_FORCE
    assert version.in_force_at.year >= 2026
    assert version.in_force_at > version.takes_effect_at


def test_the_schedule_reminds_by_the_databases_clock(proposal):
    tasks.keep_agreement()
    assert len(told("agreement.reminder")) == 1
    tasks.keep_agreement()
    assert len(told("agreement.reminder")) == 1


# Proposing with what is predicted


def test_the_prediction_is_frozen_with_the_proposal(draft, maya, signed_in):
    propose_by_page(signed_in(maya), draft)
    draft.refresh_from_db()
    assert draft.status == Status.PROPOSED
    assert {"gained", "lost", "at"} <= draft.predicted.keys()


def test_a_text_edited_while_it_was_counted_is_not_proposed(draft, maya, monday):
    seen = draft.sha256
    change_answer_clock(draft, 90, by=maya, at=monday + 2 * HOUR)
    refusal = refusal_of(
        agreements.propose, draft, by=maya, at=monday + 3 * HOUR, sha256=seen, predicted={}
    )
    assert (refusal.code, refusal.status) == ("edited_meanwhile", 409)


def propose_by_page(client, version, **more):
    """With the form that the page of the draft has."""
    path = f"/agreement/versions/{version.pk}/proposal/"
    return client.post(path, form_of(client.get("/agreement/draft/").text, path) | more)


@pytest.mark.parametrize("sha256", ["", "0" * 64])
def test_one_proposes_what_one_read(draft, maya, signed_in, monkeypatch, sha256):
    counted = []
    monkeypatch.setattr("feedback.predictions.predict", lambda *_, **__: counted.append(1))
    response = propose_by_page(signed_in(maya), draft, sha256=sha256)
    assert response.status_code == 409
    assert "after you opened this page" in response.text
    draft.refresh_from_db()
    assert (draft.status, counted) == (Status.DRAFT, [])


def test_what_is_said_twice_is_shown_and_keeps_nobody_from_proposing(draft, maya, signed_in):
    score = deepcopy(draft.body["score"])
    score["rules"].append(score["rules"][0] | {"key": "again", "label": "Once more"})
    edit = {"section": "score", "value": score, "by": maya, "at": timezone.now()}
    draft = agreements.edit(draft, **edit, expected_sha256=draft.sha256).version
    client = signed_in(maya)
    page = client.get("/agreement/draft/").text
    assert "Worth a second look" in page
    assert "and “Once more” give points for the same" in page
    assert propose_by_page(client, draft).status_code == 302


# While somebody has not saved


def types(version, by, section="clocks"):
    """This person has input in a section that is not saved."""
    given = {"at": timezone.now(), "input": "clocks-0-minutes=9", "sha256": version.sha256}
    agreements.locks.keep(version, section, by=by, **given)


def test_who_proposes_is_asked_about_what_others_have_not_saved(
    draft, maya, sam, signed_in, monkeypatch
):
    counted = []
    monkeypatch.setattr("feedback.predictions.predict", lambda *_, **__: counted.append(1))
    types(draft, sam)
    client, path = signed_in(maya), f"/agreement/versions/{draft.pk}/proposal/"
    page = propose_by_page(client, draft)
    assert page.status_code == 409
    assert f"{sam} has input in the draft that is not saved yet." in page.text
    assert 'href="/agreement/draft/clocks/"' in page.text
    assert "Propose all the same" in page.text
    assert counted == []
    asked = form_of(page.text, path)
    types(draft, maya, "goals")  # Somebody else since the question: it is asked again.
    page = client.post(path, asked)
    assert page.status_code == 409
    assert f"{sam} and {maya} have input" in page.text
    assert client.post(path, form_of(page.text, path)).status_code == 302
    draft.refresh_from_db()
    assert (draft.status, counted) == (Status.PROPOSED, [1])
    assert len(agreements.locks.unsaved(draft)) == 2


def test_who_signs_is_asked_too_and_the_reservation_goes_on(proposal, lena, sam, signed_in):
    types(proposal, sam)
    client, path = signed_in(lena), f"/agreement/versions/{proposal.pk}/signature/"
    given = {"sha256": proposal.sha256, "side": "sales", "reservation": "Not on “Fridays”."}
    page = client.post(path, given)
    assert page.status_code == 409
    assert "Sign all the same" in page.text
    assert not proposal.signatures.exists()
    assert client.post(path, form_of(page.text, path)).status_code == 302
    assert proposal.signatures.get().reservation == "Not on “Fridays”."


def test_a_signature_signs_the_prediction_too_it_cannot_change_any_more(agreed):
    with pytest.raises(DatabaseError), transaction.atomic():
        AgreementVersion.objects.filter(pk=agreed.pk).update(predicted={})


# Many at once


def at_once(*calls):
    """Each call in a thread of its own, all in the same moment; what each returned or refused."""
    barrier = Barrier(len(calls))

    def one(call):
        try:
            barrier.wait(10)
            return call()
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


@pytest.fixture
def house(marketing, sales, monday):
    mark = person("Mark Reuter", team=marketing, leads_team=True)
    lena = person("Lena Fuchs", team=sales, leads_team=True)
    agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday)
    draft = agreements.open_draft(by=mark, at=monday)
    draft = change_answer_clock(draft, 60, by=mark, at=monday).version
    return mark, lena, draft


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_signature_and_an_edit_at_once_never_sign_what_was_not_read(house, monday):
    mark, lena, draft = house
    for minutes in range(100, 106):
        version = agreements.propose(draft, by=mark, at=monday)
        read = version.sha256
        signed, _edited = at_once(
            lambda v=version: agreements.sign(v, by=lena, at=monday, sha256=v.sha256).status,
            lambda v=version, m=minutes: change_answer_clock(v, m, by=mark, at=monday).changed,
        )
        assert signed in (Status.PROPOSED, "not_proposed", "altered")
        draft = AgreementVersion.objects.get(pk=version.pk)
        assert draft.status == Status.DRAFT
        assert agreements.counting(draft) == []
        assert set(draft.signatures.filter(proposal=draft.proposals).values_list("sha256")) <= {
            (read,)
        }


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_an_objection_and_a_signature_of_one_side_at_once_the_signature_stands(house, monday):
    mark, lena, draft = house
    version = agreements.propose(draft, by=mark, at=monday)
    second = person("Lotte Fuchs", team=lena.team, leads_team=True)
    results = at_once(
        lambda: agreements.sign(version, by=lena, at=monday, sha256=version.sha256).status,
        lambda: str(object_to(version, second, monday).side),
    )
    assert results[0] == Status.PROPOSED
    assert results[1] in ("sales", "already_signed")
    assert objections.standing(version) == []


def waiting(house, monday):
    mark, lena, draft = house
    draft = say_effect(draft, by=mark, at=monday, starts="2026-03-09T08:00")
    version = agreements.propose(draft, by=mark, at=monday)
    return sign(version, mark, lena, at=monday)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_ten_workers_bring_a_version_into_force_once(house, monday):
    version = waiting(house, monday)
    moment = version.takes_effect_at
    results = at_once(*[lambda: agreements.take_effect(at=moment)] * 10)
    assert len([each for each in results if each is not None]) == 1
    assert AgreementVersion.objects.in_force().get() == version
    assert len(told("agreement.in_force")) == 2
    assert RescoreRun.objects.filter(version=version).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_two_workers_both_bring_it_into_force(house, monday, monkeypatch):
    """Shows the race that the lock in `agreements.take_effect` prevents."""
    version = waiting(house, monday)
    both_have_looked = Barrier(2)

    def look_and_wait(found):
        seen = AgreementVersion.objects.get(pk=found.pk)
        both_have_looked.wait(10)
        return seen

    monkeypatch.setattr(drafts, "locked", look_and_wait)
    monkeypatch.setattr(effects, "bring_into_force", lambda v, *, at: None)
    moment = version.takes_effect_at
    results = at_once(*[lambda: agreements.take_effect(at=moment)] * 2)
    assert results == [version, version]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_a_withdrawal_and_taking_effect_at_once_one_happens(house, monday):
    mark, lena, _draft = house
    version = waiting(house, monday)
    took, withdrew = at_once(
        lambda: agreements.take_effect(at=version.takes_effect_at),
        lambda: agreements.withdraw(version, by=lena, at=monday).status,
    )
    version.refresh_from_db()
    if version.status == Status.IN_FORCE:
        assert (took, withdrew) == (version, "settled")
    else:
        assert (version.status, took, withdrew) == (Status.WITHDRAWN, None, Status.WITHDRAWN)
    assert AgreementVersion.objects.in_force().count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_ten_workers_remind_once(house, monday):
    mark, _lena, draft = house
    version = agreements.propose(draft, by=mark, at=monday)
    moment = version.proposed_at + 3 * DAY
    results = at_once(*[lambda: agreements.remind(at=moment)] * 10)
    assert sorted(map(len, results)) == [0] * 9 + [2]
    assert len(told("agreement.reminder")) == 1
