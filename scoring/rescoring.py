"""What must be scored anew: leads about which something was learnt, leads that time has changed,
and all of them when a new version comes into force. Workers only call; the rows say what to do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import OperationalError, connection, transaction

from leads import stale as queue
from leads.models import Lead
from scoring import scores
from scoring.models import AgreementVersion, RescoreRun, Score

logger = logging.getLogger(__name__)

Status = AgreementVersion.Status

# Not the lead's fault: a lock, a lost connection, or a version that came into force meanwhile.
# Whoever meets these leaves everything as it was; the next call goes on from there.
PASSING = (OperationalError, scores.NotInForce)


@dataclass(frozen=True)
class Progress:
    """How far the rescoring under the version in force has come, in leads."""

    version: AgreementVersion
    done: int
    total: int
    started_at: datetime
    finished_at: datetime | None


def stale(*, at: datetime | None = None, limit: int = 500) -> int:
    """Rescore up to `limit` leads from the queue; returns how many were taken from it.

    Leads whose rescoring fails are left there, one attempt older, and the others go on. Without
    `at` it is the database's now, asked after the claim: whatever the claim saw was known by then.
    """
    version = _in_force()
    pairs = queue.claim(limit, at=at or _now()) if version else []
    if not pairs:
        return 0
    moment = at or _now()
    try:
        _rescore_claimed(pairs, version, moment)
    except PASSING:
        raise
    except Exception:
        logger.exception("Rescoring %s leads failed; trying them one by one.", len(pairs))
        _one_by_one(pairs, version, moment)
    return len(pairs)


def due(*, at: datetime | None = None, limit: int = 500) -> int:
    """Rescore up to `limit` leads whose score changes with time alone, by `at`; returns how
    many. Leads in the queue are left to it, and so are those whose rescoring fails."""
    version, moment = _in_force(), at or _now()
    waiting = Score.objects.filter(next_change_at__lte=moment, lead__stale=None)
    ids = sorted(waiting.order_by("next_change_at").values_list("pk", flat=True)[:limit])
    if not version or not ids:
        return 0
    _rescore_or_queue(ids, lambda: scores.rescore(ids, version=version, at=moment), moment)
    return len(ids)


def start(version: AgreementVersion, *, at: datetime) -> RescoreRun:
    """All leads are to be rescored under `version`, which comes into force in this transaction.
    Runs of other versions are abandoned by that."""
    return RescoreRun.objects.create(version=version, started_at=at)


def step(*, at: datetime | None = None, chunk: int = scores.CHUNK) -> bool:
    """Rescore the next `chunk` leads of the run under the version in force.

    True when there is nothing (more) to do here: the run is finished, or another worker has it
    in hand. Whoever is killed in a step leaves the run where it was before that step.
    """
    with transaction.atomic():
        run = _take_run()
        if run is None:
            return True
        ids = _next_ids(run, chunk)
        if ids:
            _advance_run(run, ids, at or _now())
            return False
        run.finished_at = at or _now()
        run.save(update_fields=["finished_at"])
        return True


def progress() -> Progress | None:
    """Of the run under the version in force; None before there was one."""
    run = RescoreRun.objects.filter(version__status=Status.IN_FORCE).select_related("version")
    run = run.first()
    if run is None:
        return None
    left = 0 if run.finished_at else Lead.objects.filter(pk__gt=run.done_to).count()
    return Progress(
        run.version, run.leads_done, run.leads_done + left, run.started_at, run.finished_at
    )


def _rescore_claimed(pairs: Sequence[queue.Pair], version: AgreementVersion, at: datetime) -> None:
    """Scores and queue in one transaction: what was rescored is no longer queued, unless
    something was learnt since the claim."""
    with transaction.atomic():
        scores.rescore(
            [lead_id for lead_id, _counter in pairs], version=version, at=at, refresh=True
        )
        queue.clear(pairs)


def _one_by_one(pairs: Sequence[queue.Pair], version: AgreementVersion, at: datetime) -> None:
    for pair in pairs:
        try:
            _rescore_claimed([pair], version, at)
        except PASSING:
            raise
        except Exception:
            logger.exception("Rescoring lead %s failed.", pair[0])
            queue.fail([pair], at=at)


def _rescore_or_queue(ids: list[int], rescore: Callable[[], int], at: datetime) -> None:
    """Where one lead breaks the rescoring of many, all are queued: there they are tried alone."""
    try:
        with transaction.atomic():
            rescore()
    except PASSING:
        raise
    except Exception:
        logger.exception("Rescoring %s leads failed; queueing them.", len(ids))
        queue.mark(ids, at=at)


def _take_run() -> RescoreRun | None:
    """The unfinished run of the version in force, locked until the transaction ends."""
    runs = RescoreRun.objects.filter(version__status=Status.IN_FORCE, finished_at=None)
    return runs.select_for_update(skip_locked=True, of=("self",)).select_related("version").first()


def _next_ids(run: RescoreRun, chunk: int) -> list[int]:
    after = Lead.objects.filter(pk__gt=run.done_to).order_by("pk")
    return list(after.values_list("pk", flat=True)[:chunk])


def _advance_run(run: RescoreRun, ids: list[int], at: datetime) -> None:
    """In the transaction of the scores: a killed worker leaves no hole."""
    these = range(run.done_to + 1, ids[-1] + 1)
    _rescore_or_queue(ids, lambda: scores.rescore(these, version=run.version, at=at), at)
    run.done_to = ids[-1]
    run.leads_done += len(ids)
    run.save(update_fields=["done_to", "leads_done"])


def _in_force() -> AgreementVersion | None:
    return AgreementVersion.objects.filter(status=Status.IN_FORCE).first()


def _now() -> datetime:
    """The database's clock, at this statement."""
    if connection.vendor == "sqlite":
        sql = "SELECT strftime('%%Y-%%m-%%dT%%H:%%M:%%f', 'now')"
    else:
        sql = "SELECT clock_timestamp()"
    with connection.cursor() as cursor:
        cursor.execute(sql, [])
        (now,) = cursor.fetchone()
    return datetime.fromisoformat(now).replace(tzinfo=UTC) if isinstance(now, str) else now
