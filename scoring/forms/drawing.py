"""The arrows of stages: likely ones of a new stage, and all by rows and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scoring.checks.journey import ARROWS

LOOK = "stages-look"
# Where the way goes on from a new stage: to the first there is of these. And where else it leads.
ONWARD = {
    "open": ("handoff", "nurture"),
    "nurture": ("handoff",),
    "handoff": ("accepted", "qualified", "won"),
    "accepted": ("qualified", "won"),
    "qualified": ("won",),
}
BACK = {
    "handoff": ("nurture", "disqualified"),
    "accepted": ("nurture", "disqualified"),
    "qualified": ("lost",),
    "lost": ("nurture",),
}
# Where leads come from to a new stage: the last of the first kind there is, and all of these.
NEAREST = {
    "open": ("open",),
    "handoff": ("open",),
    "accepted": ("handoff",),
    "qualified": ("accepted", "handoff"),
    "won": ("qualified", "accepted", "handoff"),
    "customer": ("customer", "won"),
}
EACH = {
    "handoff": ("nurture",),
    "nurture": ("handoff", "accepted", "lost"),
    "disqualified": ("handoff", "accepted"),
    "lost": ("qualified",),
}


def mark(prefix: str) -> str:
    """How the arrows of a form name a new stage: no key has a capital letter."""
    return f"N{prefix.rpartition('-')[2]}"


def draw_new(rows: Sequence[Any], added: bool) -> None:
    """A stage just added: its likely arrows are drawn, to be changed at will."""
    if not added or not rows[-1].is_added:
        return
    new, others = rows[-1], [row for row in rows[:-1] if not row.goes()]
    onward = _of(others, ONWARD.get(new.kind_now, ()))
    back = [row for row in others if row.kind_now in BACK.get(new.kind_now, ())]
    new.initial["next"] = [row.mark for row in (*onward[:1], *back)]
    nearest = _of(others, NEAREST.get(new.kind_now, ()))
    each = [row for row in others if row.kind_now in EACH.get(new.kind_now, ())]
    leading = [row for row in others if new.kind_now in ARROWS.get(row.kind_now, ())]
    for row in (*nearest[-1:], *each) or leading[-1:]:
        row.draw(new.mark)


def arrows(row: Any, drawn: Sequence[str], keys: Mapping[str, str]) -> list[str]:
    """The keys an arrow leads to, in the order in which they stood, new ones last; those whose
    stage is removed are gone."""
    old = [key for key in (row.item or {}).get("next", []) if key in drawn]
    new = [each for each in keys if each in drawn and each not in old]
    return [keys[each] for each in (*old, *new) if each in keys]


def _of(rows: Sequence[Any], kinds: Sequence[str]) -> list[Any]:
    """The rows of the first of these kinds of which there are some."""
    for kind in kinds:
        if found := [row for row in rows if row.kind_now == kind]:
            return found
    return []
