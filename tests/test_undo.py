"""The last step is taken back, as long as nothing followed; the history keeps both."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from feedback import befores, clocks, contacts, deliveries, handoffs, qualifications, releases
from feedback.clocks import rewritings
from feedback.funnels import sets
from feedback.funnels import stages as stage_counts
from feedback.funnels.periods import Period
from feedback.models import ChecklistAnswer, DayOff, Handoff, HandoffEvent
from leads import changes, touches
from leads.models import NEVER_KNOWN, Event, Lead, LeadChange, Touch
from leads.refusals import Refused
from scoring import shapes, stages
from scoring.models import StageEntry
from tests.factories import (
    MONDAY,
    AgreementVersionFactory,
    CalendarFactory,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    PoolMemberFactory,
    TeamFactory,
    UserFactory,
    entry_for,
    version_in_force,
)
from tests.test_changed_hours import berlin, set_week, shift_to_tuesday, watched
from tests.test_handoff_races import replays_to_its_row
from tests.test_handoffs import ALL, ANSWERS, HOUR, accepted, kinds, returned, stage_of

pytestmark = pytest.mark.django_db

LATER = MONDAY + 2 * HOUR
SOON = MONDAY + HOUR + timedelta(minutes=1)


def row_of(handoff) -> dict:
    """All that an undo puts back."""
    return Handoff.objects.filter(pk=handoff.pk).values(*befores.KEPT).get()


def undone(handoff, by, *, at=SOON, **said) -> Handoff:
    return handoffs.undo(handoff, by=by, at=at, **said)


def refusal(handoff, by, *, at=SOON, **said) -> Refused:
    before, steps = row_of(handoff), kinds(handoff)
    with pytest.raises(Refused) as refused:
        undone(handoff, by, at=at, **said)
    assert row_of(handoff) == before
    assert kinds(handoff) == steps
    return refused.value


# What can be undone


def test_an_acceptance_that_is_undone_leaves_the_handoff_as_it_was(sam):
    handoff = HandoffFactory()
    before, owner = row_of(handoff), handoff.lead.owner
    handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL)
    undone(handoff, sam)
    assert row_of(handoff) == before
    assert Lead.objects.get(pk=handoff.lead_id).owner == owner
    assert stage_of(handoff.lead) == "mql"
    assert stages.standing(handoff.lead).entry.cause == StageEntry.Cause.UNDONE
    assert kinds(handoff)[-4:] == ["clock_met", "accepted", "clock_started", "undone"]


def test_the_undoing_names_the_step_and_tells_those_who_are_concerned(sam):
    handoff = accepted(sam)
    undone(handoff, sam)
    accepting, taken_back = handoff.steps.filter(kind__in=["accepted", "undone"])
    said = {"step": accepting.pk, "kind": "accepted", "unmet": "answer"}
    assert (taken_back.by, taken_back.data) == (sam, said)
    event = Event.objects.get(kind="handoff.undone")
    assert event.data == {"handoff": handoff.pk} | taken_back.data


def test_how_it_was_before_is_kept_with_the_step_and_told_nobody(sam):
    handoff = accepted(sam)
    assert handoff.steps.get(kind="accepted").data["before"]["clock"] == "answer"
    assert "before" not in Event.objects.get(kind="handoff.accepted").data


def test_the_lead_can_be_answered_again_after_an_undoing(sam, tom):
    handoff = accepted(sam)
    undone(handoff, sam)
    assert returned(handoff, tom, at=LATER).answered_by == tom
    undone(handoff, tom, at=LATER)
    assert handoffs.accept(handoff, by=tom, at=LATER, confirmed=ALL).owner == tom


def test_an_undone_acceptance_confirmed_nothing(sam):
    handoff = accepted(sam)
    undone(handoff, sam)
    assert not ChecklistAnswer.objects.filter(handoff=handoff).exists()


def test_a_return_at_the_door_is_undone_with_its_rest_and_its_clock(sam):
    handoff = HandoffFactory()
    before = row_of(handoff)
    returned(handoff, sam)
    undone(handoff, sam)
    assert row_of(handoff) == before
    standing = stages.standing(handoff.lead)
    assert (standing.stage.key, standing.rests_until, standing.rested_since) == ("mql", None, None)


def test_a_return_with_a_date_gives_the_lead_back_to_whose_it_was(sam, tom):
    handoff = HandoffFactory(lead=LeadFactory(owner=tom))
    before = row_of(handoff)
    returned(handoff, sam, back_on=date(2026, 4, 1))
    assert Lead.objects.get(pk=handoff.lead_id).owner == sam
    undone(handoff, sam)
    assert row_of(handoff) == before
    assert Lead.objects.get(pk=handoff.lead_id).owner == tom


def test_a_return_after_contact_is_undone_into_the_reps_hands(sam):
    handoff = accepted(sam)
    before = row_of(handoff)
    returned(handoff, sam, at=LATER)
    undone(handoff, sam, at=LATER)
    assert row_of(handoff) == before
    assert stage_of(handoff.lead) == "sal"


def test_a_contact_that_is_undone_never_happened(sam):
    handoff = accepted(sam)
    before = row_of(handoff)
    touch = contacts.log(handoff, by=sam, at=LATER, kind="call", outcome="conversation")
    assert row_of(handoff)["conversation_at"] == LATER
    undone(handoff, sam, at=LATER)
    assert row_of(handoff) == before
    assert Touch.objects.get(pk=touch.pk).known_at == NEVER_KNOWN


def test_the_second_contact_is_undone_alone(sam):
    handoff = accepted(sam)
    first = contacts.log(handoff, by=sam, at=LATER, kind="call", outcome="not_reached")
    before = row_of(handoff)
    second = contacts.log(handoff, by=sam, at=LATER + HOUR, kind="mail", outcome="sent")
    undone(handoff, sam, at=LATER + HOUR)
    assert row_of(handoff) == before
    known = Touch.objects.filter(known_at__lt=NEVER_KNOWN)
    assert list(known) == [first]
    assert second not in known


# What is learnt by a checklist


@pytest.fixture
def asking(db) -> None:
    """The acceptance asks for the role."""
    body = shapes.classic()
    item = body["checklists"]["acceptance"][0]
    item["collects"] = {"attribute": "budget_known", "label": "Budget", "type": "text"}
    AgreementVersionFactory(body=body)


def test_what_an_undone_acceptance_said_of_the_lead_goes_back_to_what_was_known(sam, asking):
    handoff = HandoffFactory()
    changes.record(handoff.lead, {"budget_known": "none"}, source="form", known_at=MONDAY)
    said = {"meets_criteria": "a lot"}
    handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL, answers=said)
    assert Lead.objects.get(pk=handoff.lead_id).attributes["budget_known"] == "a lot"
    undone(handoff, sam)
    assert Lead.objects.get(pk=handoff.lead_id).attributes["budget_known"] == "none"
    log = LeadChange.objects.filter(lead=handoff.lead, values__has_key="budget_known")
    assert list(log.order_by("pk").values_list("source", flat=True)) == ["form", "sales", "form"]


def test_what_nobody_had_said_before_is_unknown_again(sam, asking):
    handoff = HandoffFactory()
    said = {"meets_criteria": "a lot"}
    handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL, answers=said)
    undone(handoff, sam)
    assert "budget_known" not in Lead.objects.get(pk=handoff.lead_id).attributes


def test_what_was_learnt_since_from_elsewhere_stays(sam, asking):
    handoff = HandoffFactory()
    said = {"meets_criteria": "a lot"}
    handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL, answers=said)
    changes.record(handoff.lead, {"budget_known": "half"}, source="form", known_at=SOON)
    undone(handoff, sam, at=LATER)
    assert Lead.objects.get(pk=handoff.lead_id).attributes["budget_known"] == "half"


# Clocks


def test_the_clock_before_runs_on_to_the_same_deadline(sam):
    handoff = HandoffFactory()
    due_at = handoff.due_at
    handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL)
    undone(handoff, sam)
    assert clocks.sweep(at=due_at + timedelta(seconds=1)) == 1
    handoff.refresh_from_db()
    assert (handoff.clock, handoff.breached_at) == ("answer", due_at)


def test_a_clock_that_is_not_met_after_all_has_one_verdict(sam):
    """An acceptance in time, undone after the deadline: nobody answered by then."""
    handoff = HandoffFactory()
    due_at = handoff.due_at
    handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL)
    undone(handoff, sam, at=due_at + HOUR)
    assert handoff.steps.get(kind="undone").data["unmet"] == "answer"
    assert clocks.sweep(at=due_at + 2 * HOUR) == 1
    assert handoff.steps.get(kind="breached").at == due_at
    verdicts = [each for each in kinds(handoff) if each in ("clock_met", "breached", "undone")]
    assert verdicts == ["clock_met", "undone", "breached"]


def test_undoing_a_late_answer_does_not_undo_the_breach(sam):
    handoff = HandoffFactory()
    due_at, late = handoff.due_at, handoff.due_at + HOUR
    handoffs.accept(handoff, by=sam, at=late, confirmed=ALL)
    undone(handoff, sam, at=late)
    handoff.refresh_from_db()
    assert (handoff.due_at, handoff.breached_at) == (due_at, due_at)
    assert clocks.sweep(at=late + HOUR) == 0
    assert handoff.steps.filter(kind="breached").count() == 1


# Who may


def test_a_colleague_may_not_undo_it_whoever_leads_the_team_may(sam, tom, lena):
    handoff = accepted(sam)
    assert handoffs.undoable(handoff, tom) is None
    refused = refusal(handoff, tom)
    assert (refused.code, refused.status, refused.message) == (
        "not_yours",
        403,
        "Sam Okafor did that.",
    )
    assert handoffs.undoable(handoff, lena)
    assert undone(handoff, lena).answer == ""


def test_who_may_not_see_the_handoff_is_told_that_there_is_none(sam, nina):
    assert refusal(accepted(sam), nina).status == 404


# Until anything followed


def test_what_can_be_undone_is_the_step_that_was_taken_last(sam):
    handoff = HandoffFactory()
    assert handoffs.undoable(handoff, sam) is None
    handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL)
    handoff.refresh_from_db()
    step = handoffs.undoable(handoff, sam)
    assert step == handoff.steps.get(kind="accepted")
    assert handoffs.undoable(handoff, sam, steps=list(HandoffEvent.objects.order_by("-pk"))) == step
    undone(handoff, sam, step_id=step.pk)
    assert handoffs.undoable(handoff, sam) is None


def test_an_undoing_is_not_undone(sam, lena):
    handoff = accepted(sam)
    step = handoffs.undoable(handoff, sam)
    undone(handoff, lena)
    assert refusal(handoff, sam).message == "Lena Fuchs has undone this at 10:01."
    assert refusal(handoff, sam, step_id=step.pk).message == "Lena Fuchs has undone this at 10:01."


def test_nothing_is_undone_where_nothing_was_done(sam):
    assert refusal(HandoffFactory(), sam).code in ("nothing_to_undo", "followed")


def test_a_stale_page_learns_who_did_what_since(sam, lena):
    handoff = accepted(sam)
    step = handoffs.undoable(handoff, sam)
    returned(handoff, lena, at=LATER)
    refused = refusal(handoff, sam, at=LATER, step_id=step.pk)
    assert refused.message == "Lena Fuchs returned this lead after contact at 11:00."
    assert refused.status == 409


@pytest.mark.parametrize(
    ("follow", "sentence"),
    [
        (
            lambda handoff, who: handoffs.reply(handoff, by=who, at=LATER, text="Thank you!"),
            "Mark Reuter wrote in the thread at 11:00.",
        ),
        (
            lambda handoff, who: touches.record(
                handoff.lead, kind="mail", outcome="sent", occurred_at=LATER, by=who
            ),
            "Somebody has turned to the lead since.",
        ),
        (
            lambda handoff, who: clocks.sweep(at=handoff.due_at + HOUR),
            "The deadline passed on 3 Mar 2026 at 10:00.",
        ),
        (
            lambda handoff, who: stages.enter(
                handoff.lead, "nurture", cause="agreement", at=LATER, version=handoff.version
            ),
            "The lead has gone on to another stage since.",
        ),
    ],
)
def test_nothing_is_undone_that_something_followed(sam, mark, follow, sentence):
    handoff = accepted(sam)
    follow(handoff, mark)
    assert refusal(handoff, sam, at=LATER).message == sentence
    assert handoffs.undoable(handoff, sam) is None


def test_a_qualification_stays(sam):
    handoff = accepted(sam)
    qualifications.qualify(handoff, by=sam, at=LATER, answers=ANSWERS)
    assert handoffs.undoable(handoff, sam) is None
    assert "qualified this lead" in refusal(handoff, sam, at=LATER).message


def test_a_return_that_was_handed_over_again_stays(sam):
    handoff = returned(HandoffFactory(), sam)
    HandoffFactory(lead=handoff.lead, opened_at=LATER)
    assert refusal(handoff, sam, at=LATER).message == "The lead was handed over again since."


def test_a_return_that_takes_all_points_stays_and_says_what_to_do(sam):
    body = shapes.classic()
    next(reason for reason in body["reasons"] if reason["key"] == "no_budget")["resets"] = True
    AgreementVersionFactory(body=body)
    handoff = returned(HandoffFactory(), sam)
    refused = refusal(handoff, sam)
    assert (refused.code, refused.remedy) == ("points_reset", "Claim the lead to go on with it.")
    assert handoffs.undoable(handoff, sam) is None
    steps = list(HandoffEvent.objects.order_by("-pk"))
    assert handoffs.undoable(handoff, sam, steps=steps) is None


# What is counted


def period() -> Period:
    return Period(MONDAY - HOUR, MONDAY + timedelta(days=7))


def test_an_undone_acceptance_counts_as_none_in_the_funnel(sam, olu):
    handoff = accepted(sam)
    undone(handoff, sam)
    found = sets.handoffs(olu, period=period())
    assert not found.filter(sets.SETS["accepted"]).exists()
    assert found.filter(sets.SETS["unanswered"]).get() == handoff


def test_an_undone_acceptance_entered_no_stage(sam, olu):
    handoff = accepted(sam)
    entered = {c.key: c.entered for c in counts(olu, handoff)}
    assert (entered["mql"], entered["sal"]) == (1, 1)
    undone(handoff, sam)
    entered = {c.key: c.entered for c in counts(olu, handoff)}
    assert (entered["mql"], entered["sal"]) == (1, 0)
    handoffs.accept(handoff, by=sam, at=LATER, confirmed=ALL)
    assert {c.key: c.entered for c in counts(olu, handoff)}["sal"] == 1


def counts(user, handoff):
    return stage_counts.counts(user, handoff.version.body, period=period())


# Put off, taken, owed


def test_putting_a_lead_off_is_undone(sam):
    handoff = accepted(sam)
    before = row_of(handoff)
    until = LATER + HOUR
    said = {"reason": "She is in a meeting.", "pause": False}
    handoffs.put_off(handoff, by=sam, at=LATER, until=until, **said)
    undone(handoff, sam, at=LATER)
    assert row_of(handoff) == before


@pytest.fixture
def pausing(db) -> None:
    """The first-contact clock may be paused for ten days."""
    body = shapes.classic()
    next(c for c in body["clocks"] if c["key"] == "first_contact")["pause_days"] = 10
    AgreementVersionFactory(body=body)


def test_a_pause_is_undone_until_the_deadline_would_have_passed(sam, pausing):
    handoff = accepted(sam)
    before = row_of(handoff)
    until = LATER + timedelta(days=9)
    said = {"until": until, "reason": "On holiday.", "pause": True}
    handoffs.put_off(handoff, by=sam, at=LATER, **said)
    assert row_of(handoff)["paused_at"] == LATER
    undone(handoff, sam, at=LATER)
    assert row_of(handoff) == before
    handoffs.put_off(handoff, by=sam, at=LATER, **said)
    assert refusal(handoff, sam, at=LATER + timedelta(days=8)).code == "overdue"


def test_taking_a_lead_from_the_pool_is_undone(sam, tom):
    handoff = HandoffFactory()
    before = row_of(handoff)
    handoffs.assign(handoff, to=sam, by=sam, at=MONDAY + HOUR)
    undone(handoff, sam)
    assert row_of(handoff) == before
    assert handoffs.assign(handoff, to=tom, by=tom, at=LATER).owner == tom


def test_what_a_manager_gave_to_somebody_is_no_step_to_undo(sam, lena):
    handoff = HandoffFactory()
    handoffs.assign(handoff, to=sam, by=lena, at=MONDAY + HOUR)
    assert handoffs.undoable(handoff, lena) is None


def test_the_turn_that_a_return_gave_back_is_taken_again(sam, sales):
    pool = PoolFactory(team=sales)
    member = PoolMemberFactory(pool=pool, user=sam)
    entry_for(LeadFactory(), version_in_force())
    deliveries.deliver(at=MONDAY)
    releases.release(at=MONDAY)
    handoff = Handoff.objects.get(owner=sam)
    returned(handoff, sam)
    member.refresh_from_db()
    assert member.credits == 1
    undone(handoff, sam)
    member.refresh_from_db()
    assert (member.credits, Handoff.objects.get().credited) == (0, False)


def test_a_return_with_a_date_rests_in_the_hands_of_who_asked_until_that_morning(sam, tom):
    handoff = HandoffFactory()
    handoffs.assign(handoff, to=tom, by=tom, at=MONDAY)
    returned(handoff, sam, back_on=date(2026, 4, 1))
    handoff.refresh_from_db()
    morning = timezone.make_aware(datetime(2026, 4, 1))
    assert (handoff.owner, handoff.rests_until) == (sam, morning)
    handoffs.reply(handoff, by=maya_of(), at=LATER, text="In April, then.")
    handoff.refresh_from_db()
    assert (handoff.clock, handoff.rests_until) == ("", morning)


def maya_of():
    return UserFactory(team=TeamFactory(name="Marketing", side="marketing"))


# A page that does not know of it


def test_whoever_goes_on_with_an_undone_acceptance_learns_by_whom_and_when_it_was_undone(sam, lena):
    handoff = accepted(sam)
    undone(handoff, lena)
    with pytest.raises(Refused) as refused:
        contacts.log(handoff, by=sam, at=LATER, kind="call", outcome="reached")
    assert refused.value.message == "Lena Fuchs has undone the acceptance at 10:01."
    assert (refused.value.code, refused.value.status) == ("not_accepted", 409)


# Clocks that were put back


def test_a_deadline_put_back_lies_in_the_hours_of_now(sam):
    pool = PoolFactory(team=sam.team)
    own = CalendarFactory(name="Sam’s")
    PoolMemberFactory(pool=pool, user=sam, calendar=own)
    handoff = HandoffFactory(pool=pool)
    due_at = handoff.due_at
    handoff = handoffs.accept(handoff, by=sam, at=MONDAY + HOUR, confirmed=ALL)
    with clocks.rewriting(at=SOON) as rewritten:
        DayOff.objects.create(calendar=pool.calendar, date=MONDAY.date())
    assert rewritten.moved == 0
    handoff = undone(handoff, sam, at=LATER)
    # Three of its four hours were left at ten; they are Tuesday's now.
    assert handoff.due_at == due_at + timedelta(hours=23)
    moved = handoff.steps.get(kind="deadline_moved").data
    told = {"old": due_at.isoformat(), "new": handoff.due_at.isoformat()}
    assert moved == {"clock": "answer", "cause": "calendar"} | told
    assert handoff.warn_at is None or handoff.warn_at < handoff.due_at


def test_a_deadline_that_passes_after_the_step_is_left_to_the_sweep(sam):
    handoff = HandoffFactory()
    late = handoff.due_at + timedelta(minutes=1)
    handoffs.assign(handoff, to=sam, by=sam, at=late)
    assert undone(handoff, sam, at=late + timedelta(minutes=1)).breached_at is None
    assert clocks.sweep(at=late + HOUR) == 1
    assert kinds(handoff).count("breached") == 1
    assert Event.objects.filter(kind="clock.breached").count() == 1


def test_the_undoing_of_a_pause_says_from_when_to_when_the_deadline_moved(sam, pausing):
    handoff = accepted(sam)
    due_at = handoff.due_at.isoformat()
    until = MONDAY + timedelta(days=2)
    handoff = handoffs.put_off(
        handoff, by=sam, at=LATER, until=until, reason="On holiday.", pause=True
    )
    assert handoff.due_at.isoformat() != due_at
    said = {"old": handoff.due_at.isoformat(), "new": due_at}
    undone(handoff, sam, at=LATER)
    assert handoff.steps.get(kind="undone").data.items() >= said.items()


# Hours that change between a step and its undoing

QUARTER = timedelta(minutes=15)
AHEAD = ("due_at", "warn_at", "escalate_at", "clock", "breached_at")
WEEKS = {"short": [(11, 15)], "long": [(0, 23)], "twice": [(11, 15), (12, 18)]}


def alike(sam) -> tuple[Handoff, Handoff]:
    """Two that run alike, since nine on Monday."""
    one = HandoffFactory(pool__team=sam.team)
    return one, HandoffFactory(pool=one.pool, version=one.version)


def take(step: str, handoff: Handoff, sam) -> None:
    at = MONDAY + HOUR
    match step:
        case "accepted":
            handoffs.accept(handoff, by=sam, at=at, confirmed=ALL)
        case "returned":
            returned(handoff, sam, at=at)
        case "put_off":
            handoffs.assign(handoff, to=sam, by=sam, at=MONDAY)
            said = {"until": at + 2 * HOUR, "reason": "She is out.", "pause": False}
            handoffs.put_off(handoff, by=sam, at=at, **said)


def change_hours(handoff: Handoff, weeks) -> None:
    """The first time when half an hour more was worked."""
    for number, (starts, ends) in enumerate(weeks, start=2):
        with clocks.rewriting(at=MONDAY + HOUR + number * QUARTER):
            set_week(handoff.pool.calendar, starts, ends)


@pytest.mark.parametrize("weeks", WEEKS)
@pytest.mark.parametrize(
    ("step", "at_once"), [("accepted", 500), ("accepted", 0), ("returned", 0), ("put_off", 0)]
)
def test_hours_that_changed_are_no_step_and_the_clock_before_follows_them(
    sam, monkeypatch, step, at_once, weeks
):
    """To the moment where it would be had the step not been taken; also where a deadline has not
    followed yet, and where the one by old hours has passed."""
    monkeypatch.setattr(rewritings, "AT_ONCE", at_once)
    left_alone, handoff = alike(sam)
    take(step, handoff, sam)
    change_hours(handoff, WEEKS[weeks])
    assert handoffs.undoable(handoff, sam)
    assert handoffs.undoable(handoff, sam, steps=list(HandoffEvent.objects.order_by("-pk")))
    undone(handoff, sam, at=berlin(2, 14))
    clocks.carry_over_all()
    for number in (0, 1):
        clocks.sweep(at=berlin(9 * number or 2, 14))
        rows = [Handoff.objects.filter(pk=h.pk).values(*AHEAD).get() for h in (left_alone, handoff)]
        assert rows[0] == rows[1]
        replays_to_its_row(handoff)
    assert rows[0]["breached_at"]


def test_the_warning_of_the_clock_before_follows_where_its_deadline_stays(sam):
    version = watched(660, 70)
    handoff = HandoffFactory(version=version, pool__team=sam.team)
    left_alone = HandoffFactory(version=version, pool=handoff.pool)
    take("accepted", handoff, sam)
    with clocks.rewriting(at=MONDAY + 2 * HOUR):
        shift_to_tuesday(handoff.pool.calendar)
    handoff = undone(handoff, sam, at=berlin(2, 14))
    left_alone.refresh_from_db()
    for name in AHEAD:
        assert getattr(handoff, name) == getattr(left_alone, name)
    assert handoff.warn_at == berlin(3, 8, 42)


def test_hours_that_change_many_times_hide_no_step(sam):
    _left_alone, handoff = alike(sam)
    take("accepted", handoff, sam)
    change_hours(handoff, [(9, 18), (9, 17)] * 5)
    assert handoff.steps.filter(kind="deadline_moved").count() == 10
    assert undone(handoff, sam).answer == ""
    replays_to_its_row(handoff)


def test_an_undone_pause_leaves_the_deadline_in_the_hours_of_now(sam, pausing):
    handoff = accepted(sam)
    until = LATER + timedelta(days=3)
    said = {"until": until, "reason": "On holiday.", "pause": True}
    left_alone = accepted(sam)
    handoffs.put_off(handoff, by=sam, at=LATER, **said)
    with clocks.rewriting(at=LATER + HOUR):
        DayOff.objects.create(calendar=handoff.pool.calendar, date=date(2026, 3, 3))
    handoff = undone(handoff, sam, at=LATER + 2 * HOUR)
    left_alone.refresh_from_db()
    assert (handoff.due_at, handoff.paused_at) == (left_alone.due_at, None)
    assert handoff.steps.get(kind="deadline_moved", at=LATER + 2 * HOUR)
    replays_to_its_row(handoff)
