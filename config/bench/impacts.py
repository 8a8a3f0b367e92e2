"""How long the impact of a text takes: beside its editor, in a proposal, and over every lead."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice
from statistics import median
from typing import Any

from django.db import connection, transaction

from config.bench import data, rules, yardstick
from config.bench.runs import Size, Wrong, signers
from feedback import predictions
from feedback.models import Calendar, Handoff, Pool
from leads.models import User
from scoring import agreements, impacts, rescoring
from scoring.documents import Body
from scoring.models import AgreementVersion, StageEntry

# The text tried asks for fewer points, and gives some more or less.
BAR = rules.BAR - 10
HANDED_OVER = 1_000
AGO = timedelta(days=20)


def measure(size: Size, *, at: datetime, say: Callable[[str], None]) -> dict[str, Any]:
    """All figures, in seconds. Raises Wrong where Baton and the SQL written by hand differ."""
    say(f"Making {size.leads} leads and {size.activities} activities")
    data.fill(size.leads, size.activities, at=at)
    people = signers()
    say("Scoring them, and handing some over")
    _install(1, people, at=at - AGO)
    _hand_over(at)
    _install(0, people, at=at)
    data.settle()
    user = people["by_marketing"]
    rounds = [_round(number, user, size, at, say) for number in range(size.rounds)]
    figures = {name: median(each[name] for each in rounds) for name in rounds[0]}
    ratios = {
        "GLANCE_RATIO": median(each["glance_seconds"] / each["by_hand_seconds"] for each in rounds),
        "WHOLE_RATIO": median(each["whole_seconds"] / each["by_hand_seconds"] for each in rounds),
    }
    return {
        "database": connection.vendor,
        "leads": size.leads,
        "activities": size.activities,
        "rounds": size.rounds,
        **{name: round(number, 2) for name, number in (figures | ratios).items()},
    }


def body(number: int) -> Body:
    """Another text each time: beside an editor none is tried twice."""
    text = rules.body(1)
    text["title"] = f"Tried {number}"
    for stage in text["stages"]:
        for criterion in stage["criteria"] or []:
            if criterion["key"] == "bar":
                criterion["when"] = criterion["when"] | {"value": BAR}
    return text


def _round(
    number: int, user: User, size: Size, at: datetime, say: Callable[[str], None]
) -> dict[str, float]:
    by_hand, (gained, lost) = _timed(lambda: _by_hand(at))
    glance, seen = _timed(lambda: impacts.glance(body(3 * number), at=at, user=user))
    past, _ = _timed(lambda: predictions.past(body(3 * number), at=at))
    frozen, _ = _timed(lambda: predictions.predict(body(3 * number + 1), at=at))
    whole_body = body(3 * number + 2)
    whole, every = _timed(lambda: impacts.glance(whole_body, at=at, user=user, most=size.leads))
    _refuse_other(gained, lost, seen, every)
    say(f"Round {number + 1}: by hand {by_hand:.2f} s, glance {glance:.2f} s, all {whole:.2f} s")
    return {
        "by_hand_seconds": by_hand,
        "glance_seconds": glance,
        "past_seconds": past,
        "predict_seconds": frozen,
        "whole_seconds": whole,
        "gained": gained,
        "gained_estimated": seen.gained.n,
        "lost": lost,
        "lost_estimated": seen.lost.n,
    }


def _refuse_other(gained: int, lost: int, seen: impacts.Glance, every: impacts.Glance) -> None:
    """All leads counted must be those counted by hand, and lie where the estimate says."""
    if (every.gained.n, every.lost.n) != (gained, lost):
        raise Wrong(
            f"By hand {gained} are gained and {lost} lost, by Baton {every.gained.n} "
            f"and {every.lost.n}."
        )
    for found, count in ((gained, seen.gained), (lost, seen.lost)):
        # Twice as far: of a hundred estimates five lie outside of their interval.
        slack = count.high - count.low
        if not count.low - slack <= found <= count.high + slack:
            raise Wrong(f"{found} leads, and the estimate was {count.low} to {count.high}.")


def _by_hand(at: datetime) -> tuple[int, int]:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute(yardstick.impact((0, rules.BAR), (1, BAR), at=at))
        return cursor.fetchone()


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    found = run()
    return time.perf_counter() - start, found


def _install(number: int, people: dict[str, User], *, at: datetime) -> None:
    agreements.install(rules.body(number), at=at, **people)
    while not rescoring.step(at=at):
        pass


def _hand_over(at: datetime) -> None:
    """Some of those who came into the handoff stage were handed over then, and answered."""
    version = AgreementVersion.objects.in_force().get()
    calendar = Calendar.objects.create(name="Bench")
    team = version.signatures.get(side="sales").user.team
    pool = Pool.objects.create(name="Bench", team=team, calendar=calendar)
    entries = StageEntry.objects.filter(kind="handoff").order_by("pk")
    by = version.signatures.get(side="sales").user
    Handoff.objects.bulk_create(
        Handoff(
            lead_id=entry.lead_id,
            entry=entry,
            version=version,
            pool=pool,
            owner=by,
            score=rules.BAR,
            trigger_at=entry.at,
            opened_at=entry.at,
            offered_at=entry.at,
            answer=Handoff.Answer.ACCEPTED,
            answered_at=entry.at,
            answered_by=by,
        )
        for entry in islice(entries, HANDED_OVER)
    )
