"""Ways as SVG paths: rounded corners, and a tip at the end."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[int, int]
TIP, TURN = 8, 8


def path(way: Sequence[Point], *, to_a_tip: bool) -> str:
    """An SVG path with rounded corners; before a tip it ends a little early, under it."""
    last, before = way[-1], way[-2]
    end = _towards(last, before, TIP - 3 if to_a_tip else 0)
    d = [f"M{way[0][0]} {way[0][1]}"]
    for a, corner, b in zip(way, way[1:], way[2:], strict=False):
        turn = min(TURN, _distance(a, corner) / 2, _distance(corner, b) / 2)
        (x1, y1), (x2, y2) = _towards(corner, a, turn), _towards(corner, b, turn)
        d.append(f"L{x1:g} {y1:g}Q{corner[0]} {corner[1]} {x2:g} {y2:g}")
    return "".join([*d, f"L{end[0]:g} {end[1]:g}"])


def tip(way: Sequence[Point]) -> str:
    """The triangle at the end of a way."""
    (x, y), before = way[-1], way[-2]
    back, half = _towards((x, y), before, TIP), TIP / 2
    if back[1] == y:
        return f"M{x} {y}L{back[0]:g} {y - half:g}V{y + half:g}z"
    return f"M{x} {y}L{x - half:g} {back[1]:g}H{x + half:g}z"


def _towards(point: Point, other: Point, by: float) -> tuple[float, float]:
    length = _distance(point, other) or 1
    return (
        point[0] + (other[0] - point[0]) * by / length,
        point[1] + (other[1] - point[1]) * by / length,
    )


def _distance(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])
