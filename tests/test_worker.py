"""The real worker and the real schedule: what they are killed in the middle of gets done."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from leads import activities, stale
from leads.models import Lead, LeadChange, StaleLead
from scoring import agreements, rescoring, scores
from scoring.models import RescoreRange, RescoreRun, Score
from scoring.rescoring import runs
from tests.processes import START_SECONDS, wait_until
from tests.test_ledgers import body, rule

COUNT, RANGE = 2_500, 50
SEEN = {"op": "did", "types": ["webinar"], "within_days": 30}


def model(points: int) -> dict:
    """Rules enough to keep a worker busy for a moment."""
    rules = [rule("role", "profile", points)]
    rules += [
        rule(f"seen{n}", "actions", 1, when=SEEN | {"times": n, "within_days": n})
        for n in range(1, 60)
    ]
    return body(*rules, floor=0)


@pytest.fixture
def many_leads(transactional_db) -> None:
    """Leads scored under a first version, without anything left to do."""
    known = timezone.now() - timedelta(days=90)
    rows = [Lead(title="CEO", title_folded="ceo", created_at=known) for _ in range(COUNT)]
    made = Lead.objects.bulk_create(rows, batch_size=2000)
    LeadChange.objects.bulk_create(
        [
            LeadChange(lead=each, values={"title": "CEO"}, source="test", known_at=known)
            for each in made
        ],
        batch_size=2000,
    )


@pytest.fixture
def sign(many_leads, mark, lena, monkeypatch):
    """Both sign a version, in which the role of a lead gives so many points. Every lead is then
    rescored, in ranges small enough to be met in the middle of it."""
    monkeypatch.setitem(runs.RANGE, connection.vendor, RANGE)

    def signed(points: int):
        text = model(points)
        return agreements.install(text, by_marketing=mark, by_sales=lena, at=timezone.now())

    return signed


def scored_by(version) -> int:
    return Score.objects.filter(version=version).count()


def done(version) -> int:
    ranges = RescoreRange.objects.filter(run__version=version, done_at__isnull=False)
    return ranges.aggregate(leads=Sum("leads"))["leads"] or 0


def run_through() -> None:
    while not rescoring.step(at=timezone.now()):
        pass


def wait_for_the_first_range(version) -> None:
    """With short pauses: a quick machine needs a tenth of a second for a range."""
    deadline = time.monotonic() + START_SECONDS
    while not done(version):
        time.sleep(0.02)
        assert time.monotonic() < deadline, "The schedule did not start the rescore."


def wait_until_finished(version) -> None:
    run = RescoreRun.objects.filter(version=version, finished_at__isnull=False)
    wait_until(run.exists, "it is finished", seconds=120)


def test_a_worker_killed_in_the_middle_of_a_rescore_goes_on_where_it_was(sign, installation):
    first = sign(100)
    run_through()
    assert scored_by(first) == COUNT

    second = sign(90)
    worker = installation.start_worker()
    installation.start_beat()
    wait_for_the_first_range(second)
    installation.kill(worker)
    so_far = done(second)
    assert 0 < so_far < COUNT, "the worker was killed too late for the test to show anything"
    # What the dead worker had in hand is as it was before: no lead is half done, none left out.
    assert scored_by(second) == so_far
    assert scored_by(first) == COUNT - so_far

    installation.start_worker()
    wait_until_finished(second)
    assert scored_by(second) == done(second) == COUNT
    assert set(Score.objects.values_list("total", flat=True)) == {90}


def test_a_version_that_comes_into_force_in_the_middle_wins(sign, installation):
    second = sign(90)
    installation.start_worker()
    installation.start_beat()
    wait_for_the_first_range(second)
    third = sign(80)
    assert done(second) < COUNT, "it came too late for the test to show anything"
    wait_until_finished(third)
    assert scored_by(third) == COUNT
    assert RescoreRun.objects.get(version=second).finished_at is None


@pytest.mark.postgres
def test_all_workers_take_part_in_a_rescore(sign, installation):
    """Two workers are four processes; one wake-up call reaches them all."""
    version = sign(90)
    with watched() as at_once:
        for _worker in range(2):
            installation.start_worker()
        installation.start_beat()
        wait_until_finished(version)
        assert at_once() == 4
    assert scored_by(version) == COUNT


@contextmanager
def watched() -> Iterator[Callable[[], int]]:
    """PostgreSQL notes from when to when each range was in hand. How many were at once?"""
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE TABLE in_hand (since timestamptz, until timestamptz);
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO in_hand VALUES (transaction_timestamp(), clock_timestamp()); RETURN NULL;
            END $$;
            CREATE TRIGGER note AFTER UPDATE ON scoring_rescorerange
            FOR EACH ROW EXECUTE FUNCTION note()
        """)

    def most_at_once() -> int:
        with connection.cursor() as cursor:
            cursor.execute("""
                SELECT MAX((SELECT COUNT(*) FROM in_hand other
                            WHERE other.since <= one.since AND one.since < other.until))
                FROM in_hand one
            """)
            return cursor.fetchone()[0]

    try:
        yield most_at_once
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE in_hand; DROP FUNCTION note CASCADE")


