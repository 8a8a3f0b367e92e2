"""Machines do not score: what scanners do is set aside, what people do never is."""

from datetime import UTC, datetime, timedelta
from threading import Event as Moment
from threading import Thread

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from leads import activities, changes, identities, machines, quarantines, stale, touches
from leads.activities import NewActivity
from leads.models import NEVER_KNOWN, Activity, Event, Lead, Quarantine, StaleLead
from leads.refusals import Refused
from tests.imports import Importer
from tests.test_api import ACTIVITIES, Caller

SECOND = timedelta(seconds=1)
MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

PEOPLE = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/125.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) "
    "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/125.0.0.0 Safari/537.36 Avast/125.0.0.0",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; "
    "Microsoft Outlook 16.0.5443; ms-office; MSOffice 16)",
    "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10",
    "",
]
MACHINES = {
    "Mozilla/5.0 (compatible; Proofpoint URL Defense)": "proofpoint",
    "BarracudaCentral-LinkScan 2.1": "barracuda",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/126.0.0.0": "headless",
    "python-requests/2.32.3": "python-requests",
    "CURL/8.5.0": "curl/",
    "Mozilla/5.0 (compatible; YourBot/1.0; +https://bot.example/about)": "+http",
    "W3C_Validator/1.3 http://validator.w3.org/services": "w3c_validator",
}


@pytest.fixture
def anna(db) -> Lead:
    return made("1")


def made(number: str) -> Lead:
    keys = [identities.external("crm", number)]
    return changes.upsert(keys, {}, source="crm", known_at=MONDAY)[0]


def click(lead: Lead, after: float, link: str = "a", **more: object) -> NewActivity:
    at = MONDAY + after * SECOND
    known = {"delivered_at": MONDAY.isoformat(), "link": f"https://a.example/{link}"}
    return NewActivity(lead.pk, "mail_clicked", at, at, channel="mail", properties=known | more)


def recorded(*new: NewActivity, at: datetime = MONDAY + 60 * SECOND) -> list[Activity]:
    return [outcome.activity for outcome in activities.record_many(new, at=at)]


def aside() -> set[int]:
    return set(Activity.objects.filter(known_at=NEVER_KNOWN).values_list("pk", flat=True))


# Recognising


@pytest.mark.parametrize("agent", PEOPLE)
def test_browsers_that_people_use_have_no_mark(agent):
    assert machines.mark(agent) == ""


@pytest.mark.parametrize(("agent", "mark"), MACHINES.items())
def test_scanners_are_known_by_a_mark(agent, mark):
    assert machines.mark(agent) == mark


def test_marks_are_written_as_they_are_compared():
    from leads.folding import fold
    from leads.scanners import MARKS

    assert [fold(mark) for mark in MARKS] == list(MARKS)
    assert len(set(MARKS)) == len(MARKS)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-03-02T09:00:00+01:00", MONDAY),
        ("2026-03-02T08:00:00Z", MONDAY),
        ("2026-03-02 09:00:00", MONDAY),  # Without a zone: the company's.
        ("2026-03-02", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        (1772438400, None),
        (None, None),
    ],
)
def test_a_delivery_is_told_as_a_moment_with_a_time(said, meant):
    found = machines.click(1, 1, MONDAY, {"link": "a", "delivered_at": said})
    assert found.delivered_at == meant


# As it comes in


def test_a_scanners_click_is_set_aside_and_its_user_agent_kept_nowhere(anna):
    agent = "Mozilla/5.0 (Kim's own machine; Mimecast)"
    [clicked] = recorded(click(anna, 3600, user_agent=agent))
    clicked.refresh_from_db()
    entry = Quarantine.objects.get(activity=clicked)
    assert clicked.is_set_aside
    assert (entry.cause, entry.detail, entry.by) == ("agent", "mimecast", None)
    assert entry.at == MONDAY + 60 * SECOND
    assert clicked.properties.keys() == {"link", "delivered_at"}
    event = Event.objects.get(kind="activity.set_aside")
    assert (event.lead, event.data) == (anna, {"cause": "agent", "activities": [clicked.pk]})
    anna.refresh_from_db()
    assert (anna.first_channel, anna.latest_channel, anna.latest_activity_at) == (None, None, None)


def test_a_persons_user_agent_is_kept_nowhere_either(anna):
    for key in ("user_agent", "User-Agent", "userAgent"):
        [visit] = recorded(
            NewActivity(anna.pk, "page", MONDAY, MONDAY, properties={key: PEOPLE[0], "minutes": 2})
        )
        visit.refresh_from_db()
        assert visit.properties == {"minutes": 2}
        assert not visit.is_set_aside


