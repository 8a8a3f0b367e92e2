"""A score over time: a line in steps, the bar it must reach, versions marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scoring.maps.shapes import text_width

TOP, LEFT = 16, 2
NARROW, WIDE = (344, 148), (760, 220)
# Room at the right end for the scale, at the bottom for the days.
SCALE, DAYS = 34, 20
UNITS = [10**power * step for power in range(1, 9) for step in (1, 2, 5)]


@dataclass(frozen=True)
class Step:
    """From `at` on the value is this; None: there is none. `words` say it: “5 Oct: 55 to 78”."""

    at: datetime
    value: int | None
    words: str = ""


@dataclass(frozen=True)
class Tick:
    """A word at a place: on the scale, below the axis, or above a mark."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Steps:
    """What the template draws. `line` and `bar` are SVG path data; `right` is where they end,
    `floor` the foot of the picture."""

    width: int
    height: int
    right: int
    floor: int
    title: str
    scale: list[Tick]
    days: list[Tick]
    marks: list[Tick]
    line: str
    bar: str
    named: Tick | None
    dots: list[Dot]


@dataclass(frozen=True)
class _Plane:
    """Moments and values as places."""

    since: datetime
    until: datetime
    low: int
    high: int
    size: tuple[int, int]

    @property
    def right(self) -> int:
        return self.size[0] - SCALE

    @property
    def floor(self) -> int:
        return self.size[1] - DAYS

    def x(self, at: datetime) -> float:
        whole = (self.until - self.since).total_seconds() or 1
        share = (min(max(at, self.since), self.until) - self.since).total_seconds() / whole
        return round(LEFT + share * (self.right - LEFT), 1)

    def y(self, value: int) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1)
        return round(self.floor - share * (self.floor - TOP), 1)

    def path(self, steps: Sequence[Step]) -> str:
        """Level from each step to the next, upright between them, with gaps where nothing is."""
        ends = [*(self.x(step.at) for step in steps[1:]), self.right]
        found, drawing = [], False
        for step, end in zip(steps, ends, strict=True):
            if step.value is None:
                drawing = False
                continue
            y = self.y(step.value)
            found.append(f"V{y}H{end}" if drawing else f"M{self.x(step.at)} {y}H{end}")
            drawing = True
        return "".join(found)


def draw(
    steps: Sequence[Step],
    *,
    bars: Sequence[Step],
    until: datetime,
    title: str,
    label: str,
    marks: Sequence[tuple[datetime, str]] = (),
    days: Sequence[tuple[datetime, str]] = (),
    size: tuple[int, int] = NARROW,
) -> Steps:
    """Lays out a score from the first step to `until`. `bars` is the bar in steps of its own,
    `label` names it; `marks` and `days` are moments with their words."""
    values = [step.value for step in [*steps, *bars] if step.value is not None]
    low, high = _bounds(values)
    plane = _Plane(steps[0].at, until, low, high, size)
    shown = [step for step in steps[1:] if step.value is not None]
    return Steps(
        width=size[0],
        height=size[1],
        right=plane.right,
        floor=plane.floor,
        title=title,
        scale=[Tick(size[0], plane.y(value), _signed(value)) for value in sorted({low, 0, high})],
        days=_apart([(plane.x(at), text) for at, text in days], size[1] - 4, plane.right),
        marks=_apart([(plane.x(at), text) for at, text in marks], 9, plane.right),
        line=plane.path(steps),
        bar=plane.path(bars),
        named=_named(bars, label, plane),
        dots=[Dot(plane.x(step.at), plane.y(step.value), step.words) for step in shown],
    )


def _bounds(values: Sequence[int]) -> tuple[int, int]:
    """Round numbers around all values, zero always among them."""
    low, high = min([0, *values]), max([10, *values])
    unit = next(unit for unit in UNITS if unit * 12 >= high - low)
    return low // unit * unit, -(-high // unit) * unit


def _apart(places: Sequence[tuple[float, str]], y: float, right: float) -> list[Tick]:
    """Of words too close to each other, the later one is left out; its mark stays."""
    ticks: list[Tick] = []
    free = 0.0
    for x, text in places:
        half = text_width(text, 12) / 2
        at = min(max(x, half), right + SCALE - half)
        ticks.append(Tick(x, y, text if at - half >= free and abs(at - x) < 1 else ""))
        free = at + half + 6 if ticks[-1].text else free
    return ticks


def _named(bars: Sequence[Step], label: str, plane: _Plane) -> Tick | None:
    """The bar's name, where its last level begins."""
    if not bars or bars[-1].value is None or not label:
        return None
    x, y = plane.x(bars[-1].at), plane.y(bars[-1].value)
    x = min(x + 4, plane.right - text_width(label, 11))
    return Tick(round(x, 1), y - 4 if y > TOP + 24 else y + 13, label)


def _signed(value: int) -> str:
    return f"−{-value}" if value < 0 else str(value)
