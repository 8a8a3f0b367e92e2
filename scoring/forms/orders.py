"""The order of the rows of a list: an input says it, and buttons in the rows change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scoring.forms.steps import HIGHER, LOWER, Step

MOST_ROWS = 150


def read(data: Mapping[str, Any], name: str) -> list[int]:
    """The numbers of the rows that were posted, in their order; those it does not name come last,
    as they stand."""
    count = min(_number(data.get(f"{name}-count", "")), MOST_ROWS)
    said = [_number(each, count) for each in data.get(order_name(name), "").split(",")]
    return list(dict.fromkeys([*(n for n in said if n < count), *range(count)]))


def stepped(data: Mapping[str, Any] | None, step: Step | None) -> Mapping[str, Any] | None:
    """The posted data with a row one place higher or lower, where the button says so."""
    if data is None or step is None or step.what not in (HIGHER, LOWER):
        return data
    name, _dash, number = step.row.rpartition("-")
    order = read(data, name)
    row = _number(number, -1)
    if row not in order:
        return data
    at = order.index(row)
    to = at + (1 if step.what == LOWER else -1)
    order.insert(min(max(to, 0), len(order) - 1), order.pop(at))
    moved = data.copy()
    moved[order_name(name)] = written(order)
    return moved


def written(order: list[int]) -> str:
    return ",".join(map(str, order))


def order_name(name: str) -> str:
    return f"{name}-order"


def _number(written: str, otherwise: int = 0) -> int:
    return int(written) if written.isdecimal() and len(written) < 6 else otherwise
