"""A rep sets a lead aside until later: within the promise, and with a pause where it is agreed."""

from datetime import UTC, datetime, time, timedelta

import pytest

from feedback import calendars, clocks, contacts, escalations, handoffs
from feedback.models import Calendar, Handoff, PoolMember, WorkingHours
from leads.models import Event
from leads.refusals import Refused
from scoring import shapes
from scoring.documents import item
from tests.factories import MONDAY, AgreementVersionFactory, HandoffFactory
from tests.test_handoff_races import replays_to_its_row
from tests.test_handoffs import ALL, accepted, kinds, returned

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WHY = "She is at a fair until Thursday."
# Classic: four hours to answer, without a pause; then eight for the first contact, with one.
DUE = MONDAY + 4 * HOUR
THURSDAY = MONDAY + 3 * DAY


def offered(sam, **facts) -> Handoff:
    return HandoffFactory(owner=sam, **facts)


def put_off(handoff, by, *, until, at=MONDAY + 2 * HOUR, reason=WHY, pause=False) -> Handoff:
    return handoffs.put_off(handoff, by=by, at=at, until=until, reason=reason, pause=pause)


def paused(handoff, by, **said) -> Handoff:
    return put_off(handoff, by, pause=True, **said)


def refused(handoff, by, **said) -> Refused:
    before = Handoff.objects.values().get(pk=handoff.pk), handoff.steps.count()
    with pytest.raises(Refused) as no:
        put_off(handoff, by, **said)
    assert (Handoff.objects.values().get(pk=handoff.pk), handoff.steps.count()) == before
    return no.value


def said_of(handoff, kind: str) -> dict:
    data = handoff.steps.filter(kind=kind).last().data
    return {key: value for key, value in data.items() if key != "before"}


# Putting off while the clock runs on


def test_later_today_leaves_the_deadline_where_it_is(sam):
    handoff = put_off(offered(sam), sam, until=MONDAY + 3 * HOUR)
    assert handoff.rests_until == MONDAY + 3 * HOUR
    assert (handoff.due_at, handoff.paused_at, handoff.pauses) == (DUE, None, 0)
    step = handoff.steps.get(kind="put_off")
    assert (step.by, step.note.text) == (sam, WHY)
    assert said_of(handoff, "put_off") == {"until": (MONDAY + 3 * HOUR).isoformat()}
    assert Event.objects.get(kind="handoff.put_off").actor == sam


def test_up_to_the_deadline_is_allowed_and_a_minute_more_is_refused_with_the_time(sam):
    handoff = offered(sam)
    no = refused(handoff, sam, until=DUE + MINUTE)
    assert (no.code, no.field, no.status) == ("no_pause", "until", 422)
    assert no.message == "The agreement allows no pause here: put it off until 13:00 at the latest."
    assert put_off(handoff, sam, until=DUE).rests_until == DUE


def test_what_is_put_off_is_warned_of_and_breached_like_anything_else(sam):
    body = shapes.classic()
    item(body["clocks"], "answer")["warn_at"] = 50
    handoff = put_off(
        offered(sam, version=AgreementVersionFactory(body=body)), sam, at=MONDAY, until=DUE
    )
    assert clocks.warn(at=MONDAY + 2 * HOUR) == 1
    assert clocks.sweep(at=DUE + MINUTE) == 1
    assert kinds(handoff)[-3:] == ["put_off", "warned", "breached"]


def test_it_may_be_put_off_again_and_the_last_word_counts(sam):
    handoff = put_off(offered(sam), sam, until=MONDAY + 3 * HOUR)
    handoff = put_off(handoff, sam, until=MONDAY + 2 * HOUR + MINUTE)
    assert handoff.rests_until == MONDAY + 2 * HOUR + MINUTE


