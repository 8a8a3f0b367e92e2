"""The bench runs, and refuses to compare two things that are not the same."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.django_db

FIGURES = {
    "SCORE_RATIO",
    "LEAD_RATIO",
    "leads_per_second",
    "queued_leads_per_second",
    "idle_sweep_ms",
    "lead_queries",
    "peak_megabytes",
}


def bench(*arguments: str) -> subprocess.CompletedProcess:
    """In a process of its own: it makes and drops a database of its own on the same server."""
    return subprocess.run(
        [sys.executable, "manage.py", "bench", *arguments],
        cwd=settings.BASE_DIR,
        env=os.environ | {"BATON_DATA": str(settings.DATA_DIR)},
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_the_last_line_is_one_json_object_with_every_figure():
    done = bench("rescore", "--leads", "1200", "--activities", "6000", "--rounds", "1", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures.keys() > FIGURES
    assert (figures["leads"], figures["activities"], figures["rounds"]) == (1200, 6000, 1)
    assert all(figures[name] > 0 for name in FIGURES)


def test_nothing_to_measure_is_refused():
    done = bench("rescore", "--leads", "0")
    assert done.returncode == 1
    assert "at least one lead" in done.stderr
