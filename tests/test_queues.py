"""The queues of the inbox: who is in which, in which order, counted as far as anybody reads."""

from datetime import timedelta

import pytest
from django.urls import reverse

from feedback import contacts, handoffs, queues, waiting
from feedback.models import Handoff, PoolMember
from leads.models import Lead
from scoring import stages
from tests.factories import (
    MONDAY,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    PoolMemberFactory,
    UserFactory,
)
from tests.test_inbox import CONFIRMED, inbox, names, offered

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOW = MONDAY + HOUR


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine) -> None:
    time_machine.move_to(NOW, tick=False)


def accepted(owner, **facts) -> Handoff:
    handoff = offered(owner, **facts)
    return handoffs.accept(handoff, by=owner, at=NOW, confirmed=CONFIRMED)


def named(last_name) -> Lead:
    return LeadFactory(last_name=last_name)


def put_off(handoff, until) -> Handoff:
    said = {"until": until, "reason": "Is travelling.", "pause": False}
    return handoffs.put_off(handoff, by=handoff.owner, at=NOW, **said)


@pytest.fixture
def one_of_each(sam):
    offered(sam, lead=named("Mine"))
    accepted(sam, lead=named("Accepted"))
    reached = accepted(sam, lead=named("Reached"))
    contacts.log(reached, by=sam, at=NOW, kind="call", outcome="not_reached")
    put_off(offered(sam, lead=named("PutOff")), NOW + HOUR)
    HandoffFactory(lead=named("Nobodys"))
    forlorn = HandoffFactory(lead=named("Forlorn"))
    Handoff.objects.filter(pk=forlorn.pk).update(unassigned_since=NOW)
    HandoffFactory(lead=named("Waiting"), waiting=True)


def test_each_queue_holds_what_it_says_and_counts_it(one_of_each, sam, signed_in):
    client = signed_in(sam)
    expected = {
        "answer": {"Mine"},
        "contact": {"Accepted"},
        "qualify": {"Reached"},
        "resting": {"PutOff"},
        "pool": {"Nobodys"},
        "unassigned": {"Forlorn"},
        "waiting": {"Waiting"},
        "answered": {"Accepted", "Reached"},
    }
    for queue, lead_names in expected.items():
        assert set(names(inbox(client, queue=queue))) == lead_names, queue
    tabs = {tab.key: tab.count for tab in inbox(client).context["desk"].tabs}
    assert tabs == dict.fromkeys(expected, "1") | {"answered": ""}


def test_who_may_see_the_same_is_counted_alike_and_each_for_themselves(sam, lena, nina):
    offered(sam)
    elsewhere = PoolFactory()
    other = UserFactory(team=elsewhere.team)
    HandoffFactory(pool=elsewhere, owner=other)
    for colleague, answers in ((sam, 1), (other, 1), (lena, 2), (nina, 0)):
        counted = waiting.count(colleague, at=NOW, everyones=colleague.is_manager)
        assert (counted.answers, counted.queues["answer"]) == (answers, answers), colleague
    late = waiting.count(sam, at=NOW + 30 * DAY)
    assert (late.answers, late.overdue) == (1, 1)


def test_what_is_put_off_comes_back_at_its_moment_and_not_before(sam, signed_in, time_machine):
    put_off(offered(sam, lead=named("PutOff")), NOW + HOUR)
    client = signed_in(sam)
    assert names(inbox(client)) == []
    assert "until 11:00" in inbox(client, queue="resting").content.decode()
    time_machine.move_to(NOW + HOUR, tick=False)
    assert names(inbox(client)) == ["PutOff"]
    assert names(inbox(client, queue="resting")) == []


def test_what_rests_is_ordered_by_the_moment_it_wakes(sam, signed_in):
    for name, hours in (("Third", 3), ("First", 1), ("Second", 2)):
        put_off(offered(sam, lead=named(name)), NOW + hours * HOUR)
    assert names(inbox(signed_in(sam), queue="resting")) == ["First", "Second", "Third"]


def test_who_is_wanted_back_in_march_rests_until_then_unless_handed_over_again(sam, signed_in):
    lead = named("March")
    handoff = offered(sam, lead=lead)
    day = (NOW + 20 * DAY).date()
    reason = handoff.version.body["reasons"][0]["key"]
    handoffs.give_back(handoff, by=sam, at=NOW, reason=reason, text="In March.", back_on=day)
    client = signed_in(sam)
    assert names(inbox(client, queue="resting")) == ["March"]
    assert "until Sun 22 Mar" in inbox(client, queue="resting").content.decode()
    HandoffFactory(lead=lead)
    assert names(inbox(client, queue="resting")) == []


