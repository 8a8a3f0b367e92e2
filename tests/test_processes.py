"""The real worker and the real schedule, on the broker the tests run with."""

import subprocess
import sys

from django.conf import settings

from tests.processes import Installation, wait_until

NUDGE = """
import django
django.setup()
from leads.nudges import nudge
nudge("feedback.tasks.sweep")
"""


def nudge(baton: Installation) -> None:
    """From a process that ends at once, as an import does."""
    environment = baton.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [sys.executable, "-c", NUDGE]
    subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True, timeout=90)


def done(baton: Installation, task: str) -> int:
    lines = baton.said().splitlines()
    return sum(f"Task {task}[" in line and "succeeded" in line for line in lines)


def test_a_worker_does_what_was_asked_before_it_lived_and_while_it_lives(installation):
    nudge(installation)
    worker = installation.start_worker()
    wait_until(lambda: done(installation, "feedback.tasks.sweep") == 1, "the first is done")

    installation.kill(worker)
    installation.start_worker()
    nudge(installation)
    wait_until(
        lambda: done(installation, "feedback.tasks.sweep") == 2,
        "the second is done by the next worker",
        says=installation.said,
    )


def test_the_schedule_wakes_the_worker_without_anybody_asking(installation):
    installation.start_worker()
    installation.start_beat()
    for task in ("scoring.tasks.rescore_stale", "feedback.tasks.deliver_events"):
        wait_until(
            lambda task=task: done(installation, task) >= 2,
            f"{task} has run twice",
            says=installation.said,
        )
