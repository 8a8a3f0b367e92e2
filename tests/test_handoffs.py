"""Sales answers what marketing hands over; both see every step."""

from datetime import date, timedelta

import pytest

from feedback import clocks, contacts, handoffs, qualifications
from feedback.models import ChecklistAnswer, Handoff, HandoffEvent, Opportunity
from leads.models import Event, Lead, Touch, User
from leads.refusals import Refused
from scoring import shapes, stages
from scoring.models import StageEntry
from tests.factories import (
    MONDAY,
    AgreementVersionFactory,
    HandoffFactory,
    TeamFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ALL = {"meets_criteria", "can_talk", "could_buy"}
ANSWERS = {
    "buying_cycle": "yes",
    "influence": "decides alone",
    "time_frame": "before the summer",
    "size_known": "40 seats",
    "next_step": "demo on Friday",
}


def accepted(by, *, at=MONDAY + HOUR, **facts) -> Handoff:
    return handoffs.accept(HandoffFactory(**facts), by=by, at=at, confirmed=ALL)


def returned(handoff, by, *, at=MONDAY + HOUR, **said) -> Handoff:
    said = {"reason": "no_budget", "text": "Nothing left this year."} | said
    return handoffs.give_back(handoff, by=by, at=at, **said)


def kinds(handoff) -> list[str]:
    return [step.kind for step in handoff.steps.all()]


def events_of(handoff) -> list[str]:
    about = Event.objects.filter(data__handoff=handoff.pk)
    return list(about.order_by("pk").values_list("kind", flat=True))


def stage_of(lead) -> str:
    return stages.standing(lead).stage.key


# Accepting


def test_accepting_makes_the_rep_owner_and_starts_the_first_contact_clock(sam):
    handoff = accepted(sam)
    assert (handoff.answer, handoff.answered_by, handoff.owner) == ("accepted", sam, sam)
    assert handoff.answer_seconds == 3600
    assert (handoff.clock, handoff.term_minutes) == ("first_contact", 480)
    assert Lead.objects.get(pk=handoff.lead_id).owner == sam
    assert stage_of(handoff.lead) == "sal"
    assert kinds(handoff)[-3:] == ["clock_met", "accepted", "clock_started"]
    assert "handoff.accepted" in events_of(handoff)


def test_accepting_keeps_who_confirmed_which_item_and_the_next_step(sam):
    handoff = handoffs.accept(
        HandoffFactory(), by=sam, at=MONDAY, confirmed=ALL, next_step="I call on Tuesday."
    )
    confirmed = ChecklistAnswer.objects.filter(handoff=handoff, checklist="acceptance", by=sam)
    assert set(confirmed.values_list("item", flat=True)) == ALL
    step = handoff.steps.get(kind="accepted")
    assert step.note.text == "I call on Tuesday."
    assert Event.objects.get(kind="handoff.accepted").note == step.note


def test_accepting_without_the_whole_checklist_names_what_is_missing(sam):
    handoff = HandoffFactory()
    with pytest.raises(Refused) as refused:
        handoffs.accept(handoff, by=sam, at=MONDAY, confirmed={"meets_criteria"})
    assert refused.value.code == "checklist_incomplete"
    assert "A conversation can be started" in refused.value.message
    assert "Could plausibly do business" in refused.value.message
    handoff.refresh_from_db()
    assert handoff.answer == ""
    assert "accepted" not in kinds(handoff)


def test_a_colleague_who_is_second_is_told_who_has_it_and_since_when(sam, tom):
    handoff = accepted(tom, at=MONDAY + timedelta(minutes=42))
    with pytest.raises(Refused) as refused:
        handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL)
    assert refused.value.message == "Tom Albrecht accepted this lead at 09:42."
    assert (refused.value.code, refused.value.status) == ("already_answered", 409)
    assert Handoff.objects.get(pk=handoff.pk).owner == tom
    with pytest.raises(Refused, match="You accepted this lead at 09:42"):
        handoffs.accept(handoff, by=tom, at=MONDAY + HOUR, confirmed=ALL)


