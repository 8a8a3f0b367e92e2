"""Duty in the browser: reps say when they are there, who leads keeps pools and hours."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from feedback import absences, routing
from feedback.models import Absence, Calendar, Pool, PoolMember, RoutingRule
from leads.models import Event
from tests.factories import (
    AgreementVersionFactory,
    CalendarFactory,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    PoolMemberFactory,
    UserFactory,
)
from tests.forms import form_of

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
# A Monday, ten o'clock in Berlin.
NOW = datetime(2026, 3, 2, 10, tzinfo=BERLIN)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def at_work(one_clock):
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def dach(sales):
    AgreementVersionFactory()
    return PoolFactory(name="DACH", team=sales)


@pytest.fixture
def sams(dach, sam):
    return PoolMemberFactory(pool=dach, user=sam, capacity=5, daily_capacity=8)


@pytest.fixture
def toms(dach, tom):
    return PoolMemberFactory(pool=dach, user=tom)


@pytest.fixture
def sam_in(sam, signed_in):
    return signed_in(sam)


@pytest.fixture
def lena_in(lena, signed_in):
    return signed_in(lena)


def text(page):
    return " ".join(page.content.decode().split())


def days(first, last, **more):
    day = lambda n: (TODAY + timedelta(days=n)).isoformat()  # noqa: E731
    return {"first_day": day(first), "last_day": day(last)} | more


def test_a_rep_sees_duty_hours_and_what_is_in_hand(sam_in, sams):
    HandoffFactory(pool=sams.pool, owner=sams.user, assigned_at=NOW, opened_at=NOW)
    page = text(sam_in.get("/duty/"))
    assert 'On duty</b> <span class="soft">in DACH' in page
    assert "Mon–Fri 9:00–17:00" in page
    assert "1 of 5 at a time" in page
    assert "1 of 8 new ones" in page


def test_a_rep_in_no_pool_reads_who_can_add_them(sam_in, sam, dach, lena):
    page = text(sam_in.get("/duty/"))
    assert "You are in no pool yet." in page
    assert "Lena Fuchs can add you." in page


def test_a_rep_goes_off_duty_and_on_again(sam_in, sams, sam):
    url = reverse("duty_presence")
    page = text(sam_in.post(url, {"member": sams.pk, "on": "no"}, follow=True))
    sams.refresh_from_db()
    assert not sams.on_duty
    assert "Off duty: Sam Okafor. New leads go to others." in page
    sam_in.post(url, {"member": sams.pk, "on": "yes"})
    sams.refresh_from_db()
    assert sams.on_duty
    assert sams.history.filter(history_user=sam).count() == 2


def test_a_rep_cannot_take_a_colleague_off_duty_but_who_leads_can(sam_in, lena_in, toms, sams):
    asked = {"member": toms.pk, "on": "no"}
    assert sam_in.post(reverse("duty_presence"), asked).status_code == 404
    toms.refresh_from_db()
    assert toms.on_duty
    back = lena_in.post(reverse("duty_presence"), asked).url
    assert f'id="{back.partition("#")[2]}"' in text(lena_in.get(back))
    toms.refresh_from_db()
    assert not toms.on_duty


def test_a_rep_enters_changes_and_deletes_days_away(sam_in, sams, sam):
    page = text(sam_in.post(reverse("duty_absences"), days(7, 11), follow=True))
    entered = Absence.objects.get()
    assert (entered.user, entered.entered_by, entered.first_day) == (sam, sam, date(2026, 3, 9))
    assert absences.days(entered) in page
    sam_in.post(reverse("duty_absence", args=[entered.pk]), days(7, 8))
    entered.refresh_from_db()
    assert entered.last_day == date(2026, 3, 10)
    sam_in.post(reverse("duty_absence_deletion", args=[entered.pk]))
    assert not Absence.objects.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((3, 1), "The last day is before the first."),
        ((-5, -2), "These days are over."),
        ((7, 7), "Sam Okafor is away on"),
    ],
)
def test_days_that_cannot_be_are_refused_with_a_sentence(sam_in, sams, sam, given, said):
    absences.enter(sam, first_day=date(2026, 3, 8), last_day=date(2026, 3, 9), by=sam, at=NOW)
    answer = sam_in.post(reverse("duty_absences"), days(*given))
    assert answer.status_code == 422
    assert said in text(answer)
    assert Absence.objects.count() == 1


def test_days_away_are_not_moved_onto_others_but_may_stay_on_themselves(sam_in, sams, sam):
    first = absences.enter(
        sam, first_day=date(2026, 3, 9), last_day=date(2026, 3, 10), by=sam, at=NOW
    )
    absences.enter(sam, first_day=date(2026, 3, 12), last_day=date(2026, 3, 12), by=sam, at=NOW)
    url = reverse("duty_absence", args=[first.pk])
    assert sam_in.post(url, days(7, 10)).status_code == 422
    assert sam_in.post(url, days(8, 9)).status_code == 302


def test_a_rep_knows_nothing_of_others_days_and_who_leads_enters_them(
    sam_in, lena_in, toms, tom, lena
):
    lena_in.post(reverse("duty_absences"), days(0, 2, user=tom.pk))
    entered = Absence.objects.get()
    assert (entered.user, entered.entered_by) == (tom, lena)
    assert sam_in.get(reverse("duty_absence", args=[entered.pk])).status_code == 404
    assert sam_in.post(reverse("duty_absence_deletion", args=[entered.pk])).status_code == 404
    assert sam_in.post(reverse("duty_absences"), days(0, 2, user=tom.pk)).status_code == 404
    assert Absence.objects.count() == 1


def test_wrong_days_for_somebody_else_come_back_on_their_page(lena_in, toms, tom):
    answer = lena_in.post(reverse("duty_absences"), days(3, 1, user=tom.pk))
    assert answer.status_code == 422
    assert "<h1>Tom Albrecht</h1>" in text(answer)


def test_what_somebody_away_holds_goes_to_others_with_an_outcome_each(sam_in, sams, toms, sam, tom):
    held = HandoffFactory(pool=sams.pool, owner=sam, opened_at=NOW)
    sam_in.post(reverse("duty_absences"), days(0, 4))
    page = text(sam_in.get("/duty/"))
    assert "hold one lead that nobody has answered." in page
    assert "Give them to whoever is there." in page
    assert '<b class="state">Away on' in page
    assert "On duty" not in page
    answer = text(sam_in.post(reverse("duty_handoffs"), {"user": sam.pk}))
    held.refresh_from_db()
    assert held.owner == tom
    assert held.steps.filter(kind="assigned").last().data["to"] == tom.pk
    assert "<h1>Given to others</h1>" in answer
    assert "Now with Tom Albrecht." in answer
    assert "hold one lead" not in text(sam_in.get("/duty/"))


def test_where_nobody_else_is_there_what_was_held_waits_as_unassigned(sam_in, sams, sam):
    held = HandoffFactory(pool=sams.pool, owner=sam, opened_at=NOW)
    sam_in.post(reverse("duty_presence"), {"member": sams.pk, "on": "no"})
    assert "Nobody else is at work now" in text(sam_in.get("/duty/"))
    answer = text(sam_in.post(reverse("duty_handoffs"), {"user": sam.pk}))
    held.refresh_from_db()
    assert held.owner is None
    assert held.unassigned_since == NOW
    assert Event.objects.filter(kind="handoff.unassigned").exists()
    assert "<h1>1 waits for somebody</h1>" in answer
    assert "it waits as unassigned" in answer


def test_how_many_others_can_take_is_said_beforehand_and_comes_true(sam_in, sams, toms, sam, tom):
    PoolMember.objects.filter(pk=toms.pk).update(capacity=3)
    HandoffFactory(pool=sams.pool, owner=tom, opened_at=NOW)
    for _ in range(5):
        HandoffFactory(pool=sams.pool, owner=sam, opened_at=NOW)
    sam_in.post(reverse("duty_absences"), days(0, 4))
    page = text(sam_in.get("/duty/"))
    assert "2 of them can be taken by somebody now; 3 would wait as unassigned." in page
    answer = text(sam_in.post(reverse("duty_handoffs"), {"user": sam.pk}))
    assert "<h1>2 given to others, 3 wait for somebody</h1>" in answer
    assert answer.count("Now with Tom Albrecht.") == 2


def test_where_nobody_has_room_it_is_said_beforehand(sam_in, sams, toms, sam):
    PoolMember.objects.filter(pk=toms.pk).update(capacity=0)
    HandoffFactory(pool=sams.pool, owner=sam, opened_at=NOW)
    sam_in.post(reverse("duty_absences"), days(0, 4))
    assert "Nobody who is at work can take one now" in text(sam_in.get("/duty/"))


def test_what_is_passed_on_in_the_speed_lane_asks_everybody(sam_in, sams, toms, sam):
    HandoffFactory(pool=sams.pool, owner=sam, opened_at=NOW, speed_lane=True)
    sam_in.post(reverse("duty_absences"), days(0, 4))
    assert "Give them to whoever is there." in text(sam_in.get("/duty/"))
    answer = text(sam_in.post(reverse("duty_handoffs"), {"user": sam.pk}))
    assert "<h1>Given to others</h1>" in answer
    assert "Everybody at work is asked." in answer


def test_what_is_held_is_looked_through_in_as_many_questions_however_much_it_is(
    sam_in, sams, toms, sam
):
    sam_in.post(reverse("duty_absences"), days(0, 4))
    asked = []
    for _ in range(2):
        for _lead in range(4):
            HandoffFactory(pool=sams.pool, owner=sam, opened_at=NOW)
        with CaptureQueriesContext(connection) as queries:
            sam_in.get("/duty/")
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_nobody_who_is_there_is_told_to_give_leads_away(sam_in, sams, sam):
    HandoffFactory(pool=sams.pool, owner=sam, opened_at=NOW)
    assert 'id="held"' not in text(sam_in.get("/duty/"))


def test_who_leads_sees_the_whole_team_and_a_rep_only_themselves(
    lena_in, sam_in, sams, toms, monday
):
    page = text(lena_in.get("/duty/"))
    assert "Sam Okafor" in page
    assert "Tom Albrecht" in page
    assert f"pool-{sams.pool_id}" in page
    page = text(sam_in.get("/duty/"))
    assert "Tom Albrecht" not in page


def test_somebody_invited_later_is_added_to_the_pool_and_taken_out_again(lena_in, dach, sams, tom):
    url = reverse("duty_members", args=[dach.pk])
    assert f'<option value="{tom.pk}">' in text(lena_in.get("/duty/"))
    page = text(lena_in.post(url, {"user": tom.pk}, follow=True))
    assert "Tom Albrecht is in DACH from now on." in page
    member = PoolMember.objects.get(user=tom)
    lena_in.post(reverse("duty_member_deletion", args=[member.pk]))
    assert not PoolMember.objects.filter(user=tom).exists()


def test_nobody_of_another_team_is_added(lena_in, dach, maya):
    url = reverse("duty_members", args=[dach.pk])
    assert lena_in.post(url, {"user": maya.pk}).status_code == 422
    assert not PoolMember.objects.exists()


def test_taking_somebody_out_leaves_them_what_they_have_in_hand(lena_in, sams, sam):
    held = HandoffFactory(pool=sams.pool, owner=sam, opened_at=NOW)
    url = reverse("duty_member_deletion", args=[sams.pk])
    assert "One lead that they have in hand stays theirs." in text(lena_in.get(url))
    lena_in.post(url)
    held.refresh_from_db()
    assert held.owner == sam


def test_what_a_member_takes_is_changed_within_its_limits(lena_in, sams):
    url = reverse("duty_member", args=[sams.pk])
    given = form_of(lena_in.get(url).content.decode(), url)
    wrong = lena_in.post(url, given | {"weight": "11"})
    assert wrong.status_code == 422
    lena_in.post(url, given | {"capacity": "3", "daily_capacity": "", "weight": "2"})
    sams.refresh_from_db()
    assert (sams.capacity, sams.daily_capacity, sams.weight) == (3, None, 2)


def test_a_member_gets_hours_of_their_own_and_running_deadlines_move_along(lena_in, sams, sam):
    running = HandoffFactory(pool=sams.pool, owner=sam, opened_at=NOW)
    before = running.due_at
    url = reverse("duty_calendar_new")
    first = lena_in.get(url, {"member": sams.pk})
    given = form_of(first.content.decode(), "")
    assert given["name"] == ["Hours of Sam Okafor"]
    assert given["day0"] == ["9:00–17:00"]
    mornings = {f"day{day}": "9:00–11:00" for day in range(5)}
    page = text(lena_in.post(url, given | mornings, follow=True))
    sams.refresh_from_db()
    running.refresh_from_db()
    assert sams.calendar.name == "Hours of Sam Okafor"
    assert sams.calendar.hours.count() == 5
    assert running.due_at > before
    assert running.steps.filter(kind="deadline_moved").count() == 1
    assert "Saved. 1 running deadline moved along." in page


def test_hours_are_written_with_several_intervals_a_day_and_days_off(lena_in, dach):
    url = reverse("duty_calendar", args=[dach.calendar.pk])
    given = form_of(lena_in.get(url).content.decode(), "")
    written = {
        "day0": "8:00-12:00, 13.30 – 17",
        "days_off": "2026-12-24 Christmas Eve\n31.12.2026",
        "country": "DE",
        "region": "by",
    }
    lena_in.post(url, given | written)
    calendar = Calendar.objects.get(pk=dach.calendar.pk)
    monday = calendar.hours.filter(weekday=0).values_list("starts", "ends")
    assert list(monday) == [(time(8), time(12)), (time(13, 30), time(17))]
    assert calendar.region == "BY"
    off = list(calendar.days_off.values_list("date", "name"))
    assert off == [(date(2026, 12, 24), "Christmas Eve"), (date(2026, 12, 31), "")]


@pytest.mark.parametrize("written", ["18:00–24:00", "18-0:00"])
def test_hours_last_until_midnight_and_are_shown_so(lena_in, dach, written):
    url = reverse("duty_calendar", args=[dach.calendar.pk])
    given = form_of(lena_in.get(url).content.decode(), "")
    response = lena_in.post(url, given | {"day0": written, "day1": "0:00-24:00"}, follow=True)
    assert response.status_code == 200
    hours = dach.calendar.hours.filter(weekday__lt=2).values_list("starts", "ends")
    assert list(hours) == [(time(18), time(0)), (time(0), time(0))]
    assert "Mon 18:00–24:00, Tue 0:00–24:00" in response.content.decode()
    shown = form_of(lena_in.get(url).content.decode(), "")
    assert (shown["day0"], shown["day1"]) == (["18:00–24:00"], ["0:00–24:00"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"day0": "20:00–24:00, 23:00–23:30"}, "The hours of Monday overlap."),
        ({"day0": "morning"}, "“morning” is no span of time."),
        ({"day0": "25:00–26:00"}, "is no span of time."),
        ({"day0": "9:00–12:00, 11:00–13:00"}, "The hours of Monday overlap."),
        ({"day0": "12:00–9:00"}, "On Monday the end is not after the beginning."),
        ({f"day{day}": "" for day in range(7)}, "clocks would run day and night."),
        ({"days_off": "soon"}, "“soon” is no day."),
        ({"country": "DE", "region": "XX"}, "This country has no such region."),
        ({"name": "Night"}, "Other hours have this name."),
    ],
)
def test_hours_that_cannot_be_are_refused_beside_their_input(lena_in, dach, given, said):
    CalendarFactory(name="Night")
    url = reverse("duty_calendar", args=[dach.calendar.pk])
    answer = lena_in.post(url, form_of(lena_in.get(url).content.decode(), "") | given)
    assert answer.status_code == 422
    assert said in text(answer)
    assert Calendar.objects.get(pk=dach.calendar.pk).hours.count() == 5


def test_saving_hours_as_they_are_moves_nothing(lena_in, sams):
    HandoffFactory(pool=sams.pool, owner=sams.user, opened_at=NOW)
    url = reverse("duty_calendar", args=[sams.pool.calendar.pk])
    given = form_of(lena_in.get(url).content.decode(), "")
    assert "moved along" not in text(lena_in.post(url, given, follow=True))


def test_a_pool_is_made_renamed_and_put_first(lena_in, dach, sales):
    calendar = dach.calendar
    url = reverse("duty_pool_new")
    lena_in.post(url, {"name": "France", "team": sales.pk, "calendar": calendar.pk})
    made = Pool.objects.get(name="France")
    assert list(Pool.objects.all()) == [dach, made]
    lena_in.post(reverse("duty_pool_position", args=[made.pk]))
    assert list(Pool.objects.all()) == [made, dach]
    edit = reverse("duty_pool", args=[made.pk])
    assert lena_in.post(edit, {"name": "dach", "calendar": calendar.pk}).status_code == 422
    lena_in.post(edit, {"name": "Romandie", "calendar": calendar.pk})
    made.refresh_from_db()
    assert made.name == "Romandie"


def test_the_first_pool_is_the_one_that_routing_takes(lena_in, dach, sales):
    """Of two on one place the older one, whatever they are called."""
    Pool.objects.update(position=0)
    PoolFactory(name="Austria", team=sales, position=0)
    placed = routing.place(LeadFactory(), NOW).pool
    assert placed == dach
    assert "→ <b>DACH</b>" in text(lena_in.get("/routing/"))
    page = text(lena_in.get("/duty/"))
    assert page.index("gets what no rule sends elsewhere") < page.index("<h2>Austria</h2>")


def test_other_hours_of_a_pool_move_the_deadlines_that_run(lena_in, dach, sams, sam):
    running = HandoffFactory(pool=dach, owner=sam, opened_at=NOW)
    before = running.due_at
    evenings = CalendarFactory(name="Evenings")
    evenings.hours.update(starts=time(18), ends=time(20))
    url = reverse("duty_pool", args=[dach.pk])
    page = text(lena_in.post(url, {"name": "DACH", "calendar": evenings.pk}, follow=True))
    running.refresh_from_db()
    assert running.due_at > before
    assert "1 running deadline moved along." in page


def test_reps_change_neither_pools_nor_members_nor_hours(sam_in, dach, sams, tom):
    assert sam_in.get(reverse("duty_member", args=[sams.pk])).status_code == 403
    assert sam_in.post(reverse("duty_members", args=[dach.pk]), {"user": tom.pk}).status_code == 403
    assert sam_in.get(reverse("duty_calendar", args=[dach.calendar.pk])).status_code == 403
    assert not PoolMember.objects.filter(user=tom).exists()


def test_marketing_finds_no_duty(maya, mark, nina, signed_in, dach):
    for user in (maya, mark, nina):
        assert signed_in(user).get("/duty/").status_code == 404


def test_the_next_days_off_are_named_in_the_readers_language(sam_in, sams, sam):
    calendar = sams.pool.calendar
    calendar.country = "DE"
    calendar.save()
    calendar.days_off.create(date=date(2026, 3, 6), name="Outing")
    page = text(sam_in.get("/duty/"))
    assert "Outing" in page
    assert "Good Friday" in page
    sam.language = "de"
    sam.save()
    assert "Karfreitag" in text(sam_in.get("/duty/", headers={"accept-language": "de"}))


def test_no_page_of_the_team_asks_more_for_more_pools_people_and_rules(lena_in, sams, sales):
    more_pools(sales, 2)
    pages = [
        *("/duty/", "/duty/pools/new/", "/routing/", "/routing/history/", "/routing/rules/new/"),
        *(reverse("duty_pool", args=[sams.pool_id]), reverse("duty_member", args=[sams.pk])),
        reverse("routing_rule", args=[RoutingRule.objects.get(name="Rule 0").pk]),
    ]
    few = [asked_by(lena_in, page) for page in pages]
    more_pools(sales, 10)
    assert [asked_by(lena_in, page) for page in pages] == few
    assert few[0] <= 16


def more_pools(team, number: int) -> None:
    """As many pools as asked for, of two people each, all with hours of their own, and a rule for
    each pool that was changed once."""
    there = Pool.objects.count()
    for place in range(there, there + number):
        pool = PoolFactory(
            name=f"Pool {place}", team=team, calendar=CalendarFactory(name=f"Hours {place}")
        )
        own = CalendarFactory(name=f"Own hours {place}")
        for calendar in (own, None):
            PoolMemberFactory(
                pool=pool, user=UserFactory(team=team), calendar=calendar, daily_capacity=3
            )
        rule = RoutingRule.objects.create(name=f"Rule {place - 1}", pool=pool, position=place)
        rule.active = False
        rule.save()


def asked_by(client, page: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(page).status_code == 200
    return len(asked)
