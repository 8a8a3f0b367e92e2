"""Can this body run, everywhere? What `validate` passes, every reader and verb can rely on."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from scoring.checks import effects, journey, meaning, repeats, structure
from scoring.checks.findings import Problem
from scoring.conditions import Vocabulary
from scoring.documents import Body, canonical

__all__ = ["Problem", "remarks", "unreadable", "validate"]

LONGEST = 300_000
MOST_PROBLEMS = 50


def validate(body: Any) -> list[Problem]:
    """Everything that is wrong with a body, in the order of reading; empty if it can run.

    Fields are looked up in the registry of lead fields as it is now. Where the shape is wrong,
    nothing beyond the shape is looked at.
    """
    found = unreadable(body)
    if not found:
        found = [*journey.problems(body), *meaning.problems(body), *effects.problems(body)]
    return found[:MOST_PROBLEMS]


def remarks(body: Body, vocabulary: Vocabulary | None = None) -> list[Problem]:
    """What is worth a second look in a body that can be read, and keeps nobody from signing it."""
    return list(repeats.remarks(body, vocabulary or Vocabulary()))[:MOST_PROBLEMS]


def unreadable(body: Any) -> list[Problem]:
    """What is wrong with the shape of a body: with it, not even a draft could be shown."""
    try:
        size = len(canonical(body))
    except (TypeError, ValueError, RecursionError):
        return [Problem("", _("This is not a document of plain text and whole numbers."))]
    if size > LONGEST:
        return [Problem("", _("This agreement is too long to be read by anybody."))]
    return list(structure.body(body, ""))[:MOST_PROBLEMS]