def test_taking_it_up_early_ends_the_rest_and_nothing_else(sam):
    handoff = put_off(offered(sam), sam, until=MONDAY + 3 * HOUR)
    handoff = handoffs.take_up(handoff, by=sam, at=MONDAY + 2 * HOUR + MINUTE)
    assert (handoff.rests_until, handoff.due_at) == (None, DUE)
    assert kinds(handoff)[-1] == "taken_up"
    assert Event.objects.filter(kind="handoff.taken_up").count() == 1


@pytest.mark.parametrize("when", [-MINUTE, 0 * MINUTE])
def test_only_what_rests_is_taken_up(sam, when):
    handoff = put_off(offered(sam), sam, until=MONDAY + 3 * HOUR)
    at = handoff.rests_until
    if when:
        handoffs.take_up(handoff, by=sam, at=at + when)
    with pytest.raises(Refused) as no:
        handoffs.take_up(handoff, by=sam, at=at)
    assert (no.value.code, no.value.status) == ("not_resting", 409)


def test_where_no_clock_runs_later_may_be_any_day_within_a_year(sam):
    body = shapes.classic()
    body["clocks"] = []
    handoff = offered(sam, version=AgreementVersionFactory(body=body))
    at = MONDAY + 2 * HOUR
    assert refused(handoff, sam, until=at + 366 * DAY).code == "too_long"
    assert put_off(handoff, sam, until=at + 365 * DAY).rests_until == at + 365 * DAY


# Pauses


def test_a_pause_lets_the_rest_of_the_time_run_from_its_end(sam):
    handoff = accepted(sam, at=MONDAY)
    due_at = handoff.due_at
    assert due_at == MONDAY + 8 * HOUR
    handoff = paused(handoff, sam, until=THURSDAY + HOUR)
    # Two of eight hours are used: six are left, on Thursday from ten to four.
    assert handoff.due_at == THURSDAY + 7 * HOUR
    assert (handoff.rests_until, handoff.pauses) == (THURSDAY + HOUR, 1)
    assert handoff.paused_at == MONDAY + 2 * HOUR
    assert said_of(handoff, "paused") == {
        "clock": "first_contact",
        "until": (THURSDAY + HOUR).isoformat(),
        "old": due_at.isoformat(),
        "new": handoff.due_at.isoformat(),
    }
    assert handoff.steps.get(kind="paused").note.text == WHY
    assert Event.objects.filter(kind="handoff.paused").count() == 1


def test_a_paused_clock_is_neither_warned_of_nor_breached(sam):
    body = shapes.classic()
    item(body["clocks"], "first_contact")["warn_at"] = 50
    handoff = accepted(sam, at=MONDAY, version=AgreementVersionFactory(body=body))
    handoff = paused(handoff, sam, until=THURSDAY)
    # Two hours were used, and the warning comes after four.
    assert handoff.warn_at == THURSDAY + 2 * HOUR
    assert (clocks.warn(at=THURSDAY), clocks.sweep(at=THURSDAY)) == (0, 0)
    assert clocks.warn(at=THURSDAY + 2 * HOUR) == 1
    assert clocks.sweep(at=handoff.due_at + MINUTE) == 1


def test_ten_days_are_agreed_and_one_minute_more_is_refused_naming_them(sam):
    handoff, at = accepted(sam, at=MONDAY), MONDAY + 2 * HOUR
    no = refused(handoff, sam, until=at + 10 * DAY + MINUTE, pause=True)
    assert (no.code, no.field) == ("too_long", "until")
    assert no.message == "The agreement allows a pause of at most 10 days."
    assert paused(handoff, sam, until=at + 10 * DAY).pauses == 1


def test_well_before_the_deadline_it_waits_without_using_the_pause_up(sam):
    handoff = accepted(sam, at=MONDAY)
    due_at = handoff.due_at
    handoff = put_off(handoff, sam, until=MONDAY + 5 * HOUR)
    assert (handoff.due_at, handoff.paused_at, handoff.pauses) == (due_at, None, 0)
    assert kinds(handoff)[-1] == "put_off"
    assert paused(handoff, sam, until=THURSDAY).pauses == 1


