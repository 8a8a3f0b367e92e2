"""What a button in a condition asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One step in building the condition of a row: `what` is done at `node`, perhaps with the
    starting point `start`. A button's value says "row:what:node:start"."""

    row: str
    what: str
    node: str
    start: str = ""


# Steps of a row, where the others are steps in its condition.
OPEN, CLOSE, DROP, RESTORE = "open", "close", "drop", "restore"
HIGHER, LOWER = "higher", "lower"
OF_ROWS = (OPEN, CLOSE, DROP, RESTORE, HIGHER, LOWER)


def read(value: str) -> Step | None:
    """The step a button's value asks for; None where it adds a row to a list ("list:start")."""
    parts = value.split(":")
    return Step(*parts) if len(parts) in (3, 4) else None
