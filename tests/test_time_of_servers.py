"""Workers and answers ask the database what time it is: a clock of their own that is wrong does no
harm."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from feedback import clocks, deliveries, releases, tasks
from feedback.api import views as api
from feedback.models import Handoff
from leads.clock import database_now
from leads.models import Event
from scoring import tasks as scoring_tasks
from tests.factories import (
    CalendarFactory,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    entry_for,
    version_in_force,
)
from tests.test_api import Caller
from tests.test_handoffs import ALL

pytestmark = pytest.mark.django_db

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WRONG = [2 * HOUR, -2 * HOUR]


@pytest.fixture
def pool(sales):
    """Works around the clock, so that it does not matter when the test runs."""
    return PoolFactory(calendar=CalendarFactory(name="Always", always=True), team=sales)


def near(moment, other) -> bool:
    return abs(moment - other) < MINUTE


def worker_off_by(error: timedelta):
    """A process of its own would ask its own clock; here all of Python is off, not the database."""
    return time_machine.travel(timezone.now() + error)


@pytest.mark.parametrize("error", WRONG)
def test_the_databases_clock_does_not_care_what_the_process_believes(error):
    true = timezone.now()
    with worker_off_by(error):
        assert not near(timezone.now(), true)
        assert near(database_now(), true)


@pytest.mark.parametrize("error", WRONG)
def test_a_worker_whose_clock_is_wrong_offers_now_and_lets_the_clock_run_from_now(pool, error):
    version = version_in_force()
    lead, true = LeadFactory(), timezone.now()
    entry_for(lead, version, at=true)
    with worker_off_by(error):
        tasks.deliver_events()
        tasks.release_waiting()
    handoff = Handoff.objects.get()
    assert near(handoff.opened_at, true)
    assert near(handoff.offered_at, true)
    assert near(handoff.due_at, true + 4 * HOUR)


def test_who_believes_the_worker_offers_two_hours_in_the_past_or_ahead(pool):
    """The control: the moment that is handed in is the one that counts."""
    version = version_in_force()
    true = timezone.now()
    for error in WRONG:
        lead = LeadFactory()
        entry_for(lead, version, at=true - 3 * HOUR)
        with worker_off_by(error):
            deliveries.deliver(at=timezone.now())
            releases.release(at=timezone.now())
        assert near(Handoff.objects.get(lead=lead).offered_at, true + error)


@pytest.mark.parametrize("error", WRONG)
def test_a_worker_whose_clock_is_wrong_raises_no_false_breach_and_misses_none(pool, error):
    true = timezone.now()
    soon = HandoffFactory(pool=pool, opened_at=true - 3 * HOUR)  # Due in an hour.
    over = HandoffFactory(pool=pool, opened_at=true - 5 * HOUR)  # For an hour.
    with worker_off_by(error):
        tasks.sweep()
    soon.refresh_from_db()
    over.refresh_from_db()
    assert (soon.breached_at, over.breached_at) == (None, over.due_at)
    assert Event.objects.filter(kind="clock.breached").count() == 1


def test_who_believes_a_worker_two_hours_ahead_raises_a_false_breach(pool):
    """The control."""
    true = timezone.now()
    soon = HandoffFactory(pool=pool, opened_at=true - 3 * HOUR)
    with worker_off_by(2 * HOUR):
        assert clocks.sweep(at=timezone.now()) == 1
    soon.refresh_from_db()
    assert soon.breached_at > true


@pytest.mark.parametrize("error", WRONG)
def test_pauses_and_warnings_wait_for_the_true_moment_too(pool, sam, error):
    true = timezone.now()
    handoff = HandoffFactory(pool=pool, opened_at=true - HOUR, owner=sam)
    Handoff.objects.filter(pk=handoff.pk).update(
        paused_at=true, rests_until=true + HOUR, warn_at=true + HOUR
    )
    with worker_off_by(error):
        tasks.sweep()
    handoff.refresh_from_db()
    assert handoff.paused_at is not None
    assert handoff.warned_at is None


@pytest.mark.parametrize("error", WRONG)
def test_an_answer_through_a_server_whose_clock_is_wrong_is_judged_by_the_true_moment(
    pool, sam, signed_in, error
):
    true, client = timezone.now(), signed_in(sam)
    soon = HandoffFactory(pool=pool, owner=sam, opened_at=true - 3 * HOUR)  # Due in an hour.
    over = HandoffFactory(pool=pool, owner=sam, opened_at=true - 5 * HOUR)  # For an hour.
    with worker_off_by(error):
        for handoff in (soon, over):
            url = reverse("handoff_acceptance", args=[handoff.pk])
            assert client.post(url, {"confirmed": list(ALL)}).status_code == 302
    assert ends(soon) == ["clock_met"]
    assert ends(over) == ["breached"]
    for handoff in (soon, over):
        handoff.refresh_from_db()
        assert near(handoff.answered_at, true)


@pytest.mark.parametrize("error", WRONG)
def test_an_answer_by_the_api_is_judged_by_the_true_moment_too(pool, sam, error):
    true, client = timezone.now(), Caller(sam)
    soon = HandoffFactory(pool=pool, owner=sam, opened_at=true - 3 * HOUR)
    with worker_off_by(error):
        url = f"/api/v1/handoffs/{soon.pk}/acceptance/"
        sent = {"confirmed": list(ALL), "answers": {}}
        assert client.post(url, sent).status_code == 200
    assert ends(soon) == ["clock_met"]


def ends(handoff) -> list[str]:
    """How the clock for the answer ended."""
    verdicts = handoff.steps.filter(kind__in=["clock_met", "breached"])
    return list(verdicts.values_list("kind", flat=True))


def test_every_task_that_looks_at_the_time_asks_the_database():
    for module in (tasks, scoring_tasks):
        assert not hasattr(module, "timezone"), module.__name__


def test_every_answer_by_the_api_asks_the_database():
    assert not hasattr(api, "timezone")