def test_after_the_deadline_the_pause_is_asked_for_by_name(sam):
    handoff = accepted(sam, at=MONDAY)
    no = refused(handoff, sam, until=handoff.due_at + MINUTE)
    assert (no.code, no.field) == ("after_deadline", "pause")
    assert str(no) == (
        "That is after the deadline of 17:00. Let the clock pause, or choose an earlier moment."
    )
    assert put_off(handoff, sam, until=handoff.due_at).pauses == 0


def test_a_pause_where_no_clock_runs_is_refused(sam):
    body = shapes.classic()
    body["clocks"] = []
    handoff = offered(sam, version=AgreementVersionFactory(body=body))
    no = refused(handoff, sam, until=MONDAY + 3 * HOUR, pause=True)
    assert (no.code, no.field, no.remedy) == ("no_pause", "pause", "Put it off without a pause.")


def test_a_pause_where_none_is_agreed_is_refused_with_the_time(sam):
    no = refused(offered(sam), sam, until=MONDAY + 3 * HOUR, pause=True)
    assert (no.code, no.field) == ("no_pause", "until")
    assert no.message == "The agreement allows no pause here: put it off until 13:00 at the latest."


def test_a_pause_that_ends_is_told_once_at_its_end_and_moves_nothing(sam):
    handoff = paused(accepted(sam, at=MONDAY), sam, until=THURSDAY)
    due_at = handoff.due_at
    assert clocks.wake(at=THURSDAY - MINUTE) == 0
    assert (clocks.wake(at=THURSDAY + HOUR), clocks.wake(at=THURSDAY + HOUR)) == (1, 0)
    handoff.refresh_from_db()
    assert (handoff.due_at, handoff.paused_at, handoff.rests_until) == (due_at, None, None)
    step = handoff.steps.get(kind="resumed")
    assert (step.at, step.by) == (THURSDAY, None)
    assert step.data["old"] == step.data["new"] == due_at.isoformat()


def test_taking_it_up_early_lets_the_rest_of_the_time_run_from_now(sam):
    handoff = paused(accepted(sam, at=MONDAY), sam, until=THURSDAY)
    tuesday = MONDAY + DAY
    handoff = handoffs.take_up(handoff, by=sam, at=tuesday)
    assert handoff.due_at == tuesday + 6 * HOUR
    assert (handoff.paused_at, handoff.rests_until) == (None, None)
    said = said_of(handoff, "resumed")
    assert (said["old"], said["new"]) == (
        (THURSDAY + 6 * HOUR).isoformat(),
        handoff.due_at.isoformat(),
    )
    assert clocks.wake(at=THURSDAY + HOUR) == 0


def test_a_clock_is_paused_once_and_after_that_later_means_before_the_deadline(sam):
    handoff = paused(accepted(sam, at=MONDAY), sam, until=THURSDAY)
    no = refused(handoff, sam, at=MONDAY + 3 * HOUR, until=THURSDAY + DAY)
    assert (no.code, no.status) == ("paused", 409)
    assert no.message == "The clock is paused already, until 5 Mar 2026, 09:00."
    # The pause is over, whether a sweep has come by or not.
    friday = THURSDAY + DAY
    no = refused(handoff, sam, at=THURSDAY + HOUR, until=friday)
    assert no.code == "no_pause"
    assert no.message == "The clock was paused once already: put it off until 15:00 at the latest."
    handoff = put_off(handoff, sam, at=THURSDAY + HOUR, until=THURSDAY + 2 * HOUR)
    assert kinds(handoff)[-2:] == ["resumed", "put_off"]
    assert (handoff.paused_at, handoff.due_at) == (None, THURSDAY + 6 * HOUR)


def test_the_next_clock_has_a_pause_of_its_own(sam):
    handoff = paused(accepted(sam, at=MONDAY), sam, until=THURSDAY)
    contacts.log(handoff, by=sam, at=THURSDAY + HOUR, kind="call", outcome="reached")
    handoff.refresh_from_db()
    assert (handoff.clock, handoff.pauses, handoff.rests_until) == ("qualify", 0, None)
    assert paused(handoff, sam, at=THURSDAY + HOUR, until=THURSDAY + 20 * DAY).pauses == 1


