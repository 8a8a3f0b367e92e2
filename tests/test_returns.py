"""Marketing sees what came back and why, and answers; everybody reads what they were told."""

from datetime import timedelta

import pytest
from django.urls import reverse

from feedback import contacts, deliveries, handoffs
from feedback.models import Handoff, Notification
from tests.factories import MONDAY, HandoffFactory, LeadFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ALL = {"meets_criteria", "can_talk", "could_buy"}
RETURNS_QUERIES = 16
NOTIFICATION_QUERIES = 8


@pytest.fixture(autouse=True)
def noon(time_machine) -> None:
    time_machine.move_to(MONDAY + 4 * HOUR, tick=False)


def at_the_door(by, name, *, at=MONDAY + HOUR, reason="no_budget", text="No.") -> Handoff:
    handoff = HandoffFactory(lead=LeadFactory(last_name=name))
    return handoffs.give_back(handoff, by=by, at=at, reason=reason, text=text)


def after_contact(by, name, *, at=MONDAY + 2 * HOUR) -> Handoff:
    handoff = HandoffFactory(lead=LeadFactory(last_name=name))
    handoffs.accept(handoff, by=by, at=MONDAY + HOUR, confirmed=ALL)
    contacts.log(handoff, by=by, at=at, kind="call", outcome="reached")
    return handoffs.give_back(handoff, by=by, at=at, reason="no_project", text="Nothing planned.")


def returns(client, **query):
    return client.get(reverse("returns"), query)


def names(response) -> list[str]:
    return [handoff.lead.last_name for handoff in response.context["page"]]


def test_marketing_sees_what_came_back_and_why_in_the_reps_words(maya, sam, signed_in):
    at_the_door(sam, "Lind", text="New budget in June.")
    page = returns(signed_in(maya)).content.decode()
    assert "Lind" in page
    assert "New budget in June." in page
    assert "Sam Okafor returned this lead" in page


def test_returns_narrow_by_reason_and_by_door_or_contact(maya, sam, signed_in):
    at_the_door(sam, "Door")
    after_contact(sam, "Contact")
    client = signed_in(maya)
    assert set(names(returns(client))) == {"Door", "Contact"}
    assert names(returns(client, when="door")) == ["Door"]
    assert names(returns(client, when="contact")) == ["Contact"]
    assert names(returns(client, reason="no_project")) == ["Contact"]
    assert {r["key"]: r["n"] for r in returns(client).context["reasons"]} == {
        "no_budget": 1,
        "no_project": 1,
    }


def test_of_two_returns_of_a_lead_each_is_read_on_its_own(maya, sam, signed_in):
    first = at_the_door(sam, "Twice")
    handoff = HandoffFactory(lead=first.lead, opened_at=MONDAY + 2 * HOUR)
    at = MONDAY + 3 * HOUR
    second = handoffs.give_back(handoff, by=sam, at=at, reason="no_budget", text="Again.")
    deliveries.deliver(at=at)
    client = signed_in(maya)
    returns(client, handoff=second.pk)
    unread = {row.pk: row.unread for row in returns(client, handoff=second.pk).context["page"]}
    assert unread == {first.pk: True, second.pk: False}


def test_what_is_lost_first_comes_first_read_or_not_and_says_how_much_is_left(
    maya, sam, signed_in, time_machine
):
    answered = at_the_door(sam, "Answered", at=MONDAY + HOUR)
    handoffs.reply(answered, by=maya, at=MONDAY + 2 * HOUR, text="Thank you.")
    late = at_the_door(sam, "Late", at=MONDAY + HOUR)
    client = signed_in(maya)
    returns(client, handoff=late.pk)
    latest = at_the_door(sam, "Latest", at=late.due_at - HOUR)
    deliveries.deliver(at=late.due_at)
    time_machine.move_to(late.due_at + HOUR, tick=False)
    page = returns(client, handoff=late.pk)
    assert names(page) == ["Late", "Latest", "Answered"]
    rows = {row.pk: row for row in page.context["page"]}
    assert (rows[late.pk].unread, rows[latest.pk].unread) == (False, True)
    assert "1\xa0h over" in page.text
    assert rows[latest.pk].face.span in page.text


