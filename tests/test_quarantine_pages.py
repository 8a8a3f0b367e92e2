"""What machines did: listed, marked in the timeline, let go and set aside by hand."""

from datetime import timedelta

import pytest
from django.urls import reverse

from feedback import contacts, handoffs
from leads import activities, quarantines, stale
from leads.activities import NewActivity
from leads.models import NEVER_KNOWN, Activity, Quarantine, StaleLead
from tests.factories import MONDAY, HandoffFactory, LeadFactory, PoolMemberFactory

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
PAGE = 50


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine) -> None:
    time_machine.move_to(MONDAY + HOUR, tick=False)


@pytest.fixture
def anna():
    return LeadFactory(first_name="Anna", last_name="Meier")


def clicked(lead, links="abcd", at=MONDAY) -> list[Activity]:
    new = [
        NewActivity(
            lead.pk,
            "mail_clicked",
            at + n % 8 * SECOND,
            at + n % 8 * SECOND,
            channel="mail",
            properties={"link": f"https://a.example/{link}", "delivered_at": at.isoformat()},
        )
        for n, link in enumerate(links)
    ]
    return [outcome.activity for outcome in activities.record_many(new, at=at + 60 * SECOND)]


def visited(lead, at=MONDAY, **properties) -> Activity:
    return activities.record(
        lead, type="pricing_page", occurred_at=at, known_at=at, properties=properties
    )[0]


def listed(client, **query) -> list[tuple[str, str]]:
    groups = client.get(reverse("quarantine"), query).context["groups"]
    return [(group.lead.last_name, group.why) for group in groups for _row in group.rows]


def known(*some) -> list[bool]:
    rows = Activity.objects.filter(pk__in=[each.pk for each in some]).order_by("pk")
    return [not row.is_set_aside for row in rows]


# The list


def test_the_list_says_who_what_when_and_why(maya, anna, signed_in):
    clicked(anna)
    visited(LeadFactory(last_name="Scanned"), user_agent="Wget/1.21")
    visited(LeadFactory(last_name="Person"))
    assert listed(signed_in(maya)) == [
        ("Scanned", "A known scanner: wget"),
        *[("Meier", "4 links within 3 s of delivery")] * 4,
    ]
    page = signed_in(maya).get(reverse("quarantine")).content.decode()
    assert "https://a.example/a" in page


def test_the_list_goes_on_over_pages_and_costs_the_same_however_long(
    maya, anna, signed_in, django_assert_num_queries
):
    client = signed_in(maya)
    clicked(anna, "abc")
    with django_assert_num_queries(6):
        client.get(reverse("quarantine"))
    clicked(anna, [str(n) for n in range(10)] * 6, at=MONDAY + timedelta(minutes=5))
    with django_assert_num_queries(6):
        first = client.get(reverse("quarantine"))
    assert len(first.context["page"]) == PAGE
    assert first.context["page"].paginator.count == 3 + 60


def test_three_kinds_of_nothing(maya, anna, signed_in):
    client = signed_in(maya)

    def said() -> str:
        return client.get(reverse("quarantine")).content.decode()

    assert "No activity has come in yet." in said()
    visited(anna)
    assert "Nothing has looked like a machine." in said()
    clicked(anna)
    quarantines.release(anna.activities.all(), by=maya, at=MONDAY + HOUR)
    assert "Nothing is set aside any more." in said()


def test_what_was_let_go_is_listed_with_its_author(maya, anna, signed_in):
    clicked(anna)
    client = signed_in(maya)
    assert listed(client, show="released") == []
    client.post(reverse("lead_release", args=[anna.pk]))
    assert listed(client) == []
    page = client.get(reverse("quarantine"), {"show": "released"})
    assert "Maya Lindner" in page.content.decode()
    assert len(page.context["page"]) == 4


# Letting go


def test_one_is_let_go_or_all_of_a_lead_and_those_of_others_stay(maya, anna, signed_in):
    first, *others = clicked(anna)
    stranger = clicked(LeadFactory())
    client, address = signed_in(maya), reverse("lead_release", args=[anna.pk])
    back = reverse("quarantine")
    stale.clear(stale.claim(9, at=MONDAY + HOUR))
    answer = client.post(address, {"activity": [first.pk, stranger[0].pk], "next": back})
    assert answer.url == back
    assert known(first, *others, *stranger) == [True] + [False] * 7
    assert StaleLead.objects.get().lead_id == anna.pk
    assert client.post(address).url == reverse("lead", args=[anna.pk])
    assert known(first, *others, *stranger) == [True] * 4 + [False] * 4
    first.refresh_from_db()
    assert first.known_at == MONDAY + HOUR


def test_letting_go_twice_is_harmless_and_said(maya, mark, anna, signed_in):
    clicked(anna)
    address = reverse("lead_release", args=[anna.pk])
    signed_in(maya).post(address)
    page = signed_in(mark).post(address, follow=True).content.decode()
    assert "That was done already; nothing has changed." in page
    assert Quarantine.objects.filter(cause="released").count() == 4


def test_nobody_is_sent_elsewhere_after_letting_go(maya, anna, signed_in):
    clicked(anna)
    there = {"next": "https://elsewhere.example/"}
    answer = signed_in(maya).post(reverse("lead_release", args=[anna.pk]), there)
    assert answer.url == reverse("lead", args=[anna.pk])


# By hand


def test_marketing_sets_aside_by_hand_only_what_it_names(maya, anna, signed_in):
    one, other = visited(anna), visited(anna, MONDAY + SECOND)
    client, address = signed_in(maya), reverse("lead_quarantine", args=[anna.pk])
    client.post(address, {"activity": ["", "x", "9" * 40]})
    assert known(one, other) == [True, True]
    client.post(address, {"activity": one.pk})
    assert known(one, other) == [False, True]
    entry = Quarantine.objects.get()
    assert (entry.cause, entry.by, entry.at) == ("hand", maya, MONDAY + HOUR)


def test_a_rep_sees_what_is_set_aside_and_may_not_judge_it(sam, signed_in):
    anna = LeadFactory(owner=sam)
    visit, *_clicks = visited(anna), *clicked(anna)
    client = signed_in(sam)
    page = client.get(reverse("lead", args=[anna.pk])).content.decode()
    assert "4 links within 3 s of delivery" in page
    assert reverse("lead_release", args=[anna.pk]) not in page
    for name in ("lead_quarantine", "lead_release"):
        answer = client.post(reverse(name, args=[anna.pk]), {"activity": visit.pk})
        assert answer.status_code == 403
    assert client.get(reverse("quarantine")).status_code == 404
    assert known(visit) == [True]


# Where it shows


def test_the_timeline_marks_what_is_set_aside_and_tells_every_judgement(maya, anna, signed_in):
    visit, *clicks = visited(anna, words="Call me"), *clicked(anna)
    client = signed_in(maya)

    def moments():
        found = client.get(reverse("lead", args=[anna.pk])).context["portrait"]
        return found.wish, [(m.text, m.aside, m.machine) for m in found.moments if m.text]

    client.post(reverse("lead_quarantine", args=[anna.pk]), {"activity": visit.pk})
    wish, told = moments()
    assert wish is None
    assert ("Set aside: 4 activities", "many links within seconds of delivery", "") in told
    assert ("Set aside: 1 activity", "Maya Lindner", "") in told
    assert ("Mail clicked", "4 times, Mail", "4 links within 3 s of delivery") in told
    assert ("Read the pricing page", "", "Set aside by hand") in told
    client.post(reverse("lead_release", args=[anna.pk]))
    wish, told = moments()
    assert wish.text == "Call me"
    assert ("Let go: 5 activities", "Maya Lindner", "") in told
    assert ("Mail clicked", "4 times, Mail", "") in told
    assert len(clicks) == 4


def test_many_machines_do_not_push_out_what_the_lead_did(maya, anna, signed_in):
    visited(anna, MONDAY - HOUR, words="Call me")
    clicked(anna, [str(n) for n in range(80)])
    portrait = signed_in(maya).get(reverse("lead", args=[anna.pk])).context["portrait"]
    assert portrait.wish.text == "Call me"
    assert not portrait.more


def test_why_now_is_never_a_machine(sam, sales, anna, signed_in):
    visited(anna, MONDAY - HOUR)
    visit = visited(anna, MONDAY)
    handoff = HandoffFactory(lead=anna, pool__team=sales)
    PoolMemberFactory(pool=handoff.pool, user=sam)
    assert signed_in(sam).get(reverse("inbox"), {"whose": "all"}).context["desk"].rows[0].why
    Activity.objects.filter(pk=visit.pk).update(known_at=NEVER_KNOWN)
    row = signed_in(sam).get(reverse("inbox"), {"whose": "all"}).context["desk"].rows[0]
    assert row.why == "Read the pricing page"
    Activity.objects.update(known_at=NEVER_KNOWN)
    row = signed_in(sam).get(reverse("inbox"), {"whose": "all"}).context["desk"].rows[0]
    assert row.why == ""


def test_a_mail_that_sales_sends_is_a_touch_known_at_once(sam, sales, anna):
    handoff = HandoffFactory(lead=anna, pool__team=sales)
    PoolMemberFactory(pool=handoff.pool, user=sam)
    items = {item["key"] for item in handoff.version.body["checklists"]["acceptance"]}
    at = MONDAY + HOUR
    handoffs.accept(handoff, by=sam, at=at, confirmed=items)
    stale.clear(stale.claim(9, at=at))
    touch = contacts.log(handoff, by=sam, at=at, kind="mail", outcome="sent")
    assert (touch.occurred_at, touch.known_at) == (at, at)
    assert StaleLead.objects.get().lead == anna
