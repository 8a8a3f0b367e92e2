"""Takes an export of another system in."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback import opportunity_imports
from leads.imports import activity_rows, lead_rows, plans, runs
from leads.imports.columns import Column, Problem
from leads.imports.plans import Plan
from leads.imports.reports import Report, Result
from leads.models import Import
from leads.nudges import nudge
from leads.refusals import Refused

_KINDS = (lead_rows.Writer, activity_rows.Writer, opportunity_imports.Writer)
WRITERS = {writer.kind.name: writer for writer in _KINDS}
CANNOT_START = 2
STOPPED = 130
MOST_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Takes a CSV export of another system in, read by a JSON mapping (docs/imports.md). Bad "
        "rows are named and left out, good ones go in, and the same file again changes nothing. "
        "Ends with 0 when it is done and with 2 when it cannot start; then nothing was written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the CSV file")
        parser.add_argument("--mapping", required=True, help="the JSON file that says what is what")
        parser.add_argument("--kind", choices=list(WRITERS), default="leads")
        parser.add_argument(
            "--mode",
            choices=Import.Mode.values,
            default=Import.Mode.LIVE,
            help="history hands nothing over and sends no mails (default: live)",
        )
        parser.add_argument("--dry-run", action="store_true", help="write nothing, say the same")
        parser.add_argument("--json", action="store_true", help="end with one line of JSON")

    def handle(
        self,
        *,
        file: str,
        mapping: str,
        kind: str,
        mode: str,
        dry_run: bool,
        json: bool,
        **options: object,
    ) -> None:
        try:
            plan = plans.plan(Path(file), Path(mapping), WRITERS[kind])
        except Refused as refusal:
            if json:
                self.stdout.write(_not_started(refusal).as_json())
            raise CommandError(str(refusal), returncode=CANNOT_START) from refusal
        self.stdout.write("\n".join(_plan_lines(plan, mode, dry=dry_run)))
        report = self._run(plan, kind, mode, dry=dry_run)
        self.stdout.write("\n".join(_report_lines(report, dry=dry_run)))
        if json:
            self.stdout.write(report.as_json())

    def _run(self, plan: Plan, kind: str, mode: str, *, dry: bool) -> Report:
        try:
            report = runs.run(plan, WRITERS[kind], mode=mode, at=timezone.now(), dry=dry)
        except KeyboardInterrupt as stop:
            said = _("Stopped. What was written stays; run it again to go on.")
            raise CommandError(said, returncode=STOPPED) from stop
        runs.finish(report, at=timezone.now())
        nudge("scoring.tasks.rescore_stale")
        return report


def _not_started(refusal: Refused) -> Report:
    report = Report()
    report.add([Result("", (Problem(0, "", "", str(refusal)),))])
    return report


def _plan_lines(plan: Plan, mode: str, *, dry: bool) -> list[str]:
    """What will be read, and how: all that the mapping left to be detected is said."""
    mapping, file = plan.mapping, plan.file
    count = len(plan.table.rows)
    said = ngettext(
        "Reading %(rows)s row of %(file)s as %(kind)s, mode %(mode)s%(dry)s.",
        "Reading %(rows)s rows of %(file)s as %(kind)s, mode %(mode)s%(dry)s.",
        count,
    ) % {
        "rows": count,
        "file": file.name,
        "kind": plan.kind.name,
        "mode": mode,
        "dry": _(", dry run: nothing is written") if dry else "",
    }
    source = {"source": mapping.source_name, "how": _how(bool(mapping.source), _("the default"))}
    return [
        said,
        _("Source: %(source)s%(how)s.") % source,
        _encoding_line(plan),
        _table_line(plan),
        *(_format_line(column, plan) for column in plan.columns if column.format),
        *_left_out_lines(plan),
    ]


def _encoding_line(plan: Plan) -> str:
    file = plan.file
    foreign = ", ".join(f"“{word}”" for word in file.foreign)
    words = _(", with words like %(words)s") % {"words": foreign} if foreign else ""
    said = {"encoding": file.encoding, "how": _how(not file.detected), "words": words}
    return _("Encoding: %(encoding)s%(how)s%(words)s.") % said


def _table_line(plan: Plan) -> str:
    return _("Delimiter: %(name)s%(how)s. Header: %(header)s%(how_header)s.") % {
        "name": plan.table.delimiter_name,
        "how": _how(plan.mapping.delimiter is not None),
        "header": _("yes") if plan.table.header else _("no"),
        "how_header": _how(plan.mapping.header is not None),
    }


def _format_line(column: Column, plan: Plan) -> str:
    spec, mapping = column.spec, plan.mapping
    if column.target.type == "number":
        given = bool(spec.number_format or mapping.number_format)
    else:
        given = bool(spec.date_format or mapping.date_format)
    said = {"column": column.name, "format": column.format, "how": _how(given)}
    return _("Column “%(column)s” is read as %(format)s%(how)s.") % said


def _left_out_lines(plan: Plan) -> list[str]:
    lines = []
    if plan.left_out:
        names = ", ".join(f"“{name}”" for name in plan.left_out)
        said = _("Left out, since the mapping does not name them: %(names)s.")
        lines.append(said % {"names": names})
    if plan.new_attributes:
        names = ", ".join(f"“{one.key}” ({one.type})" for one in plan.new_attributes)
        lines.append(_("New lead fields: %(names)s.") % {"names": names})
    if plan.table.empty_rows:
        lines.append(_("Empty rows, left out: %(count)s.") % {"count": plan.table.empty_rows})
    return lines


def _how(given: bool, otherwise: str = "") -> str:
    return "" if given else " ({})".format(otherwise or _("detected"))


def _report_lines(report: Report, *, dry: bool) -> list[str]:
    lines = [*report.notes, *(_error_line(error) for error in report.errors[:MOST_SHOWN])]
    if len(report.errors) > MOST_SHOWN:
        more = len(report.errors) - MOST_SHOWN
        lines.append(_("… and %(more)s more; --json names all.") % {"more": more})
    done = _(
        "%(rows)s rows: %(created)s created, %(updated)s updated, %(unchanged)s unchanged, "
        "%(rejected)s rejected."
    )
    lines.append(done % report.as_dict())
    if dry:
        lines.append(_("Nothing was written: this was a dry run."))
    return lines


def _error_line(error: Problem) -> str:
    if not error.column:
        return _("Line %(line)s: %(problem)s") % vars(error)
    shown = " ".join(error.value.split())
    value = shown if len(shown) <= 60 else f"{shown[:59]}…"
    said = vars(error) | {"value": value}
    return _("Line %(line)s, %(column)s “%(value)s”: %(problem)s") % said