def test_among_returns_without_a_deadline_unread_ones_come_first_and_opening_one_reads_it(
    maya, sam, signed_in
):
    old = at_the_door(sam, "Old", at=MONDAY + HOUR)
    deliveries.deliver(at=MONDAY + 4 * HOUR)
    at_the_door(sam, "NewButUntold", at=MONDAY + 2 * HOUR)
    Handoff.objects.update(clock="", due_at=None, term_minutes=None)
    client = signed_in(maya)
    assert names(returns(client)) == ["Old", "NewButUntold"]
    assert Notification.objects.filter(user=maya, read_at=None).count() == 1
    returns(client, handoff=old.pk)
    assert not Notification.objects.filter(user=maya, read_at=None).exists()
    assert names(returns(client)) == ["NewButUntold", "Old"]


def test_marketing_answers_in_the_thread_and_sales_reads_it(maya, sam, signed_in):
    handoff = at_the_door(sam, "Lind")
    form = {"text": "She told us June as well.", "back": "returns"}
    response = signed_in(maya).post(reverse("handoff_messages", args=[handoff.pk]), form)
    assert response.status_code == 302
    assert response.url == f"{reverse('returns')}?handoff={handoff.pk}"
    assert (
        "She told us June as well." in returns(signed_in(maya), handoff=handoff.pk).content.decode()
    )
    sams = signed_in(sam).get(reverse("handoff", args=[handoff.pk])).content.decode()
    assert "She told us June as well." in sams
    deliveries.deliver(at=MONDAY + 4 * HOUR)
    assert Notification.objects.filter(user=sam, event__kind="handoff.replied").exists()


def test_a_house_without_returns_says_so(maya, signed_in):
    assert "Nothing has come back." in returns(signed_in(maya)).content.decode()


def test_the_reason_stands_in_the_list_in_the_readers_language(maya, sam, signed_in):
    at_the_door(sam, "Lind")
    client = signed_in(maya)
    page = client.get(reverse("returns"), headers={"Accept-Language": "de"}).text
    row = page.split('class="why"')[1].split("</li>")[0]
    assert "Kein Budget in diesem Jahr" in row
    chooser = page.split('name="reason"')[1].split("</select>")[0]
    assert "Kein Budget in diesem Jahr (1)" in chooser


def test_reps_and_outsiders_have_no_returns_managers_do(sam, nina, lena, olu, signed_in):
    assert returns(signed_in(sam)).status_code == 404
    assert returns(signed_in(nina)).status_code == 404
    assert returns(signed_in(lena)).status_code == 200
    assert returns(signed_in(olu)).status_code == 200


def test_the_returns_ask_the_database_a_fixed_number_of_times(
    maya, sam, signed_in, django_assert_max_num_queries
):
    for number in range(25):
        at_the_door(sam, f"L{number}")
    client = signed_in(maya)
    with django_assert_max_num_queries(RETURNS_QUERIES):
        returns(client)


# Notifications


def test_a_person_reads_what_they_were_told_and_marks_it_read(maya, sam, signed_in):
    at_the_door(sam, "Lind")
    deliveries.deliver(at=MONDAY + 4 * HOUR)
    client = signed_in(maya)
    page = client.get(reverse("notifications")).content.decode()
    assert "Sam Okafor returned Kim Lind" in page
    assert client.post(reverse("notifications")).status_code == 302
    assert Notification.objects.filter(user=maya).exclude(read_at=None).count() == 1
    assert "Nothing to tell." in signed_in(sam).get(reverse("notifications")).content.decode()


def test_notifications_ask_the_database_a_fixed_number_of_times(
    maya, sam, signed_in, django_assert_max_num_queries
):
    for number in range(25):
        at_the_door(sam, f"L{number}")
    deliveries.deliver(at=MONDAY + 4 * HOUR)
    client = signed_in(maya)
    with django_assert_max_num_queries(NOTIFICATION_QUERIES):
        client.get(reverse("notifications"))


def test_the_navigation_counts_what_waits_for_this_person(maya, sam, signed_in):
    handoff = HandoffFactory()
    handoffs.assign(handoff, to=sam, by=sam, at=MONDAY)
    at_the_door(sam, "Lind")
    deliveries.deliver(at=MONDAY + 4 * HOUR)
    sams = signed_in(sam).get(reverse("notifications")).context["navigation"]
    mayas = signed_in(maya).get(reverse("notifications")).context["navigation"]
    assert (sams.waiting, sams.overdue, sams.has_returns) == ("1", 0, False)
    assert (mayas.has_inbox, mayas.returns, mayas.notifications) == (False, "1", "1")