def test_a_pause_holds_the_workers_up_and_what_is_learnt_is_scored_meanwhile(
    sign, installation, olu
):
    version = sign(90)
    installation.start_worker()
    installation.start_beat()
    wait_for_the_first_range(version)
    run = RescoreRun.objects.get(version=version)
    rescoring.pause(run, by=olu, at=timezone.now())
    time.sleep(2)  # Ranges in hand are done to their end.
    so_far = done(version)
    assert so_far < COUNT, "it came too late for the test to show anything"
    last = Lead.objects.latest("pk")
    see(last)
    wait_until(lambda: Score.objects.filter(lead=last).exists(), "the last lead is scored")
    time.sleep(12)  # The schedule called meanwhile.
    assert done(version) == so_far
    rescoring.resume(run, by=olu, at=timezone.now())
    wait_until_finished(version)
    assert scored_by(version) == COUNT


def see(lead) -> None:
    now = timezone.now()
    activities.record(lead, type="webinar", occurred_at=now, known_at=now)


def test_what_is_learnt_in_the_middle_of_a_rescore_need_not_wait_for_its_end(sign, installation):
    first = sign(100)
    run_through()
    version = sign(90)
    last = Lead.objects.latest("pk")
    installation.start_worker()
    installation.start_beat()
    wait_for_the_first_range(version)
    see(last)
    mine = Score.objects.filter(lead=last, version=version)
    wait_until(mine.exists, "the last lead is scored")
    assert scored_by(first) > 0, "it came too late for the test to show anything"
    wait_until_finished(version)
    assert not StaleLead.objects.exists()


def test_a_lead_that_cannot_be_scored_is_set_aside_and_holds_nobody_up(sign, installation):
    first = sign(100)
    run_through()
    poisoned = Lead.objects.order_by("pk")[COUNT // 2]
    poison(poisoned)
    version = sign(90)
    installation.start_worker()
    installation.start_beat()
    wait_until_finished(version)
    for tried in range(1, stale.MOST_ATTEMPTS + 1):
        again = StaleLead.objects.filter(lead=poisoned, attempts__gte=tried)
        wait_until(again.exists, f"it was tried {tried} times")
        if tried < stale.MOST_ATTEMPTS:  # It need not wait as long as it would.
            StaleLead.objects.update(not_before=timezone.now())
    wait_until(lambda: StaleLead.objects.count() == 1, "all others are scored")
    assert scored_by(version) == COUNT - 1
    assert list(Score.objects.filter(version=first).values_list("lead", flat=True)) == [poisoned.pk]
    assert "broken" not in stale.set_aside().get().problem

    antidote()
    stale.retry(at=timezone.now())
    wait_until(lambda: not StaleLead.objects.exists(), "it is scored")
    assert scored_by(version) == COUNT


def poison(lead: Lead) -> None:
    """The database refuses to store a score of this lead."""
    refuse = "CREATE TRIGGER poison BEFORE INSERT ON scoring_score FOR EACH ROW"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"{refuse} WHEN NEW.lead_id = {lead.pk} BEGIN SELECT RAISE(ABORT, 'broken'); END"
            )
            return
        cursor.execute(
            "CREATE OR REPLACE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'broken'; END $$"
        )
        cursor.execute(f"{refuse} WHEN (NEW.lead_id = {lead.pk}) EXECUTE FUNCTION poison()")


def antidote() -> None:
    on = "" if connection.vendor == "sqlite" else "ON scoring_score"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER IF EXISTS poison {on}")


@pytest.fixture(autouse=True)
def no_poison_left(transactional_db):
    yield
    antidote()


def test_what_is_learnt_is_scored_though_nobody_woke_the_worker(sign, installation):
    version = sign(90)
    run_through()
    lead = Lead.objects.earliest("pk")
    see(lead)
    installation.start_worker()
    installation.start_beat()
    wait_until(lambda: Score.objects.get(lead=lead).total > 90, "the activity counts")
    stored = Score.objects.get(lead=lead)
    assert stored.ledger == scores.score_at(lead, version, stored.as_of).ledger
