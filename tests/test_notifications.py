"""Who is told of what, in which words, and when a mail may say it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.utils import translation

from feedback import (
    clocks,
    deliveries,
    escalations,
    handoffs,
    notifications,
    releases,
    steps,
    waiting,
)
from feedback.models import (
    Absence,
    Calendar,
    Handoff,
    Letter,
    Notification,
    RoutingRule,
    WorkingHours,
)
from feedback.notifications import groups, hours, lateness, recipients, wishes
from feedback.notifications.sentences import _PATTERNS
from feedback.notifications.wishes import SETTLED
from leads import events
from leads.models import Event
from tests.conftest import person
from tests.factories import (
    MONDAY,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    PoolMemberFactory,
    UserFactory,
    entry_for,
    version_in_force,
)
from tests.test_clock_terms import agreed
from tests.test_handoffs import ALL, returned

pytestmark = pytest.mark.django_db

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FRIDAY_EVENING = MONDAY - timedelta(days=2, hours=14)  # 19:00 in Berlin.


@pytest.fixture
def pool(sam):
    pool = PoolFactory(team=sam.team)
    PoolMemberFactory(pool=pool, user=sam)
    return pool


def tell(kind: str, handoff: Handoff | None = None, /, *, at=MONDAY, actor=None, **data) -> Event:
    """Write the event and deliver it."""
    about = {"handoff": handoff.pk, **data} if handoff else data
    lead = handoff.lead if handoff else None
    event = events.write(kind, at=at, lead=lead, actor=actor, data=about)
    recipients.tell(event, at=at)
    return event


def told(event: Event) -> set:
    return {row.user for row in Notification.objects.filter(event=event)}


def said(event: Event, user) -> notifications.Sentence:
    return notifications.sentence(Notification.objects.get(event=event, user=user))


def mail_at(event: Event, user) -> datetime | None:
    return Notification.objects.get(event=event, user=user).mail_at


# Who is told


def test_every_kind_that_is_told_has_words_in_both_languages():
    assert set(recipients.RECIPIENTS) == set(_PATTERNS)
    assert set(recipients.RECIPIENTS) >= wishes.BY_MAIL
    for pattern in _PATTERNS.values():
        with translation.override("en"):
            english = pattern()
        with translation.override("de"):
            assert pattern() != english


def test_an_alert_is_told_to_those_who_may_take_the_lead_now(pool, sam, tom, lena, maya):
    handoff = HandoffFactory(pool=pool, speed_lane=True)
    event = tell("handoff.alert", handoff, people=[sam.pk, tom.pk])
    assert told(event) == {sam, tom}
    assert said(event, sam).url == f"/handoffs/{handoff.pk}/"
    assert "asks for somebody now" in said(event, sam).text
    assert told(tell("handoff.alert", handoff)) == {sam}  # Who is on duty, if nobody is named.


def test_an_offer_in_the_speed_lane_is_not_told_twice(pool, sam):
    assert told(tell("handoff.offered", HandoffFactory(pool=pool, speed_lane=True))) == set()
    nobody = HandoffFactory(pool=pool, unassigned_since=MONDAY)
    assert told(tell("handoff.offered", nobody)) == set()
    assert told(tell("handoff.offered", HandoffFactory(pool=pool))) == {sam}


def test_a_lead_nobody_can_take_is_told_to_who_leads_the_team_else_to_operations(
    pool, sam, olu, request
):
    handoff = HandoffFactory(pool=pool, unassigned_since=MONDAY)
    assert told(tell("handoff.unassigned", handoff)) == {olu}
    lena = request.getfixturevalue("lena")
    assert told(tell("handoff.unassigned", handoff)) == {lena}


def test_what_is_taken_back_is_told_to_who_had_it(pool, sam, tom, lena):
    event = tell("handoff.taken_back", HandoffFactory(pool=pool), **{"from": sam.pk})
    assert told(event) == {sam}


def test_what_is_undone_is_told_to_who_was_told_of_it(sam, maya, mark, olu):
    handoff = returned(HandoffFactory(), sam)
    deliveries.deliver(at=MONDAY + HOUR)
    step = handoff.steps.get(kind="returned")
    event = tell("handoff.undone", handoff, actor=sam, step=step.pk, kind="returned")
    assert told(event) == {maya, mark}
    assert "the return is undone" in said(event, maya).text
    # No mail had said it: then none says that it is undone, and none says it any more.
    assert not Notification.objects.filter(mail_due=True).exists()


def test_a_return_that_is_undone_waits_for_nobody_any_more(sam, maya):
    handoff, other = returned(HandoffFactory(), sam), returned(HandoffFactory(), sam)
    deliveries.deliver(at=MONDAY + HOUR)
    assert waiting.count(maya, at=MONDAY + HOUR).returns == 2
    handoffs.undo(handoff, by=sam, at=MONDAY + 2 * HOUR)
    deliveries.deliver(at=MONDAY + 3 * HOUR)
    assert waiting.count(maya, at=MONDAY + 3 * HOUR).returns == 1
    unread = Notification.objects.filter(user=maya, read_at=None, event__kind="handoff.returned")
    assert unread.get().event.data["handoff"] == other.pk


def test_what_a_mail_told_is_undone_by_mail_too(sam, maya, mark):
    handoff = returned(HandoffFactory(), sam)
    deliveries.deliver(at=MONDAY + HOUR)
    letter = Letter.objects.create(user=maya, created_at=MONDAY)
    Notification.objects.filter(user=maya).update(mail_due=False, letter=letter)
    step = handoff.steps.get(kind="returned")
    event = tell("handoff.undone", handoff, actor=sam, step=step.pk, kind="returned")
    due = Notification.objects.filter(mail_due=True)
    assert [(row.user, row.event) for row in due] == [(maya, event)]


def test_a_claim_is_told_to_marketing_in_the_application_only(pool, sam, maya, mark):
    event = tell("handoff.claimed", HandoffFactory(pool=pool), actor=sam)
    assert told(event) == {maya, mark}
    assert mail_at(event, maya) is None


@pytest.mark.parametrize(
    ("to", "whom"), [("lead", "lena"), ("both_leads", "lena mark"), ("operations", "lena olu")]
)
def test_a_breach_is_told_further_to_whom_the_agreement_names(
    pool, sam, lena, mark, maya, olu, to, whom
):
    handoff = HandoffFactory(pool=pool)
    event = tell("clock.escalated", handoff, clock="answer", level=1, to=to)
    assert {each.first_name.lower() for each in told(event)} == set(whom.split())


def test_many_breaches_at_once_are_one_sentence(pool, sam, lena, mark):
    event = tell("clock.breached_many", pool=pool.pk, clock="answer", number=340)
    assert told(event) == {lena}
    assert said(event, lena).text == "340 deadlines passed in Field sales: Answer."
    assert said(event, lena).url == "/inbox/?queue=answer&whose=all&clock=over"
    event = tell("clock.breached_many", pool=pool.pk, clock="answer_return", number=2)
    assert told(event) == {mark}


def test_many_breaches_lead_to_the_queue_in_which_they_are(pool, sam, tom, lena, signed_in):
    late, waits = (HandoffFactory(pool=pool, owner=user) for user in (tom, sam))
    accepted(late, tom, MONDAY)
    Handoff.objects.filter(pk=late.pk).update(due_at=MONDAY + HOUR)
    accepted(waits, sam, MONDAY)
    event = tell("clock.breached_many", pool=pool.pk, clock="first_contact", number=21)
    with time_machine.travel(MONDAY + 2 * HOUR):
        page = signed_in(lena).get(said(event, lena).url)
    assert [row.handoff for row in page.context["desk"].rows] == [late]


@pytest.mark.parametrize(
    ("to", "whom"), [("lead", "lena"), ("both_leads", "lena mark"), ("operations", "lena olu")]
)
def test_many_breaches_at_once_are_told_whom_one_alone_is_told(pool, lena, mark, olu, to, whom):
    agreed("answer", escalate_to=to)
    event = tell("clock.breached_many", pool=pool.pk, clock="answer", number=340)
    assert {each.first_name.lower() for each in told(event)} == set(whom.split())


def test_what_is_given_back_is_told_to_who_may_take_it(pool, sam, tom):
    PoolMemberFactory(pool=pool, user=tom)
    handoff = HandoffFactory(pool=pool, owner=sam)
    handoffs.assign(handoff, to=None, by=sam, at=MONDAY)
    deliveries.deliver(at=MONDAY)
    event = Event.objects.get(kind="handoff.assigned")
    assert told(event) == {tom}
    assert said(event, tom).text.startswith("Sam Okafor gave ")
    assert said(event, tom).text.endswith("back to the pool. Who takes it has it.")


def test_many_that_are_told_further_at_once_are_one_sentence_to_whom_the_agreement_names(
    pool, sam, lena, mark, olu
):
    facts = {"pool": pool.pk, "clock": "answer", "number": 340, "level": 2}
    event = tell("clock.escalated_many", to="operations", **facts)
    assert told(event) == {lena, olu}
    assert said(event, olu).text == (
        "340 leads still wait in Field sales, long after the deadlines: Answer."
    )
    assert said(event, olu).url == "/inbox/?queue=answer&whose=all&clock=over"
    assert told(tell("clock.escalated_many", to="both_leads", **facts)) == {lena, mark}


def test_what_cannot_be_passed_on_is_told_to_those_who_run_the_house(olu, ada, sam, mark):
    event = tell("delivery.failed", event=1, kind="stage.entered")
    assert told(event) == {olu, ada}
    assert said(event, ada).url == "/admin/leads/event/1/change/"
    assert said(event, olu).url == "/notifications/"
    event = tell("delivery.failed", event=1, kind="stage.entered", waits=True)
    assert said(event, olu) == notifications.Sentence(
        "Leads wait: there is no pool of reps.", "/duty/"
    )


def test_nobody_is_told_of_a_lead_they_may_not_see(pool, sam, tom, nina):
    handoff = HandoffFactory(pool=pool)
    other = person("Ines Wolf", team=None)
    assert told(tell("handoff.alert", handoff, people=[sam.pk, other.pk, nina.pk])) == {sam}


def test_who_changes_teams_reads_no_name_any_more(pool, sam, marketing, db):
    handoff = HandoffFactory(pool=pool)
    event = tell("handoff.offered", handoff)
    assert str(handoff.lead) in said(event, sam).text
    from leads.models import Side, Team

    sam.team = Team.objects.create(name="Partners", side=Side.SALES)
    sam.save()
    assert said(event, sam) == notifications.Sentence(
        "a lead waits for an answer.", "/notifications/"
    )


def test_a_rep_is_led_to_what_they_may_open(pool, sam, maya, signed_in):
    handoff = HandoffFactory(pool=pool, waiting=True)
    event = tell("handoff.replied", handoff, actor=maya)
    assert told(event) == {sam}
    client = signed_in(sam)
    assert client.get(f"/leads/{handoff.lead_id}/").status_code == 404
    assert client.get(said(event, sam).url).status_code == 200


def test_an_erased_lead_takes_its_notifications_along(pool, sam):
    event = tell("handoff.offered", HandoffFactory(pool=pool))
    event.delete()
    assert not Notification.objects.exists()


# As the verbs write it


def test_a_speed_lane_alerts_and_then_says_who_has_the_lead(pool, sam, tom, lena):
    RoutingRule.objects.create(name="Now", pool=pool, strategy="first_to_take")
    PoolMemberFactory(pool=pool, user=tom)
    entry_for(LeadFactory(), version_in_force())
    deliveries.deliver(at=MONDAY)
    deliveries.deliver(at=MONDAY)
    alert = Event.objects.get(kind="handoff.alert")
    assert told(alert) == {sam, tom}
    assert not Notification.objects.filter(event__kind="handoff.offered").exists()
    handoff = Handoff.objects.get()
    handoffs.assign(handoff, to=tom, by=tom, at=MONDAY + MINUTE)
    assert said(alert, sam).text == f"Tom Albrecht has {handoff.lead} now."
    assert "asks for somebody now" in said(alert, tom).text
    assert unread() == {sam, tom}
    deliveries.deliver(at=MONDAY + MINUTE)
    assert unread() == {tom}
    handoffs.accept(handoff, by=tom, at=MONDAY + 2 * MINUTE, confirmed=ALL)
    deliveries.deliver(at=MONDAY + 2 * MINUTE)
    assert unread() == set()


def unread() -> set:
    return {row.user for row in Notification.objects.filter(read_at=None)}


def test_who_is_told_to_answer_need_not_once_another_has_answered(pool, sam, tom):
    PoolMemberFactory(pool=pool, user=tom)
    handoff, other = HandoffFactory(pool=pool), HandoffFactory(pool=pool)
    for each in (handoff, other):
        tell("handoff.offered", each)
        tell("clock.warning", each, clock="answer", due_at=MONDAY.isoformat())
    handoffs.give_back(handoff, by=sam, at=MONDAY, reason="no_budget", text="No budget.")
    deliveries.deliver(at=MONDAY)
    waits = Notification.objects.filter(read_at=None)
    assert {row.event.data["handoff"] for row in waits} == {other.pk}
    assert {(row.user, row.event.kind) for row in waits} == {
        (user, kind) for user in (sam, tom) for kind in ("handoff.offered", "clock.warning")
    }


@pytest.mark.parametrize("speed_lane", [False, True])
def test_what_is_owed_again_is_unread_again_for_those_who_had_not_read_it(
    pool, sam, tom, speed_lane
):
    kit = UserFactory(team=sam.team)
    for user in (tom, kit):
        PoolMemberFactory(pool=pool, user=user)
    handoff = HandoffFactory(pool=pool, speed_lane=speed_lane)
    tell("handoff.alert" if speed_lane else "handoff.offered", handoff)
    deliveries.deliver(at=MONDAY)
    for number, verb in enumerate((accepted, take)):
        at = MONDAY + (4 * number + 1) * MINUTE
        notifications.read(tom, handoff=handoff.pk, at=at)
        notifications.read(sam, handoff=handoff.pk, at=at)
        verb(handoff, sam, at)
        deliveries.deliver(at=at + MINUTE)
        assert unread() == set()
        handoffs.undo(handoff, by=sam, at=at + 2 * MINUTE)
        deliveries.deliver(at=at + 2 * MINUTE)
        assert unread() == {kit}


def accepted(handoff, by, at) -> None:
    handoffs.accept(handoff, by=by, at=at, confirmed=ALL)


def take(handoff, by, at) -> None:
    handoffs.assign(handoff, to=by, by=by, at=at)


def test_what_other_steps_had_settled_before_stays_read(pool, sam, tom, lena):
    handoff = HandoffFactory(pool=pool, owner=tom)
    PoolMemberFactory(pool=pool, user=tom)
    tell("handoff.offered", handoff)
    for n, owner in enumerate((sam, tom)):
        handoffs.assign(handoff, to=owner, by=lena, at=MONDAY + n * MINUTE)
        deliveries.deliver(at=MONDAY + n * MINUTE)
    notifications.read(tom, handoff=handoff.pk, at=MONDAY + 2 * MINUTE)
    at, until = MONDAY + 3 * MINUTE, MONDAY + HOUR
    handoffs.put_off(handoff, by=tom, at=at, until=until, reason="Is away.", pause=False)
    handoffs.undo(handoff, by=tom, at=at + MINUTE)
    deliveries.deliver(at=at + MINUTE)
    assert tom not in unread()


def test_an_offer_that_is_owed_again_is_its_owners(pool, sam, tom):
    handoff = HandoffFactory(pool=pool, owner=tom)
    PoolMemberFactory(pool=pool, user=tom)
    tell("handoff.offered", handoff)
    accepted(handoff, sam, MONDAY)
    deliveries.deliver(at=MONDAY)
    assert unread() == set()
    handoffs.undo(handoff, by=sam, at=MONDAY + MINUTE)
    accepted(handoff, tom, MONDAY + MINUTE)
    deliveries.deliver(at=MONDAY + MINUTE)
    assert unread() == set()
    handoffs.undo(handoff, by=tom, at=MONDAY + 2 * MINUTE)
    deliveries.deliver(at=MONDAY + 2 * MINUTE)
    assert unread() == {tom}


def test_a_lead_at_night_is_said_to_be_nobodys(pool, sam, lena):
    entry_for(LeadFactory(), version_in_force(), at=FRIDAY_EVENING)
    deliveries.deliver(at=FRIDAY_EVENING)
    deliveries.deliver(at=FRIDAY_EVENING)
    event = Event.objects.get(kind="handoff.unassigned")
    assert told(event) == {lena}
    assert "Nobody can take" in said(event, lena).text


def test_undoing_a_return_tells_marketing(pool, sam, maya, mark):
    handoff = HandoffFactory(pool=pool)
    handoffs.give_back(handoff, by=sam, at=MONDAY, reason="no_budget", text="No budget.")
    deliveries.deliver(at=MONDAY)
    handoffs.undo(handoff, by=sam, at=MONDAY + MINUTE)
    deliveries.deliver(at=MONDAY + MINUTE)
    event = Event.objects.get(kind="handoff.undone")
    assert told(event) == {maya, mark}
    assert said(event, maya).text == f"Sam Okafor has {handoff.lead} back: the return is undone."
    assert not Notification.objects.filter(mail_due=True, user=maya).exists()


def test_undoing_what_nobody_was_told_of_tells_nobody(pool, sam, maya):
    handoff = HandoffFactory(pool=pool)
    handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL)
    handoffs.undo(handoff, by=sam, at=MONDAY + MINUTE)
    deliveries.deliver(at=MONDAY + MINUTE)
    assert told(Event.objects.get(kind="handoff.undone")) == set()


def test_a_lead_that_is_taken_back_is_told_to_both(pool, sam, tom, lena):
    PoolMemberFactory(pool=pool, user=tom)
    handoff = HandoffFactory(version=agreed(take_back=True), pool=pool, owner=sam)
    late = handoff.due_at + MINUTE
    clocks.sweep(at=late)
    escalations.escalate(at=late)
    deliveries.deliver(at=late)
    event = Event.objects.get(kind="handoff.taken_back")
    assert told(event) == {sam}
    assert said(event, sam).text.endswith("was offered to others: the time to answer was over.")
    assert told(Event.objects.get(kind="handoff.assigned")) == {tom}


# Of clocks


def late(handoff: Handoff, reader, kind: str = "clock.breached", **facts) -> str:
    """What is said to the reader an hour after what stands on the handoff was due."""
    facts = {"clock": handoff.clock, "due_at": handoff.due_at.isoformat()} | facts
    event = events.write(kind, at=handoff.due_at, lead=handoff.lead, data={"handoff": handoff.pk})
    event.data |= facts
    row = Notification(user=reader, event=event, created_at=handoff.due_at + HOUR)
    return notifications.sentence(row).text


def test_a_breach_says_who_owes_what_to_whom_since_when(pool, sam, lena):
    lead = LeadFactory(first_name="Tomasz", last_name="Horn", company_name="Bodensee Maschinen")
    handoff = HandoffFactory(pool=pool, lead=lead, owner=sam)
    assert late(handoff, lena) == (
        "Sam Okafor has not answered Tomasz Horn (Bodensee Maschinen), due 13:00."
    )
    assert late(handoff, sam).startswith("You have not answered Tomasz Horn")
    assert late(handoff, lena, "clock.escalated", level=1, to="lead", due_at=None) == (
        "Long after the deadline: Sam Okafor has not answered Tomasz Horn (Bodensee Maschinen), "
        "due 13:00."
    )
    with translation.override("de"):
        assert late(handoff, lena) == (
            "Sam Okafor hat zu Tomasz Horn (Bodensee Maschinen) nicht geantwortet, Frist: 13:00."
        )
    accepted(handoff, sam, MONDAY)
    handoff.refresh_from_db()
    assert late(handoff, lena).startswith("Sam Okafor has not been in touch with Tomasz Horn (")
    assert late(handoff, lena, clock="answer", due_at=MONDAY.isoformat()) == (
        "Nobody had answered Tomasz Horn (Bodensee Maschinen) by 09:00."
    )


def test_a_warning_that_comes_too_late_says_that_the_time_is_up(pool, sam):
    handoff = HandoffFactory(pool=pool, owner=sam)
    due = handoff.due_at
    event = tell("clock.warning", handoff, clock="answer", due_at=due.isoformat())
    row = Notification.objects.get(event=event)
    in_time, too_late = (
        notifications.tellings([row], sam, at=at)[0].text for at in (due, due + 24 * HOUR)
    )
    lead = f"{handoff.lead} ({handoff.lead.company_name})"
    assert in_time == f"The time is nearly up for {lead}: Answer by 13:00."
    assert too_late == f"The time for {lead} is up: Answer was due 2 Mar, 13:00."


def test_every_clock_that_is_over_has_words_in_both_languages(pool, sam, lena):
    handoff = HandoffFactory(pool=pool, owner=sam)
    for clock in Handoff.Clock.values:
        handoff.clock = clock
        for reader in (sam, lena):
            said = set()
            for language in ("en", "de"):
                for due in (handoff.due_at, MONDAY):
                    event = Event(kind="clock.breached", data={"clock": clock})
                    event.data["due_at"] = due.isoformat()
                    with translation.override(language):
                        said.add(lateness.pattern(event, handoff, reader, at=MONDAY))
            assert len(said) == 4


# In one's hours


def in_berlin(*at: int) -> datetime:
    return datetime(*at, tzinfo=UTC) - HOUR  # Winter: UTC+1.


def test_a_mail_waits_for_the_next_working_moment(pool, sam):
    handoff = HandoffFactory(pool=pool)
    assert mail_at(tell("handoff.offered", handoff, at=MONDAY), sam) == MONDAY + MINUTE
    late = tell("handoff.offered", handoff, at=FRIDAY_EVENING)
    assert mail_at(late, sam) == MONDAY + SETTLED
    urgent = tell("clock.warning", handoff, at=FRIDAY_EVENING, clock="answer")
    assert mail_at(urgent, sam) == MONDAY + SETTLED
    assert Notification.objects.get(event=late).created_at == FRIDAY_EVENING


def test_who_asks_for_any_hour_gets_mails_at_any_hour(pool, sam):
    notifications.choose(sam, mode="immediate", digest_hour=8, any_hour=True, at=MONDAY)
    event = tell("handoff.offered", HandoffFactory(pool=pool), at=FRIDAY_EVENING)
    assert mail_at(event, sam) == FRIDAY_EVENING + MINUTE


def test_who_is_away_gets_mails_when_they_are_back(pool, sam):
    Absence.objects.create(
        user=sam,
        first_day=date(2026, 3, 2),
        last_day=date(2026, 3, 4),
        entered_by=sam,
        entered_at=MONDAY,
    )
    event = tell("handoff.offered", HandoffFactory(pool=pool), at=MONDAY)
    assert mail_at(event, sam) == in_berlin(2026, 3, 5, 9) + SETTLED


def test_a_member_with_own_hours_gets_mails_in_them(pool, sam):
    nights = Calendar.objects.create(name="Nights", time_zone="America/New_York")
    WorkingHours.objects.create(calendar=nights, weekday=0, starts=time(22), ends=time(23))
    sam.pool_memberships.update(calendar=nights)
    event = tell("handoff.offered", HandoffFactory(pool=pool), at=MONDAY)
    assert mail_at(event, sam) == datetime(2026, 3, 3, 3, tzinfo=UTC) + SETTLED


def test_who_is_in_no_pool_has_the_hours_of_the_first_pool(pool, sam, maya):
    assert hours.working_hours(maya).calendar == pool.calendar
    assert not hours.working_hours(maya).is_open(FRIDAY_EVENING)


def test_before_there_is_a_pool_everybody_is_always_there(maya):
    assert hours.working_hours(maya).opening(FRIDAY_EVENING) == FRIDAY_EVENING


def test_somebody_away_for_a_year_is_not_looked_for_for_ever(pool, sam):
    Absence.objects.create(
        user=sam,
        first_day=date(2026, 1, 1),
        last_day=date(2029, 1, 1),
        entered_by=sam,
        entered_at=MONDAY,
    )
    there = hours.working_hours(sam)
    assert there.opening(MONDAY) > MONDAY + timedelta(days=365)


# As one wishes


def test_a_daily_mail_comes_at_its_hour_on_working_days(pool, sam):
    notifications.choose(sam, mode="digest", digest_hour=7, any_hour=False, at=MONDAY)
    handoff = HandoffFactory(pool=pool)
    assert mail_at(tell("handoff.offered", handoff, at=MONDAY), sam) == in_berlin(2026, 3, 3, 7)
    friday = tell("handoff.offered", handoff, at=FRIDAY_EVENING)
    assert mail_at(friday, sam) == in_berlin(2026, 3, 2, 7)


def test_what_cannot_wait_comes_at_once_in_ones_hours_even_so(pool, sam):
    notifications.choose(sam, mode="digest", digest_hour=7, any_hour=False, at=MONDAY)
    handoff = HandoffFactory(pool=pool, speed_lane=True)
    assert mail_at(tell("handoff.alert", handoff, at=MONDAY), sam) == MONDAY
    assert mail_at(tell("handoff.alert", handoff, at=FRIDAY_EVENING), sam) == MONDAY + SETTLED


def test_who_wants_no_mails_gets_none_and_is_still_told(pool, sam):
    notifications.choose(sam, mode="none", digest_hour=8, any_hour=True, at=MONDAY)
    event = tell("clock.warning", HandoffFactory(pool=pool), clock="answer")
    assert told(event) == {sam}
    assert not Notification.objects.filter(mail_due=True).exists()


def test_a_new_wish_counts_for_mails_that_wait_already(pool, sam):
    event = tell("handoff.offered", HandoffFactory(pool=pool), at=MONDAY)
    notifications.choose(sam, mode="digest", digest_hour=16, any_hour=False, at=MONDAY)
    assert mail_at(event, sam) == in_berlin(2026, 3, 2, 16)
    notifications.choose(sam, mode="none", digest_hour=16, any_hour=False, at=MONDAY)
    assert not Notification.objects.get(event=event).mail_due


# Together


def test_ten_offers_within_a_minute_are_one_line_that_leads_to_the_inbox(pool, sam):
    for n in range(10):
        tell("handoff.offered", HandoffFactory(pool=pool), at=MONDAY + n * timedelta(seconds=6))
    tell("handoff.offered", HandoffFactory(pool=pool), at=MONDAY + 5 * MINUTE)
    rows = Notification.objects.select_related("event__lead", "event__actor").order_by("-pk")
    alone, together = groups.fold(notifications.tellings(rows, sam, at=MONDAY), sam)
    assert len(alone.rows) == 1
    assert (together.text, together.url) == ("10 leads wait for an answer.", "/inbox/")
    assert len(together.rows) == 10


def test_what_was_read_is_not_told_together_with_what_was_not(pool, sam):
    first, second = (tell("handoff.offered", HandoffFactory(pool=pool)) for _ in range(2))
    Notification.objects.filter(event=first).update(read_at=MONDAY)
    rows = Notification.objects.select_related("event__lead", "event__actor").order_by("-pk")
    folded = groups.fold(notifications.tellings(rows, sam, at=MONDAY), sam)
    assert [group.read for group in folded] == [False, True]
    assert second.lead.last_name in folded[0].text


def test_a_page_of_many_kinds_is_put_in_words_with_few_questions(
    pool, sam, maya, mark, lena, olu, django_assert_max_num_queries
):
    for _ in range(5):
        handoff = HandoffFactory(pool=pool)
        tell("handoff.offered", handoff)
        tell("clock.warning", handoff, clock="answer")
        returned(handoff, sam)
    deliveries.deliver(at=MONDAY)
    rows = Notification.objects.filter(user=mark).select_related("event__lead", "event__actor")
    with django_assert_max_num_queries(3):
        notifications.tellings(rows, mark, at=MONDAY)


# Read, and forgotten


def test_what_is_read_is_not_told_by_mail_any_more(pool, sam):
    event = tell("handoff.offered", HandoffFactory(pool=pool))
    notifications.read(sam, at=MONDAY)
    row = Notification.objects.get(event=event)
    assert (row.read_at, row.mail_due) == (MONDAY, False)


def test_what_was_read_is_kept_for_ninety_days_and_what_was_not_stays(pool, sam):
    old, fresh, unread = (tell("handoff.offered", HandoffFactory(pool=pool)) for _ in range(3))
    ages = {old: timedelta(days=91), fresh: timedelta(days=89)}
    for event, age in ages.items():
        Notification.objects.filter(event=event).update(read_at=MONDAY - age)
    Letter.objects.create(
        user=sam, created_at=MONDAY, state="sent", ended_at=MONDAY - timedelta(days=91)
    )
    assert notifications.forget(at=MONDAY) == 1
    assert {row.event for row in Notification.objects.all()} == {fresh, unread}
    assert not Letter.objects.exists()


def test_the_steps_of_today_have_events_that_are_told():
    """A renamed step would be told to nobody, in silence."""
    named = {
        steps.EVENTS.get(kind, f"handoff.{kind}") for kind in ("breached", "warned", "message")
    }
    assert named <= set(recipients.RECIPIENTS)


def test_what_nobody_can_take_at_night_is_one_row_of_the_bell(pool, lena):
    version, night = version_in_force(), MONDAY + timedelta(hours=13)
    for hour in range(3):
        handoff = HandoffFactory(pool=pool, version=version, waiting=True)
        at = night + timedelta(hours=hour)
        releases.release(at=at)
        handoff.refresh_from_db()
        assert handoff.unassigned_since == at
        deliveries.deliver(at=at)
    rows = Notification.objects.filter(user=lena, event__kind="handoff.unassigned")
    [group] = groups.fold(notifications.tellings(rows.order_by("-pk"), lena, at=MONDAY), lena)
    assert group.text == "Nobody can take 3 leads now."
