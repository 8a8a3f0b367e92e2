"""What leads did, and what it says about their channels."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from leads import access, activities, activity_names, changes, events, identities, stale, touches
from leads.activities import NewActivity
from leads.models import Activity, ActivityType, Channel, Event, Lead, Note, StaleLead, TeamAccess
from leads.refusals import Refused
from scoring import documents
from scoring.shapes import TEMPLATES

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(monday) -> Lead:
    return changes.upsert([identities.external("crm", "1")], {}, source="crm", known_at=monday)[0]


def seen(lead, at, channel=None, **more):
    return activities.record(
        lead, type="page_seen", occurred_at=at, known_at=at, channel=channel, **more
    )


def test_an_activity_is_kept_with_its_local_date_and_marks_the_lead(anna):
    night = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    before = StaleLead.objects.get(lead=anna).counter
    activity, created = seen(anna, night, "Web form", properties={"minutes": 3, "words": " Hi "})
    assert created
    assert activity.local_date == date(2026, 3, 3)
    assert activity.properties == {"minutes": 3, "words": "Hi"}
    assert StaleLead.objects.get(lead=anna).counter == before + 1


def test_a_channel_nobody_knows_is_unclassified_and_a_known_one_is_found_by_key_or_name(
    anna, monday
):
    fair = Channel.objects.create(key="fair", name="Trade fair", kind="event")
    for name in ("fair", "FAIR", "trade FAIR", fair):
        seen(anna, monday, name)
    seen(anna, monday, "paid_search")
    assert set(Activity.objects.values_list("channel__key", "channel__kind")) == {
        ("fair", "event"), ("paid_search", "unclassified")
    }  # fmt: skip
    assert Channel.objects.get(key="paid_search").name == "Paid search"
    assert ActivityType.objects.get().name == "Page seen"


def test_a_key_that_an_administrator_wrote_with_hyphens_is_found_as_it_stands(anna, monday):
    fair = Channel.objects.create(key="trade-fair", name="Fairs and shows", kind="event")
    for name in ("trade-fair", " trade-fair "):
        seen(anna, monday, name)
    assert Channel.objects.get() == fair
    seen(anna, monday, "trade_fair")
    assert Channel.objects.count() == 2


def test_names_that_share_no_latin_letter_stay_different_channels(anna, monday):
    for name in ("展示会", "検索", "Ярмарка", "展示会 "):
        seen(anna, monday, name)
    assert Channel.objects.count() == 3


def test_first_and_latest_channel_follow_the_dates_not_the_order_of_arrival(anna, monday):
    day = timedelta(days=1)
    seen(anna, monday, "mail")
    seen(anna, monday - 2 * day, "fair")
    seen(anna, monday + day)
    seen(anna, monday - day, "web")
    anna.refresh_from_db()
    assert (anna.first_channel.key, anna.latest_channel.key) == ("fair", "mail")
    assert anna.latest_activity_at == monday + day


def test_the_same_activity_again_is_harmless(anna, monday):
    first, created = seen(anna, monday, source="web", external_id="a1")
    again, created_again = seen(anna, monday, source="web", external_id="a1")
    assert (created, created_again, again) == (True, False, first)
    counter = StaleLead.objects.get(lead=anna).counter
    seen(anna, monday, source="web", external_id="a1")
    assert StaleLead.objects.get(lead=anna).counter == counter


def test_the_id_of_another_leads_activity_is_refused(anna, monday):
    ben = changes.upsert([identities.external("crm", "2")], {}, source="crm", known_at=monday)[0]
    seen(anna, monday, source="web", external_id="a1")
    with pytest.raises(Refused) as refusal:
        seen(ben, monday, source="web", external_id="a1")
    assert refusal.value.code == "activity_of_another_lead"
    assert not ben.activities.exists()


def test_many_at_once_give_an_outcome_each(anna, monday):
    page = NewActivity(anna.pk, "page_seen", monday, monday, source="web", external_id="a1")
    later = monday + timedelta(days=1)
    future = NewActivity(anna.pk, "page_seen", later, monday)
    nested = NewActivity(anna.pk, "page_seen", monday, monday, properties={"a": {"b": 1}})
    nameless = NewActivity(anna.pk, " ", monday, monday)
    outcomes = activities.record_many([page, page, future, nested, nameless, page], at=monday)
    assert [o.status for o in outcomes] == [
        "created", "unchanged", "refused", "refused", "refused", "unchanged"
    ]  # fmt: skip
    assert [o.refusal.field for o in outcomes if o.refusal] == [
        "occurred_at", "properties.a", "type"
    ]  # fmt: skip
    assert Activity.objects.count() == 1


def test_five_hundred_activities_cost_few_queries(anna, monday, django_assert_max_num_queries):
    many = [
        NewActivity(
            anna.pk, "page_seen", monday, monday, channel="web", source="web", external_id=str(n)
        )
        for n in range(500)
    ]
    with django_assert_max_num_queries(26):
        activities.record_many(many, at=monday)
    with django_assert_max_num_queries(8):
        activities.record_many(many, at=monday)
    assert Activity.objects.count() == 500


def test_a_mark_is_cleared_only_if_nothing_came_after_it_was_read(anna, monday):
    pairs = stale.claim(10, at=monday)
    assert pairs == [(anna.pk, 1)]
    seen(anna, monday)
    assert stale.clear(pairs) == 0
    assert stale.clear(stale.claim(10, at=monday)) == 1
    assert stale.claim(10, at=monday) == []


def test_a_lead_that_cannot_be_scored_waits_longer_each_time_and_holds_up_nobody(anna, monday):
    waits = []
    now = monday
    for _attempt in range(stale.MOST_ATTEMPTS - 1):
        stale.fail(stale.claim(1, at=now), at=now, problem="ValueError")
        row = StaleLead.objects.get()
        waits.append((row.not_before - now).total_seconds())
        assert stale.claim(1, at=now) == []
        now = row.not_before
    assert waits == [5, 10, 20, 40]
    assert row.since == monday


def test_after_five_failures_a_lead_is_set_aside_until_something_is_learnt(anna, monday):
    for _attempt in range(stale.MOST_ATTEMPTS):
        monday = max(monday, StaleLead.objects.get().not_before)
        stale.fail(stale.claim(1, at=monday), at=monday, problem="ValueError")
    assert stale.set_aside().get().problem == "ValueError"
    assert stale.claim(1, at=monday + timedelta(days=365)) == []
    seen(anna, monday)
    assert not stale.set_aside().exists()
    assert stale.claim(1, at=monday) == [(anna.pk, 2)]


def test_an_event_is_told_once_and_tried_again_after_a_failure(anna, maya, monday):
    event = events.write(
        "handoff.accepted", at=monday, lead=anna, actor=maya, data={"handoff": 1}, note=" Hello "
    )
    assert event.note.text == "Hello"
    assert events.pending(10, at=monday) == [event]
    events.failed(event, at=monday, problem="no such pool")
    assert events.pending(10, at=monday) == []
    assert events.pending(10, at=monday + timedelta(seconds=5)) == [event]
    assert events.delivered(event, at=monday)
    assert not events.delivered(event, at=monday)
    assert not Event.objects.filter(delivered_at=None).exists()


def test_a_touch_keeps_its_words_as_a_note_of_the_lead(anna, sam, monday):
    touch = touches.record(
        anna, kind="call", outcome="reached", occurred_at=monday, by=sam, text="Calls back."
    )
    assert touch.note == Note.objects.get(lead=anna, author=sam)
    assert not touches.record(anna, kind="call", outcome="not_reached", occurred_at=monday).note


def test_a_lead_shown_twice_was_shown_once(anna, sales, sam, monday):
    assert not Lead.objects.visible_to(sam).exists()
    access.show(anna, team=sales, at=monday)
    access.show(anna, team=sales, at=monday + timedelta(days=1))
    assert TeamAccess.objects.get().since == monday
    assert Lead.objects.visible_to(sam).get() == anna


@pytest.mark.parametrize(
    ("key", "name", "said"),
    [
        ("demo_requested", "", "Vorführung angefragt"),
        ("demo_requested", "Demo requested", "Vorführung angefragt"),
        ("demo_requested", "Asked for a demo", "Vorführung angefragt"),
        ("demo_requested", "Wanted to see it", "Wanted to see it"),
        ("drank_coffee", "", "drank coffee"),
    ],
)
def test_what_the_templates_speak_of_has_a_name_in_the_readers_language(key, name, said):
    with translation.override("de"):
        assert activity_names.said(key, name) == said


def test_every_kind_of_activity_of_the_templates_has_a_name():
    spoken_of = {
        key
        for make in TEMPLATES.values()
        for _path, condition in documents.conditions(make())
        for leaf in documents.leaves(condition)
        for key in [*(leaf.get("types") or []), *(leaf.get("since_types") or [])]
    }
    assert spoken_of
    assert spoken_of <= set(activity_names.NAMES)
