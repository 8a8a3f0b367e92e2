"""Do the arrows make a journey that leads can travel?"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from scoring.checks.findings import Problem
from scoring.documents import Body, text
from scoring.journeys import (
    IN_HAND,
    MACHINE_ENTERS,
    StageJSON,
    first_stage,
    next_of_kind,
    stage,
    stages_of_kind,
    steps,
)

# Which arrows somebody walks: the machine out of open and nurture, a verb out of the others.
ARROWS = {
    "open": MACHINE_ENTERS,
    "nurture": MACHINE_ENTERS,
    "handoff": ("accepted", "qualified", "won", "lost", "disqualified", "nurture", "open"),
    "accepted": ("qualified", "won", "lost", "disqualified", "nurture", "open"),
    "qualified": ("won", "lost", "disqualified", "nurture", "open"),
    "won": ("customer", "nurture"),
    "lost": ("nurture", "open"),
    "disqualified": ("nurture", "open"),
    "customer": ("customer", "nurture"),
}


def problems(body: Body) -> Iterator[Problem]:
    if not stages_of_kind(body, "open"):
        yield Problem("stages", _("There is no stage in which leads begin."))
        return
    if not stages_of_kind(body, "handoff"):
        yield Problem("stages", _("No stage hands leads over to sales."), later=True)
    for each in body["stages"]:
        yield from _arrows(body, each)
        yield from _criteria(body, each)
    yield from _unreachable(body)
    yield from _circles(body)
    yield from _dead_ends(body)
    yield from _ways_out(body)
    yield from _moves(body)


def _arrows(body: Body, start: StageJSON) -> Iterator[Problem]:
    path = f"stages.{start['key']}.next"
    for key in start["next"]:
        target = stage(body, key)
        words = {"stage": text(start["name"]), "key": key}
        if target is None:
            message = _("An arrow leads from “%(stage)s” to “%(key)s”, and there is no such stage.")
            yield Problem(path, message % words)
        elif target["kind"] not in ARROWS[start["kind"]] or key == start["key"]:
            words["key"] = text(target["name"])
            message = _("No lead goes from “%(stage)s” straight to “%(key)s”. Remove this arrow.")
            yield Problem(path, message % words)


def _criteria(body: Body, each: StageJSON) -> Iterator[Problem]:
    path, name = f"stages.{each['key']}.criteria", {"stage": text(each["name"])}
    if each["kind"] == "handoff" and not each["criteria"]:
        message = _(
            "“%(stage)s” hands leads over, but says nothing about which: it needs criteria."
        )
        yield Problem(path, message % name, later=True)
    if each["criteria"] and each["kind"] not in MACHINE_ENTERS:
        message = _("People decide who enters “%(stage)s”: it cannot have criteria.")
        yield Problem(path, message % name)
    if each["criteria"] and each["key"] == first_stage(body):
        message = _("Every lead begins in “%(stage)s”: it cannot have criteria.")
        yield Problem(path, message % name)


def _unreachable(body: Body) -> Iterator[Problem]:
    reached, row = set(), [first_stage(body)]
    while row:
        key = row.pop()
        found = stage(body, key)
        if found and key not in reached:
            reached.add(key)
            row += found["next"]
    for each in body["stages"]:
        if each["key"] not in reached:
            message = _("No arrows lead to “%(stage)s”.") % {"stage": text(each["name"])}
            yield Problem(f"stages.{each['key']}", message, later=True)


def _circles(body: Body) -> Iterator[Problem]:
    """The machine must come to rest: no circle among stages it both enters and leaves."""
    ahead: dict[str, set[str]] = {}
    for start, target in steps(body):
        if target["kind"] != "handoff":
            ahead.setdefault(start["key"], set()).add(target["key"])
    while ahead:
        ends = {key for key, targets in ahead.items() if not targets & ahead.keys()}
        if not ends:
            circle = [text(each["name"]) for each in body["stages"] if each["key"] in ahead]
            message = _("Leads would go round in circles, with nobody deciding: %(stages)s.")
            path = f"stages.{min(ahead, key=_places(body).index)}.next"
            yield Problem(path, message % {"stages": ", ".join(circle)}, later=True)
            return
        ahead = {key: targets for key, targets in ahead.items() if key not in ends}


def _dead_ends(body: Body) -> Iterator[Problem]:
    """Where leads wait, something must be ahead of them."""
    for each in body["stages"]:
        if each["kind"] == "open" and not each["next"]:
            message = _("“%(stage)s” is a dead end: leads wait there, and no arrow leads on.")
            path = f"stages.{each['key']}.next"
            yield Problem(path, message % {"stage": text(each["name"])}, later=True)


def _ways_out(body: Body) -> Iterator[Problem]:
    """From sales' hands a lead must be able to be won, and to be returned for every reason."""
    for each in body["stages"]:
        path, name = f"stages.{each['key']}.next", text(each["name"])
        for kind in _wanted_ways(body, each):
            if next_of_kind(body, each["key"], kind) is None:
                places = [text(stage(body, key)["name"]) for key in stages_of_kind(body, kind)]
                words = {"stage": name, "stages": _("” or “").join(places)}
                yield Problem(path, _no_way(kind, bool(places)) % words, later=True)


def _no_way(kind: str, has_places: bool) -> str:
    if kind != "won":
        return _("A lead returned from “%(stage)s” must get to “%(stages)s”: draw an arrow.")
    if has_places:
        return _("From “%(stage)s” no lead can be won: draw the arrows on to “%(stages)s”.")
    return _("From “%(stage)s” no lead can be won: add a stage for deals that are won.")


def _moves(body: Body) -> Iterator[Problem]:
    """Leads whose stage goes: only to where nobody has to answer for them."""
    for move in body.get("moves") or []:
        path, target = f"moves.{move['key']}.to", stage(body, move["to"])
        if target is None:
            message = _("These leads would go to “%(key)s”, and there is no such stage.")
            yield Problem(path, message % {"key": move["to"]})
        elif move["to"] == move["key"]:
            yield Problem(path, _("Leads cannot go from a stage to itself. Choose another one."))
        elif target["kind"] in IN_HAND:
            message = _(
                "Nobody is handed over or accepted by a text: choose another stage than “%(stage)s”"
                ", one where leads wait or end."
            )
            yield Problem(path, message % {"stage": text(target["name"])})


def _wanted_ways(body: Body, each: StageJSON) -> list[str]:
    """The kinds of stages to which verbs take a lead from here, but for those the body lacks."""
    if each["kind"] == "qualified":
        return ["won"]
    if each["kind"] not in ("handoff", "accepted"):
        return []
    back = {reason["then"] for reason in body["reasons"]}
    return ["won", *sorted(kind for kind in back if stages_of_kind(body, kind))]


def _places(body: Body) -> list[str]:
    return [each["key"] for each in body["stages"]]
