"""The journey of a body: its stages, its arrows, and the stage a verb leads to.

Pure functions over the body. Kinds that an agreement lacks are skipped: whoever asks for the next
stage of a kind gets None where the arrows lead to none, and the lead stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from scoring.documents import Body, item

StageJSON = dict[str, Any]

# The machine moves leads only out of MACHINE_LEAVES, and only into MACHINE_ENTERS.
MACHINE_LEAVES = ("open", "nurture")
MACHINE_ENTERS = ("open", "nurture", "handoff")
# A verb's way may pass through these on its way to the stage it asks for.
PASSABLE = ("handoff", "accepted", "qualified", "won", "customer")
# A handoff or its opportunity is under way, by the version it was opened with.
IN_HAND = ("handoff", "accepted", "qualified")
RETURN_ORDER = {
    "nurture": ("nurture",),
    "disqualified": ("disqualified", "lost", "nurture"),
    "lost": ("lost", "disqualified", "nurture"),
}


def stage(body: Body, key: str) -> StageJSON | None:
    """The stage of this key."""
    return item(body["stages"], key)


def first_stage(body: Body) -> str:
    """Where every lead begins: the first open stage."""
    return next(each["key"] for each in body["stages"] if each["kind"] == "open")


def stages_of_kind(body: Body, kind: str) -> list[str]:
    """Keys of the stages of a kind, in the body's order."""
    return [each["key"] for each in body["stages"] if each["kind"] == kind]


def next_of_kind(body: Body, after: str, kind: str) -> str | None:
    """The nearest stage of a kind that the arrows reach from `after`, or None.

    From an open or nurture stage the way may pass other such stages; from sales' hands it passes
    only stages ahead (a model without `accepted` leads from handoff to qualified or won).
    """
    start = stage(body, after)
    if start is None:
        return None
    passable = MACHINE_LEAVES if start["kind"] in MACHINE_LEAVES else PASSABLE
    return _nearest(body, after, kind, lambda each: each["kind"] in passable)


def place_for_return(body: Body, after: str, reason: str) -> str:
    """The stage a lead goes to when it is returned out of stage `after` for this reason: the one
    it names, else the nearest of the kind it asks for.

    A model that lacks the kind the reason asks for sends the lead to the nearest kind it has,
    in the end to the first stage.
    """
    found = item(body["reasons"], reason)
    if found and "to" in found and fits_reason(body, found):
        return found["to"]
    wanted = RETURN_ORDER[found["then"] if found else "nurture"]
    return _first_found(body, after, wanted) or first_stage(body)


def fits_reason(body: Body, reason: dict[str, Any]) -> bool:
    """Is the stage a reason names one of the kind to which it gives leads back?"""
    place = stage(body, reason["to"])
    return place is not None and place["kind"] == reason["then"]


def way_after_loss(body: Body, after: str) -> list[str]:
    """The stages a lead goes through, in order, when its deal is lost: lost, then nurture.

    A model without `lost` goes straight to nurture, one without both to the first stage.
    """
    lost = next_of_kind(body, after, "lost")
    rest = next_of_kind(body, lost or after, "nurture")
    return [key for key in (lost, rest) if key] or [first_stage(body)]


def steps(body: Body) -> Iterator[tuple[StageJSON, StageJSON]]:
    """Arrows the machine walks: (from, to), in the body's order."""
    for start in body["stages"]:
        if start["kind"] in MACHINE_LEAVES:
            for key in start["next"]:
                target = stage(body, key)
                if target and target["kind"] in MACHINE_ENTERS:
                    yield start, target


def ahead(body: Body, key: str) -> set[str]:
    """The stage itself and all that verbs may still bring a lead in sales' hands there to.

    Before sales' hands and after them a lead is moved by the agreement in force: only itself.
    """
    seen: set[str] = set()
    waiting = [key]
    while waiting:
        found = stage(body, waiting.pop())
        if found is None or found["key"] in seen:
            continue
        seen.add(found["key"])
        if found["kind"] in IN_HAND or (found["kind"] == "lost" and key != found["key"]):
            waiting += found["next"]
    return seen


def _first_found(body: Body, after: str, kinds: tuple[str, ...]) -> str | None:
    for kind in kinds:
        found = next_of_kind(body, after, kind) or next(iter(stages_of_kind(body, kind)), None)
        if found:
            return found
    return None


def _nearest(
    body: Body, after: str, kind: str, passable: Callable[[StageJSON], bool]
) -> str | None:
    """Breadth first along the arrows, in their order."""
    seen, row = {after}, [after]
    while row:
        ahead_of_row = []
        for key in row:
            for target in stage(body, key)["next"]:
                found = stage(body, target)
                if found is None or target in seen:
                    continue
                if found["kind"] == kind:
                    return target
                seen.add(target)
                if passable(found):
                    ahead_of_row.append(target)
        row = ahead_of_row
    return None
