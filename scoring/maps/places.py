"""Where the stages stand: marketing above the handover line, sales below it.

The way to won runs left to right (wide) or top to bottom (tall). A handoff and the stage of sales
that follows it stand across the line from each other, the clock of the answer between them.
Stages off that way (nurture, lost, not for us) fill the free places of their lane.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from scoring.maps.shapes import CELL, Rect, text_width

PATH = ("open", "handoff", "accepted", "qualified", "won", "customer")
MARKETING, SALES = "marketing", "sales"

BOX_HEIGHT = 4 * CELL
HEAD, FOOT = 4 * CELL, 2 * CELL  # in a lane, above and below its boxes
WIDTH = 71 * CELL
TALL_WIDTH = 30 * CELL


@dataclass(frozen=True)
class Stage:
    """A stage as the layout needs it. `term` is the words of the clock that a handoff starts."""

    key: str
    name: str
    kind: str
    side: str
    next: tuple[str, ...]
    note: str = ""
    meaning: str = ""
    term: str = ""

    @property
    def lane(self) -> str:
        return SALES if self.side == SALES else MARKETING


@dataclass(frozen=True)
class Plan:
    """Places for everything that stands still. `clocks` are keyed by the handoff's stage."""

    width: int
    height: int
    boxes: dict[str, Rect]
    clocks: dict[str, Rect]
    lanes: dict[str, Rect]


def wide(stages: Sequence[Stage]) -> Plan:
    """Left to right, for a screen."""
    cells = _columns(stages)
    columns = max(column for column, _row in cells.values()) + 1
    box, gutter = _measures(stages, columns)
    content = columns * box + (columns - 1) * gutter
    width = max(WIDTH, content + 6 * CELL)
    left = _snap((width - content) / 2)
    upper = HEAD + BOX_HEIGHT + FOOT
    lower = upper + _corridor(stages)
    rows = 1 + max(row for key, (_c, row) in cells.items())
    tops = {MARKETING: HEAD, SALES: lower + 3 * CELL}
    boxes = {
        stage.key: Rect(
            left + cells[stage.key][0] * (box + gutter),
            tops[stage.lane] + cells[stage.key][1] * (BOX_HEIGHT + 2 * CELL),
            box,
            BOX_HEIGHT,
        )
        for stage in stages
    }
    height = lower + 3 * CELL + rows * (BOX_HEIGHT + 2 * CELL) + CELL
    lanes = {MARKETING: Rect(0, 0, width, upper), SALES: Rect(0, lower, width, height - lower)}
    return Plan(width, height, boxes, _clocks(stages, boxes, lanes), lanes)


def tall(stages: Sequence[Stage]) -> Plan:
    """Top to bottom, for a phone: the way to won on the left, the rest beside it."""
    pitch, box = BOX_HEIGHT + 4 * CELL, 10 * CELL
    boxes: dict[str, Rect] = {}
    lanes: dict[str, Rect] = {}
    top = 0
    for lane in (MARKETING, SALES):
        left, right = _beside([stage for stage in stages if stage.lane == lane], stages)
        rows = max(len(left), len(right), 1)
        head = top + (3 * CELL if lane == MARKETING else 4 * CELL)
        for column, keys in ((2 * CELL, left), (18 * CELL, right)):
            # The rest stands beside the end of the way: there its arrows come from.
            first = rows - len(keys) if column > 2 * CELL else 0
            for row, key in enumerate(keys, first):
                boxes[key] = Rect(column, head + row * pitch, box, BOX_HEIGHT)
        foot = 3 * CELL if lane == MARKETING else 5 * CELL
        bottom = head + (rows - 1) * pitch + BOX_HEIGHT + foot
        lanes[lane] = Rect(0, top, TALL_WIDTH, bottom - top)
        top = bottom + _corridor(stages)
    height = int(lanes[SALES].bottom)
    return Plan(TALL_WIDTH, height, boxes, _clocks(stages, boxes, lanes), lanes)


def ways(stages: Sequence[Stage]) -> tuple[list[Stage], list[Stage]]:
    """The way to won, and what is off it. Nurturing is on the way only before the handoff."""
    handover = next((n for n, stage in enumerate(stages) if stage.kind == "handoff"), 0)
    way = [
        stage
        for n, stage in enumerate(stages)
        if stage.kind in PATH or (stage.kind == "nurture" and n < handover)
    ]
    return way, [stage for stage in stages if stage not in way]


def _columns(stages: Sequence[Stage]) -> dict[str, tuple[int, int]]:
    """Column and row (within its lane) of each stage."""
    way, rest = ways(stages)
    cells: dict[str, tuple[int, int]] = {}
    taken: set[tuple[str, int]] = set()
    lane, column, handover = "", -1, 0
    for stage in way:
        across = lane and stage.lane != lane and (stage.lane, column) not in taken
        column, lane = (column if across else column + 1), stage.lane
        taken.add((lane, column))
        cells[stage.key] = (column, 0)
        handover = column if stage.kind == "handoff" else handover
    last = max((column for column, _row in cells.values()), default=0)
    for stage in (each for each in rest if each.lane == MARKETING):
        column = next(n for n in count(handover + 1) if (MARKETING, n) not in taken)
        taken.add((MARKETING, column))
        cells[stage.key] = (column, 0)
    for back, stage in enumerate(each for each in rest if each.lane == SALES):
        cells[stage.key] = (max(last - back, 0), 1 if back <= last else 2 + back - last)
    return cells


def _beside(lane: Sequence[Stage], stages: Sequence[Stage]) -> tuple[list[str], list[str]]:
    """Keys of a lane's stages on the way, and beside it (bottom last)."""
    way, _rest = ways(stages)
    handover = next((n for n, stage in enumerate(way) if stage.lane == SALES), len(way))
    left = [
        stage.key
        for n, stage in enumerate(way)
        if stage in lane and (stage.lane == SALES or n < handover)
    ]
    right = [stage.key for stage in lane if stage.key not in left]
    return left, right[::-1]


def _measures(stages: Sequence[Stage], columns: int) -> tuple[int, int]:
    """Width of a box, and of the space between two."""
    words = (word for stage in stages for word in stage.name.split())
    longest = max((text_width(word, 13.5) for word in words), default=0)
    box = 10 * CELL if longest <= 108 else 12 * CELL
    free = (WIDTH - 6 * CELL - columns * box) / max(columns - 1, 1)
    return box, int(min(max(_snap(free), 7 * CELL), 10 * CELL))


def _corridor(stages: Sequence[Stage]) -> int:
    """The ground between the lanes: a track for each stage from which leads cross back."""
    lanes = {stage.key: stage.lane for stage in stages}
    back = [
        stage
        for stage in stages
        if stage.kind == "handoff" or any(lanes.get(key) != stage.lane for key in stage.next)
    ]
    return (4 + len(back)) * CELL


def _clocks(
    stages: Iterable[Stage], boxes: dict[str, Rect], lanes: dict[str, Rect]
) -> dict[str, Rect]:
    """A clock on the handover line below each handoff of marketing."""
    found = {}
    for stage in stages:
        if stage.kind != "handoff" or stage.lane != MARKETING or not stage.term:
            continue
        width = 2 * CELL * -(-(text_width(stage.term, 12.5) + 34) // (2 * CELL))
        middle, _y = boxes[stage.key].middle
        top = lanes[MARKETING].bottom + CELL
        found[stage.key] = Rect(middle - width / 2, top, width, 2 * CELL)
    return found


def _snap(length: float) -> int:
    return int(length // CELL) * CELL
