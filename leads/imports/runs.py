"""Taking a planned import in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from django.db import transaction

from leads.imports.columns import Row
from leads.imports.plans import Plan
from leads.imports.reports import Report
from leads.imports.writers import Run, Writer
from leads.models import Import

BATCH = 500
Thing = TypeVar("Thing")


def run(plan: Plan, writer: type[Writer], *, mode: str, at: datetime, dry: bool = False) -> Report:
    """Write the rows of a plan in sets of 500, each in a transaction of its own: an import that
    was stopped is resumed by running it again. A dry run does it all and takes it back."""
    if dry:
        with transaction.atomic():
            report = _run(plan, writer, mode=mode, at=at)
            transaction.set_rollback(True)
        report.run = None
        return report
    return _run(plan, writer, mode=mode, at=at)


def finish(report: Report, *, at: datetime) -> None:
    """Note with the import that it is done, and what came of it."""
    if report.run:
        counts = {key: n for key, n in report.as_dict().items() if key != "errors"}
        Import.objects.filter(pk=report.run.pk).update(finished_at=at, counts=counts)


def earlier(plan: Plan) -> Import | None:
    """The first import of this very file."""
    same = Import.objects.filter(
        source=plan.mapping.source_name, kind=plan.kind.name, sha256=plan.file.sha256
    )
    return same.order_by("started_at", "pk").first()


def _run(plan: Plan, writer: type[Writer], *, mode: str, at: datetime) -> Report:
    first = earlier(plan)
    run = Run(
        source=plan.mapping.source_name,
        lead_source=plan.mapping.lead_source or plan.mapping.source_name,
        at=at,
        since=first.started_at if first else at,
        history=mode == Import.Mode.HISTORY,
    )
    report = Report(run=_started(plan, mode=mode, at=at))
    writing = writer(plan, run)
    with transaction.atomic():
        writing.begin()
    for rows in _batches(plan.rows()):
        with transaction.atomic():
            results = writing.write(rows)
        report.add(results)
    report.notes += writing.notes()
    return report


def _started(plan: Plan, *, mode: str, at: datetime) -> Import:
    return Import.objects.create(
        source=plan.mapping.source_name,
        kind=plan.kind.name,
        mode=mode,
        file_name=plan.file.name[:200],
        sha256=plan.file.sha256,
        mapping=plan.mapping_json,
        started_at=at,
    )


def _batches(rows: Iterator[Row]) -> Iterator[Sequence[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch
