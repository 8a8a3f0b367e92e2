"""A criterion with one thing changed: a threshold, a window, a value more or less."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from leads.models import Channel
from scoring.calibrations.traits import SIZES
from scoring.documents import BRANCHES, ConditionJSON

POINTS = (5, 10, 15, 20, 25, 30)
WINDOWS = (3, 7, 14, 21, 30, 45, 60, 90, 180, None)
TIMES = (1, 2, 3, 4, 5)
BARS = ("score_at_least", "score_below")
NUMBERS = ("at_least", "below", "above", "at_most")
LISTS = ("one_of", "not_one_of")
KINDS = (Channel.Kind.INBOUND, Channel.Kind.EVENT, Channel.Kind.ENGAGEMENT)


def of(when: ConditionJSON, values: dict[str, list[str]]) -> Iterator[ConditionJSON]:
    """Every condition that differs from `when` in one place, the nearest first. `values` are
    those that occur among the leads, by field: lists may grow by them."""
    branch = next((name for name in BRANCHES if name in when), None)
    if branch is None:
        yield from _leaf(when, values)
        return
    parts = when[branch]
    for n, part in enumerate(parts):
        for variant in of(part, values):
            yield {branch: [*parts[:n], variant, *parts[n + 1 :]]}
    if len(parts) > 1:
        for n in range(len(parts)):
            yield {branch: [*parts[:n], *parts[n + 1 :]]}


def _leaf(leaf: ConditionJSON, values: dict[str, list[str]]) -> Iterator[ConditionJSON]:
    op = leaf.get("op")
    if op in BARS:
        for points in POINTS:
            yield leaf | {"value": leaf["value"] + points}
            yield leaf | {"value": leaf["value"] - points}
    elif op in NUMBERS and leaf["field"] == "company_size":
        yield from ({**leaf, "value": each} for each in _nearest(leaf["value"], SIZES))
    elif op in LISTS:
        yield from _lists(leaf, values.get(leaf["field"], []))
    elif op == "did":
        yield from _dids(leaf)


def _nearest(value: int, ladder: Iterable[int]) -> list[int]:
    return sorted((each for each in ladder if each != value), key=lambda each: abs(each - value))


def _lists(leaf: ConditionJSON, values: Iterable[str]) -> Iterator[ConditionJSON]:
    """With a value more, or one less."""
    listed = leaf["value"]
    for value in values:
        if value not in listed:
            yield leaf | {"value": [*listed, value]}
    if len(listed) > 1:
        for value in listed:
            yield leaf | {"value": [each for each in listed if each != value]}


def _dids(leaf: ConditionJSON) -> Iterator[ConditionJSON]:
    window = leaf.get("within_days")
    far = [each for each in WINDOWS if each != window]
    for days in sorted(far, key=lambda each: abs((each or 366) - (window or 366))):
        yield leaf | {"within_days": days}
    if leaf.get("count", "times") != "minutes":
        for times in TIMES:
            if times != leaf.get("times", 1):
                yield leaf | {"times": times}
    channels = leaf.get("channels") or []
    for kind in KINDS if channels else ():
        others = [each for each in channels if each != kind.value]
        changed = [*channels, kind.value] if others == channels else others
        if changed:
            yield leaf | {"channels": changed}
