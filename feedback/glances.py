"""Rows of lists learn their `glance`: the grade of the score they show, and the reasons for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.db.models import prefetch_related_objects

from feedback import briefings
from feedback.models import Handoff
from leads.models import Lead
from scoring import journeys
from scoring.glances import Readers


def of_handoffs(rows: Iterable[Handoff]) -> None:
    """By the score each was made with. Two queries for all."""
    rows, readers = list(rows), Readers()
    prefetch_related_objects(rows, "version", "evidence")
    for row in rows:
        row.glance = briefings.glance(row, readers)


def of_leads(rows: Iterable[Lead]) -> None:
    """By the stored score; the leads' scores and standings are loaded. Nothing is missing to who
    is in sales' hands, or beyond. Up to four queries for all."""
    rows, readers = list(rows), Readers()
    scored = [row for row in rows if getattr(row, "score", None)]
    prefetch_related_objects(scored, "score__version")
    for row in rows:
        row.glance = None
    for row in scored:
        glance = readers.of(row.score.version).stored(row.score)
        standing = getattr(row, "standing", None)
        free = standing is None or standing.kind in journeys.MACHINE_LEAVES
        row.glance = glance if free else replace(glance, short=0)
