"""The agreement: drafted, edited, proposed, signed by both sides, and then it runs."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction

from leads import fields
from leads.models import Attribute, Event, Lead, Team
from leads.refusals import Refused
from scoring import agreements, documents, stages
from scoring.agreements import drafts
from scoring.models import (
    AgreementVersion,
    FieldUse,
    Reason,
    RescoreRun,
    Signature,
    Stage,
    StageEntry,
)
from scoring.shapes import classic, sales_ready, three_steps
from tests.conftest import person

Status = AgreementVersion.Status
HOUR = timedelta(hours=1)


@pytest.fixture
def in_force(mark, lena, monday):
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday)


@pytest.fixture
def draft(in_force, maya, monday):
    return agreements.open_draft(by=maya, at=monday + HOUR)


@pytest.fixture
def proposal(draft, maya, monday):
    draft = change_answer_clock(draft, 180, by=maya, at=monday + 2 * HOUR).version
    return agreements.propose(draft, by=maya, at=monday + 3 * HOUR)


def change_answer_clock(version, minutes, *, by, at, expected=None):
    clocks = deepcopy(version.body["clocks"])
    clocks[0]["minutes"] = minutes
    return agreements.edit(
        version,
        section="clocks",
        value=clocks,
        by=by,
        at=at,
        expected_sha256=expected or version.sha256,
    )


def told(kind):
    return list(Event.objects.filter(kind=kind).order_by("pk"))


def place(stage_key, version, at, count=1):
    """Leads that stand in a stage."""
    leads = [Lead.objects.create(created_at=at) for _ in range(count)]
    for lead in leads:
        stages.enter(lead, stage_key, cause=StageEntry.Cause.CRITERIA, at=at, version=version)
    return leads


def refusal_of(call, *args, **kwargs):
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    return refused.value


# Reading and opening


def test_the_hash_does_not_depend_on_the_order_of_names():
    body = classic()
    turned = dict(reversed(body.items()))
    assert documents.digest(turned) == documents.digest(body)
    assert documents.digest(body | {"title": "Other"}) != documents.digest(body)


def test_a_draft_starts_from_what_is_in_force(draft, in_force, maya):
    assert (draft.number, draft.status, draft.base) == (2, Status.DRAFT, in_force)
    assert draft.body == in_force.body
    assert [event.data for event in told("agreement.drafted")][-1] == {"version": draft.pk}


def test_without_an_agreement_a_draft_needs_a_template(maya, monday):
    assert refusal_of(agreements.open_draft, by=maya, at=monday).code == "no_text"
    draft = agreements.open_draft(by=maya, at=monday, body=three_steps())
    assert documents.text(draft.body["title"]) == "Three steps"


def test_only_one_version_is_open_at_a_time(draft, sam, monday):
    refusal = refusal_of(agreements.open_draft, by=sam, at=monday)
    assert (refusal.code, refusal.status) == ("draft_open", 409)
    assert "Maya Lindner" in refusal.message
    assert AgreementVersion.objects.unsettled().count() == 1


def test_a_second_open_version_is_refused_by_the_database_too(draft, in_force, monday):
    with pytest.raises(DatabaseError), transaction.atomic():
        AgreementVersion.objects.create(
            number=99, body={}, sha256="", created_at=monday, edited_at=monday
        )


@pytest.mark.parametrize("who", ["olu", "ada", "nina"])
def test_only_marketing_and_sales_write_the_agreement(who, request, in_force, monday):
    user = request.getfixturevalue(who)
    assert refusal_of(agreements.open_draft, by=user, at=monday).code == "may_not_edit"
    assert agreements.unsettled() is None


def test_a_text_that_is_no_agreement_is_not_taken_as_a_draft(maya, monday):
    refusal = refusal_of(agreements.open_draft, by=maya, at=monday, body={"stages": []})
    assert refusal.code == "not_an_agreement"
    assert not AgreementVersion.objects.exists()


# Editing


def test_both_teams_edit_the_same_draft(draft, maya, sam, monday):
    first = change_answer_clock(draft, 300, by=maya, at=monday + 2 * HOUR)
    second = change_answer_clock(first.version, 200, by=sam, at=monday + 3 * HOUR)
    assert second.changed
    draft.refresh_from_db()
    assert documents.minutes(draft.body, "answer") == 200
    assert draft.sha256 == documents.digest(draft.body)
    assert (draft.edited_by, draft.edited_at) == (sam, monday + 3 * HOUR)
    assert [event.actor for event in told("agreement.edited")] == [maya, sam]


def test_an_edit_of_a_text_changed_meanwhile_is_refused(draft, maya, sam, monday):
    seen = draft.sha256
    change_answer_clock(draft, 300, by=maya, at=monday + 2 * HOUR)
    refusal = refusal_of(
        change_answer_clock, draft, 200, by=sam, at=monday + 3 * HOUR, expected=seen
    )
    assert (refusal.code, refusal.status) == ("edited_meanwhile", 409)
    assert "Maya Lindner" in refusal.message
    draft.refresh_from_db()
    assert documents.minutes(draft.body, "answer") == 300


def test_saving_the_same_text_changes_nothing(proposal, mark, maya, monday):
    agreements.sign(proposal, by=mark, at=monday + 4 * HOUR, sha256=proposal.sha256)
    edit = change_answer_clock(proposal, 180, by=maya, at=monday + 5 * HOUR)
    proposal.refresh_from_db()
    assert not edit.changed
    assert proposal.status == Status.PROPOSED
    assert len(agreements.counting(proposal)) == 1


def test_editing_a_proposal_lapses_its_signatures(proposal, mark, maya, monday):
    agreements.sign(proposal, by=mark, at=monday + 4 * HOUR, sha256=proposal.sha256)
    edit = change_answer_clock(proposal, 120, by=maya, at=monday + 5 * HOUR)
    assert [signature.user for signature in edit.lapsed] == [mark]
    assert edit.version.status == Status.DRAFT
    assert agreements.counting(edit.version) == []
    assert told("agreement.edited")[-1].data["lapsed"] == ["marketing"]
    assert Signature.objects.filter(version=proposal).count() == 1


def test_a_lapsed_signature_does_not_come_back_with_the_old_text(
    proposal, mark, lena, maya, monday
):
    agreements.sign(proposal, by=mark, at=monday + 4 * HOUR, sha256=proposal.sha256)
    version = change_answer_clock(proposal, 120, by=maya, at=monday + 5 * HOUR).version
    version = change_answer_clock(version, 180, by=maya, at=monday + 6 * HOUR).version
    version = agreements.propose(version, by=maya, at=monday + 7 * HOUR)
    assert version.sha256 == proposal.sha256
    assert agreements.counting(version) == []
    version = agreements.sign(version, by=lena, at=monday + 8 * HOUR, sha256=version.sha256)
    assert version.status == Status.PROPOSED
    version = agreements.sign(version, by=mark, at=monday + 9 * HOUR, sha256=version.sha256)
    assert version.status == Status.IN_FORCE


def test_a_version_in_force_cannot_be_edited(in_force, maya, monday):
    refusal = refusal_of(change_answer_clock, in_force, 5, by=maya, at=monday)
    assert (refusal.code, refusal.status) == ("settled", 409)
    assert "in force" in refusal.message
    assert "draft" in refusal.remedy


def test_an_edit_that_could_not_run_is_refused_with_its_place(draft, maya, monday):
    refusal = refusal_of(change_answer_clock, draft, 1_000_000, by=maya, at=monday)
    assert (refusal.code, refusal.field) == ("cannot_run", "clocks.answer.minutes")
    draft.refresh_from_db()
    assert documents.minutes(draft.body, "answer") == 240


def test_an_unknown_section_is_refused(draft, maya, monday):
    edit = {
        "section": "weather",
        "value": 1,
        "by": maya,
        "at": monday,
        "expected_sha256": draft.sha256,
    }
    assert refusal_of(agreements.edit, draft, **edit).code == "unknown_section"


# Proposing and withdrawing


def test_a_proposal_waits_for_both_signatures(proposal, maya):
    assert (proposal.status, proposal.proposed_by) == (Status.PROPOSED, maya)
    assert told("agreement.proposed")[-1].data == {"version": proposal.pk}
    assert agreements.in_force().number == 1


def test_proposing_twice_is_refused(proposal, sam, monday):
    refusal = refusal_of(agreements.propose, proposal, by=sam, at=monday)
    assert (refusal.code, refusal.status) == ("already_proposed", 409)
    assert "Maya Lindner" in refusal.message


def test_a_draft_that_changes_nothing_is_not_proposed(draft, maya, monday):
    assert refusal_of(agreements.propose, draft, by=maya, at=monday).code == "nothing_changed"


def test_a_draft_that_takes_away_a_stage_with_leads_is_not_proposed(draft, in_force, maya, monday):
    place("nurture", in_force, monday, count=3)
    place("sql", in_force, monday)
    body = three_steps()
    draft.body, draft.sha256 = body, documents.digest(body)
    draft.save()
    refusal = refusal_of(agreements.propose, draft, by=maya, at=monday)
    assert (refusal.code, refusal.status) == ("stage_in_use", 409)
    assert "3 leads stand in “Nurture”" in refusal.message
    assert "1 lead stands in “SQL”" in refusal.message
    assert "Won" in refusal.message  # on their way there
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT


def test_a_stage_without_leads_may_go(in_force, draft, maya, mark, lena, monday):
    place("inquiry", in_force, monday)
    without = [stage for stage in draft.body["stages"] if stage["key"] != "out"]
    for stage in without:
        stage["next"] = [key for key in stage["next"] if key != "out"]
    reasons = [reason for reason in draft.body["reasons"] if reason["then"] == "nurture"]
    for section, value in (("stages", without), ("reasons", reasons)):
        edit = {"section": section, "value": value, "by": maya, "at": monday}
        draft = agreements.edit(draft, **edit, expected_sha256=draft.sha256).version
    version = agreements.propose(draft, by=maya, at=monday)
    for signatory in (mark, lena):
        version = agreements.sign(version, by=signatory, at=monday, sha256=version.sha256)
    assert version.status == Status.IN_FORCE
    assert Stage.objects.get(key="out").retired
    assert Reason.objects.get(key="competitor").retired
    assert not Stage.objects.get(key="mql").retired


def test_a_stage_whose_kind_changes_counts_as_taken_away(draft, in_force, monday):
    place("nurture", in_force, monday)
    body = deepcopy(draft.body)
    documents.item(body["stages"], "nurture")["kind"] = "disqualified"
    assert [str(each) for each in agreements.stranded(body)] == [
        "1 lead stands in “Nurture”, which this version takes away."
    ]
    assert agreements.stranded(draft.body) == []


def test_leads_are_counted_only_where_a_text_takes_a_stage_away(
    draft, in_force, monday, django_assert_num_queries
):
    """The desk asks every few seconds, and there may be a hundred thousand leads."""
    place("nurture", in_force, monday)
    with django_assert_num_queries(1):
        assert agreements.stranded(draft.body) == []


def test_who_wrote_a_draft_or_signs_may_withdraw_it(draft, sam, maya, monday):
    refusal = refusal_of(agreements.withdraw, draft, by=sam, at=monday)
    assert (refusal.code, refusal.status) == ("not_yours", 403)
    assert agreements.withdraw(draft, by=maya, at=monday).status == Status.WITHDRAWN
    assert told("agreement.withdrawn")[-1].actor == maya
    assert refusal_of(agreements.withdraw, draft, by=maya, at=monday).code == "settled"
    assert agreements.open_draft(by=sam, at=monday).number == 3


# Signing


def test_one_signature_is_not_enough(proposal, mark, monday):
    version = agreements.sign(proposal, by=mark, at=monday, sha256=proposal.sha256)
    assert version.status == Status.PROPOSED
    [signature] = agreements.counting(version)
    assert (signature.user, signature.side, signature.sha256) == (mark, "marketing", version.sha256)
    data = {"version": version.pk, "side": "marketing", "signature": signature.pk}
    assert told("agreement.signed")[-1].data == data


def test_with_both_signatures_it_is_in_force_at_once(proposal, in_force, mark, lena, monday):
    at = monday + 6 * HOUR
    agreements.sign(proposal, by=lena, at=monday + 5 * HOUR, sha256=proposal.sha256)
    version = agreements.sign(proposal, by=mark, at=at, sha256=proposal.sha256)
    in_force.refresh_from_db()
    assert (version.status, version.in_force_at) == (Status.IN_FORCE, at)
    assert (in_force.status, in_force.superseded_at) == (Status.SUPERSEDED, at)
    assert agreements.in_force() == version
    assert RescoreRun.objects.get(version=version).started_at == at
    assert told("agreement.in_force")[-1].data == {"version": version.pk, "supersedes": in_force.pk}


def test_stages_and_reasons_are_projected_in_the_order_of_the_text(in_force):
    keys = [stage["key"] for stage in in_force.body["stages"]]
    assert list(Stage.objects.filter(retired=False).values_list("key", flat=True)) == keys
    assert Stage.objects.get(key="nurture").name == "Nurture"
    reasons = [reason["key"] for reason in in_force.body["reasons"]]
    assert list(Reason.objects.filter(retired=False).values_list("key", flat=True)) == reasons


def test_nobody_is_moved_when_a_version_comes_into_force(proposal, in_force, mark, lena, monday):
    [lead] = place("sal", in_force, monday)
    for signatory in (mark, lena):
        agreements.sign(proposal, by=signatory, at=monday + HOUR, sha256=proposal.sha256)
    standing = stages.standing(lead)
    assert (standing.stage.key, standing.entry.version) == ("sal", in_force)
    assert StageEntry.objects.filter(lead=lead).count() == 1


@pytest.mark.parametrize(
    ("who", "side", "code"),
    [
        ("mark", "sales", "other_side"),
        ("lena", "marketing", "other_side"),
        ("maya", "marketing", "signs_for_nobody"),
        ("olu", "sales", "signs_for_nobody"),
        ("ada", "sales", "signs_for_nobody"),
    ],
)
def test_nobody_signs_for_the_other_side(who, side, code, request, proposal, monday):
    user = request.getfixturevalue(who)
    signing = {"by": user, "at": monday, "sha256": proposal.sha256, "side": side}
    refusal = refusal_of(agreements.sign, proposal, **signing)
    assert (refusal.code, refusal.status) == (code, 403)
    assert not proposal.signatures.exists()


def test_an_operations_lead_signs_for_nobody(proposal, operations, monday):
    lead = person("Omar Ops", team=operations, leads_team=True)
    refusal = refusal_of(agreements.sign, proposal, by=lead, at=monday, sha256=proposal.sha256)
    assert refusal.code == "signs_for_nobody"


def test_signing_twice_is_refused(proposal, mark, monday):
    agreements.sign(proposal, by=mark, at=monday, sha256=proposal.sha256)
    refusal = refusal_of(agreements.sign, proposal, by=mark, at=monday, sha256=proposal.sha256)
    assert (refusal.code, refusal.message) == (
        "already_signed",
        "You have already signed this text.",
    )
    assert proposal.signatures.count() == 1


def test_a_colleague_of_the_same_side_need_not_sign_again(proposal, mark, marketing, monday):
    second = person("Mia Vogel", team=marketing, leads_team=True)
    agreements.sign(proposal, by=mark, at=monday, sha256=proposal.sha256)
    refusal = refusal_of(agreements.sign, proposal, by=second, at=monday, sha256=proposal.sha256)
    assert refusal.message == "Mark Reuter has already signed for Marketing."


def test_a_text_altered_since_it_was_read_is_not_signed(proposal, lena, maya, monday):
    read = proposal.sha256
    version = change_answer_clock(proposal, 60, by=maya, at=monday).version
    agreements.propose(version, by=maya, at=monday)
    refusal = refusal_of(agreements.sign, proposal, by=lena, at=monday, sha256=read)
    assert (refusal.code, refusal.status) == ("altered", 409)
    assert "Maya Lindner changed Version 2" in refusal.message
    assert not proposal.signatures.exists()


def test_a_text_altered_in_the_database_is_not_signed(draft, maya, lena, monday):
    altered = draft.body | {"title": "Altered"}
    AgreementVersion.objects.filter(pk=draft.pk).update(body=altered)
    version = agreements.propose(draft, by=maya, at=monday)
    refusal = refusal_of(agreements.sign, version, by=lena, at=monday, sha256=version.sha256)
    assert refusal.code == "text_and_hash_differ"


def test_a_draft_is_not_signed_before_it_is_proposed(draft, mark, monday):
    refusal = refusal_of(agreements.sign, draft, by=mark, at=monday, sha256=draft.sha256)
    assert (refusal.code, refusal.status) == ("not_proposed", 409)


def test_a_version_in_force_is_not_signed_again(in_force, mark, monday):
    refusal = refusal_of(agreements.sign, in_force, by=mark, at=monday, sha256=in_force.sha256)
    assert refusal.code == "settled"


def test_leads_that_came_to_a_stage_after_the_proposal_hold_up_the_last_signature(
    draft, in_force, maya, mark, lena, monday
):
    body = sales_ready()
    draft.body, draft.sha256 = body, documents.digest(body)
    draft.save()
    version = agreements.propose(draft, by=maya, at=monday)
    agreements.sign(version, by=mark, at=monday, sha256=version.sha256)
    place("inquiry", in_force, monday)
    refusal = refusal_of(agreements.sign, version, by=lena, at=monday, sha256=version.sha256)
    assert refusal.code == "stage_in_use"
    assert agreements.in_force() == in_force
    assert [signature.user for signature in agreements.counting(version)] == [mark]


# Fields in use


def test_fields_a_checklist_collects_are_registered_and_kept(in_force, mark, lena, maya, monday):
    attribute = Attribute.objects.get(key="time_frame")
    assert (attribute.label, attribute.in_use) == ("Time frame", True)
    assert FieldUse.objects.filter(version=in_force, attribute=attribute).exists()
    assert refusal_of(fields.remove, attribute).code == "field_in_use"
    body = deepcopy(in_force.body)
    body["checklists"]["qualification"] = []
    agreements.install(body, by_marketing=mark, by_sales=lena, at=monday + HOUR)
    attribute.refresh_from_db()
    assert not attribute.in_use
    fields.remove(attribute)


# What the database keeps


@pytest.mark.parametrize(
    "change",
    [{"body": {}}, {"sha256": "0" * 64}, {"status": "draft"}, {"in_force_at": None}],
)
def test_the_database_keeps_a_signed_version_as_it_was_signed(in_force, change):
    with pytest.raises(DatabaseError), transaction.atomic():
        AgreementVersion.objects.filter(pk=in_force.pk).update(**change)
    in_force.refresh_from_db()
    assert documents.digest(in_force.body) == in_force.sha256


def test_the_database_keeps_a_superseded_version_too(proposal, in_force, mark, lena, monday):
    for signatory in (mark, lena):
        agreements.sign(proposal, by=signatory, at=monday, sha256=proposal.sha256)
    with pytest.raises(DatabaseError), transaction.atomic():
        AgreementVersion.objects.filter(pk=in_force.pk).update(body={})
    with pytest.raises(DatabaseError), transaction.atomic():
        AgreementVersion.objects.filter(pk=in_force.pk).update(status="withdrawn")


def test_the_database_keeps_signatures(in_force):
    with pytest.raises(DatabaseError), transaction.atomic():
        in_force.signatures.update(side="sales")


@pytest.mark.postgres
def test_a_signed_version_cannot_be_deleted(in_force):
    rows = AgreementVersion.objects.filter(pk=in_force.pk)
    with pytest.raises(DatabaseError, match="cannot be changed"), transaction.atomic():
        rows._raw_delete(rows.db)


# Many at once


def sign_at_once(version, signatories, at):
    """Everybody signs in the same moment; what each of them got."""
    barrier = Barrier(len(signatories))

    def one(user):
        try:
            barrier.wait()
            return agreements.sign(version, by=user, at=at, sha256=version.sha256).status
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(signatories)) as pool:
        return list(pool.map(one, signatories))


@pytest.fixture
def twenty(marketing, sales):
    return [
        person(f"{side.name}{number} Signs", team=side, leads_team=True)
        for number in range(10)
        for side in (marketing, sales)
    ]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_signatures_at_once_bring_one_version_into_force(twenty, monday):
    maya, lena = twenty[0], twenty[1]
    first = agreements.install(classic(), by_marketing=maya, by_sales=lena, at=monday)
    draft = agreements.open_draft(by=maya, at=monday)
    draft = change_answer_clock(draft, 60, by=maya, at=monday).version
    version = agreements.propose(draft, by=maya, at=monday)
    results = sign_at_once(version, twenty, monday + HOUR)
    version.refresh_from_db()
    assert version.status == Status.IN_FORCE
    assert AgreementVersion.objects.in_force().count() == 1
    assert sorted(version.signatures.values_list("side", flat=True)) == ["marketing", "sales"]
    assert (results.count(Status.IN_FORCE), results.count(Status.PROPOSED)) == (1, 1)
    assert set(results) <= {Status.IN_FORCE, Status.PROPOSED, "already_signed", "settled"}
    assert Event.objects.filter(kind="agreement.in_force").count() == 2
    assert RescoreRun.objects.filter(version=version).count() == 1
    first.refresh_from_db()
    assert first.status == Status.SUPERSEDED


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_two_signatures_at_once_are_both_taken_for_the_first(
    marketing, sales, monday, monkeypatch
):
    """Shows the race that the lock in `agreements.sign` prevents: neither sees the other."""
    mark = person("Mark Reuter", team=marketing, leads_team=True)
    lena = person("Lena Fuchs", team=sales, leads_team=True)
    draft = agreements.open_draft(by=mark, at=monday, body=classic())
    version = agreements.propose(draft, by=mark, at=monday)
    both_have_looked = Barrier(2)
    counting = drafts.counting

    def look_and_wait(version):
        found = counting(version)
        both_have_looked.wait(5)
        return found

    monkeypatch.setattr(drafts, "locked", lambda v: AgreementVersion.objects.get(pk=v.pk))
    monkeypatch.setattr(drafts, "counting", look_and_wait)
    assert sign_at_once(version, [mark, lena], monday) == [Status.PROPOSED, Status.PROPOSED]
    version.refresh_from_db()
    assert version.status == Status.PROPOSED
    assert version.signatures.count() == 2


def test_signing_for_a_team_follows_the_team(proposal, mark, sales, monday):
    """Who has changed sides signs for the new one."""
    mark.team = Team.objects.get(pk=sales.pk)
    mark.save()
    version = agreements.sign(proposal, by=mark, at=monday, sha256=proposal.sha256)
    assert [signature.side for signature in agreements.counting(version)] == ["sales"]
