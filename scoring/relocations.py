"""Leads whose stage a new text takes away go where it says, all at once: with an entry of the cause
"agreement", which no conversion counts. Part of `scoring.stages`, the single writer of where leads
stand. Nobody is told lead by lead: the version coming into force is the event.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from scoring.documents import item
from scoring.models import AgreementVersion, Stage, StageEntry

# One statement each for a hundred thousand leads. The lead keeps its rest, its channel, its score.
_ENTER = """
    INSERT INTO scoring_stageentry
        (lead_id, stage_id, kind, previous_id, version_id, cause, channel_id, score, at,
         seconds_in_previous)
    SELECT s.lead_id, %s, %s, s.stage_id, %s, %s, l.latest_channel_id, c.total, %s, {seconds}
    FROM scoring_standing s
    JOIN leads_lead l ON l.id = s.lead_id
    LEFT JOIN scoring_score c ON c.lead_id = s.lead_id
    WHERE s.stage_id = %s AND s.kind <> %s
    ORDER BY s.lead_id
    RETURNING id
"""
_PLACE = """
    UPDATE scoring_standing SET stage_id = %s, kind = %s, entry_id = e.id, since = %s
    FROM scoring_stageentry e
    WHERE e.lead_id = scoring_standing.lead_id AND e.id BETWEEN %s AND %s AND e.version_id = %s
        AND e.cause = %s AND e.stage_id = %s AND e.previous_id = scoring_standing.stage_id
"""
_SECONDS = {
    "postgresql": "GREATEST(0, EXTRACT(EPOCH FROM %s - s.since))::bigint",
    "sqlite": "MAX(0, CAST(ROUND((julianday(%s) - julianday(s.since)) * 86400) AS INTEGER))",
}


def relocate(version: AgreementVersion, *, at: datetime) -> dict[str, int]:
    """Move the leads of each stage that the version takes away to the stage its text names.
    Returns how many left each stage, by key. The caller holds the version, and has projected its
    stages."""
    rows = {stage.key: stage for stage in Stage.objects.all()}
    moved = {}
    for move in version.body.get("moves") or []:
        kept = item(version.body["stages"], move["key"])
        if old := rows.get(move["key"]):
            # Who stands in a stage that is still what it was to them stays there.
            kind = kept["kind"] if kept else ""
            moved[old.key] = _all(old, kind, rows[move["to"]], version, at)
    return {key: count for key, count in moved.items() if count}


def _all(old: Stage, kept: str, new: Stage, version: AgreementVersion, at: datetime) -> int:
    moment = connection.ops.adapt_datetimefield_value(at)
    cause = StageEntry.Cause.AGREEMENT
    with connection.cursor() as cursor:
        statement = _ENTER.format(seconds=_SECONDS[connection.vendor])
        said = [new.pk, new.kind, version.pk, cause, moment, moment, old.pk, kept]
        cursor.execute(statement, said)
        entries = [pk for (pk,) in cursor.fetchall()]
        if entries:
            span = [min(entries), max(entries)]
            said = [new.pk, new.kind, moment, *span, version.pk, cause, new.pk]
            cursor.execute(_PLACE, said)
    return len(entries)