def test_three_links_within_ten_seconds_are_set_aside_also_those_that_came_before(anna):
    first, second = recorded(click(anna, 1, "a"), click(anna, 2, "b"))
    anna.refresh_from_db()
    assert not aside()
    assert anna.latest_activity_at == second.occurred_at
    stale.clear(stale.claim(9, at=MONDAY + 90 * SECOND))
    [third] = recorded(click(anna, 10, "c"), at=MONDAY + 99 * SECOND)
    assert aside() == {first.pk, second.pk, third.pk}
    entries = Quarantine.objects.order_by("pk")
    assert {(e.cause, e.detail, e.at) for e in entries} == {("burst", "3/10", MONDAY + 99 * SECOND)}
    # What it was known since is kept; what came with the burst was never known.
    since = [first.occurred_at, second.occurred_at, MONDAY + 99 * SECOND]
    assert [e.known_at for e in entries] == since
    anna.refresh_from_db()
    assert (anna.first_channel, anna.latest_activity_at) == (None, None)
    assert StaleLead.objects.get(lead=anna).not_before == MONDAY + 99 * SECOND


def test_a_batch_is_recognised_within_itself_and_for_each_lead_alone(anna):
    ben = made("2")
    done = recorded(
        *(click(anna, n, link) for n, link in enumerate("abcd")),
        *(click(ben, n, link) for n, link in enumerate("ab")),
    )
    assert aside() == {each.pk for each in done[:4]}
    assert Event.objects.filter(kind="activity.set_aside").count() == 1


@pytest.mark.parametrize(
    "clicks",
    [
        [(1, "a"), (1, "b"), (2, "a"), (3, "b"), (4, "a")],  # Two links, clicked again and again.
        [(1, "a"), (2, "b"), (10.1, "c")],  # The third a little later.
        [(60, "a"), (61, "b"), (62, "c"), (63, "d")],  # A minute later, however many.
        [(-1, "a"), (1, "b"), (2, "c")],  # One from before.
    ],
)
def test_people_are_left_alone(anna, clicks):
    recorded(*(click(anna, after, link) for after, link in clicks))
    assert not aside()


@pytest.mark.parametrize("apart", [0.000001, 1.3])
def test_deliveries_written_down_with_different_moments_hide_no_machine(anna, apart):
    for n, link in enumerate("dbca"):
        delivered = (MONDAY + n * apart * SECOND).isoformat()
        recorded(click(anna, 4 + n, link, delivered_at=delivered))
    assert len(aside()) == 4


def test_one_link_in_each_of_two_mails_is_a_persons_doing_however_soon(anna):
    for n, link in enumerate("abab"):
        recorded(click(anna, 2 + n, link, delivered_at=(MONDAY + n % 2 * SECOND).isoformat()))
    assert not aside()


def test_each_soon_after_its_own_delivery_is_no_burst_if_they_are_far_apart(anna):
    for n, link in enumerate("abc"):
        delivered = (MONDAY + 6 * n * SECOND).isoformat()
        recorded(click(anna, 6 * n + 1, link, delivered_at=delivered))
    assert not aside()


def test_the_clicks_of_years_ask_only_for_what_was_near_them(anna, monkeypatch):
    seen = []
    there = quarantines._clicks
    monkeypatch.setattr(
        quarantines, "_clicks", lambda rows: seen.extend(some := there(rows)) or some
    )
    recorded(*(click(anna, day * 86400, "a") for day in range(-90, 0)))
    seen.clear()
    new = recorded(click(anna, -200 * 86400, "b"), click(anna, 1, "b"))
    assert {each.id for each in seen} == {each.pk for each in new}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_what_is_being_let_go_while_a_mail_is_written_down_stays_let_go(
    transactional_db, anna, maya, monkeypatch, guarded
):
    """Whoever read the clicks before holding the lead would set them aside again."""
    some = recorded(*(click(anna, n, link, delivered_at="") for n, link in enumerate("abc", 1)))
    clicked = Activity.objects.filter(pk__in=[each.pk for each in some])
    quarantines.set_aside(clicked, by=maya, at=MONDAY + 70 * SECOND)
    held, read, bursts = Moment(), Moment(), machines.bursts

    def let_go() -> None:
        with transaction.atomic():
            quarantines.release(clicked, by=maya, at=MONDAY + 80 * SECOND)
            held.set()
            read.wait(0.5)
        connection.close()

    def after_the_release(*clicks_and_mails: object) -> dict:
        read.set()
        releasing.join()
        return bursts(*clicks_and_mails)

    releasing = Thread(target=let_go)
    releasing.start()
    assert held.wait(10)
    monkeypatch.setattr(machines, "bursts", after_the_release)
    if not guarded:
        monkeypatch.setattr(quarantines, "_lock", lambda lead_ids: None)
    touches.record(anna, kind="mail", outcome="sent", occurred_at=MONDAY, known_at=MONDAY)
    assert aside() == (set() if guarded else {each.pk for each in some})


