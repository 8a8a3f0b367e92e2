"""Baton and the yardstick in turn, on the same data, writes included."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from config.bench import data, rules, yardstick
from leads import stale
from leads.models import Side, Team, User
from scoring import agreements, rescoring, scores
from scoring.models import AgreementVersion, RescoreRun

SOME = 50
QUEUED = 20_000


class Wrong(Exception):
    """Baton and the SQL written by hand do not come to the same scores."""


@dataclass(frozen=True)
class Size:
    """How much is measured: leads, activities, rounds, worker processes, handoffs (overdue ones, or
    all), those of them that are open, reps."""

    leads: int
    activities: int
    rounds: int
    workers: int
    handoffs: int
    open: int = 0
    reps: int = 0


def measure(size: Size, *, at: datetime, say: Callable[[str], None]) -> dict[str, Any]:
    """All figures, in seconds, milliseconds and megabytes. Raises Wrong."""
    say(f"Making {size.leads} leads and {size.activities} activities")
    data.fill(size.leads, size.activities, at=at)
    yardstick.prepare()
    people = signers()
    say("Scoring them for the first time")
    first = _rescored(0, people, size, at)
    rounds = [_round(number, people, size, at, say) for number in range(1, size.rounds + 1)]
    ours, theirs = (median(each[name] for each in rounds) for name in ("baton", "by_hand"))
    found = {
        "database": connection.vendor,
        "leads": size.leads,
        "activities": size.activities,
        "rounds": size.rounds,
        "workers": size.workers,
        "first_seconds": round(first.seconds, 2),
        "seconds": round(ours, 2),
        "by_hand_seconds": round(theirs, 2),
        "leads_per_second": round(size.leads / ours),
        "peak_megabytes": max(each["megabytes"] for each in rounds),
        "SCORE_RATIO": round(median(each["baton"] / each["by_hand"] for each in rounds), 3),
    }
    say("One lead, the queue, the idle sweep")
    version = AgreementVersion.objects.in_force().get()
    return found | _one_lead(version, size, at) | _queue(size, at) | _idle(at)


@dataclass(frozen=True)
class _Run:
    seconds: float
    megabytes: int


def _round(
    number: int, signers: dict[str, User], size: Size, at: datetime, say: Callable[[str], None]
) -> dict[str, float]:
    by_hand = _timed(yardstick.all_leads(number, at=at))
    baton = _rescored(number, signers, size, at)
    _refuse_other_scores()
    data.settle()
    say(f"Round {number}: by hand {by_hand:.2f} s, Baton {baton.seconds:.2f} s")
    return {"by_hand": by_hand, "baton": baton.seconds, "megabytes": baton.megabytes}


def _timed(statement: str) -> float:
    start = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute(statement)
    return time.perf_counter() - start


def _rescored(number: int, signers: dict[str, User], size: Size, at: datetime) -> _Run:
    """From the second signature until every lead stands under the new version, by as many
    workers as there are."""
    agreements.install(rules.body(number), at=at, **signers)
    fork = multiprocessing.get_context("fork")
    ready, peaks = fork.Barrier(size.workers + 1), fork.SimpleQueue()
    connection.close()
    workers = [fork.Process(target=_work, args=(ready, peaks, at)) for _ in range(size.workers)]
    for worker in workers:
        worker.start()
    ready.wait()
    start = time.perf_counter()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - start
    if any(worker.exitcode for worker in workers):
        raise Wrong("A worker failed; what it said stands above.")
    if RescoreRun.objects.filter(version__status="in_force", finished_at=None).exists():
        raise Wrong("The run was not finished.")
    return _Run(seconds, max(peaks.get() for _ in workers))


def _work(ready: Any, peaks: Any, at: datetime) -> None:
    connection.ensure_connection()
    ready.wait()
    while not rescoring.step(at=at):
        pass
    peaks.put(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def _refuse_other_scores() -> None:
    differs = "IS NOT" if connection.vendor == "sqlite" else "IS DISTINCT FROM"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {yardstick.TABLE} b LEFT JOIN scoring_score s "
            "ON s.lead_id = b.lead_id WHERE (b.fit, b.engagement, b.total) "
            f"{differs} (s.fit, s.engagement, s.total)"
        )
        (differing,) = cursor.fetchone()
    if differing:
        raise Wrong(f"{differing} leads have another score than by hand.")


def _one_lead(version: AgreementVersion, size: Size, at: datetime) -> dict[str, Any]:
    ids = range(1, size.leads + 1, max(1, size.leads // SOME))
    ours, theirs = [], []
    for number, pk in enumerate(ids):
        theirs.append(_timed_alone(yardstick.one_lead(number % 2, pk, at=at)))
        start = time.perf_counter()
        scores.rescore([pk], version=version, at=at, refresh=True)
        ours.append(time.perf_counter() - start)
    with CaptureQueriesContext(connection) as queries:
        scores.rescore([1], version=version, at=at, refresh=True)
    return {
        "lead_queries": len(queries),
        "lead_ms": round(median(ours) * 1000, 2),
        "lead_by_hand_ms": round(median(theirs) * 1000, 2),
        "LEAD_RATIO": round(median(ours) / median(theirs), 2),
    }


def _timed_alone(statement: str) -> float:
    start = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(statement)
    return time.perf_counter() - start


def _queue(size: Size, at: datetime) -> dict[str, Any]:
    count = min(QUEUED, size.leads)
    stale.mark(range(1, count + 1), at=at)
    start = time.perf_counter()
    while rescoring.stale(at=at):
        pass
    return {"queued_leads_per_second": round(count / (time.perf_counter() - start))}


def _idle(at: datetime) -> dict[str, Any]:
    taken = []
    for _ in range(SOME):
        start = time.perf_counter()
        if rescoring.due(at=at):
            raise Wrong("Something was due right after everything was scored.")
        taken.append(time.perf_counter() - start)
    return {"idle_sweep_ms": round(median(taken) * 1000, 2)}


def signers() -> dict[str, User]:
    return {
        f"by_{side}": User.objects.create(
            email=f"{side}@bench.example",
            team=Team.objects.create(name=side, side=side),
            leads_team=True,
        )
        for side in (Side.MARKETING, Side.SALES)
    }


@contextmanager
def scratch_database(name: str, *, keep: bool = False) -> Iterator[None]:
    """A database of its own, thrown away afterwards; or kept, and found again as it is."""
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=keep)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0, keepdb=keep)
