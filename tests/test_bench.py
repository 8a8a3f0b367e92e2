"""The bench runs, and refuses to compare two things that are not the same."""

import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command

from leads.models import Lead

FIGURES = {
    "SCORE_RATIO",
    "LEAD_RATIO",
    "leads_per_second",
    "queued_leads_per_second",
    "idle_sweep_ms",
    "lead_queries",
    "peak_megabytes",
}


@pytest.fixture
def bench(transactional_db) -> Iterator[Callable[..., dict[str, Any]]]:
    """Measure in a database that the bench makes and drops, of the models as they are."""

    def measured(*arguments: str) -> dict[str, Any]:
        said = StringIO()
        call_command("bench", *arguments, "--rounds", "1", "--json", stdout=said)
        return json.loads(said.getvalue().splitlines()[-1])

    yield measured
    ContentType.objects.clear_cache()


def test_the_last_line_is_one_json_object_with_every_figure(bench):
    figures = bench("rescore", "--leads", "1200", "--activities", "6000")
    assert figures.keys() > FIGURES
    assert (figures["leads"], figures["activities"], figures["rounds"]) == (1200, 6000, 1)
    assert all(figures[name] > 0 for name in FIGURES)
    assert not Lead.objects.exists(), "It measures somewhere else."


def test_a_backlog_of_deadlines_is_flagged_beside_a_bare_update(bench):
    figures = bench("sweep", "--handoffs", "60")
    assert (figures["handoffs"], figures["rounds"]) == (60, 1)
    names = {"idle_ms", "idle_all_ms", "backlog_seconds", "bare_update_seconds", "ratio"}
    assert all(figures[name] >= 0 for name in names)


def test_nothing_to_measure_is_refused(bench):
    with pytest.raises(CommandError, match="at least one lead"):
        bench("rescore", "--leads", "0")


def test_every_page_and_part_of_the_inbox_is_asked_for_beside_sql_by_hand(bench):
    sizes = ("--leads", "200", "--activities", "200", "--handoffs", "200", "--open", "160")
    figures = bench("inbox", *sizes, "--reps", "2")
    assert list(figures)[-3:] == ["queries", "p95_ms", "ratio"]
    assert figures["queries"] == max(each["queries"] for each in figures["kinds"].values())
    assert {"rep answer", "team pulse", "manager more rows"} <= figures["kinds"].keys()


def test_no_more_handoffs_can_be_open_than_there_are(bench):
    with pytest.raises(CommandError, match="no more open handoffs"):
        bench("inbox", "--handoffs", "10", "--open", "20")
