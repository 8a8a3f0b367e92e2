"""The bell, the page of notifications, and how one wishes to be told."""

from datetime import timedelta

import pytest
from django.urls import reverse

from feedback import notifications
from feedback.models import Letter, Notification, NotificationPreference
from tests.factories import MONDAY, HandoffFactory, PoolFactory, PoolMemberFactory
from tests.test_notifications import tell

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def pool(sam):
    pool = PoolFactory(team=sam.team)
    PoolMemberFactory(pool=pool, user=sam)
    return pool


def offers(pool, number, *, apart=timedelta(0)):
    return [
        tell("handoff.offered", HandoffFactory(pool=pool), at=MONDAY + n * apart)
        for n in range(number)
    ]


def text(answer) -> str:
    return answer.content.decode()


# The bell


def test_the_bell_is_a_link_with_a_number_and_says_nothing_while_nothing_changes(
    pool, sam, signed_in, django_assert_max_num_queries
):
    offers(pool, 2)
    client = signed_in(sam)
    page = text(client.get(reverse("account")))
    assert 'id="bell" data-seen="2"' in page
    assert 'href="/notifications/"' in page
    bell = reverse("notification_bell")
    with django_assert_max_num_queries(4):
        assert client.get(bell, {"seen": "2"}).status_code == 204
    offers(pool, 1)
    assert 'data-seen="3"' in text(client.get(bell, {"seen": "2"}))
    notifications.read(sam, at=MONDAY)
    assert 'class="n"' not in text(client.get(bell, {"seen": "3"}))
    for nothing in ("", "0"):
        assert client.get(bell, {"seen": nothing}).status_code == 204


def test_the_bell_counts_no_further_than_anybody_reads(pool, sam, signed_in):
    events = offers(pool, 1)
    Notification.objects.all().delete()
    for _ in range(101):
        events = [tell("delivery.failed", event=1, kind="x")]
        Notification.objects.create(user=sam, event=events[0], created_at=MONDAY)
    answer = signed_in(sam).get(reverse("notification_bell"), {"seen": "98"})
    assert 'data-seen="99+"' in text(answer)


def test_the_bell_unfolds_the_latest_in_few_questions(
    pool, sam, signed_in, django_assert_max_num_queries
):
    offers(pool, 20, apart=2 * MINUTE)
    client = signed_in(sam)
    with django_assert_max_num_queries(6):
        page = text(client.get(reverse("notification_latest")))
    assert page.count("<li") == 8
    assert "All notifications" in page


# Each leads to its cause


def test_a_notification_leads_to_its_cause_and_is_read(pool, sam, tom, signed_in):
    [event] = offers(pool, 1)
    row = Notification.objects.get(user=sam)
    assert signed_in(tom).get(reverse("notification", args=[row.pk])).status_code == 404
    client = signed_in(sam)
    assert client.head(reverse("notification", args=[row.pk])).status_code == 302
    assert Notification.objects.get().read_at is None  # Looked at from afar only.
    answer = client.get(reverse("notification", args=[row.pk]))
    assert answer.url == f"/handoffs/{event.data['handoff']}/"
    assert Notification.objects.get().read_at is not None


def test_what_is_told_together_is_read_together(pool, sam, signed_in):
    offers(pool, 3)
    other = tell("clock.warning", HandoffFactory(pool=pool), clock="answer")
    client = signed_in(sam)
    page = text(client.get(reverse("notifications")))
    assert "3 leads wait for an answer." in page
    assert 'data-seen="4"' in page
    assert '<span class="tag" aria-hidden="true">3</span>' in page
    rows = Notification.objects.filter(event__kind="handoff.offered").order_by("pk")
    first, last = rows.first().pk, rows.last().pk
    url = f"/notifications/{last}/?since={first}"
    assert url in page
    assert client.get(url).url == "/inbox/"
    assert [row.event for row in Notification.objects.filter(read_at=None)] == [other]
    assert client.get(f"/notifications/{last}/?since=nonsense").status_code == 302


def test_the_page_shows_what_is_unread_and_goes_on_to_what_is_older(pool, sam, signed_in):
    offers(pool, 60, apart=2 * MINUTE)
    Notification.objects.filter(
        pk__in=Notification.objects.order_by("-pk")[:5].values("pk")
    ).update(read_at=MONDAY)
    client = signed_in(sam)
    first = client.get(reverse("notifications"))
    assert (len(first.context["rows"]), first.context["older"][:8]) == (50, "?before=")
    second = client.get(reverse("notifications") + first.context["older"])
    assert (len(second.context["rows"]), second.context["older"]) == (10, None)
    unread = client.get(reverse("notifications"), {"unread": "1"})
    assert "unread=1" in unread.context["older"]
    assert not any(row.read for row in unread.context["rows"])
    for nonsense in ("x", "9" * 30, "²"):
        assert client.get(reverse("notifications"), {"before": nonsense}).status_code == 200


# Wishes


def test_a_person_chooses_how_they_are_told(pool, sam, signed_in):
    client = signed_in(sam)
    page = text(client.get(reverse("notification_preferences")))
    assert "Your hours are “Office hours”" in page
    assert reverse("notification_preferences") in text(client.get(reverse("account")))
    wanted = {"mode": "digest", "digest_hour": "7"}
    assert client.post(reverse("notification_preferences"), wanted).status_code == 302
    row = NotificationPreference.objects.get()
    assert (row.user, row.mode, row.digest_hour, row.any_hour) == (sam, "digest", 7, False)
    wrong = client.post(reverse("notification_preferences"), wanted | {"digest_hour": "25"})
    assert wrong.status_code == 422
    assert NotificationPreference.objects.get().digest_hour == 7


# Mails with trouble


def test_those_who_run_the_house_see_which_mails_may_not_have_arrived(
    olu, ada, lena, signed_in, django_assert_max_num_queries
):
    from django.utils import timezone

    for problem, state in (("lost", "unsure"), ("550", "refused")):
        Letter.objects.create(
            user=lena, created_at=MONDAY, state=state, ended_at=timezone.now(), problem=problem
        )
    for who in (olu, ada):
        page = text(signed_in(who).get(reverse("notifications")))
        assert "2 mails may not have arrived" in page
        assert "lena@baton.example" in page
        assert "the connection was lost" in page
        assert "answered 550" in page
    assert "may not have arrived" not in text(signed_in(lena).get(reverse("notifications")))
