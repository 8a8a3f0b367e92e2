"""How far the rescoring of all leads has come, and how fast it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, Sum

from leads import stale as queue
from scoring.models import AgreementVersion, RescoreRun

WINDOW = timedelta(seconds=60)
SILENCE = timedelta(seconds=30)


@dataclass(frozen=True)
class Progress:
    """Of a run, in leads. `per_second` is the pace of the last minute, of a finished run that of
    the whole; None where nothing can be said yet. `quiet` since nothing has been done for long:
    is there a worker?"""

    run: RescoreRun
    done: int
    total: int
    per_second: float | None
    quiet_since: datetime | None
    set_aside: int

    @property
    def version(self) -> AgreementVersion:
        return self.run.version

    @property
    def finished_at(self) -> datetime | None:
        return self.run.finished_at

    @property
    def is_paused(self) -> bool:
        return bool(self.run.paused_at) and not self.finished_at

    @property
    def is_going_on(self) -> bool:
        return not self.run.paused_at and not self.finished_at

    @property
    def percent(self) -> int:
        """Rounded down: 100 is the end."""
        return self.done * 100 // self.total if self.total else 100

    @property
    def seconds_left(self) -> float | None:
        if not self.is_going_on or not self.per_second:
            return None
        return (self.total - self.done) / self.per_second


def progress(*, at: datetime) -> Progress | None:
    """Of the run under the version in force; None before there was one. Counts ranges only: three
    queries, however many leads there are."""
    runs = RescoreRun.objects.filter(version__status=AgreementVersion.Status.IN_FORCE)
    run = runs.select_related("version", "paused_by").first()
    if run is None:
        return None
    counted = _counted(run, at)
    return Progress(
        run=run,
        done=counted["done"] or 0,
        total=counted["total"] or 0,
        per_second=_pace(run, counted, at),
        quiet_since=_quiet_since(run, counted, at),
        set_aside=queue.set_aside().count(),
    )


def _counted(run: RescoreRun, at: datetime) -> dict[str, Any]:
    lately = Q(done_at__gt=at - WINDOW)
    return run.ranges.aggregate(
        total=Sum("leads"),
        done=Sum("leads", filter=Q(done_at__isnull=False)),
        last=Max("done_at"),
        lately=Sum("leads", filter=lately),
        ranges=Count("pk", filter=lately),
        first=Min("done_at", filter=lately),
    )


def _pace(run: RescoreRun, counted: dict[str, Any], at: datetime) -> float | None:
    if run.finished_at:
        return _per_second(counted["total"] or 0, run.started_at, run.finished_at)
    if counted["ranges"] < 2:
        begun = max(run.started_at, at - WINDOW)
        return _per_second(counted["lately"] or 0, begun, at) or None
    # From the end of the first range on, so without its leads: whatever was before it, a pause
    # maybe, does not count.
    others = counted["lately"] * (counted["ranges"] - 1) / counted["ranges"]
    return _per_second(others, counted["first"], at)


def _per_second(leads: float, start: datetime, end: datetime) -> float | None:
    seconds = (end - start).total_seconds()
    return leads / seconds if seconds > 0 else None


def _quiet_since(run: RescoreRun, counted: dict[str, Any], at: datetime) -> datetime | None:
    last = counted["last"] or run.started_at
    silent = not run.paused_at and not run.finished_at and last < at - SILENCE
    return last if silent else None
