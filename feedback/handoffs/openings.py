"""A stage entry of kind handoff becomes a handoff, with the evidence it was made on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from feedback import moves, routing, steps
from feedback.models import Evidence, Handoff
from feedback.routing import Placement
from leads.models import Lead
from scoring import explanations, ledgers, scores, stages
from scoring.models import Score, Stage, StageEntry, Standing
from scoring.scores import ScoreResult

# What was imported hands nothing over, and an answer that is undone opens its own handoff again.
NOTHING_FOLLOWS = (StageEntry.Cause.IMPORT, StageEntry.Cause.UNDONE)


@transaction.atomic
def open_for(entry: StageEntry, *, at: datetime) -> Handoff | None:
    """The handoff of this entry; opened now, waiting for room in its pool, if there is none yet.

    None where nothing is to be handed over: an imported entry or one by undoing, a lead that
    stands elsewhere by now or has an open handoff. If another version came into force since the
    entry, the lead goes back for that one to decide. Raises Refused: no_pool.
    """
    if entry.cause in NOTHING_FOLLOWS or entry.kind != Stage.Kind.HANDOFF:
        return None
    lead = Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=entry.lead_id)
    existing = Handoff.objects.filter(entry=entry).first()
    if existing or not _is_due(entry):
        return existing
    version = stages.held_version()
    if version and entry.version_id != version.pk:
        moves.superseded(entry, at=at)
        return None
    return opened(entry, lead, routing.place(lead, at), at=at)


def opened(
    entry: StageEntry, lead: Lead, where: Placement, *, at: datetime, **facts: object
) -> Handoff:
    """The new handoff of an entry, with its evidence; `facts` are further columns. By which rule
    it came where is kept with it."""
    score = _score(entry)
    # What is done between the entry and its delivery did not lead here.
    done = lead.activities.filter(known_at__lte=entry.at, occurred_at__lte=entry.at)
    latest = done.order_by("-occurred_at", "-pk").first()
    handoff = Handoff.objects.create(
        lead=lead,
        entry=entry,
        version=entry.version,
        pool=where.pool,
        rule=where.rule,
        speed_lane=where.speed_lane,
        channel_id=entry.channel_id or (latest.channel_id if latest else lead.latest_channel_id),
        score=score.total,
        trigger_at=latest.occurred_at if latest else entry.at,
        opened_at=at,
        **facts,
    )
    _freeze(handoff, score)
    said = where.to_dict() | {"score": score.total}
    steps.record(handoff, "opened", at=at, data=said)
    return handoff


def _is_due(entry: StageEntry) -> bool:
    stands_here = Standing.objects.filter(lead_id=entry.lead_id, entry=entry).exists()
    return stands_here and not Handoff.objects.unclosed().filter(lead_id=entry.lead_id).exists()


def _score(entry: StageEntry) -> Score | ScoreResult:
    """The score the lead entered with: as stored, or as it was if it was rescored since."""
    stored = Score.objects.filter(
        lead_id=entry.lead_id, version_id=entry.version_id, as_of__lte=entry.at
    )
    return stored.first() or scores.score_at(entry.lead, entry.version, entry.at)


def _freeze(handoff: Handoff, score: Score | ScoreResult) -> None:
    entry = handoff.entry
    lines = ledgers.lines(score, handoff.version)
    criteria = explanations.criteria(handoff.lead, handoff.version, entry.stage.key, entry.at)
    Evidence.objects.create(
        handoff=handoff,
        ledger=[line.to_dict() for line in lines],
        criteria=[criterion.to_dict() for criterion in criteria],
    )