def test_the_day_is_named_when_the_answer_was_not_today(sam, tom):
    handoff = accepted(tom)
    with pytest.raises(Refused, match="accepted this lead on 2 Mar 2026 at 10:00"):
        handoffs.accept(handoff, by=sam, at=MONDAY + timedelta(days=2), confirmed=ALL)


def test_who_may_not_see_a_handoff_is_told_that_there_is_none(nina, sam):
    handoff = HandoffFactory()
    stranger = UserFactory(team=TeamFactory(name="Other sales"))
    for user in (nina, stranger):
        with pytest.raises(Refused) as refused:
            handoffs.accept(handoff, by=user, at=MONDAY, confirmed=ALL)
        assert (refused.value.code, refused.value.status) == ("not_found", 404)
    assert handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL).owner == sam


def test_only_the_pools_team_accepts(maya, mark, olu, lena):
    handoff = HandoffFactory()
    for user in (maya, mark, olu):
        with pytest.raises(Refused) as refused:
            handoffs.accept(handoff, by=user, at=MONDAY, confirmed=ALL)
        assert (refused.value.code, refused.value.status) == ("not_yours", 403)
    assert handoffs.accept(handoff, by=lena, at=MONDAY, confirmed=ALL).owner == lena


def test_what_waits_for_room_cannot_be_accepted_yet(sam):
    with pytest.raises(Refused) as refused:
        handoffs.accept(HandoffFactory(waiting=True), by=sam, at=MONDAY, confirmed=ALL)
    assert refused.value.code == "not_offered"


# Returning


def test_a_return_at_the_door_rests_the_lead_in_nurture(sam):
    handoff = returned(HandoffFactory(), sam, disputed="bar")
    assert (handoff.answer, handoff.outcome, handoff.reason.key) == ("returned", "", "no_budget")
    assert (handoff.closed_at, handoff.disputed) == (MONDAY + HOUR, "bar")
    standing = stages.standing(handoff.lead)
    assert standing.stage.key == "nurture"
    assert standing.rests_until == MONDAY + HOUR + timedelta(days=60)
    assert standing.rested_since == MONDAY + HOUR
    assert kinds(handoff)[-3:] == ["clock_met", "returned", "clock_started"]
    said = Event.objects.get(kind="handoff.returned")
    assert said.note.text == "Nothing left this year."
    assert said.data["after_contact"] is False
    assert "Nothing" not in str(said.data)


def test_a_return_after_contact_is_told_apart(sam):
    handoff = accepted(sam)
    contacts.log(handoff, by=sam, at=MONDAY + 2 * HOUR, kind="call", outcome="reached")
    handoff = returned(handoff, sam, at=MONDAY + 3 * HOUR)
    assert (handoff.answer, handoff.outcome) == ("accepted", "returned")
    assert handoff.state == "returned_after_contact"
    assert handoff.answered_by == sam
    assert handoff.steps.get(kind="returned").data["after_contact"] is True
    assert stage_of(handoff.lead) == "nurture"


def test_after_contact_only_the_owner_or_a_manager_returns(sam, tom, lena):
    handoff = accepted(sam)
    with pytest.raises(Refused, match="Sam Okafor works on this lead") as refused:
        returned(handoff, tom)
    assert refused.value.status == 403
    assert returned(handoff, lena).outcome == "returned"


def test_a_manager_may_return_at_the_door_and_marketing_may_not(olu, maya, mark):
    for user in (maya, mark):
        with pytest.raises(Refused) as refused:
            returned(HandoffFactory(), user)
        assert refused.value.code == "not_yours"
    assert returned(HandoffFactory(), olu).answered_by == olu


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({"reason": "bad_karma"}, "unknown_reason", "reason"),
        ({"reason": ""}, "unknown_reason", "reason"),
        ({"text": "  "}, "text_missing", "text"),
        ({"disputed": "haircut"}, "unknown_criterion", "disputed"),
        ({"back_on": date(2026, 3, 2)}, "date_past", "back_on"),
        ({"back_on": date(2206, 4, 2)}, "date_far", "back_on"),
        ({"reason": "competitor", "back_on": date(2026, 6, 1)}, "no_way_back", "back_on"),
    ],
)
def test_a_return_is_refused_whole(sam, said, code, field):
    handoff = HandoffFactory()
    before = kinds(handoff)
    with pytest.raises(Refused) as refused:
        returned(handoff, sam, **said)
    assert (refused.value.code, refused.value.field) == (code, field)
    handoff.refresh_from_db()
    assert (handoff.answer, kinds(handoff), stage_of(handoff.lead)) == ("", before, "mql")


