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

from config.bench import impacts, runs

MEASURES = {"rescore": runs.measure, "impact": impacts.measure}


class Command(BaseCommand):
    help = (
        "Measure how fast leads are scored, or how fast the impact of a text is worked out, in a "
        "database of its own on the configured server, beside SQL written by hand for the same "
        "agreement. See docs/performance.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=sorted(MEASURES))
        parser.add_argument("--leads", type=int, default=100_000)
        parser.add_argument("--activities", type=int, default=1_000_000)
        parser.add_argument("--rounds", type=int, default=5)
        parser.add_argument(
            "--workers", type=int, default=1, help="processes that share a run; by hand it is one"
        )
        parser.add_argument("--json", action="store_true", help="only the last line, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        numbers = [options[name] for name in ("leads", "activities", "rounds", "workers")]
        if min(numbers) < 1:
            raise CommandError("Give at least one lead, activity, round and worker.")
        size = runs.Size(*numbers)
        at = timezone.now().replace(microsecond=0)
        say = (lambda text: None) if options["json"] else self.stderr.write
        with tempfile.TemporaryDirectory() as folder, runs.scratch_database(_name(folder)):
            try:
                found = MEASURES[options["what"]](size, at=at, say=say)
            except runs.Wrong as problem:
                raise CommandError(str(problem)) from problem
        self.stdout.write(json.dumps(found))


def _name(folder: str) -> str:
    if connection.vendor == "sqlite":
        return str(Path(folder) / "bench.sqlite3")
    return f"baton_bench_{os.getpid()}"
