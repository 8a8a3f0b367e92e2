"""Handoffs a week: bars of what was, marks of what a text would have made of it, the room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT, TOP, FLOOR = 320, 112, 18, 94
GAP = 4
# A line of the room further up than this many times the highest bar would press the bars flat.
ROOM_IN_SIGHT = 2.5
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Bar:
    """A week: a bar from the floor up to the room, and what is above it; a mark over its width."""

    since: date
    now: int
    then: float
    answered: int
    x: float
    width: float
    top: float
    height: float
    over_top: float
    over_height: float
    mark: float


@dataclass(frozen=True)
class Weeks:
    """`room` is the height of its line, None where there is none or it lies out of sight."""

    width: int
    height: int
    floor: int
    bars: list[Bar]
    capacity: int | None
    room: float | None
    last: date

    @property
    def room_label(self) -> float | None:
        """Where the word for it stands, above its line."""
        return None if self.room is None else round(self.room - 5, 1)

    @property
    def weeks_over(self) -> int:
        """In how many weeks more came than there is room for at a time."""
        return sum(1 for bar in self.bars if self.capacity and bar.now > self.capacity)

    @property
    def weeks_over_then(self) -> int:
        return sum(1 for bar in self.bars if self.capacity and bar.then > self.capacity)


def draw(since: date, rows: Sequence[tuple[int, float, int]], capacity: int | None) -> Weeks:
    """`rows` are weeks from `since` on: handed over, by the text, answered."""
    most = max([1.0, *(max(now, then) for now, then, _answered in rows)])
    in_sight = capacity is not None and capacity <= ROOM_IN_SIGHT * most
    scale = (FLOOR - TOP) / max(most, capacity or 0 if in_sight else 0)
    step = WIDTH / max(len(rows), 1)
    bars = [
        _bar(since + n * WEEK, row, n * step + GAP / 2, step - GAP, scale, capacity)
        for n, row in enumerate(rows)
    ]
    room = round(FLOOR - capacity * scale, 1) if in_sight and capacity else None
    last = since + len(rows) * WEEK - timedelta(days=1)
    return Weeks(WIDTH, HEIGHT, FLOOR, bars, capacity, room, last)


def _bar(
    since: date,
    row: tuple[int, float, int],
    x: float,
    width: float,
    scale: float,
    capacity: int | None,
) -> Bar:
    now, then, answered = row
    below = min(now, capacity) if capacity else now
    heights = [round(number * scale, 1) for number in (below, now - below, then)]
    return Bar(
        since,
        now,
        then,
        answered,
        round(x, 1),
        round(width, 1),
        round(FLOOR - heights[0], 1),
        heights[0],
        round(FLOOR - heights[0] - heights[1], 1),
        heights[1],
        round(FLOOR - heights[2], 1),
    )