@pytest.mark.parametrize("during", [True, False])
def test_an_answer_ends_the_rest_and_is_judged_by_the_moved_deadline(sam, during):
    handoff = paused(accepted(sam, at=MONDAY), sam, until=THURSDAY)
    at = THURSDAY - HOUR if during else THURSDAY + HOUR
    contacts.log(handoff, by=sam, at=at, kind="call", outcome="reached")
    handoff.refresh_from_db()
    assert (handoff.rests_until, handoff.paused_at) == (None, None)
    met = [s.data["clock"] for s in handoff.steps.filter(kind="clock_met")]
    assert met == ["answer", "first_contact"]
    assert kinds(handoff).count("resumed") == (not during)


# Who, and why


def test_only_the_owner_or_a_manager_puts_it_off(sam, tom, maya, lena):
    handoff = accepted(sam, at=MONDAY)
    for person in (tom, maya):
        no = refused(handoff, person, until=THURSDAY)
        assert (no.code, no.status) == ("not_yours", 403)
    assert paused(handoff, lena, until=THURSDAY).pauses == 1


def test_what_nobody_has_is_taken_first(sam, lena, olu):
    handoff = HandoffFactory(pool__team=sam.team)
    for person in (sam, lena):
        no = refused(handoff, person, until=MONDAY + 3 * HOUR)
        assert (no.code, no.remedy) == ("not_yours", "Take it first, then put it off.")
    # Who does not work in the team cannot take it.
    no = refused(handoff, olu, until=MONDAY + 3 * HOUR)
    assert (no.code, no.remedy) == (
        "not_yours",
        "Give it to somebody of the team, who may put it off.",
    )


def test_who_may_not_see_it_is_told_that_there_is_none(nina, sam):
    assert refused(accepted(sam, at=MONDAY), nina, until=THURSDAY).status == 404


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({"reason": "  "}, "reason_missing", "reason"),
        ({"until": MONDAY + 2 * HOUR}, "until_past", "until"),
        ({"until": MONDAY + HOUR}, "until_past", "until"),
    ],
)
def test_a_reason_and_a_moment_ahead_are_asked_for(sam, said, code, field):
    no = refused(accepted(sam, at=MONDAY), sam, **{"until": THURSDAY} | said)
    assert (no.code, no.field) == (code, field)


@pytest.mark.parametrize("pause", [True, False])
def test_what_is_over_cannot_wait(sam, lena, pause):
    handoff = accepted(sam, at=MONDAY)
    late = handoff.due_at + MINUTE
    for swept in (False, True):
        if swept:
            clocks.sweep(at=late)
        no = refused(handoff, sam, at=late, until=late + DAY, pause=pause)
        assert (no.code, no.remedy) == ("overdue", "Go on with it, or return it with a reason.")
    no = refused(handoff, lena, at=late, until=late + DAY, pause=pause)
    assert no.remedy == "Give it to somebody who has time, or return it with a reason."


def test_what_is_closed_or_waits_for_room_is_not_put_off(sam, lena):
    handoff = returned(offered(sam), sam)
    assert refused(handoff, lena, until=THURSDAY).code == "already_answered"
    waiting = HandoffFactory(waiting=True)
    assert refused(waiting, lena, until=THURSDAY).code == "not_offered"


def test_a_pause_counts_in_the_owners_own_hours(sam):
    afternoons = Calendar.objects.create(name="Afternoons", time_zone="Europe/Berlin")
    WorkingHours.objects.bulk_create(
        WorkingHours(calendar=afternoons, weekday=day, starts=time(13), ends=time(17))
        for day in range(5)
    )
    handoff = offered(sam)
    PoolMember.objects.create(pool=handoff.pool, user=sam, calendar=afternoons)
    handoff = handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL)
    assert handoff.due_at == datetime(2026, 3, 3, 16, 0, tzinfo=UTC)  # Tuesday at five.
    handoff = paused(handoff, sam, at=MONDAY + 6 * HOUR, until=THURSDAY)
    # Two of eight hours are used by three o'clock: six are left from Thursday on.
    assert handoff.due_at == datetime(2026, 3, 6, 14, 0, tzinfo=UTC)
    assert calendars.of(handoff) == afternoons
    assert clocks.may_pause(handoff, at=THURSDAY) is None


