"""The real worker and the real schedule: what they are killed in the middle of gets done."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from leads import activities
from leads.models import Lead, LeadChange
from scoring import agreements, rescoring, scores
from scoring.models import RescoreRun, Score
from tests.processes import START_SECONDS, wait_until
from tests.test_ledgers import body, rule

COUNT = 12_000
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
def sign(many_leads, mark, lena):
    """Both sign a version, in which the role of a lead gives so many points."""

    def signed(points: int):
        text = model(points)
        return agreements.install(text, by_marketing=mark, by_sales=lena, at=timezone.now())

    return signed


def scored_by(version) -> int:
    return Score.objects.filter(version=version).count()


def done(version) -> int:
    return RescoreRun.objects.get(version=version).leads_done


def wait_for_the_first_chunk(version) -> None:
    """Without a pause: a quick machine needs a tenth of a second for a chunk."""
    deadline = time.monotonic() + START_SECONDS
    while not done(version):
        assert time.monotonic() < deadline, "The schedule did not start the rescore."


def test_a_worker_killed_in_the_middle_of_a_rescore_goes_on_where_it_was(sign, installation):
    first = sign(100)
    while not rescoring.step(at=timezone.now()):
        pass
    assert scored_by(first) == COUNT

    second = sign(90)
    worker = installation.start_worker()
    installation.start_beat()
    wait_for_the_first_chunk(second)
    installation.kill(worker)
    so_far = done(second)
    assert 0 < so_far < COUNT, "the worker was killed too late for the test to show anything"
    # What the dead worker had in hand is as it was before: no lead is half done, none left out.
    assert scored_by(second) == so_far
    assert scored_by(first) == COUNT - so_far

    installation.start_worker()
    wait_until(
        lambda: RescoreRun.objects.get(version=second).finished_at, "it is finished", seconds=120
    )
    assert scored_by(second) == done(second) == COUNT
    assert set(Score.objects.values_list("total", flat=True)) == {90}


def test_a_version_that_comes_into_force_in_the_middle_wins(sign, installation):
    second = sign(90)
    installation.start_worker()
    installation.start_beat()
    wait_for_the_first_chunk(second)
    third = sign(80)
    wait_until(
        lambda: RescoreRun.objects.get(version=third).finished_at, "it is finished", seconds=120
    )
    assert scored_by(third) == COUNT
    assert RescoreRun.objects.get(version=second).finished_at is None


def test_what_is_learnt_is_scored_though_nobody_woke_the_worker(sign, installation):
    version = sign(90)
    while not rescoring.step(at=timezone.now()):
        pass
    lead = Lead.objects.earliest("pk")
    now = timezone.now()
    activities.record(lead, type="webinar", occurred_at=now, known_at=now)
    installation.start_worker()
    installation.start_beat()
    wait_until(lambda: Score.objects.get(lead=lead).total > 90, "the activity counts")
    stored = Score.objects.get(lead=lead)
    assert stored.ledger == scores.score_at(lead, version, stored.as_of).ledger
