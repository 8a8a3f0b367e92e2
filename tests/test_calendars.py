"""Working time, held against somebody who walks it minute by minute."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

import holidays
import pytest
from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects

from feedback import calendars
from feedback.models import Calendar, DayOff, WorkingHours
from tests.factories import MONDAY, CalendarFactory

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
# Days on which clocks change, and one on which a whole day was left out.
CHANGES = {
    "Europe/Berlin": ["2026-03-29", "2026-10-25"],
    "America/New_York": ["2026-03-08", "2026-11-01"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
    "Asia/Kathmandu": ["2026-05-01", "1986-01-01"],
    "Pacific/Apia": ["2011-12-30"],
}
PLACES = {"Europe/Berlin": ("DE", "BE"), "America/New_York": ("US", "NY")}


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def calendar_of(zone: str, hours, **facts) -> Calendar:
    calendar = Calendar.objects.create(name=f"In {zone}", time_zone=zone, **facts)
    WorkingHours.objects.bulk_create(
        WorkingHours(calendar=calendar, weekday=day, starts=starts, ends=ends)
        for day, starts, ends in hours
    )
    return calendar


class Walker:
    """Knows of every minute whether the wall clock says that it is working time."""

    def __init__(self, calendar: Calendar) -> None:
        self.zone = ZoneInfo(calendar.time_zone)
        self.hours = [(h.weekday, h.starts, h.ends) for h in calendar.hours.all()]
        self.free = {day.date for day in calendar.days_off.all()}
        if calendar.country:
            years = range(1985, 2028)
            region = calendar.region or None
            self.free |= set(
                holidays.country_holidays(calendar.country, subdiv=region, years=years)
            )

    def works(self, moment: datetime) -> bool:
        local = moment.astimezone(self.zone)
        return local.date() not in self.free and any(
            day == local.weekday()
            and starts <= local.time() < (time.max if ends == time(0) else ends)
            for day, starts, ends in self.hours
        )

    def minutes(self, start: datetime, end: datetime) -> int:
        return sum(self.works(start + n * MINUTE) for n in range((end - start) // MINUTE))

    def walk(self, start: datetime, minutes: int, *, days: int = 15) -> datetime | None:
        moment, last = start, start + timedelta(days=days)
        while minutes:
            if moment >= last:
                return None
            minutes -= self.works(moment)
            moment += MINUTE
        return moment


class Sums:
    """A stretch of time that somebody has walked through once, minute by minute: how many of the
    minutes up to each were worked."""

    def __init__(self, calendar: Calendar, start: datetime, days: int) -> None:
        self.start, works = start, Walker(calendar).works
        walked = (works(start + n * MINUTE) for n in range(days * 24 * 60))
        self.worked = [0, *accumulate(walked)]

    def minutes(self, start: datetime, end: datetime) -> int:
        return max(self.worked[self._place(end)] - self.worked[self._place(start)], 0)

    def walk(self, start: datetime, minutes: int) -> datetime | None:
        """When so many have been worked; None where the stretch is too short."""
        wanted = self.worked[self._place(start)] + minutes
        place = bisect_left(self.worked, wanted)
        if not minutes:
            return start
        return self.start + place * MINUTE if place < len(self.worked) else None

    def _place(self, moment: datetime) -> int:
        return (moment - self.start) // MINUTE


def random_hours(random: Random):
    for day in range(7):
        for _ in range(random.choice([0, 1, 1, 2])):
            last = random.choice([300, 24 * 60])  # The small hours are where clocks change.
            starts, ends = sorted(random.sample(range(last), 2))
            ends = 24 * 60 if random.random() < 0.2 else ends
            yield day, time(*divmod(starts, 60)), time(*divmod(ends % (24 * 60), 60))


@pytest.mark.parametrize("zone", CHANGES)
def test_nobody_who_walks_minute_by_minute_comes_to_another_result(zone):
    random = Random(zone)
    for case in range(40):
        change = datetime.fromisoformat(random.choice(CHANGES[zone])).replace(tzinfo=UTC)
        country, region = PLACES.get(zone, ("", "")) if random.random() < 0.5 else ("", "")
        hours = list(random_hours(random)) or [(0, time(9), time(17))]
        Calendar.objects.all().delete()
        calendar = calendar_of(zone, hours, country=country, region=region)
        if random.random() < 0.3:
            day = (change + timedelta(days=random.randrange(-3, 3))).date()
            DayOff.objects.create(calendar=calendar, date=day)
        walker = Walker(calendar)
        start = change + random.randrange(-4000, 3000) * MINUTE
        end = start + random.randrange(4000) * MINUTE
        minutes = random.randrange(900)
        facts = (case, start, end, minutes, hours, country)
        assert calendars.working_seconds(calendar, start, end) == 60 * walker.minutes(start, end), (
            facts
        )
        walked = walker.walk(start, minutes)
        if walked:
            assert calendars.add_working_minutes(calendar, start, minutes) == walked, facts


@pytest.mark.one_leg(reason="2,500 cases of each zone; the database but keeps the calendar")
@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
)
def test_ten_thousand_cases_against_somebody_who_walked_through_all_minutes(zone):
    random, cases = Random(f"sums of {zone}"), 0
    for number in range(10):
        change = datetime.fromisoformat(random.choice(CHANGES[zone])).replace(tzinfo=UTC)
        country, region = PLACES.get(zone, ("", "")) if number % 2 else ("", "")
        hours = list(random_hours(random)) or [(0, time(9), time(17))]
        Calendar.objects.all().delete()
        calendar = calendar_of(zone, hours, country=country, region=region)
        for day in random.sample(range(-9, 9), number % 4):
            DayOff.objects.create(calendar=calendar, date=(change + timedelta(days=day)).date())
        prefetch_related_objects([calendar], "hours", "days_off")
        since = change - timedelta(days=9)
        sums = Sums(calendar, since, 18)
        for _ in range(250):
            start, end = (since + random.randrange(18 * 24 * 60) * MINUTE for _ in range(2))
            minutes, facts = random.randrange(1200), (start, end, hours, country)
            seconds = calendars.working_seconds(calendar, start, end)
            assert seconds == 60 * sums.minutes(start, end), facts
            walked = sums.walk(start, minutes)
            if walked:
                assert calendars.add_working_minutes(calendar, start, minutes) == walked, facts
            cases += 1
    assert cases == 2500


def test_an_afternoon_carries_over_the_weekend():
    calendar = CalendarFactory()
    friday = at("2026-03-06T16:00")
    assert calendars.add_working_minutes(calendar, friday, 240) == at("2026-03-09T12:00")
    assert calendars.add_working_minutes(calendar, friday, 60) == at("2026-03-06T17:00")
    assert calendars.working_seconds(calendar, friday, at("2026-03-09T10:00")) == 2 * 3600


def test_public_holidays_of_the_region_and_days_off_are_free():
    berlin = calendar_of("Europe/Berlin", [(6, time(9), time(17))], country="DE", region="BE")
    women = at("2026-03-08T00:00")  # A Sunday, and a holiday in Berlin only.
    assert calendars.working_seconds(berlin, women, women + timedelta(days=1)) == 0
    office = CalendarFactory()
    DayOff.objects.create(calendar=office, date=date(2026, 3, 2), name="Move")
    assert not calendars.is_working(office, MONDAY)
    assert calendars.is_working(office, MONDAY + timedelta(days=1))


def test_a_local_time_that_does_not_exist_starts_at_the_change():
    calendar = calendar_of("Europe/Berlin", [(6, time(2, 30), time(5))])
    start, end = at("2026-03-29T00:00"), at("2026-03-29T12:00")
    [interval] = calendars.working_intervals(calendar, start, end)
    assert interval == (at("2026-03-29T03:00"), at("2026-03-29T05:00"))


def test_a_local_time_that_comes_twice_counts_twice():
    calendar = calendar_of("Europe/Berlin", [(6, time(2), time(2, 30))])
    start, end = at("2026-10-25T00:00"), at("2026-10-25T12:00")
    assert calendars.working_seconds(calendar, start, end) == 2 * 30 * 60


def test_hours_that_overlap_count_once():
    calendar = calendar_of(
        "UTC", [(0, time(9), time(12)), (0, time(11), time(15)), (0, time(13), time(14))]
    )
    assert calendars.working_seconds(calendar, MONDAY, MONDAY + timedelta(days=1)) == 6 * 3600


def test_a_calendar_without_hours_works_around_the_clock():
    calendar = calendar_of("UTC", [])
    assert calendars.add_working_minutes(calendar, MONDAY, 90) == MONDAY + 90 * MINUTE
    assert calendars.working_seconds(calendar, MONDAY, MONDAY + timedelta(days=2)) == 172_800


def test_time_that_runs_backwards_is_no_working_time():
    assert calendars.working_seconds(CalendarFactory(), MONDAY, MONDAY - timedelta(days=1)) == 0


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"country": "XX"}, "country"),
        ({"country": "DE", "region": "ZZ"}, "region"),
        ({"region": "BE"}, "region"),
    ],
)
def test_a_place_nobody_knows_is_named_when_the_calendar_is_entered(facts, field):
    calendar = Calendar(name="Odd", **{"time_zone": "Europe/Berlin"} | facts)
    with pytest.raises(ValidationError) as problem:
        calendar.full_clean()
    assert set(problem.value.message_dict) == {field}


def test_a_known_place_is_accepted():
    Calendar(name="Hamburg", time_zone="Europe/Berlin", country="DE", region="HH").full_clean()


def test_hours_up_to_midnight_lose_no_minute(db):
    everyday = [(day, time(18), time(0)) for day in range(7)]
    calendar = calendar_of("Europe/Berlin", everyday)
    monday, friday = at("2026-03-02T18:00"), at("2026-03-06T18:00")
    assert calendars.working_time(calendar, monday, friday) == timedelta(hours=24)
    assert calendars.add_working_minutes(calendar, monday, 24 * 60) == at("2026-03-06T00:00")
    assert calendars.is_working(calendar, at("2026-03-02T23:59"))
    assert not calendars.is_working(calendar, at("2026-03-03T00:00"))


def test_a_whole_day_is_from_midnight_to_midnight(db):
    calendar = calendar_of("Europe/Berlin", [(0, time(0), time(0)), (1, time(0), time(6))])
    sunday, wednesday = at("2026-03-01T12:00"), at("2026-03-04T12:00")
    assert calendars.working_time(calendar, sunday, wednesday) == timedelta(hours=30)
