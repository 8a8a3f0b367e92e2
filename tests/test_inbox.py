"""The inbox: who waits, in which order, how much time is left, and what an empty one says."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from feedback import deliveries, handoffs, queues
from feedback.models import Handoff, Notification, Pool
from leads.models import Activity, ActivityType
from scoring import stages
from scoring.models import AgreementVersion
from tests.factories import (
    MONDAY,
    AgreementVersionFactory,
    ChannelFactory,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    PoolMemberFactory,
    version_in_force,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
CONFIRMED = {"meets_criteria", "can_talk", "could_buy"}
INBOX_QUERIES = 12


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine) -> None:
    time_machine.move_to(MONDAY + HOUR, tick=False)


def offered(owner, **facts) -> Handoff:
    handoff = HandoffFactory(**facts)
    handoffs.assign(handoff, to=owner, by=owner, at=MONDAY)
    handoff.refresh_from_db()
    return handoff


def inbox(client, **query):
    return client.get(reverse("inbox"), query)


def names(response) -> list[str]:
    return [row.handoff.lead.last_name for row in response.context["desk"].rows]


def test_a_rep_finds_own_leads_by_deadline_then_score(sam, tom, signed_in):
    offered(sam, lead=LeadFactory(last_name="Weaker"), score=61)
    offered(sam, lead=LeadFactory(last_name="Stronger"), score=80)
    offered(sam, lead=LeadFactory(last_name="Sooner"), score=60, opened_at=MONDAY - 65 * HOUR)
    offered(tom, lead=LeadFactory(last_name="Colleague"))
    assert names(inbox(signed_in(sam))) == ["Sooner", "Stronger", "Weaker"]


def test_whoever_leads_sales_sees_everybodys_and_may_narrow_to_own(sam, lena, signed_in):
    offered(sam, lead=LeadFactory(last_name="Sams"))
    offered(lena, lead=LeadFactory(last_name="Lenas"))
    client = signed_in(lena)
    assert set(names(inbox(client))) == {"Sams", "Lenas"}
    assert names(inbox(client, whose="mine")) == ["Lenas"]


def test_a_row_says_who_waits_why_now_and_for_how_long(sam, signed_in):
    lead = LeadFactory(first_name="Mara", last_name="Lind", title="Head of Operations")
    visit(lead, "Pricing page", MONDAY - HOUR)
    visit(lead, "Asked for a quote", MONDAY, words="60 vehicles, three depots")
    visit(lead, "Opened a mail", MONDAY + HOUR / 2)
    offered(sam, lead=lead)
    page = inbox(signed_in(sam)).content.decode()
    assert "Mara Lind" in page
    assert lead.company_name in page
    assert "Asked for a quote: 60 vehicles, three depots" in page
    assert "1\xa0h" in page


def visit(lead, name, at, **properties) -> Activity:
    key = name.lower().replace(" ", "_")
    type_, _new = ActivityType.objects.get_or_create(key=key, defaults={"name": name})
    return Activity.objects.create(
        lead=lead,
        type=type_,
        channel=ChannelFactory(),
        occurred_at=at,
        known_at=at,
        local_date=at.date(),
        properties=properties,
    )


@pytest.mark.parametrize(
    ("opened", "state", "words"),
    [
        (timedelta(hours=0), "ample", ""),
        (timedelta(hours=-65), "due", "1\xa0h\xa059\xa0min"),
        (timedelta(hours=-72), "over", "over"),
    ],
)
def test_a_clock_is_silent_while_time_is_ample_and_says_working_time_otherwise(
    sam, signed_in, time_machine, opened, state, words
):
    """Four working hours from Friday afternoon end on Monday; the weekend does not count."""
    time_machine.move_to(MONDAY + HOUR + timedelta(seconds=30), tick=False)
    offered(sam, opened_at=MONDAY + opened)
    row = inbox(signed_in(sam)).context["desk"].rows[0]
    assert row.face.state == state
    assert words in row.face.chip
    assert bool(row.face.chip) == bool(words)


def test_the_first_row_is_in_hand_and_the_address_chooses_another(sam, signed_in):
    client = signed_in(sam)
    first = offered(sam, lead=LeadFactory(last_name="First"), score=90)
    second = offered(sam, lead=LeadFactory(last_name="Second"), score=70)
    assert inbox(client).context["hand"].handoff == first
    response = inbox(client, handoff=second.pk)
    assert response.context["hand"].handoff == second
    assert response.context["desk"].position == 2
    row = response.content.decode().split(f'id="row-{second.pk}"')[1].split("</li>")[0]
    assert 'aria-current="true"' in row


def test_htmx_gets_the_handoff_in_hand_alone(sam, signed_in):
    handoff = offered(sam)
    headers = {"HX-Request": "true", "HX-Target": "hand"}
    response = signed_in(sam).get(reverse("inbox"), {"handoff": handoff.pk}, headers=headers)
    page = response.content.decode().strip()
    assert page.startswith(f"<title>{handoff.lead.name} – Inbox · Baton</title>")
    assert '<div class="hand chosen"' in page
    assert "<html" not in page


def test_the_list_goes_down_to_the_lead_in_hand(fifty, sam, signed_in):
    client = signed_in(sam)
    first = inbox(client, queue="contact").context["desk"]
    onward = client.get(first.more).context["desk"].rows
    for wanted in (onward[0], onward[-1]):
        for query in ({"handoff": wanted.pk}, {"near": wanted.pk}):
            page = inbox(client, queue="contact", **query)
            shown = [row.pk for row in page.context["desk"].rows]
            assert wanted.pk in shown, query
            assert len(shown) == 2 * queues.PAGE_SIZE
            assert (page.context["hand"].handoff.pk == wanted.pk) == ("handoff" in query)
    assert len(inbox(client, queue="contact", near="99999").context["desk"].rows) == 25


def test_a_rep_of_another_team_finds_nothing_and_may_not_ask_for_it(sam, signed_in):
    from tests.factories import TeamFactory, UserFactory

    handoff = offered(sam)
    stranger = UserFactory(team=TeamFactory(name="Other sales"))
    client = signed_in(stranger)
    assert names(inbox(client, whose="all")) == []
    assert inbox(client, handoff=handoff.pk).status_code == 404


def test_marketing_and_outsiders_have_no_inbox_managers_do(maya, nina, mark, olu, signed_in):
    assert inbox(signed_in(maya)).status_code == 404
    assert inbox(signed_in(nina)).status_code == 404
    assert inbox(signed_in(mark)).status_code == 200
    assert inbox(signed_in(olu)).status_code == 200


def test_an_inbox_without_an_agreement_says_so(sam, signed_in):
    desk = inbox(signed_in(sam)).context["desk"]
    assert desk.nothing == "no_agreement"


def test_an_inbox_without_a_pool_says_so(sam, signed_in):
    version_in_force()
    assert not Pool.objects.exists()
    assert inbox(signed_in(sam)).context["desk"].nothing == "no_pool"


def test_an_inbox_to_which_nothing_was_handed_over_yet_does_not_say_done(sam, lena, signed_in):
    version_in_force()
    pool = PoolFactory(team=sam.team)
    assert inbox(signed_in(sam)).context["desk"].nothing == "not_in_pool"
    assert inbox(signed_in(lena)).context["desk"].nothing == "nothing_yet"
    PoolMemberFactory(pool=pool, user=sam)
    assert inbox(signed_in(sam)).context["desk"].nothing == "nothing_yet"


def test_a_done_inbox_points_to_where_somebody_waits(sam, signed_in):
    PoolMemberFactory(pool=HandoffFactory().pool, user=sam)
    response = inbox(signed_in(sam))
    assert response.context["desk"].nothing == "done"
    assert "queue=pool" in response.content.decode()


def test_a_search_that_finds_nobody_says_so_and_offers_the_whole_queue(sam, signed_in):
    offered(sam, lead=LeadFactory(last_name="Mara", name_folded="kim mara"))
    client = signed_in(sam)
    assert names(inbox(client, q="MÁRA")) == ["Mara"]
    response = inbox(client, q="somebody else")
    assert response.context["desk"].nothing == "filtered"
    assert "somebody else" in response.content.decode()


def test_more_rows_follow_the_last_one_without_gaps_or_repeats(sam, signed_in, monkeypatch):
    monkeypatch.setattr("feedback.queues.PAGE_SIZE", 3)
    for number in range(7):
        offered(sam, lead=LeadFactory(last_name=f"L{number}"), score=60 + number % 3)
    client, seen = signed_in(sam), []
    response = inbox(client)
    while True:
        desk = response.context["desk"]
        seen += names(response)
        if not desk.more:
            break
        response = client.get(desk.more)
    assert len(seen) == len(set(seen)) == 7


def test_more_rows_go_on_under_the_last_heading(sam, signed_in, monkeypatch):
    monkeypatch.setattr("feedback.queues.PAGE_SIZE", 2)
    for number, hours in enumerate((1, 1, 1, 400)):
        handoff = offered(sam, score=90 - number)
        Handoff.objects.filter(pk=handoff.pk).update(due_at=MONDAY + (1 + hours) * HOUR)
    client = signed_in(sam)
    desk = inbox(client).context["desk"]
    htmx = {"HX-Request": "true", "HX-Target": "more-rows"}
    below, alone = (
        re.findall(r'<li class="group"><b>([^<]+)</b> (\S+?)</li>', answer.content.decode())
        for answer in (client.get(desk.further, headers=htmx), client.get(desk.more))
    )
    assert below == [("Later", "1")]
    assert alone == [("Due soon", "1"), ("Later", "1")]


def test_a_cursor_nobody_can_read_starts_from_the_top(sam, signed_in):
    offered(sam)
    assert len(inbox(signed_in(sam), after="nonsense").context["desk"].rows) == 1


def test_a_filter_that_names_nobody_is_said_to_narrow_nothing(sam, signed_in):
    offered(sam, lead=LeadFactory(last_name="Alone"))
    page = inbox(signed_in(sam), owner="99999", pool="99999")
    assert names(page) == ["Alone"]
    assert "Owner narrows nothing. Nobody has this number." in page.text
    assert "Pool narrows nothing. Select a valid choice." in page.text
    assert 'class="chips"' in page.text
    assert "narrows nothing" not in inbox(signed_in(sam), owner=str(sam.pk)).text


def test_a_room_that_is_not_ones_own_says_so_in_our_words(maya, signed_in, settings):
    settings.DEBUG = True
    page = inbox(signed_in(maya))
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    assert "it is not yours to see" in page.text
    assert 'id="navigation"' in page.text


@pytest.mark.parametrize("name", ["q", "owner"])
def test_more_words_than_a_name_has_narrow_nothing(sam, signed_in, name):
    offered(sam)
    assert len(inbox(signed_in(sam), **{name: "a " * 1500}).context["desk"].rows) == 1


@pytest.fixture
def fifty(sam, tom) -> Handoff:
    """Fifty handoffs in every queue, under two versions. The last that waits for an answer."""
    first = offered(sam)
    other = AgreementVersionFactory(status="replaced")
    facts = {"pool": first.pool, "trigger_at": MONDAY, "opened_at": MONDAY}
    answered = {"answer": "accepted", "answered_at": MONDAY, "answered_by": sam}
    for mark in (
        {"offered_at": MONDAY, "owner": sam, "due_at": MONDAY + 2 * HOUR, "clock": "answer"},
        {"offered_at": MONDAY, "owner": sam, "due_at": MONDAY, "clock": "first_contact"} | answered,
        {"offered_at": MONDAY, "owner": sam, "first_contact_at": MONDAY} | answered,
        {"offered_at": MONDAY, "owner": tom, "rests_until": MONDAY + 99 * HOUR},
        {"offered_at": MONDAY, "owner": sam, "rests_until": MONDAY + 99 * HOUR},
        {"offered_at": MONDAY},
        {"unassigned_since": MONDAY, "offered_at": MONDAY},
        {},
    ):
        for n in range(50):
            lead = LeadFactory()
            visit(lead, "Pricing page", MONDAY - HOUR)
            version = first.version if n % 2 else other
            entry = stages.enter(
                lead, first.entry.stage.key, cause="criteria", at=MONDAY, version=version
            )
            said = facts | {"lead": lead, "entry": entry, "version": version, "score": n}
            handoff = Handoff.objects.create(**said | mark)
            freeze(handoff)
    return first


@pytest.mark.one_leg(reason="400 handoffs; the queries are as many on any database")
def test_no_page_of_the_inbox_asks_the_database_more_than_twelve_times(
    fifty, sam, lena, signed_in, django_assert_max_num_queries
):
    for user in (sam, lena):
        client = signed_in(user)
        inbox(client)  # What a process asks once and knows from then on.
        for queue in queues.QUEUES:
            with django_assert_max_num_queries(INBOX_QUERIES):
                page = inbox(client, queue=queue)
            assert len(page.context["desk"].rows) == queues.PAGE_SIZE or user == lena, queue
            rows = page.context["desk"].rows
            for part, query in {
                "": {"handoff": rows[-1].handoff.pk},
                "hand": {"handoff": rows[-1].handoff.pk},
                "more-rows": {"after": queues.cursor(queues.QUEUES[queue], rows[9].handoff)},
                "narrow": {"narrow": "1", "owner": sam.pk},
            }.items():
                headers = {"HX-Request": "true", "HX-Target": part} if part else {}
                with django_assert_max_num_queries(INBOX_QUERIES):
                    answer = client.get(reverse("inbox"), query | {"queue": queue}, headers=headers)
                assert answer.status_code == 200
            said = {"queue": queue, "handoff": rows[0].handoff.pk, "shown": "1,2", "state": "old"}
            with django_assert_max_num_queries(INBOX_QUERIES):
                answer = client.get(reverse("inbox_pulse"), said, headers={"HX-Request": "true"})
            assert answer.status_code == 200


def test_taking_a_handoff_in_hand_reads_what_one_was_told_about_it(sam, signed_in):
    handoff, other = offered(sam), offered(sam)
    deliveries.deliver(at=MONDAY + HOUR)
    unread = Notification.objects.filter(user=sam, read_at=None)
    told = set(unread.values_list("event__data__handoff", flat=True))
    assert told == {handoff.pk, other.pk}
    inbox(signed_in(sam), handoff=handoff.pk)
    assert set(unread.values_list("event__data__handoff", flat=True)) == {other.pk}


def test_a_handoff_shows_what_it_was_made_on_and_not_what_the_agreement_says_now(sam, signed_in):
    handoff = offered(sam)
    freeze(handoff)
    page = inbox(signed_in(sam)).content.decode()
    assert "Asked for a quote" in page
    assert "Bound to a vendor" in page
    assert "Head of Operations, 420 people" in page
    assert AgreementVersion.objects.get().number == handoff.version.number


def freeze(handoff) -> None:
    from feedback.models import Evidence

    ledger = [
        {
            "key": "q",
            "kind": "rule",
            "group": "actions",
            "words": {"en": "Asked for a quote"},
            "points": 25,
        },
        {
            "key": "v",
            "kind": "rule",
            "group": "profile",
            "words": {"en": "Bound to a vendor"},
            "points": -8,
        },
    ]
    criterion = {
        "key": "persona",
        "group": "profile",
        "words": {"en": "Persona “Operations lead”"},
        "holds": True,
        "evidence": {"en": "Head of Operations, 420 people"},
        "at": MONDAY.isoformat(),
    }
    Evidence.objects.create(handoff=handoff, ledger=ledger, criteria=[criterion])
