"""Arrows find their way: the cheapest path on a grid of 12 px, one arrow after the other.

A step costs 1, a bend and a crossing cost more, another arrow's track is never shared (two arrows
of one stage that go back may run together and part later), boxes are walls. Dijkstra with the
distance to the target, and the bend that cannot be saved, as a lower bound (Hart, Nilsson and
Raphael 1968).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise
from math import ceil

from scoring.maps.shapes import CELL, Rect

Point = tuple[int, int]
Edge = tuple[int, int, bool]  # its western or northern end, and whether it lies level
Way = list[Point]

BEND, CROSSING, NEAR, BESIDE, TOGETHER = 4.0, 3.0, 0.5, 0.9, 0.25
EAST, SOUTH, WEST, NORTH = (1, 0), (0, 1), (-1, 0), (0, -1)


@dataclass(frozen=True)
class Link:
    """An arrow to draw between two rectangles. Links of one `bundle` may run together."""

    start: str
    end: str
    bundle: str = ""


@dataclass
class Grid:
    """The paper: walls, and the tracks taken so far."""

    columns: int
    rows: int
    walls: set[Point] = field(default_factory=set)
    near: set[Point] = field(default_factory=set)
    tracks: dict[Edge, Link] = field(default_factory=dict)
    passed: set[Point] = field(default_factory=set)
    fixed: dict[Point, Link] = field(default_factory=dict)  # bends and ends: nobody else's

    def without_tracks(self) -> Grid:
        return Grid(self.columns, self.rows, self.walls, self.near)

    def take(self, link: Link, way: Way) -> None:
        """Keeps a way for a link."""
        for here, there in pairwise(way):
            self.tracks.setdefault(_edge(here, (there[0] - here[0], there[1] - here[1])), link)
        self.passed.update(way)
        for point in _corners(way):
            self.fixed.setdefault(point, link)


def find(
    links: Iterable[Link],
    rects: dict[str, Rect],
    *,
    width: float,
    height: float,
    kept_free: Iterable[Rect] = (),
) -> dict[Link, Way]:
    """The way of each link as corner points in pixels; a link without any way is left out."""
    grid = Grid(int(width // CELL), int(height // CELL))
    for rect in rects.values():
        grid.walls.update(_points(rect))
        grid.near.update(_points(rect, around=1))
    for rect in kept_free:
        grid.walls.update(_within(rect))
    found = {}
    for link in links:
        ends = rects[link.start], rects[link.end]
        # Where others have taken every way out, an arrow may run over theirs.
        way = _way(grid, link, *ends) or _way(grid.without_tracks(), link, *ends)
        if way:
            grid.take(link, way)
            found[link] = [(x * CELL, y * CELL) for x, y in _corners(way)]
    return found


def _way(grid: Grid, link: Link, start: Rect, end: Rect) -> Way:
    goals = {port: (-out[0], -out[1]) for port, out, _off in _ports(end)}
    prices = {port: off for port, _out, off in _ports(end)}
    left, top, right, bottom = (int(v // CELL) for v in (end.x, end.y, end.right, end.bottom))
    floor = TOGETHER if link.bundle else 1.0

    def bound(point: Point, heading: Point) -> float:
        x, y = point
        level, upright = max(left - x, 0, x - right), max(top - y, 0, y - bottom)
        turns = upright if heading[0] else level
        return floor * (level + upright) + (BEND if turns else 0)

    heap: list[tuple[float, float, Point, Point]] = []
    costs: dict[tuple[Point, Point], float] = {}
    before: dict[tuple[Point, Point], tuple[Point, Point] | None] = {}
    for port, out, off in _ports(start):
        if _free(grid, port, link):
            costs[port, out], before[port, out] = off, None
            heappush(heap, (off + bound(port, out), off, port, out))
    while heap:
        _estimate, cost, point, heading = heappop(heap)
        if cost > costs[point, heading]:
            continue
        if goals.get(point) == heading:
            return _trace(before, (point, heading))
        for step in (EAST, SOUTH, WEST, NORTH):
            there = point[0] + step[0], point[1] + step[1]
            price = _price(grid, link, point, there, heading, step, goals)
            if price is None:
                continue
            total = cost + price + prices.get(there, 0)
            if total < costs.get((there, step), float("inf")):
                costs[there, step], before[there, step] = total, (point, heading)
                heappush(heap, (total + bound(there, step), total, there, step))
    return []


def _price(
    grid: Grid,
    link: Link,
    here: Point,
    there: Point,
    heading: Point,
    step: Point,
    goals: dict[Point, Point],
) -> float | None:
    """What one step costs, or None where it may not be taken."""
    if step == (-heading[0], -heading[1]):
        return None
    if not (0 < there[0] < grid.columns and 0 < there[1] < grid.rows):
        return None
    if there in grid.walls and goals.get(there) != step:
        return None
    turned = step != heading
    edge = _edge(here, step)
    owner = grid.tracks.get(edge)
    if owner and not _together(owner, link):
        return None
    if not _free(grid, there, link) or (turned and not _may_turn(grid, here, link)):
        return None
    price = TOGETHER if owner else 1.0
    price += BEND if turned else 0
    price += NEAR if there in grid.near and there not in goals else 0
    if there in grid.passed and not owner:
        price += CROSSING
    if not owner and _is_beside(grid, edge):
        price += BESIDE
    return price


def _free(grid: Grid, point: Point, link: Link) -> bool:
    """Nobody else bends or ends here."""
    owner = grid.fixed.get(point)
    return owner is None or _together(owner, link)


def _may_turn(grid: Grid, point: Point, link: Link) -> bool:
    """Turning on somebody else's track would look as if the two met."""
    if point not in grid.passed:
        return True
    around = (grid.tracks.get(_edge(point, step)) for step in (EAST, SOUTH, WEST, NORTH))
    return all(_together(owner, link) for owner in around if owner)


def _together(owner: Link, link: Link) -> bool:
    return bool(link.bundle) and owner.bundle == link.bundle


def _is_beside(grid: Grid, edge: Edge) -> bool:
    """A track runs along this edge, one cell away."""
    x, y, level = edge
    if level:
        return (x, y - 1, True) in grid.tracks or (x, y + 1, True) in grid.tracks
    return (x - 1, y, False) in grid.tracks or (x + 1, y, False) in grid.tracks


def _edge(here: Point, step: Point) -> Edge:
    return here[0] + min(step[0], 0), here[1] + min(step[1], 0), step[1] == 0


def _ports(rect: Rect) -> Iterator[tuple[Point, Point, float]]:
    """Points where an arrow may touch a rectangle, the way out, and how far off the middle."""
    left, top = int(rect.x // CELL), int(rect.y // CELL)
    right, bottom = int(rect.right // CELL), int(rect.bottom // CELL)
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    for x in range(left + 1, right):
        off = 0.3 * abs(x - middle_x)
        yield (x, top), NORTH, off
        yield (x, bottom), SOUTH, off
    for y in range(top + 1, bottom):
        off = 0.3 * abs(y - middle_y)
        yield (left, y), WEST, off
        yield (right, y), EAST, off


def _points(rect: Rect, around: int = 0) -> Iterator[Point]:
    for x in range(int(rect.x // CELL) - around, int(rect.right // CELL) + around + 1):
        for y in range(int(rect.y // CELL) - around, int(rect.bottom // CELL) + around + 1):
            yield x, y


def _within(rect: Rect) -> Iterator[Point]:
    """The points of the grid on a rectangle that need not lie on it."""
    for x in range(ceil(rect.x / CELL), int(rect.right // CELL) + 1):
        for y in range(ceil(rect.y / CELL), int(rect.bottom // CELL) + 1):
            yield x, y


def _trace(
    before: dict[tuple[Point, Point], tuple[Point, Point] | None], state: tuple[Point, Point]
) -> Way:
    way: Way = []
    walk: tuple[Point, Point] | None = state
    while walk:
        way.append(walk[0])
        walk = before[walk]
    return way[::-1]


def _corners(way: Way) -> Way:
    """Both ends and every bend of a way."""
    kept = [
        point
        for before, point, after in zip(way, way[1:], way[2:], strict=False)
        if (point[0] - before[0], point[1] - before[1])
        != (after[0] - point[0], after[1] - point[1])
    ]
    return [way[0], *kept, way[-1]]