def test_an_unknown_reason_is_answered_with_those_of_the_agreement(sam):
    with pytest.raises(Refused) as refused:
        returned(HandoffFactory(), sam, reason="bad_karma")
    assert "bad_karma" in refused.value.message
    assert "No budget this year" in refused.value.remedy


def test_back_to_me_in_march_keeps_the_rep_as_owner_and_rests_until_then(sam):
    handoff = returned(HandoffFactory(), sam, back_on=date(2027, 3, 1))
    standing = stages.standing(handoff.lead)
    assert standing.rests_until.isoformat() == "2027-02-28T23:00:00+00:00"
    assert standing.rested_since is None, "Nothing new need happen: sales asked for that day."
    assert Lead.objects.get(pk=handoff.lead_id).owner == sam
    assert handoff.back_on == date(2027, 3, 1)


def test_a_reason_that_disqualifies_takes_the_lead_out(sam):
    assert stage_of(returned(HandoffFactory(), sam, reason="competitor").lead) == "out"


def test_an_agreement_without_nurture_returns_to_its_first_stage(sam):
    handoff = HandoffFactory(version=AgreementVersionFactory(body=shapes.three_steps()))
    handoff = returned(handoff, sam, reason="not_now")
    assert stage_of(handoff.lead) == "prospect"
    assert stages.standing(handoff.lead).rested_since == MONDAY + HOUR


def test_returning_twice_is_refused_with_who_was_first(sam, tom):
    handoff = returned(HandoffFactory(), tom)
    with pytest.raises(Refused, match="Tom Albrecht returned this lead at 10:00"):
        returned(handoff, sam)
    assert kinds(handoff).count("returned") == 1


# Withdrawing, assigning, talking


def recall(handoff: Handoff, by: User, *, at=MONDAY, reason="They are a customer.") -> Handoff:
    return handoffs.withdraw(handoff, by=by, at=at, cause="recalled", reason=reason)


def test_marketing_recalls_a_handoff_and_the_lead_waits_for_something_new(maya):
    handoff = recall(HandoffFactory(), maya, at=MONDAY + HOUR)
    assert (handoff.answer, handoff.closed_at) == ("withdrawn", MONDAY + HOUR)
    assert stage_of(handoff.lead) == "nurture"
    assert stages.standing(handoff.lead).entry.cause == StageEntry.Cause.WITHDRAWN
    assert "clock_met" not in kinds(handoff)


def test_a_rep_cannot_withdraw_and_nobody_withdraws_twice(sam, maya):
    handoff = HandoffFactory()
    with pytest.raises(Refused) as refused:
        recall(handoff, sam)
    assert refused.value.code == "not_yours"
    recall(handoff, maya)
    with pytest.raises(Refused, match="This lead was withdrawn at 09:00"):
        recall(handoff, maya)


def test_an_accepted_handoff_is_withdrawn_as_its_outcome(sam):
    handoff = handoffs.withdraw(accepted(sam), at=MONDAY + 2 * HOUR, cause="merged")
    assert (handoff.answer, handoff.outcome, handoff.answered_by) == ("accepted", "withdrawn", sam)


def test_a_rep_takes_a_lead_from_the_pool_and_the_clock_runs_on(sam, tom):
    handoff = HandoffFactory()
    due_at = handoff.due_at
    handoff = handoffs.assign(handoff, to=sam, by=sam, at=MONDAY + HOUR)
    assert (handoff.owner, handoff.due_at) == (sam, due_at)
    assert handoff.steps.get(kind="assigned").data["rule"] == "by_hand"
    with pytest.raises(Refused) as refused:
        handoffs.assign(handoff, to=tom, by=tom, at=MONDAY + HOUR)
    assert (refused.value.code, str(sam) in refused.value.message) == ("already_theirs", True)