def test_a_transfer_carries_the_rest_of_the_time_into_other_hours(sam, tom, lena):
    mornings = Calendar.objects.create(name="Mornings", time_zone="Europe/Berlin")
    WorkingHours.objects.bulk_create(
        WorkingHours(calendar=mornings, weekday=day, starts=time(9), ends=time(11))
        for day in range(5)
    )
    handoff = offered(sam)
    for rep, calendar in ((sam, None), (tom, mornings)):
        PoolMember.objects.create(pool=handoff.pool, user=rep, calendar=calendar)
    handoff = handoffs.assign(handoff, to=tom, by=lena, at=MONDAY + HOUR)
    # One of four hours is used: three are left, one today and two on Tuesday.
    assert handoff.due_at == MONDAY + DAY + 2 * HOUR
    said = said_of(handoff, "deadline_moved")
    assert (said["clock"], said["cause"]) == ("answer", "transfer")
    assert (said["old"], said["new"]) == (DUE.isoformat(), handoff.due_at.isoformat())
    # Back again: an hour of four was used by ten, another by eleven.
    handoff = handoffs.assign(handoff, to=sam, by=lena, at=MONDAY + 2 * HOUR)
    assert handoff.due_at == DUE
    assert not Event.objects.filter(kind__contains="deadline_moved").exists()


def test_a_transfer_hides_no_breach(sam, tom, lena):
    handoff = offered(sam)
    night = Calendar.objects.create(name="Around the clock", time_zone="UTC")
    PoolMember.objects.create(pool=handoff.pool, user=tom, calendar=night)
    handoff = handoffs.assign(handoff, to=tom, by=lena, at=DUE + MINUTE)
    assert handoff.due_at == DUE
    assert clocks.sweep(at=DUE + 2 * MINUTE) == 1
    step = handoff.steps.get(kind="breached")
    assert step.at == DUE


def test_whoever_talks_to_the_lead_has_taken_it_up(sam):
    handoff = accepted(sam, at=MONDAY)
    contacts.log(handoff, by=sam, at=MONDAY + HOUR, kind="call", outcome="reached")
    handoff = put_off(handoff, sam, until=THURSDAY)
    contacts.hold_conversation(handoff, by=sam, at=MONDAY + 3 * HOUR, text="She called.")
    handoff.refresh_from_db()
    assert handoff.rests_until is None
    assert handoff.steps.get(kind="taken_up").data == {"cause": "contact"}
    replays_to_its_row(handoff)


# Another owner


def taken(sam, **facts) -> Handoff:
    handoff = HandoffFactory(pool__team=sam.team, **facts)
    return handoffs.assign(handoff, to=sam, by=sam, at=MONDAY)


@pytest.fixture
def pool_of(sam, tom):
    def join(handoff, **terms) -> None:
        for rep in (sam, tom):
            PoolMember.objects.create(pool=handoff.pool, user=rep, **terms)

    return join


def test_another_owner_has_what_was_put_off_before_them_at_once(sam, tom, lena):
    handoff = put_off(taken(sam), sam, until=MONDAY + 3 * HOUR)
    at = MONDAY + 2 * HOUR + MINUTE
    handoff = handoffs.assign(handoff, to=tom, by=lena, at=at)
    assert (handoff.owner, handoff.rests_until, handoff.due_at) == (tom, None, DUE)
    assert kinds(handoff)[-2:] == ["taken_up", "assigned"]
    step = handoff.steps.get(kind="taken_up")
    assert (step.by, step.data) == (lena, {"cause": "transfer"})
    replays_to_its_row(handoff)