def test_without_a_delivery_nothing_is_too_soon(anna):
    recorded(*(click(anna, n, link, delivered_at="") for n, link in enumerate("abcdef")))
    assert not aside()


@pytest.mark.parametrize("first", ["mail", "clicks"])
def test_a_mail_of_ours_is_a_delivery_whenever_it_is_written_down(anna, first):
    def write():
        touches.record(anna, kind="mail", outcome="sent", occurred_at=MONDAY, known_at=MONDAY)

    def clicked():
        recorded(*(click(anna, n, link, delivered_at="") for n, link in enumerate("abc", 1)))

    for deed in (write, clicked) if first == "mail" else (clicked, write):
        deed()
    assert len(aside()) == 3
    anna.refresh_from_db()
    assert anna.latest_activity_at is None


def test_a_call_or_a_mail_that_came_before_is_no_delivery(anna):
    touches.record(anna, kind="call", outcome="reached", occurred_at=MONDAY)
    touches.record(anna, kind="mail", outcome="sent", occurred_at=MONDAY - 60 * SECOND)
    recorded(*(click(anna, n, link, delivered_at="") for n, link in enumerate("abc", 1)))
    assert not aside()


def test_the_same_burst_told_again_changes_nothing(crm):
    told = [
        {"id": f"c{n}", "source": "mailer", "email": "a@b.example", "type": "mail_clicked",
         "occurred_at": (MONDAY + n * SECOND).isoformat(),
         "properties": {"url": f"https://a.example/{n}", "delivered_at": MONDAY.isoformat()}}
        for n in range(4)
    ]  # fmt: skip
    for body in (told[:2], told[2:], told, told[3]):
        assert crm.post(ACTIVITIES, body).status_code == 200
    assert len(aside()) == Quarantine.objects.count() == 4


def test_a_file_is_recognised_as_well(db, tmp_path):
    made("7")
    columns = {
        "Lead": "external_id",
        "When": "occurred_at",
        "Agent": {"property": "user_agent"},
        "Link": {"property": "link"},
    }
    mapping = {"columns": columns, "source": "crm", "constants": {"type": "mail_clicked"}}
    rows = "Lead,When,Agent,Link\n7,2026-03-01 10:00,Wget/1.21,https://a.example/a\n"
    Importer(tmp_path)(rows, mapping, kind="activities")
    activity = Activity.objects.get()
    assert activity.is_set_aside
    assert activity.properties == {"link": "https://a.example/a"}


@pytest.fixture
def crm(maya):
    return Caller(maya)


# Whatever the order

LEADS = (0, 1)
ends = st.sampled_from([-1, 0, 1, 4, 9, 10, 11, 60])
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("mail"), st.sampled_from(LEADS), st.sampled_from([0, 5, 8])),
        st.tuples(
            st.just("click"),
            st.sampled_from(LEADS),
            ends,
            st.sampled_from("abcd"),
            st.sampled_from([None, 0, 5]),
            st.booleans(),
        ),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=20, deadline=None)
@given(deeds=deeds, data=st.data())
@pytest.mark.django_db
def test_what_is_set_aside_in_the_end_does_not_depend_on_the_order(deeds, data):
    numbered = list(enumerate(deeds))
    shuffled = data.draw(st.permutations(numbered))
    cuts = data.draw(st.lists(st.booleans(), min_size=len(deeds), max_size=len(deeds)))
    assert _told([numbered]) == _told(_batches(shuffled, cuts)) == _meant(numbered)


def _batches(deeds, cuts):
    batches = [[]]
    for deed, cut in zip(deeds, cuts, strict=True):
        batches[-1].append(deed)
        if cut:
            batches.append([])
    return batches


def _told(batches) -> set[int]:
    """The numbers of the deeds that end up set aside, told in these batches."""
    with transaction.atomic():
        people = [made(f"p{n}") for n in LEADS]
        for batch in batches:
            clicks = [(n, deed) for n, deed in batch if deed[0] == "click"]
            for _n, deed in batch:
                if deed[0] == "mail":
                    at = MONDAY + deed[2] * SECOND
                    touches.record(people[deed[1]], kind="mail", outcome="sent", occurred_at=at)
            activities.record_many(
                [
                    NewActivity(
                        people[who].pk,
                        "mail_clicked",
                        MONDAY + after * SECOND,
                        MONDAY + 60 * SECOND,
                        properties=_properties(link, delivered, scanner),
                        external_id=str(n),
                    )
                    for n, (_kind, who, after, link, delivered, scanner) in clicks
                ],
                at=MONDAY + 60 * SECOND,
            )
        found = {int(a.external_id) for a in Activity.objects.filter(known_at=NEVER_KNOWN)}
        assert found == {int(q.activity.external_id) for q in Quarantine.objects.all()}
        transaction.set_rollback(True)
    return found


def _properties(link, delivered, scanner):
    told = {"delivered_at": (MONDAY + delivered * SECOND).isoformat()} if delivered else {}
    return {"link": link, "user_agent": "wget" if scanner else PEOPLE[0]} | told


def _meant(numbered) -> set[int]:
    """The rule, said in another way: what a lead clicked soon after any delivery, and of that all
    within any ten seconds in which there are three links."""
    found = set()
    clicks = [(n, *deed[1:]) for n, deed in numbered if deed[0] == "click"]
    for who in LEADS:
        sent = {deed[2] for _n, deed in numbered if deed[0] == "mail" and deed[1] == who}
        soon = [
            (n, after, link)
            for n, lead, after, link, delivered, _scanner in clicks
            if lead == who
            and any(
                0 <= after - each <= 10 for each in sent | ({delivered} if delivered else set())
            )
        ]
        for start in {after for _n, after, _link in soon}:
            some = [(n, link) for n, after, link in soon if start <= after <= start + 10]
            if len({link for _n, link in some}) >= 3:
                found |= {n for n, _link in some}
    return found | {n for n, *_rest, scanner in clicks if scanner}


# By hand


def test_what_is_let_go_counts_from_then_on_and_stays_so(anna, maya):
    done = recorded(*(click(anna, n, link) for n, link in enumerate("abc")))
    later = MONDAY + 3600 * SECOND
    stale.clear(stale.claim(9, at=later))
    assert quarantines.release(anna.activities.all(), by=maya, at=later) == [a.pk for a in done]
    assert set(Activity.objects.values_list("known_at", flat=True)) == {later}
    entry = Quarantine.objects.filter(activity=done[0]).last()
    assert (entry.cause, entry.by, entry.at, entry.known_at) == ("released", maya, later, None)
    assert Event.objects.get(kind="activity.released").actor == maya
    anna.refresh_from_db()
    assert (anna.latest_channel.key, anna.latest_activity_at) == ("mail", done[-1].occurred_at)
    assert StaleLead.objects.get(lead=anna).since == later
    recorded(click(anna, 4, "d"), click(anna, 5, "e"), at=later)
    assert not aside()
    recorded(click(anna, 6, "f"), at=later)
    assert len(aside()) == 3
    assert not aside() & {a.pk for a in done}


def test_somebody_sets_aside_by_hand_and_nobody_does_it_twice(anna, maya, mark):
    [visit] = recorded(NewActivity(anna.pk, "page", MONDAY, MONDAY, channel="web"))
    assert quarantines.set_aside(anna.activities.all(), by=maya, at=MONDAY) == [visit.pk]
    assert quarantines.set_aside(anna.activities.all(), by=mark, at=MONDAY) == []
    entry = Quarantine.objects.get()
    assert (entry.cause, entry.by, entry.known_at) == ("hand", maya, MONDAY)
    assert quarantines.release(anna.activities.all(), by=mark, at=MONDAY) == [visit.pk]
    assert quarantines.release(anna.activities.all(), by=maya, at=MONDAY) == []
    assert quarantines.set_aside(anna.activities.all(), by=maya, at=MONDAY) == [visit.pk]
    causes = Quarantine.objects.order_by("pk").values_list("cause", flat=True)
    assert list(causes) == ["hand", "released", "hand"]


def test_sales_and_outsiders_judge_nothing(anna, sam, nina):
    recorded(*(click(anna, n, link) for n, link in enumerate("abc")))
    for person in (sam, nina):
        for verb in (quarantines.release, quarantines.set_aside):
            with pytest.raises(Refused) as refusal:
                verb(anna.activities.all(), by=person, at=MONDAY)
            assert refusal.value.code == "may_not_judge"
    assert len(aside()) == 3