def test_what_somebody_took_in_the_speed_lane_no_colleague_answers(sam, tom, lena):
    lane = handoffs.assign(HandoffFactory(speed_lane=True), to=sam, by=sam, at=MONDAY)
    for late in (
        lambda: handoffs.accept(lane, by=tom, at=MONDAY + HOUR, confirmed=ALL),
        lambda: returned(lane, tom),
    ):
        with pytest.raises(Refused) as refused:
            late()
        assert (refused.value.code, str(sam) in refused.value.message) == ("already_theirs", True)
    assert handoffs.accept(lane, by=lena, at=MONDAY + HOUR, confirmed=ALL).owner == lena


def test_what_nobody_took_in_the_speed_lane_the_first_to_accept_has(sam, tom):
    assert accepted(tom, speed_lane=True).owner == tom
    assert accepted(tom, speed_lane=True, owner=sam).owner == tom


def test_a_manager_transfers_an_accepted_lead_with_everything_on_it(sam, tom, lena, maya):
    handoff = accepted(sam)
    due_at = handoff.due_at
    handoff = handoffs.assign(handoff, to=tom, by=lena, at=MONDAY + 2 * HOUR)
    assert (handoff.owner, handoff.due_at) == (tom, due_at)
    assert Lead.objects.get(pk=handoff.lead_id).owner == tom
    assert handoff.steps.get(kind="assigned").data["from"] == sam.pk
    with pytest.raises(Refused) as refused:
        handoffs.assign(handoff, to=maya, by=lena, at=MONDAY + 2 * HOUR)
    assert refused.value.code == "not_in_team"


def test_both_sides_talk_on_the_handoff_even_after_it_was_returned(sam, maya, nina):
    handoff = returned(HandoffFactory(), sam)
    handoffs.reply(handoff, by=maya, at=MONDAY + 2 * HOUR, text="Which year do they plan for?")
    handoffs.reply(handoff, by=sam, at=MONDAY + 3 * HOUR, text="Next autumn.")
    thread = [step.note.text for step in handoff.steps.filter(kind="message")]
    assert thread == ["Which year do they plan for?", "Next autumn."]
    assert events_of(handoff).count("handoff.replied") == 2
    with pytest.raises(Refused) as refused:
        handoffs.reply(handoff, by=nina, at=MONDAY, text="Hello?")
    assert refused.value.status == 404
    with pytest.raises(Refused) as refused:
        handoffs.reply(handoff, by=maya, at=MONDAY, text=" ")
    assert refused.value.code == "text_missing"


# After acceptance


def test_the_first_try_answers_the_first_contact_clock_and_starts_the_last_one(sam):
    handoff = accepted(sam)
    at = MONDAY + 2 * HOUR
    touch = contacts.log(
        handoff, by=sam, at=at, kind="call", outcome="not_reached", text="Engaged."
    )
    handoff.refresh_from_db()
    assert (touch.by, touch.note.text, touch.occurred_at) == (sam, "Engaged.", at)
    assert (handoff.first_contact_at, handoff.clock) == (at, "qualify")
    assert kinds(handoff)[-3:] == ["clock_met", "contacted", "clock_started"]
    contacts.log(handoff, by=sam, at=at + HOUR, kind="mail", outcome="sent")
    handoff.refresh_from_db()
    assert handoff.first_contact_at == at
    assert kinds(handoff)[-1] == "contacted"


def test_a_conversation_counts_as_contact_and_is_the_first_outcome(sam):
    handoff = accepted(sam)
    at = MONDAY + 2 * HOUR
    contacts.hold_conversation(handoff, by=sam, at=at, text="They compare three vendors.")
    handoff.refresh_from_db()
    assert (handoff.first_contact_at, handoff.conversation_at) == (at, at)
    assert "handoff.conversation_held" in events_of(handoff)
    assert Touch.objects.get(lead=handoff.lead).outcome == "conversation"


