"""A stage entry of kind handoff becomes a handoff, with the evidence it was made on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from feedback import steps
from feedback.models import Evidence, Handoff, Pool
from leads.models import Lead
from leads.refusals import Refused
from scoring import ledgers
from scoring.models import Score, Stage, StageEntry, Standing


@transaction.atomic
def open_for(entry: StageEntry, *, at: datetime) -> Handoff | None:
    """The handoff of this entry; opened now, waiting for room in its pool, if there is none yet.

    None where nothing is to be handed over: an imported entry, a lead that stands elsewhere by
    now or has an open handoff. Raises Refused: no_pool.
    """
    if entry.cause == StageEntry.Cause.IMPORT or entry.kind != Stage.Kind.HANDOFF:
        return None
    lead = Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=entry.lead_id)
    existing = Handoff.objects.filter(entry=entry).first()
    if existing or not _is_due(entry):
        return existing
    return _open(entry, lead, _pool(), at=at)


def _is_due(entry: StageEntry) -> bool:
    stands_here = Standing.objects.filter(lead_id=entry.lead_id, entry=entry).exists()
    return stands_here and not Handoff.objects.unclosed().filter(lead_id=entry.lead_id).exists()


def _pool() -> Pool:
    pool = Pool.objects.order_by("position", "pk").first()
    if pool is None:
        raise Refused(
            "no_pool",
            _("There is no pool of reps to hand leads to."),
            _("Add one in the administration."),
        )
    return pool


def _open(entry: StageEntry, lead: Lead, pool: Pool, *, at: datetime) -> Handoff:
    score = _score(entry, lead)
    trigger = lead.activities.filter(known_at__lte=at, occurred_at__lte=at)
    latest = trigger.order_by("-occurred_at", "-pk").first()
    handoff = Handoff.objects.create(
        lead=lead,
        entry=entry,
        version=entry.version,
        pool=pool,
        channel_id=entry.channel_id or (latest.channel_id if latest else lead.latest_channel_id),
        score=score.total,
        trigger_at=latest.occurred_at if latest else entry.at,
        opened_at=at,
    )
    _freeze(handoff, score)
    steps.record(handoff, "opened", at=at, data={"pool": pool.pk, "score": score.total})
    return handoff


def _score(entry: StageEntry, lead: Lead) -> Score | Any:
    """The stored score where it is of the entry's version; else what it was at the entry."""
    from scoring import scores

    stored = Score.objects.filter(lead=lead, version_id=entry.version_id).first()
    return stored or scores.score_at(lead, entry.version, entry.at)


def _freeze(handoff: Handoff, score: Score | Any) -> None:
    from scoring import explanations

    entry = handoff.entry
    lines = ledgers.lines(score, handoff.version)
    criteria = explanations.criteria(handoff.lead, handoff.version, entry.stage.key, entry.at)
    Evidence.objects.create(
        handoff=handoff,
        ledger=[_plain(line) for line in lines],
        criteria=[_plain(criterion) for criterion in criteria],
    )


def _plain(row: Any) -> dict[str, Any]:
    """A dataclass as JSON: moments as ISO text, lazy words as text."""
    return {key: _value(value) for key, value in asdict(row).items()}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, int | float | bool | list | dict | None) else str(value)
