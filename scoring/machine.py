"""What moves leads by itself, many at once: new ones into the first stage, others along the
arrows where the criteria hold. Part of `scoring.stages`, the single writer of where leads stand.

Of a hundred thousand leads few move. One statement finds them by what costs little: where they
stand, whether they rest, their profile, their score. Only of those left is counted what they did.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef, Q, Subquery

from leads import events, stale
from leads.models import Activity, Lead
from scoring import journeys, statements
from scoring.formulas import Formula
from scoring.journeys import StageJSON
from scoring.models import AgreementVersion, Stage, StageEntry, Standing
from scoring.moves import Move

BATCH = 500
Cause = StageEntry.Cause
Ids = Sequence[int] | range
# A lead, and the stage where it stands, if it stands anywhere.
Place = tuple[int, int | None]

# What came in as history began when the lead came to be; everything else begins now.
_ARRIVE = """
    INSERT INTO scoring_stageentry (lead_id, stage_id, kind, version_id, cause, channel_id, at)
    SELECT l.id, %s, %s, %s, CASE WHEN l.dormant_since IS NULL THEN %s ELSE %s END,
        l.first_channel_id,
        CASE WHEN l.dormant_since IS NULL OR l.created_at > %s THEN %s ELSE l.created_at END
    FROM leads_lead l
    WHERE l.id {among} AND NOT EXISTS (SELECT 1 FROM scoring_standing s WHERE s.lead_id = l.id)
    ORDER BY l.id
    RETURNING id
"""
_PLACE = """
    INSERT INTO scoring_standing (lead_id, stage_id, kind, entry_id, since)
    SELECT e.lead_id, e.stage_id, e.kind, e.id, e.at
    FROM scoring_stageentry e
    WHERE e.id {among}
    ORDER BY e.lead_id
"""


def settle(ids: Ids, version: AgreementVersion, *, at: datetime, formula: Formula) -> None:
    """Place the new ones among leads just scored, and move those whose criteria hold. The caller
    holds `version` in force."""
    waiting = statements.waiting(ids, formula, at=at)
    new = [pk for pk, stage in waiting if stage is None]
    if new:
        arrive(new, version, at=at)
        waiting = statements.waiting(ids, formula, at=at)
    carry(waiting, version, at=at, formula=formula)


def arrive(ids: Sequence[int], version: AgreementVersion, *, at: datetime) -> int:
    """Put those of the leads that stand nowhere into the first stage. Returns how many."""
    where = Move.into(journeys.first_stage(version.body), version, cause=Cause.ARRIVED, at=at)
    if connection.features.has_select_for_update:
        # Locked, so that no other worker places them meanwhile. The statements after this one see
        # what was placed while we waited.
        leads = Lead.objects.filter(pk__in=ids).order_by("pk").values_list("pk")
        list(leads.select_for_update(no_key=True))
    moment = connection.ops.adapt_datetimefield_value(at)
    said = [where.stage_id, where.stage["kind"], version.pk, Cause.ARRIVED, Cause.IMPORT]
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVE.format(among=_among()), [*said, moment, moment, _some(ids)])
        entries = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_PLACE.format(among=_among()), [_some(entries)])
    return len(entries)


def carry(
    waiting: Sequence[Place], version: AgreementVersion, *, at: datetime, formula: Formula
) -> list[StageEntry]:
    """Move leads on as far as arrows and criteria carry them; `waiting` are those that may."""
    entries: list[StageEntry] = []
    while moved := _step(waiting, version, at, formula):
        entries += moved
        ids = sorted(entry.lead_id for entry in moved)
        waiting = statements.waiting(ids, formula, at=at)
    if entries and formula.rulebook.looks_at_entries():
        stale.mark([entry.lead_id for entry in entries], at=at)
    return entries


def _step(
    waiting: Sequence[Place], version: AgreementVersion, at: datetime, formula: Formula
) -> list[StageEntry]:
    """One step for each lead at most, along the first arrow whose criteria hold."""
    entries: list[StageEntry] = []
    for start, target in journeys.steps(version.body) if waiting else ():
        moved = {entry.lead_id for entry in entries}
        here = formula.stages.get(start["key"])
        ids = [pk for pk, stage in waiting if stage == here and stage and pk not in moved]
        found = statements.meeting(ids, formula, target["key"], at=at) if ids else []
        found = _awake(found, target, at) if found else []
        if found:
            where = Move.into(target["key"], version, cause=Cause.CRITERIA, at=at)
            entries += _move_all(found, start, where)
    return entries


def _awake(ids: Sequence[int], target: StageJSON, at: datetime) -> list[int]:
    """Those that did something since they were returned. Into a handoff, a lead that came in as
    history goes only for something done since."""
    awake = Q(rested_since=None) | Q(_active_after("rested_since", at))
    if target["kind"] == Stage.Kind.HANDOFF:
        awake &= Q(lead__dormant_since=None) | Q(_active_after("lead__dormant_since", at))
    places = Standing.objects.filter(awake, lead_id__in=ids).order_by("lead_id")
    return list(places.values_list("lead_id", flat=True))


def _active_after(moment: str, at: datetime) -> Exists:
    """Did the lead do anything after `moment` (a column of the standing), known by `at`?"""
    done = Activity.objects.filter(lead_id=OuterRef("lead_id"), occurred_at__lte=at)
    return Exists(done.filter(known_at__lte=at, occurred_at__gt=OuterRef(moment)))


def _move_all(ids: Sequence[int], start: StageJSON, where: Move) -> list[StageEntry]:
    """Move those of the leads that still stand at `start`, locked in the order of their ids."""
    standings = Standing.objects.select_for_update(of=("self",), no_key=True).order_by("lead_id")
    before = {each.pk: each for each in standings.filter(pk__in=ids, stage__key=start["key"])}
    rows = Lead.objects.filter(pk__in=before).order_by("pk")
    entries = [
        where.entry(*row, before[row[0]])
        for row in rows.values_list("pk", "latest_channel_id", "score__total")
    ]
    StageEntry.objects.bulk_create(entries, batch_size=BATCH)
    newest = StageEntry.objects.filter(lead_id=OuterRef("lead_id")).order_by("-id").values("pk")
    moved = Standing.objects.filter(pk__in=before)
    moved.update(entry_id=Subquery(newest[:1]), **where.place())
    told = ((entry.lead_id, where.told(entry)) for entry in entries)
    events.write_many("stage.entered", told, at=where.at)
    return entries


def _among() -> str:
    if connection.vendor == "sqlite":
        return "IN (SELECT value FROM json_each(%s))"
    return "= ANY(%s)"


def _some(ids: Sequence[int]) -> object:
    """Ids as one parameter, however many."""
    return json.dumps(list(ids)) if connection.vendor == "sqlite" else list(ids)
