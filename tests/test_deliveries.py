"""What happened becomes a handoff, a notification, a mail: once, and never lost."""

from datetime import timedelta

import pytest

from feedback import clocks, deliveries, handoffs, notifications
from feedback.models import Evidence, Handoff, Notification
from leads import activities, events
from leads.models import Event
from scoring import stages
from scoring.models import Score, StageEntry
from tests.conftest import person
from tests.factories import (
    MONDAY,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    PoolMemberFactory,
    entry_for,
    version_in_force,
)
from tests.test_handoffs import accepted, returned

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def pool(sam):
    pool = PoolFactory(team=sam.team)
    PoolMemberFactory(pool=pool, user=sam)
    return pool


def entered(lead=None) -> StageEntry:
    return entry_for(lead or LeadFactory(), version_in_force())


def told(kind: str) -> set:
    return {row.user for row in Notification.objects.filter(event__kind=kind)}


# Stage entries become handoffs


def test_a_stage_entry_becomes_a_handoff_that_is_offered_at_once(pool, sam):
    entry = entered()
    deliveries.deliver(at=MONDAY + MINUTE)
    handoff = Handoff.objects.get()
    assert (handoff.entry, handoff.lead, handoff.version) == (entry, entry.lead, entry.version)
    assert (handoff.opened_at, handoff.offered_at) == (MONDAY + MINUTE, MONDAY + MINUTE)
    assert handoff.owner == sam
    assert handoff.trigger_at == entry.at
    assert not Event.objects.filter(delivered_at=None, kind="stage.entered").exists()


def test_what_a_lead_did_after_it_was_handed_over_is_not_what_triggered_it(pool):
    lead = LeadFactory()
    for moment in (MONDAY - HOUR, MONDAY + MINUTE):
        activities.record(lead, type="form", occurred_at=moment, known_at=moment)
    entered(lead)
    deliveries.deliver(at=MONDAY + 2 * MINUTE)
    assert Handoff.objects.get().trigger_at == MONDAY - HOUR


def test_delivering_again_and_opening_again_change_nothing(pool):
    entry = entered()
    deliveries.deliver(at=MONDAY)
    Event.objects.filter(kind="stage.entered").update(delivered_at=None)
    deliveries.deliver(at=MONDAY + HOUR)
    assert handoffs.open_for(entry, at=MONDAY + HOUR) == Handoff.objects.get()
    assert Notification.objects.filter(event__kind="handoff.offered").count() == 1


def test_a_handoff_freezes_the_stored_ledger_and_the_criteria(pool):
    lead = LeadFactory()
    version = version_in_force()
    cells = len(ledgers_layout(version))
    ledger = [65, *[0] * (cells - 1)]
    Score.objects.create(
        lead=lead, version=version, fit=40, engagement=25, total=65, ledger=ledger, as_of=MONDAY
    )
    entered(lead)
    deliveries.deliver(at=MONDAY)
    handoff = Handoff.objects.get()
    evidence = Evidence.objects.get(handoff=handoff)
    assert handoff.score == 65
    assert sum(line["points"] for line in evidence.ledger) == 65
    keys = [criterion["key"] for criterion in evidence.criteria]
    assert keys == [each["key"] for each in version.body["stages"][1]["criteria"]]


def ledgers_layout(version):
    from scoring import ledgers

    return ledgers.layout(version.body)


def test_an_imported_entry_hands_nothing_over_and_tells_nobody(pool):
    version, lead = version_in_force(), LeadFactory()
    cause = StageEntry.Cause.IMPORT
    entry = stages.enter(lead, "mql", cause=cause, at=MONDAY, version=version)
    deliveries.deliver(at=MONDAY)
    assert handoffs.open_for(entry, at=MONDAY) is None
    assert not Handoff.objects.exists()
    assert not Notification.objects.exists()
    assert not Event.objects.filter(delivered_at=None).exists()


def test_a_lead_that_has_gone_on_or_is_open_already_is_not_handed_over(pool):
    gone = entered()
    stages.enter(gone.lead, "out", cause=StageEntry.Cause.RETURNED, at=MONDAY, version=gone.version)
    handoff = HandoffFactory(pool=pool)
    again = stages.enter(
        handoff.lead, "mql", cause=StageEntry.Cause.CRITERIA, at=MONDAY, version=handoff.version
    )
    assert handoffs.open_for(gone, at=MONDAY) is None
    assert handoffs.open_for(again, at=MONDAY) is None
    assert Handoff.objects.get() == handoff


