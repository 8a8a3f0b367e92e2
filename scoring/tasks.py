"""Wake-up calls: each does what its rows say, for a while, and lets the next call go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from celery import shared_task
from django.db import connection

from scoring import rescoring, scores

LONGEST_SECONDS = 60
# SQLite has one writer, and who waits for it asks every tenth of a second: leave it a gap.
GAP_SECONDS = 0.12


@shared_task
def rescore_stale() -> None:
    _repeat(lambda: not rescoring.stale())


@shared_task
def rescore_due() -> None:
    _repeat(lambda: not rescoring.due())


@shared_task
def rescore_all() -> None:
    _repeat(rescoring.step)


def _repeat(step: Callable[[], bool]) -> None:
    """Until `step` says that nothing is left, but no longer than a minute."""
    end = time.monotonic() + LONGEST_SECONDS
    done = False
    while not done and time.monotonic() < end:
        # A version that comes into force in the middle of a step: the next step is under it.
        with suppress(scores.NotInForce):
            done = step()
        if not done and connection.vendor == "sqlite":
            time.sleep(GAP_SECONDS)
