"""Takes an export of another system in."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from feedback import opportunity_imports
from leads.imports import activity_rows, lead_rows, plans, runs
from leads.imports.plans import Plan
from leads.imports.reports import Report
from leads.models import Import
from leads.nudges import nudge
from leads.refusals import Refused

WRITERS = {each.kind.name: each for each in (
    lead_rows.Writer, activity_rows.Writer, opportunity_imports.Writer
)}  # fmt: skip
CANNOT_START = 2
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

    def handle(self, *, file: str, mapping: str, kind: str, mode: str, **options: object) -> None:
        writer = WRITERS[kind]
        try:
            plan = plans.plan(Path(file), Path(mapping), writer)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=CANNOT_START) from refusal
        self._say(_plan_lines(plan, mode, dry=options["dry_run"]))
        report = runs.run(plan, writer, mode=mode, at=timezone.now(), dry=options["dry_run"])
        runs.finish(report, at=timezone.now())
        nudge("scoring.tasks.rescore_stale")
        self._say(_report_lines(report, dry=options["dry_run"]))
        if options["json"]:
            self.stdout.write(report.as_json())

    def _say(self, lines: list[str]) -> None:
        for line in lines:
            self.stdout.write(line)


def _plan_lines(plan: Plan, mode: str, *, dry: bool) -> list[str]:
    """What will be read, and how: all that the mapping left to be detected is said."""
    mapping, table, file = plan.mapping, plan.table, plan.file
    lines = [
        _("Reading %(rows)s rows of %(file)s as %(kind)s, mode %(mode)s%(dry)s.")
        % {
            "rows": len(table.rows),
            "file": file.name,
            "kind": plan.kind.name,
            "mode": mode,
            "dry": _(", dry run: nothing is written") if dry else "",
        },
        _("Source: %(source)s%(how)s.")
        % {"source": mapping.source_name, "how": _how(bool(mapping.source), _("the default"))},
        _("Encoding: %(encoding)s%(how)s%(words)s.")
        % {
            "encoding": file.encoding,
            "how": _how(not file.detected),
            "words": _(", with words like %(words)s") % {"words": ", ".join(file.foreign)}
            if file.foreign
            else "",
        },
        _("Delimiter: %(name)s%(how)s. Header: %(header)s%(how_header)s.")
        % {
            "name": table.delimiter_name,
            "how": _how(mapping.delimiter is not None),
            "header": _("yes") if table.header else _("no"),
            "how_header": _how(mapping.header is not None),
        },
    ]
    for column in plan.columns:
        if column.format:
            given = _format_given(plan, column.target.type, column.spec.date_format, column.spec)
            said = _("Column “%(column)s” is read as %(format)s%(how)s.")
            lines.append(
                said % {"column": column.name, "format": column.format, "how": _how(given)}
            )
    return lines + _left_out_lines(plan)


def _format_given(plan: Plan, type: str, date_format: tuple[str, ...], spec: object) -> bool:
    if type == "number":
        return bool(spec.number_format or plan.mapping.number_format)
    return bool(date_format or plan.mapping.date_format)


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
        lines.append(_("%(count)s rows are empty.") % {"count": plan.table.empty_rows})
    return lines


def _how(given: bool, otherwise: str = "") -> str:
    return "" if given else " ({})".format(otherwise or _("detected"))


def _report_lines(report: Report, *, dry: bool) -> list[str]:
    said = report.as_dict()
    lines = list(report.notes)
    for error in report.errors[:MOST_SHOWN]:
        cell = f", {error.column} “{error.value}”" if error.column else ""
        place = _("Line %(line)s%(cell)s") % {"line": error.line, "cell": cell}
        lines.append(f"{place}: {error.problem}")
    if len(report.errors) > MOST_SHOWN:
        more = len(report.errors) - MOST_SHOWN
        lines.append(_("… and %(more)s more; --json names all.") % {"more": more})
    done = _(
        "%(rows)s rows: %(created)s created, %(updated)s updated, %(unchanged)s unchanged, "
        "%(rejected)s rejected."
    )
    dry_note = " " + _("Nothing was written: this was a dry run.") if dry else ""
    return [*lines, done % said + dry_note]