def test_what_asks_for_a_person_now_comes_first_and_is_everybodys_in_its_pool(
    sam, tom, lena, signed_in
):
    overdue = offered(sam, lead=named("Overdue"), opened_at=MONDAY - 72 * HOUR)
    PoolMemberFactory(pool=overdue.pool, user=sam)
    urgent = HandoffFactory(lead=named("Urgent"), score=1)
    Handoff.objects.filter(pk=urgent.pk).update(speed_lane=True)
    assert names(inbox(signed_in(sam))) == ["Urgent", "Overdue"]
    assert "Speed lane" in inbox(signed_in(sam)).content.decode()
    assert names(inbox(signed_in(tom))) == []
    assert names(inbox(signed_in(lena))) == ["Urgent", "Overdue"]
    handoffs.assign(urgent, to=tom, by=tom, at=NOW)
    assert names(inbox(signed_in(sam))) == ["Overdue"]
    assert names(inbox(signed_in(tom))) == ["Urgent"]
    assert PoolMember.objects.count() == 1


@pytest.mark.parametrize("key", queues.QUEUES)
def test_a_cursor_splits_any_queue_without_gaps_or_repeats(key, sam, lena):
    for n in range(7):
        handoff = HandoffFactory(score=60 + n % 2)
        facts = {"due_at": [None, NOW, NOW + HOUR][n % 3], "speed_lane": n % 4 == 0}
        facts |= {
            "answer": {"answer": ""},
            "contact": {"answer": "accepted", "answered_at": NOW, "answered_by": sam},
            "qualify": {"answer": "accepted", "answered_at": NOW, "answered_by": sam}
            | {"first_contact_at": NOW},
            "resting": {"rests_until": NOW + (1 + n % 3) * HOUR},
            "unassigned": {"unassigned_since": NOW},
            "waiting": {"offered_at": None},
            "answered": {"answer": "accepted", "answered_by": sam}
            | {"answered_at": NOW - (n % 3) * HOUR},
        }.get(key, {})
        owner = None if key in ("unassigned", "pool") else sam
        Handoff.objects.filter(pk=handoff.pk).update(
            owner=owner if key != "pool" else None, **facts
        )
    queue = queues.QUEUES[key]
    found = queues.handoffs(queue, lena, everyones=True, at=NOW)
    whole = list(queues.in_order(found, queue))
    assert len(whole) == 7
    seen, after = [], ""
    for _step in range(4):
        page = queues.page(found, queue, after=after, size=2)
        seen += page.rows
        after = page.cursor
    assert seen == whole
    assert after == ""
    for n, handoff in enumerate(whole[:-1]):
        assert queues.neighbour(found, queue, handoff) == whole[n + 1]


EARLIEST = "0001-01-01T00:00:00+14:00"
UNREADABLE = ["x~y", "~", "1~~~", "none", "1~9999~1~1", "~1", "a~b~c~d"]


@pytest.mark.parametrize("after", [*UNREADABLE, f"{EARLIEST}~4", f"0~{EARLIEST}~5~7"])
def test_a_cursor_nobody_can_read_starts_any_queue_from_the_top(after, sam, one_of_each, signed_in):
    for key in queues.QUEUES:
        assert inbox(signed_in(sam), queue=key, after=after).status_code == 200


def test_nobody_counts_beyond_what_is_read(sam, signed_in):
    first = offered(sam)
    copies = []
    for n in range(105):
        lead = LeadFactory()
        entry = stages.enter(
            lead, first.entry.stage.key, cause="criteria", at=NOW, version=first.version
        )
        facts = {"lead": lead, "entry": entry, "version": first.version, "pool": first.pool}
        moments = dict.fromkeys(("trigger_at", "opened_at", "offered_at"), NOW)
        copies.append(Handoff(owner=sam, score=n, due_at=NOW - HOUR, **facts, **moments))
    Handoff.objects.bulk_create(copies)
    counted = waiting.count(sam, at=NOW, everyones=False)
    assert (counted.answers, counted.overdue, counted.queues["answer"]) == (100, 100, 100)
    page = inbox(signed_in(sam))
    assert page.context["desk"].count == "99+"
    assert page.content.decode().count("99+") >= 3


def test_leads_of_sales_without_owner_or_handoff_are_named_and_the_link_leads_to_them(
    sam, lena, signed_in
):
    handoff = HandoffFactory()
    version = handoff.version
    forgotten = [LeadFactory(last_name=f"Forgotten{n}") for n in range(2)]
    owned = LeadFactory(last_name="Owned", owner=sam)
    customer = LeadFactory(last_name="Customer")
    for lead in (*forgotten, owned):
        key = stages.stage_of_kind(version, "qualified")
        stages.enter(lead, key, cause="import", at=NOW, version=version)
    won = stages.stage_of_kind(version, "won")
    stages.enter(customer, won, cause="import", at=NOW, version=version)
    client = signed_in(lena)
    page = inbox(client, queue="unassigned")
    assert page.context["desk"].unowned == 2
    assert "2 leads stand in sales’ stages without owner or handoff" in page.content.decode()
    listed = client.get(page.context["desk"].unowned_url).context["page"]
    assert {lead.last_name for lead in listed} == {"Forgotten0", "Forgotten1"}
    assert inbox(client).context["desk"].unowned == 0