def test_a_transfer_ends_a_pause_and_what_is_left_of_the_time_runs_from_then(sam, tom, lena):
    handoff = paused(accepted(sam, at=MONDAY), sam, until=THURSDAY)
    tuesday = MONDAY + DAY
    handoff = handoffs.assign(handoff, to=tom, by=lena, at=tuesday)
    assert (handoff.rests_until, handoff.paused_at) == (None, None)
    assert handoff.due_at == tuesday + 6 * HOUR
    assert kinds(handoff)[-2:] == ["resumed", "assigned"]
    replays_to_its_row(handoff)
    assert clocks.wake(at=THURSDAY) == 0
    assert clocks.sweep(at=tuesday + 6 * HOUR + MINUTE) == 1


def test_a_pause_that_is_over_ends_at_its_own_moment_when_it_changes_hands(sam, tom, lena):
    handoff = paused(accepted(sam, at=MONDAY), sam, until=THURSDAY)
    due_at = handoff.due_at
    handoff = handoffs.assign(handoff, to=tom, by=lena, at=THURSDAY + HOUR)
    assert (handoff.due_at, handoff.paused_at, handoff.rests_until) == (due_at, None, None)
    assert handoff.steps.get(kind="resumed").at == THURSDAY
    replays_to_its_row(handoff)


@pytest.mark.parametrize("on_duty", [True, False])
def test_what_was_put_off_and_is_passed_on_rests_no_more(sam, tom, pool_of, on_duty):
    handoff = taken(sam)
    pool_of(handoff, on_duty=on_duty)
    handoff = put_off(handoff, sam, until=MONDAY + 3 * HOUR)
    handoff = handoffs.pass_on(handoff, by=sam, at=MONDAY + 2 * HOUR + MINUTE)
    assert (handoff.owner, handoff.rests_until) == (tom if on_duty else None, None)
    assert kinds(handoff)[-2:] == ["taken_up", "assigned" if on_duty else "unassigned"]
    replays_to_its_row(handoff)


def test_back_in_the_pool_it_rests_no_more(sam):
    handoff = put_off(taken(sam), sam, until=MONDAY + 3 * HOUR)
    handoff = handoffs.assign(handoff, to=None, by=sam, at=MONDAY + 2 * HOUR + MINUTE)
    assert (handoff.owner, handoff.rests_until) == (None, None)
    replays_to_its_row(handoff)


def test_what_is_taken_back_at_its_breach_rests_no_more(sam, tom, pool_of):
    body = shapes.classic()
    item(body["clocks"], "answer")["take_back"] = True
    handoff = taken(sam, version=AgreementVersionFactory(body=body))
    pool_of(handoff)
    handoff = put_off(handoff, sam, until=handoff.due_at)
    late = handoff.due_at + MINUTE
    clocks.sweep(at=late)
    escalations.escalate(at=late)
    handoff.refresh_from_db()
    assert (handoff.owner, handoff.rests_until) == (tom, None)
    replays_to_its_row(handoff)


def test_where_nobody_is_eligible_the_rest_of_the_time_runs_in_the_hours_of_the_pool(
    sam, tom, pool_of
):
    afternoons = Calendar.objects.create(name="Afternoons", time_zone="Europe/Berlin")
    WorkingHours.objects.bulk_create(
        WorkingHours(calendar=afternoons, weekday=day, starts=time(13), ends=time(17))
        for day in range(5)
    )
    handoff = HandoffFactory(pool__team=sam.team)
    pool_of(handoff, on_duty=False, calendar=afternoons)
    handoff = handoffs.assign(handoff, to=sam, by=sam, at=MONDAY)
    assert handoff.due_at == MONDAY + 8 * HOUR
    handoff = handoffs.pass_on(handoff, by=sam, at=MONDAY + HOUR)
    assert (handoff.owner, handoff.due_at) == (None, MONDAY + 5 * HOUR)
    replays_to_its_row(handoff)