def test_without_a_pool_the_event_is_kept_with_its_problem_and_tried_again(sam):
    entered()
    deliveries.deliver(at=MONDAY)
    event = Event.objects.get(kind="stage.entered", data__kind="handoff")
    assert (event.delivered_at, event.attempts) == (None, 1)
    assert "no pool" in event.problem
    PoolFactory(team=sam.team)
    deliveries.deliver(at=event.retry_at)
    assert Handoff.objects.get().offered_at == event.retry_at


def test_that_there_is_no_pool_is_told_once_and_its_events_wait_for_as_long(sam, olu):
    entered(), entered()
    for _ in range(25):
        latest = Event.objects.filter(kind="stage.entered").order_by("-retry_at").first()
        deliveries.deliver(at=latest.retry_at or MONDAY)
    assert Event.objects.filter(kind="delivery.failed").count() == 1
    assert told("delivery.failed") == {olu}
    assert not events.set_aside().exists()
    PoolFactory(team=sam.team)
    deliveries.deliver(at=latest.retry_at + 2 * HOUR)
    assert Handoff.objects.count() == 2


def test_one_event_that_cannot_be_delivered_holds_nobody_up(pool, sam):
    broken = events.write("handoff.offered", at=MONDAY, data={"handoff": 0})
    entered()
    deliveries.deliver(at=MONDAY)
    assert Handoff.objects.get().owner == sam
    for _ in range(8):
        broken.refresh_from_db()
        deliveries.deliver(at=broken.retry_at)
    broken.refresh_from_db()
    assert (broken.attempts, broken.delivered_at) == (9, None)
    assert "DoesNotExist" in broken.problem


def test_an_event_that_fails_for_ever_is_set_aside_told_and_tried_again_by_hand(
    ada, olu, sam, signed_in
):
    broken = events.write("handoff.offered", at=MONDAY, data={"handoff": 0})
    for day in range(25):
        deliveries.deliver(at=MONDAY + timedelta(days=day))
    broken.refresh_from_db()
    assert (broken.attempts, broken.delivered_at) == (20, None)
    assert told("delivery.failed") == {olu, ada}
    assert [*events.set_aside()] == [broken]
    said = Event.objects.get(kind="delivery.failed").data
    assert said == {"event": broken.pk, "kind": "handoff.offered", "waits": False}
    page = "/admin/leads/event/?delivery=set_aside"
    assert "handoff.offered" in signed_in(ada).get(page).content.decode()
    sent = {"action": "deliver_again", "_selected_action": [broken.pk]}
    signed_in(sam).post(page, sent)
    assert events.set_aside().exists()
    signed_in(ada).post(page, sent)
    assert not events.set_aside().exists()
    deliveries.deliver(at=MONDAY + timedelta(days=30))
    broken.refresh_from_db()
    assert broken.attempts == 1


def test_many_events_without_consequence_are_ticked_off_in_few_questions(
    pool, django_assert_max_num_queries
):
    for _ in range(50):
        events.write("lead.changed", at=MONDAY)
    with django_assert_max_num_queries(6):
        assert deliveries.deliver(at=MONDAY) == 50


# Who is told


def test_an_offer_is_told_to_its_owner_and_never_to_everybody(pool, sam, tom, lena):
    entered()
    deliveries.deliver(at=MONDAY)
    assert told("handoff.offered") == {sam}
    Notification.objects.all().delete()
    PoolMemberFactory(pool=pool, user=tom, on_duty=False)
    entered()
    deliveries.deliver(at=MONDAY - timedelta(days=1))  # On Sunday nobody is there.
    assert told("handoff.offered") == set()
    assert told("handoff.unassigned") == {lena}


def test_a_return_is_told_to_marketing_with_its_reason(sam, maya, mark, olu):
    handoff = returned(HandoffFactory(), sam)
    deliveries.deliver(at=MONDAY + HOUR)
    assert told("handoff.returned") == {maya, mark}
    said = notifications.sentence(Notification.objects.get(user=maya))
    assert said.text == f"Sam Okafor returned {handoff.lead}: No budget this year."
    assert said.url == f"/handoffs/{handoff.pk}/"