FILTERS = {
    "q": ("mara", {"Mara"}),
    "clock": ("over", {"Late"}),
    "points": ("80", {"Strong"}),
    "lane": ("yes", {"Urgent"}),
    "claimed": ("yes", {"Claimed"}),
    "owner": ("none", {"Nobodys"}),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filters_stand_in_the_address_and_narrow_the_list(name, sam, lena, signed_in):
    offered(sam, lead=LeadFactory(last_name="Mara", name_folded="kim mara"))
    offered(sam, lead=named("Late"), opened_at=MONDAY - 72 * HOUR)
    offered(sam, lead=named("Strong"), score=90)
    offered(sam, lead=named("Claimed"), claimed=True)
    HandoffFactory(lead=named("Nobodys"))
    urgent = offered(sam, lead=named("Urgent"))
    Handoff.objects.filter(pk=urgent.pk).update(speed_lane=True)
    value, expected = FILTERS[name]
    page = inbox(signed_in(lena), **{name: value})
    desk = page.context["desk"]
    assert set(names(page)) == expected
    assert all(f"{name}={value}" in row.url for row in desk.rows)
    assert len(desk.chips) == 1
    assert f"{name}=" not in desk.chips[0].url
    assert len(names(signed_in(lena).get(desk.cleared))) == 6


def test_pool_channel_and_owner_are_chosen_by_name(sam, tom, lena, signed_in):
    mine = offered(sam, lead=named("Sams"))
    offered(tom, lead=named("Toms"))
    client = signed_in(lena)
    assert names(inbox(client, owner=tom.pk)) == ["Toms"]
    [chip] = inbox(client, owner=tom.pk).context["desk"].chips
    assert chip.words == "Owner: Tom Albrecht"
    assert len(names(inbox(client, pool=mine.pool_id))) == 2
    form = inbox(client, narrow="1").content.decode()
    assert "Tom Albrecht" in form
    assert mine.pool.name in form
    assert "Tom Albrecht" not in inbox(client).content.decode()


@pytest.mark.parametrize(
    "query", [{"owner": "999"}, {"points": "many"}, {"clock": "no"}, {"lane": "'"}]
)
def test_a_filter_nobody_understands_narrows_nothing(query, sam, signed_in):
    offered(sam, lead=named("Mine"))
    page = inbox(signed_in(sam), **query)
    assert names(page) == ["Mine"]
    assert page.context["desk"].chips == []


def test_where_owners_are_many_they_are_asked_for_by_name(sam, tom, lena, signed_in, monkeypatch):
    offered(sam, lead=named("Sams"))
    offered(tom, lead=named("Toms"))
    client = signed_in(lena)
    assert names(inbox(client, owner="albr TOM")) == ["Toms"]
    assert "selected>Tom Albrecht" in inbox(client, narrow="1", owner=tom.pk).content.decode()
    monkeypatch.setattr("feedback.filters.MOST_OWNERS", 2)
    page = inbox(client, narrow="1", owner="alb").content.decode()
    assert 'name="owner" value="alb"' in page
    assert "Tom Albrecht</option>" not in page


def test_a_rep_is_not_offered_the_owners_of_another_team(sam, signed_in):
    from tests.factories import TeamFactory, UserFactory

    UserFactory(first_name="Strange", last_name="Person", team=TeamFactory(name="Other sales"))
    offered(sam)
    page = inbox(signed_in(sam), narrow="1").content.decode()
    assert "Strange Person" not in page
    assert "Sam Okafor" in page


def test_a_list_that_filters_emptied_says_which_and_leads_out(sam, signed_in):
    offered(sam, lead=named("Mine"))
    page = inbox(signed_in(sam), points="999")
    assert page.context["desk"].nothing == "filtered"
    said = page.content.decode()
    assert "Nobody in this queue matches." in said
    assert "Points, at least: 999" in said
    assert page.context["desk"].count == "0"


def test_moving_on_keeps_the_filters(sam, signed_in):
    weak = offered(sam, lead=named("Weak"), score=10)
    first, second = (offered(sam, lead=named(n), score=90) for n in ("One", "Two"))
    client = signed_in(sam)
    desk = inbox(client, points="80", handoff=first.pk).context["desk"]
    assert (desk.position, desk.count) == (1, "2")
    assert "points=80" in desk.next
    view = {"queue": "answer", "whose": "mine", "points": "80"}
    answer = {"confirmed": list(CONFIRMED), "next": "1"} | view
    url = reverse("handoff_acceptance", args=[second.pk])
    following = client.post(url, answer)
    assert following.url == desk.view.url(handoff=first.pk)
    assert weak.pk != first.pk
