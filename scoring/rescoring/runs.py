"""All leads under a new version: ranges of ids, which any number of workers share."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef

from leads import stale as queue
from leads.clock import database_now
from leads.models import Lead
from scoring.models import AgreementVersion, RescoreRange, RescoreRun
from scoring.rescoring.batches import rescore_or_queue

# A range takes a moment, not a minute: SQLite's only writer must let others in.
RANGE = {"sqlite": 2_000, "postgresql": 10_000}
IDLE = timedelta(seconds=15)

# The grain is a range. As many leads in each, however sparse their ids are, and no id between two
# ranges left out. The ORM cannot insert what it selects.
_RANGES = """
    INSERT INTO scoring_rescorerange (run_id, first, "end", leads)
    SELECT %s, first, COALESCE(LEAD(first) OVER (ORDER BY first), last + 1), leads
    FROM (
        SELECT MIN(id) AS first, MAX(id) AS last, COUNT(*) AS leads
        FROM (SELECT id, (ROW_NUMBER() OVER (ORDER BY id) - 1) / %s AS n FROM leads_lead) numbered
        GROUP BY n
    ) ranges
"""


def start(version: AgreementVersion, *, at: datetime, size: int | None = None) -> RescoreRun:
    """All leads are to be rescored under `version`, which comes into force in this transaction.
    Runs of other versions are abandoned by that, and leads set aside are tried again. Leads that
    come in later are queued: this version scores them too."""
    run = RescoreRun.objects.create(version=version, started_at=at)
    with connection.cursor() as cursor:
        cursor.execute(_RANGES, [run.pk, size or RANGE[connection.vendor]])
    queue.retry(at=at)
    return run


def step(*, at: datetime | None = None) -> bool:
    """Rescore the next range of the run under the version in force.

    True when there is nothing (more) to do here: the run is finished or paused, or other workers
    have what is left in hand. Whoever is killed in a step leaves the run where it was before.
    """
    run = _going_on()
    if run is None:
        return True
    with transaction.atomic():
        taken = _take(run)
        if taken:
            _rescore(taken, run.version, at or database_now())
            taken.done_at = at or database_now()
            taken.save(update_fields=["done_at"])
    _finish(run, at or database_now())
    return taken is None


def lies_idle(*, at: datetime | None = None) -> bool:
    """Is there a run that goes on, but nobody has done a range of it lately?"""
    run = _going_on()
    if run is None:
        return False
    last = run.ranges.aggregate(last=Max("done_at"))["last"]
    return last is None or last < (at or database_now()) - IDLE


def _going_on() -> RescoreRun | None:
    """The run under the version in force, neither finished nor paused."""
    runs = RescoreRun.objects.filter(finished_at=None, paused_at=None)
    runs = runs.filter(version__status=AgreementVersion.Status.IN_FORCE)
    return runs.select_related("version").first()


def _take(run: RescoreRun) -> RescoreRange | None:
    """A range to do that nobody else has in hand, ours until the transaction ends."""
    todo = run.ranges.filter(done_at=None).order_by("first")
    return todo.select_for_update(skip_locked=True).first()


def _rescore(taken: RescoreRange, version: AgreementVersion, at: datetime) -> None:
    leads = Lead.objects.filter(pk__gte=taken.first, pk__lt=taken.end).values_list("pk", flat=True)
    rescore_or_queue(range(taken.first, taken.end), leads, version, at)


def _finish(run: RescoreRun, at: datetime) -> None:
    """Asked after our range is committed: of several who do the last ranges, one sees all done."""
    todo = RescoreRange.objects.filter(run=OuterRef("pk"), done_at=None)
    RescoreRun.objects.filter(~Exists(todo), pk=run.pk, finished_at=None).update(finished_at=at)