def test_a_message_is_told_to_the_other_side(sam, maya, mark):
    handoff = returned(HandoffFactory(), sam)
    handoffs.reply(handoff, by=maya, at=MONDAY, text="Which year?")
    deliveries.deliver(at=MONDAY)
    assert told("handoff.replied") == {sam}
    handoffs.reply(handoff, by=sam, at=MONDAY, text="The next one.")
    deliveries.deliver(at=MONDAY)
    assert told("handoff.replied") == {sam, maya}


def test_a_message_on_a_lead_that_nobody_has_yet_is_told_to_those_on_duty(pool, sam, tom, maya):
    handoffs.reply(HandoffFactory(pool=pool), by=maya, at=MONDAY, text="He asked twice.")
    deliveries.deliver(at=MONDAY)
    assert told("handoff.replied") == {sam}


def test_a_lead_given_to_a_colleague_is_told_to_them_and_not_to_who_takes_one(sam, tom, lena):
    handoff = handoffs.assign(HandoffFactory(), to=sam, by=sam, at=MONDAY)
    deliveries.deliver(at=MONDAY)
    assert told("handoff.assigned") == set()
    handoffs.assign(handoff, to=tom, by=lena, at=MONDAY)
    deliveries.deliver(at=MONDAY)
    assert told("handoff.assigned") == {tom}


def test_agreements_are_told_to_those_who_sign_and_those_who_work_by_them(
    maya, mark, sam, lena, olu, nina
):
    version = version_in_force()
    events.write("agreement.proposed", at=MONDAY, actor=maya, data={"version": version.pk})
    events.write("agreement.in_force", at=MONDAY, actor=lena, data={"version": version.pk})
    deliveries.deliver(at=MONDAY)
    assert told("agreement.proposed") == {mark, lena}
    asked = Notification.objects.filter(event__kind="agreement.proposed")
    assert all(row.mail_due for row in asked)
    assert told("agreement.in_force") == {maya, mark, sam, olu}
    said = notifications.sentence(Notification.objects.get(user=maya))
    assert said.text == f"Agreement {version.number} is in force."
    assert said.url == f"/agreement/versions/{version.pk}/"


def test_an_event_of_an_import_tells_nobody(sam, maya):
    handoff = returned(HandoffFactory(), sam)
    Event.objects.all().delete()
    data = {"handoff": handoff.pk, "reason": "no_budget", "cause": "import"}
    events.write("handoff.returned", at=MONDAY, actor=sam, data=data)
    deliveries.deliver(at=MONDAY)
    assert not Notification.objects.exists()


# Breaches, and what was read


def breached(lena) -> Handoff:
    handoff = HandoffFactory()
    clocks.sweep(at=MONDAY + 5 * HOUR)
    deliveries.deliver(at=MONDAY + 5 * HOUR)
    return handoff


def test_a_breach_in_a_team_that_nobody_leads_is_told_to_operations(olu, sam):
    breached(None)
    assert told("clock.breached") == {olu}


def test_who_has_left_is_told_nothing(sales):
    person("Jana Weiss", team=sales, leads_team=True, is_active=False)
    breached(None)
    assert not Notification.objects.exists()


def test_accepting_tells_nobody(sam, maya):
    accepted(sam)
    deliveries.deliver(at=MONDAY + HOUR)
    assert told("handoff.accepted") == set()


def test_what_was_read_is_read_for_that_person_and_that_lead(sam, maya, mark):
    first, second = (returned(HandoffFactory(), sam) for _ in range(2))
    deliveries.deliver(at=MONDAY)
    assert notifications.read(maya, at=MONDAY, handoff=first.pk) == 1
    assert notifications.read(maya, at=MONDAY + HOUR) == 1
    assert notifications.read(maya, at=MONDAY + HOUR) == 0
    unread = Notification.objects.filter(read_at=None)
    assert {row.user for row in unread} == {mark}
    assert second.lead in {row.event.lead for row in unread}


def test_a_page_of_notifications_is_put_in_words_with_few_questions(
    sam, maya, django_assert_max_num_queries
):
    for _ in range(5):
        returned(HandoffFactory(), sam)
    deliveries.deliver(at=MONDAY)
    mine = Notification.objects.filter(user=maya)
    rows = list(mine.select_related("user__team", "event__lead", "event__actor"))
    with django_assert_max_num_queries(2):
        said = notifications.sentences(rows)
    assert len({sentence.url for sentence in said}) == 5
