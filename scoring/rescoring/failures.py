"""Why rescoring failed: for a cause that passes, or because of a lead."""

from __future__ import annotations

import traceback
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError

from leads.refusals import Refused
from scoring.scores import NotInForce

# SQLSTATE classes: connection, rollback by the server, resources, locks, operator's doing.
_PASSING_CLASSES = ("08", "40", "53", "55", "57")
_PASSING_IN_SQLITE = ("BUSY", "LOCKED", "IOERR", "FULL", "CANTOPEN", "NOMEM", "PROTOCOL", "SCHEMA")


def passes(problem: Exception) -> bool:
    """Not the lead's fault: a lock, a lost connection, or a version that came into force
    meanwhile. Whoever meets it leaves everything as it was; the next call goes on from there.

    Not every OperationalError is one: to SQLite a broken JSON text or a sum too large is one too.
    """
    if isinstance(problem, NotInForce | InterfaceError):
        return True
    return isinstance(problem, OperationalError) and _database_is_busy(problem.__cause__)


def _database_is_busy(cause: BaseException | None) -> bool:
    if name := getattr(cause, "sqlite_errorname", ""):
        return name.removeprefix("SQLITE_").startswith(_PASSING_IN_SQLITE)
    state = getattr(cause, "sqlstate", None)
    return state is None or state.startswith(_PASSING_CLASSES)


def named(problem: Exception) -> str:
    """What may be kept and shown of a problem. What a database or a library says may quote a
    person's data: the log has it."""
    if isinstance(problem, Refused):
        return f"{problem.code}: {problem.message}"
    names = [type(problem).__name__]
    if cause := problem.__cause__:
        names.append(type(cause).__name__)
    return f"{' / '.join(dict.fromkeys(names))}{_place(problem)}"


def _place(problem: Exception) -> str:
    """Where in our own code it happened."""
    base = Path(settings.BASE_DIR)
    for frame in reversed(traceback.extract_tb(problem.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(base) and ".venv" not in path.parts:
            return f" in {path.relative_to(base)}, {frame.name}"
    return ""
