"""Measure Baton beside SQL written by hand for the same agreement."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from config.bench import impacts, inbox, runs, sweep

MEASURES = {
    "rescore": runs.measure,
    "impact": impacts.measure,
    "sweep": sweep.measure,
    "inbox": inbox.measure,
}


class Command(BaseCommand):
    help = (
        "Measure how fast leads are scored, the impact of a text is worked out, deadlines are "
        "flagged, or the inbox is shown, in a database of its own on the configured server, beside "
        "SQL written by hand for the same. See docs/performance.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=sorted(MEASURES))
        parser.add_argument("--leads", type=int, default=100_000)
        parser.add_argument("--activities", type=int, default=1_000_000)
        parser.add_argument("--rounds", type=int, default=5)
        parser.add_argument(
            "--workers", type=int, default=1, help="processes that share a run; by hand it is one"
        )
        parser.add_argument(
            "--handoffs",
            type=int,
            default=100_000,
            help="whose deadline is over (sweep), or all there are (inbox)",
        )
        parser.add_argument("--open", type=int, default=20_000, help="handoffs not closed (inbox)")
        parser.add_argument("--reps", type=int, default=50, help="who work the inbox")
        parser.add_argument(
            "--keep",
            metavar="NAME",
            help="name of a database that stays, and is measured as it is the next time (inbox)",
        )
        parser.add_argument("--json", action="store_true", help="only the last line, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("leads", "activities", "rounds", "workers", "handoffs", "open", "reps")
        numbers = [options[name] for name in names]
        if min(numbers) < 1:
            raise CommandError(
                "Give at least one lead, activity, round, worker, handoff, open one and rep."
            )
        size = runs.Size(*numbers)
        if options["what"] == "inbox" and not size.open <= size.handoffs <= size.leads:
            raise CommandError("Give no more open handoffs than handoffs, nor those than leads.")
        at = timezone.now().replace(microsecond=0)
        say = (lambda text: None) if options["json"] else self.stderr.write
        keep = options["keep"] if options["what"] == "inbox" else ""
        with (
            tempfile.TemporaryDirectory() as folder,
            runs.scratch_database(keep or _name(folder), keep=bool(keep)),
        ):
            try:
                found = MEASURES[options["what"]](size, at=at, say=say)
            except runs.Wrong as problem:
                raise CommandError(str(problem)) from problem
        self.stdout.write(json.dumps(found))


def _name(folder: str) -> str:
    if connection.vendor == "sqlite":
        return str(Path(folder) / "bench.sqlite3")
    return f"baton_bench_{os.getpid()}"
