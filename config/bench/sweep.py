"""A backlog of deadlines that nobody swept, flagged by Baton and by a bare UPDATE, in turn.

The UPDATE flags the rows and nothing else: no step, no event, nobody told. Beside both, on
PostgreSQL, that UPDATE with an INSERT of the steps: the least that leaves a history.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db import connection, transaction

from config.bench import data, rules
from config.bench.runs import SOME, Size, Wrong, signers
from feedback import clocks, escalations
from feedback.models import Calendar, Handoff, HandoffEvent, Pool
from leads.models import Event, Lead
from scoring import agreements
from scoring.models import AgreementVersion, Stage, StageEntry

POOLS = 20
HOUR = 3600
FLAG = "UPDATE feedback_handoff SET breached_at = due_at WHERE breached_at IS NULL AND due_at < %s"
WITH_STEPS = """
WITH flagged AS (
    UPDATE feedback_handoff SET breached_at = due_at WHERE breached_at IS NULL AND due_at < %s
    RETURNING id, clock, due_at, term_minutes
)
INSERT INTO feedback_handoffevent (handoff_id, kind, at, data)
SELECT id, 'breached', due_at, jsonb_build_object(
    'clock', clock, 'due_at', due_at, 'term_minutes', term_minutes
) FROM flagged
"""
UNFLAG = "UPDATE feedback_handoff SET breached_at = NULL WHERE breached_at IS NOT NULL"


def measure(size: Size, *, at: datetime, say: Callable[[str], None]) -> dict[str, Any]:
    """All figures, in milliseconds and seconds. Raises Wrong where a deadline was not flagged, or
    its step is not there."""
    say(f"Making {size.handoffs} handoffs that are over, and as many that are not")
    fill(2 * size.handoffs, at=at)
    say("Looking for nothing")
    before = at - timedelta(days=30)
    idle = _idle(lambda: clocks.sweep(at=before))
    everything = _idle(lambda: _every_sweep(before))
    rounds = [_round(number, size, at, say) for number in range(1, size.rounds + 1)]
    taken = {name: median(each[name] for each in rounds) for name in rounds[0]}
    return {
        "database": connection.vendor,
        "handoffs": size.handoffs,
        "rounds": size.rounds,
        "idle_ms": round(idle, 3),
        "idle_all_ms": round(everything, 3),
        "backlog_seconds": round(taken["baton"], 3),
        "bare_update_seconds": round(taken["bare"], 3),
        **_beside_steps(rounds, taken),
        "ratio": round(median(each["baton"] / each["bare"] for each in rounds), 3),
    }


def _beside_steps(rounds: list[dict[str, float]], taken: dict[str, float]) -> dict[str, float]:
    """Only on PostgreSQL: SQLite cannot say it in one statement."""
    if "steps" not in taken:
        return {}
    ratio = median(each["baton"] / each["steps"] for each in rounds)
    return {
        "with_steps_seconds": round(taken["steps"], 3),
        "ratio_with_steps": round(ratio, 3),
    }


def fill(count: int, *, at: datetime) -> None:
    """So many open handoffs, offered to some pools, half of them due before `at`, half after."""
    agreements.install(rules.body(1), at=at - timedelta(days=60), **signers())
    version = AgreementVersion.objects.in_force().get()
    team = version.signatures.get(side="sales").user.team
    calendar = Calendar.objects.create(name="Bench")
    pools = [
        Pool.objects.create(name=f"Pool {n}", team=team, calendar=calendar).pk for n in range(POOLS)
    ]
    stage = Stage.objects.get(kind="handoff")
    opened = data.ago(f"{30 * 24 * HOUR} + i % {HOUR}", at)
    rows = [
        (Lead, {"id": "i", "created_at": opened}),
        (StageEntry, _entry(stage, version, opened)),
        (Handoff, _handoff(version, pools, opened, count, at)),
    ]
    with connection.cursor() as cursor:
        for model, columns in rows:
            cursor.execute(data.insert(model, columns, count))
    data.settle()


def _entry(stage: Stage, version: AgreementVersion, opened: str) -> dict[str, str]:
    return {
        "id": "i",
        "lead_id": "i",
        "stage_id": str(stage.pk),
        "kind": "'handoff'",
        "version_id": str(version.pk),
        "cause": "'criteria'",
        "at": opened,
        "resets": "false",
    }


def _handoff(
    version: AgreementVersion, pools: list[int], opened: str, count: int, at: datetime
) -> dict[str, str]:
    """The first half has been due within the last days, the other half is within the next."""
    return {
        "id": "i",
        "lead_id": "i",
        "entry_id": "i",
        "version_id": str(version.pk),
        "pool_id": data.pick(pools),
        "score": "i % 100",
        **dict.fromkeys(("speed_lane", "credited", "claimed"), "false"),
        **dict.fromkeys(("transfers", "attempts", "pauses", "escalations"), "0"),
        **dict.fromkeys(("trigger_at", "opened_at", "offered_at", "clock_started_at"), opened),
        "clock": "'answer'",
        "term_minutes": "240",
        "due_at": data.ago(f"{HOUR} * ({count} / 2 + 1 - i) / 200.0", at),
    }


def _round(number: int, size: Size, at: datetime, say: Callable[[str], None]) -> dict[str, float]:
    """Who is first in a round is last in the next."""
    turns = {"bare": lambda: _flag(FLAG, at), "baton": lambda: clocks.sweep(at=at)}
    if connection.vendor == "postgresql":
        turns["steps"] = lambda: _flag(WITH_STEPS, at)
    taken: dict[str, float] = {}
    for name in sorted(turns, reverse=bool(number % 2)):
        start = time.perf_counter()
        flagged = turns[name]()
        taken[name] = time.perf_counter() - start
        _refuse_other(name, flagged, size.handoffs)
        _begin_anew()
    said = (f"{name} {seconds:.2f} s" for name, seconds in sorted(taken.items()))
    say(f"{number}: {', '.join(said)}")
    return taken


def _flag(statement: str, at: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [at])
        return int(cursor.rowcount)


def _refuse_other(name: str, flagged: int, expected: int) -> None:
    steps = HandoffEvent.objects.filter(kind="breached").count()
    told = Event.objects.filter(kind__startswith="clock.breached").exists()
    silent = name == "baton" and not told
    if flagged != expected or silent or steps != (0 if name == "bare" else expected):
        raise Wrong(f"{flagged} of {expected} deadlines were flagged, with {steps} steps.")


def _begin_anew() -> None:
    """As before the round, and without the dead rows that it left."""
    with connection.cursor() as cursor:
        cursor.execute(UNFLAG)
        for table in ("feedback_handoffevent", "leads_event"):
            empty = "TRUNCATE {} CASCADE" if connection.vendor == "postgresql" else "DELETE FROM {}"
            cursor.execute(empty.format(table))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM FULL feedback_handoff")
    data.settle()


def _every_sweep(at: datetime) -> None:
    clocks.wake(at=at)
    clocks.sweep(at=at)
    clocks.warn(at=at)
    escalations.escalate(at=at)


def _idle(look: Callable[[], Any]) -> float:
    """Milliseconds, the median of some."""
    taken = []
    for _ in range(SOME):
        start = time.perf_counter()
        look()
        taken.append(time.perf_counter() - start)
    return median(taken) * 1000
