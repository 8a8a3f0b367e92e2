"""Can this body run, everywhere? What `validate` passes, every reader and verb can rely on."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from scoring.checks import effects, journey, meaning, structure
from scoring.checks.findings import Problem
from scoring.documents import canonical

__all__ = ["Problem", "unreadable", "validate"]

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


def unreadable(body: Any) -> list[Problem]:
    """What is wrong with the shape of a body: with it, not even a draft could be shown."""
    try:
        size = len(canonical(body))
    except (TypeError, ValueError, RecursionError):
        return [Problem("", _("This is not a document of plain text and whole numbers."))]
    if size > LONGEST:
        return [Problem("", _("This agreement is too long to be read by anybody."))]
    return list(structure.body(body, ""))[:MOST_PROBLEMS]
