"""Points: can each rule give them as it says, do limits and grades fit, is every bar in reach?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from scoring.checks.findings import Problem
from scoring.conditions import repeating
from scoring.documents import GROUPS, Body, ConditionJSON, ItemJSON
from scoring.measures import MOST_PERIODS

SCORE_GROUPS = {
    "fit": ("profile", "channel"),
    "engagement": ("actions",),
    "total": GROUPS,
}
MOST_COUNTED = 1000
# The fewest days that a week, a month … has.
FEWEST_DAYS = {"day": 1, "week": 7, "month": 28}


def problems(body: Body) -> Iterator[Problem]:
    for rule in body["score"]["rules"]:
        yield from _rule(rule, f"score.rules.{rule['key']}")
    yield from _limits(body)
    yield from _grades(body)
    yield from _bars(body)


def counts_each(when: ConditionJSON) -> bool:
    """May a rule with this condition give points more than once?"""
    return _repeating(when) is not None


def highest(body: Body, which: str) -> int | None:
    """The most points a lead can have (fit, engagement or total); None where there is no limit."""
    total = 0
    for group in SCORE_GROUPS.get(which, GROUPS):
        most = _highest_of(body, group)
        if most is None:
            return None
        total += most
    return total


def _rule(rule: ItemJSON, path: str) -> Iterator[Problem]:
    if rule["points"] == 0:
        yield Problem(f"{path}.points", _("A rule of 0 points says nothing. Remove it."))
    if rule["cap"] is not None and rule["times"] == repeating.ONCE:
        message = _("Only a rule that gives points more than once can have a cap of its own.")
        yield Problem(f"{path}.cap", message)
    if rule["times"] != repeating.ONCE:
        yield from _times(rule, f"{path}.times")
    if ("days" in rule and rule["days"] is not None) != (rule["times"] == "days"):
        message = _("A number of days belongs to “once in so many days”, and to it alone.")
        yield Problem(f"{path}.days", message)
    if rule.get("halving"):
        yield from _halving(rule, f"{path}.halving")


def _times(rule: ItemJSON, path: str) -> Iterator[Problem]:
    part = _repeating(rule["when"])
    if part is None:
        message = _(
            "To give points more than once, a rule needs something the lead did, once, or a time"
            " without it: alone, or as the only such part of “all of these”."
        )
        yield Problem(path, message)
    elif part["op"] == "idle" and rule["times"] != repeating.EVERY:
        message = _("A time without activity counts every time: each of its periods.")
        yield Problem(path, message)


def _halving(rule: ItemJSON, path: str) -> Iterator[Problem]:
    steps, part = rule["halving"], _repeating(rule["when"])
    if rule["times"] != repeating.EVERY or part is None or part["op"] != "did":
        message = _("Only points for every activity can be halved as it grows older.")
        yield Problem(path, message)
        return
    if sorted(set(steps)) != steps:
        yield Problem(path, _("The days at which points are halved must rise."))
    window = part.get("within_days")
    if window is not None and window != steps[-1]:
        message = _("Points end after %(last)s days, but the condition looks %(window)s days back.")
        yield Problem(path, message % {"last": steps[-1], "window": window})


def _limits(body: Body) -> Iterator[Problem]:
    caps, floors = body["score"]["caps"], body["score"].get("floors", {})
    for group in GROUPS:
        cap, floor = caps.get(group), floors.get(group)
        if cap is not None and cap < max(0, floor or 0):
            message = _("A cap is 0 or more, and not below the floor.")
            yield Problem(f"score.caps.{group}", message)
        if floor is not None and floor > 0:
            message = _("A floor of a group is 0 or less: nobody begins with points.")
            yield Problem(f"score.floors.{group}", message)
    if body["score"]["floor"] > 0:
        message = _("The floor of the score is 0 or less: nobody begins with points.")
        yield Problem("score.floor", message)


def _grades(body: Body) -> Iterator[Problem]:
    for which, bounds in body["score"].get("grades", {}).items():
        path = f"score.grades.{which}"
        if sorted(set(bounds), reverse=True) != bounds:
            message = _("The points from which grades are given must fall, the best grade first.")
            yield Problem(path, message)
            continue
        most = highest(body, which)
        if most is not None and bounds[0] > most:
            counts = {"value": bounds[0], "most": most}
            message = _("No lead can reach %(value)s: the rules and caps allow %(most)s.")
            yield Problem(path, message % counts)


def _bars(body: Body) -> Iterator[Problem]:
    """Score criteria that no lead can meet. Rules may still come: others write them meanwhile."""
    for stage in body["stages"]:
        for criterion in stage["criteria"] or []:
            when = criterion["when"]
            if not isinstance(when, dict) or when.get("op") != "score_at_least":
                continue
            most = highest(body, when.get("which", "total"))
            value = when.get("value")
            if most is not None and isinstance(value, int) and value > most:
                path = f"stages.{stage['key']}.criteria.{criterion['key']}.when"
                counts = {"value": value, "most": most}
                message = _("No lead can reach %(value)s: the rules and caps allow %(most)s.")
                yield Problem(path, message % counts, later=True)


def _repeating(when: ConditionJSON) -> ConditionJSON | None:
    """The part of a condition that a rule can count; `scoring.conditions.repeating` says the
    same of conditions that were read."""
    if not isinstance(when, dict):
        return None
    if _repeats(when):
        return when
    parts = when.get("all")
    found = [part for part in parts if _repeats(part)] if isinstance(parts, list) else []
    return found[0] if len(found) == 1 else None


def _repeats(part: ConditionJSON) -> bool:
    if not isinstance(part, dict):
        return False
    once = part.get("times", 1) == 1 and part.get("count", "times") == "times"
    return part.get("op") == "idle" or (part.get("op") == "did" and once)


def _highest_of(body: Body, group: str) -> int | None:
    cap = body["score"]["caps"].get(group)
    total = 0
    for rule in body["score"]["rules"]:
        if rule["group"] != group or rule["points"] <= 0:
            continue
        most = _highest_by(rule)
        if most is None:
            return cap
        total += most
    return total if cap is None else min(total, cap)


def _highest_by(rule: ItemJSON) -> int | None:
    """The most points a rule can give."""
    if rule["times"] == repeating.ONCE:
        return rule["points"]
    times, cap = _most_times(rule), rule["cap"]
    if times is None:
        return cap
    most = rule["points"] * times
    return most if cap is None else min(most, cap)


def _most_times(rule: ItemJSON) -> int | None:
    """How often a rule can count; None where nothing limits it."""
    part: Mapping[str, object] = _repeating(rule["when"]) or {}
    if part.get("op") == "idle":
        return MOST_PERIODS
    size, window = FEWEST_DAYS.get(rule["times"], rule.get("days")), part.get("within_days")
    if not isinstance(size, int) or not isinstance(window, int):
        return None
    # A window of N times 24 hours touches N + 1 days, one more where a day has 23 hours.
    days = window + 2
    return min((days + size - 2) // size + 1, MOST_COUNTED)