def test_contacts_are_for_the_owner_of_an_accepted_lead(sam, tom):
    handoff = HandoffFactory()
    with pytest.raises(Refused) as refused:
        contacts.log(handoff, by=sam, at=MONDAY, kind="call", outcome="reached")
    assert (refused.value.code, refused.value.status) == ("not_accepted", 409)
    handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL)
    with pytest.raises(Refused) as refused:
        contacts.log(handoff, by=tom, at=MONDAY, kind="call", outcome="reached")
    assert refused.value.code == "not_yours"
    with pytest.raises(Refused, match="pigeon") as refused:
        contacts.log(handoff, by=sam, at=MONDAY, kind="pigeon", outcome="reached")
    assert "Call" in refused.value.remedy
    assert not Touch.objects.exists()


def test_qualifying_closes_the_handoff_opens_an_opportunity_and_teaches_the_lead(sam):
    handoff = accepted(sam)
    at = MONDAY + 3 * HOUR
    opportunity = qualifications.qualify(handoff, by=sam, at=at, answers=ANSWERS)
    handoff.refresh_from_db()
    assert (handoff.outcome, handoff.closed_at, handoff.clock) == ("qualified", at, "")
    assert (handoff.first_contact_at, handoff.conversation_at) == (at, at)
    assert stage_of(handoff.lead) == "sql"
    assert (opportunity.owner, opportunity.amount, opportunity.kind) == (sam, None, "new_business")
    assert opportunity.company == handoff.lead.company
    assert opportunity.contacts.get().lead == handoff.lead
    lead = Lead.objects.get(pk=handoff.lead_id)
    assert lead.attributes["time_frame"] == "before the summer"
    change = lead.changes.get(source="sales")
    assert (change.by, change.known_at) == (sam, at)
    kept = ChecklistAnswer.objects.get(handoff=handoff, item="influence")
    assert kept.value.text == "decides alone"
    assert {"handoff.qualified", "opportunity.opened"} <= set(events_of(handoff))


def test_qualifying_needs_every_item_and_leaves_nothing_half_done(sam):
    handoff = accepted(sam)
    before = kinds(handoff)
    with pytest.raises(Refused, match="Its time frame is known") as refused:
        qualifications.qualify(
            handoff, by=sam, at=MONDAY + HOUR, answers=ANSWERS | {"time_frame": " "}
        )
    assert (refused.value.code, refused.value.field) == ("checklist_incomplete", "time_frame")
    handoff.refresh_from_db()
    assert (handoff.outcome, kinds(handoff)) == ("", before)
    assert not Opportunity.objects.exists()
    assert not handoff.lead.changes.filter(source="sales").exists()


def test_a_qualified_lead_cannot_be_qualified_or_returned_again(sam):
    handoff = accepted(sam)
    qualifications.qualify(handoff, by=sam, at=MONDAY + HOUR, answers=ANSWERS)
    with pytest.raises(Refused, match="You qualified this lead at 10:00"):
        qualifications.qualify(handoff, by=sam, at=MONDAY + HOUR, answers=ANSWERS)
    with pytest.raises(Refused, match="You qualified this lead"):
        returned(handoff, sam)
    assert Opportunity.objects.count() == 1


def test_steps_cannot_be_rewritten(sam):
    step = HandoffEvent.objects.filter(handoff=accepted(sam)).first()
    step.kind = "returned"
    with pytest.raises(Exception, match="append-only"):
        step.save()


def test_marketings_late_answer_ends_its_clock_and_its_step_says_so(sam, maya):
    handoff = returned(HandoffFactory(), sam)
    late = handoff.due_at + HOUR
    clocks.sweep(at=late)
    step = handoffs.reply(handoff, by=maya, at=late, text="Sorry.")
    assert step.data == {"ends": "answer_return"}
    assert handoffs.reply(handoff, by=maya, at=late, text="One more thing.").data == {}
    handoff.refresh_from_db()
    assert (handoff.clock, handoff.due_at) == ("", None)
