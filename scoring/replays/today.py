"""Where leads would stand now: set-based, under a text not in force and under the one that is.

Leads that stand nowhere yet begin where a text lets leads begin. Where no text is in force, one
only gains.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from leads.models import Activity, Lead
from scoring import journeys, statements
from scoring.formulas import Text
from scoring.models import Crossing, Standing
from scoring.replays.trials import Course
from scoring.rulebooks import Rulebook
from scoring.statements import Points

Change = Crossing.Change


class Shift(NamedTuple):
    """What becomes of a lead: `stage` is where it would stand, of a lost one where it stood."""

    lead: int
    change: str
    stage: str
    points: Points


class _Standing(NamedTuple):
    lead: int
    stage: str
    kind: str
    free: bool
    awake: bool


@dataclass
class _Outcome:
    """Under one text: where each lead stands, and those of them that are handed over there."""

    places: dict[int, str | None] = field(default_factory=dict)
    handed: dict[int, str] = field(default_factory=dict)
    points: dict[int, Points] = field(default_factory=dict)


def shifts(
    lead_ids: Collection[int], text: Text, base: Text | None, *, at: datetime
) -> list[Shift]:
    """What `text` would change for these leads now, against `base`, the text in force. Leads that
    sales has accepted, or whose journey is over, stay as they are."""
    standings = _standings(lead_ids, at)
    after = _outcome(standings, text, at)
    before = _outcome(standings, base, at) if base else _Outcome()
    found = [
        (each.lead, *change)
        for each in standings
        if (change := _compared(each.lead, before, after)) and (base or change[0] == Change.GAINED)
    ]
    points = {each.lead: each for each in _scores(found, after, text, at)}
    return [Shift(lead, change, stage, points[lead]) for lead, change, stage in found]


def _standings(lead_ids: Collection[int], at: datetime) -> list[_Standing]:
    rows = Standing.objects.filter(lead_id__in=lead_ids)
    rows = rows.filter(kind__in=[*journeys.MACHINE_LEAVES, "handoff"]).order_by("lead_id")
    rows = rows.annotate(
        renewed=Exists(_done_after("rested_since", at)),
        woken=Exists(_done_after("lead__dormant_since", at)),
    )
    columns = ("lead_id", "stage__key", "kind", "rests_until", "rested_since")
    more = ("renewed", "lead__dormant_since", "woken")
    placed = [
        _Standing(
            lead,
            stage,
            kind,
            free=not (until and until > at) and (since is None or renewed),
            awake=dormant is None or woken,
        )
        for lead, stage, kind, until, since, renewed, dormant, woken in rows.values_list(
            *columns, *more
        )
    ]
    return sorted([*placed, *_newcomers(lead_ids, at)])


def _newcomers(lead_ids: Collection[int], at: datetime) -> list[_Standing]:
    rows = Lead.objects.filter(pk__in=lead_ids, standing=None)
    rows = rows.annotate(woken=Exists(_done_after("dormant_since", at, lead="pk")))
    columns = ("pk", "dormant_since", "woken")
    return [
        _Standing(pk, "", "open", free=True, awake=dormant is None or woken)
        for pk, dormant, woken in rows.values_list(*columns)
    ]


def _done_after(moment: str, at: datetime, lead: str = "lead") -> Iterable[Activity]:
    done = Activity.objects.filter(lead=OuterRef(lead), occurred_at__lte=at, known_at__lte=at)
    return done.filter(occurred_at__gt=OuterRef(moment))


def _outcome(standings: list[_Standing], text: Text, at: datetime) -> _Outcome:
    course, outcome = Course(Rulebook(text.body)), _Outcome()
    for each in standings:
        outcome.places[each.lead] = course.stage_for(each.stage, each.kind)
    waiting = [each for each in standings if each.kind == "handoff"]
    for key, here in _by_place(waiting, outcome):
        _hand(outcome, key, statements.would_meet(here, text, key, at=at))
    moving = [each for each in standings if each.kind != "handoff" and each.free]
    while moving:
        moving = _moved_once(moving, course, outcome, text, at)
    return outcome


def _moved_once(
    moving: list[_Standing], course: Course, outcome: _Outcome, text: Text, at: datetime
) -> list[_Standing]:
    """One step for each; returns those that may go on."""
    awake, gone = {each.lead for each in moving if each.awake}, set()
    for start, here in _by_place(moving, outcome):
        for target in course.ways.get(start, ()):
            handoff = target["kind"] == "handoff"
            left = [pk for pk in here if pk not in gone and (pk in awake or not handoff)]
            met = statements.would_meet(left, text, target["key"], at=at) if left else []
            outcome.places.update((each.lead, target["key"]) for each in met)
            gone.update(each.lead for each in met)
            if handoff:
                _hand(outcome, target["key"], met)
    return [each for each in moving if each.lead in gone and each.lead not in outcome.handed]


def _by_place(standings: list[_Standing], outcome: _Outcome) -> Iterator[tuple[str, list[int]]]:
    places: dict[str, list[int]] = {}
    for each in standings:
        if key := outcome.places[each.lead]:
            places.setdefault(key, []).append(each.lead)
    yield from places.items()


def _hand(outcome: _Outcome, key: str, met: Iterable[Points]) -> None:
    for each in met:
        outcome.handed[each.lead], outcome.points[each.lead] = key, each


def _compared(lead: int, before: _Outcome, after: _Outcome) -> tuple[str, str] | None:
    was, becomes = before.handed.get(lead), after.handed.get(lead)
    if becomes and not was:
        return Change.GAINED, becomes
    if was and not becomes:
        return Change.LOST, was
    place = becomes or after.places[lead] or ""
    return (Change.MOVED, place) if place != (was or before.places.get(lead) or "") else None


def _scores(
    found: list[tuple[int, str, str]], after: _Outcome, text: Text, at: datetime
) -> Iterator[Points]:
    unscored = sorted(lead for lead, _change, _stage in found if lead not in after.points)
    yield from after.points.values()
    if unscored:
        yield from statements.would_score(unscored, text, at=at)
