"""A score over time: a line in steps, the bar it must reach, versions marked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    """A word at a place: on the scale, below the axis, at the bar, or above a mark."""

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
    `floor` the foot of the picture; `named` are the words at the bar's levels, `marks` the places
    of the upright lines and `labels` the words above them."""

    width: int
    height: int
    right: int
    floor: int
    title: str
    scale: list[Tick]
    days: list[Tick]
    marks: list[float]
    labels: list[Tick]
    line: str
    bar: str
    named: list[Tick]
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
    marks: Sequence[tuple[datetime, str]] = (),
    words: Callable[[Sequence[str]], str] = ", ".join,
    days: Sequence[tuple[datetime, str]] = (),
    size: tuple[int, int] = NARROW,
) -> Steps:
    """Lays out a score from the first step to `until`. `bars` is the bar in steps of its own, with
    the words of each; `marks` and `days` are moments with their words. `words` says several marks
    that stand too close together for a label each."""
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
        marks=[plane.x(at) for at, _text in marks],
        labels=_labels([(plane.x(at), text) for at, text in marks], words, plane.right),
        line=plane.path(steps),
        bar=plane.path(bars),
        named=list(_named(bars, plane)),
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


def _labels(
    places: Sequence[tuple[float, str]], words: Callable[[Sequence[str]], str], right: float
) -> list[Tick]:
    """A label above each mark, inside the picture; those that would touch become one."""
    groups: list[tuple[list[float], list[str]]] = []
    for x, text in places:
        groups.append(([x], [text]))
        while len(groups) > 1 and _touch(*(_box(*each, words, right) for each in groups[-2:])):
            xs, texts = groups.pop()
            groups[-1][0].extend(xs)
            groups[-1][1].extend(texts)
    boxes = [_box(*group, words, right) for group in groups]
    return [
        Tick(round((start + end) / 2, 1), 9, words(texts))
        for (start, end), (_xs, texts) in zip(boxes, groups, strict=True)
    ]


def _box(
    xs: Sequence[float], texts: Sequence[str], words: Callable[[Sequence[str]], str], right: float
) -> tuple[float, float]:
    """From where to where the label of these marks reaches."""
    width = text_width(words(texts), 12)
    start = max(min(sum(xs) / len(xs) - width / 2, right - width), 0)
    return start, start + width


def _touch(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return other[0] < one[1] + 6


def _named(bars: Sequence[Step], plane: _Plane) -> Iterator[Tick]:
    """The bar's words where each of its levels begins; of earlier levels only those with room."""
    levels = [step for step, before in zip(bars, [None, *bars], strict=False)
              if not before or step.value != before.value]  # fmt: skip
    ends = [*(plane.x(step.at) for step in levels[1:]), plane.right]
    for step, end in zip(levels, ends, strict=True):
        if step.value is None or not step.words:
            continue
        width, start = text_width(step.words, 11), plane.x(step.at) + 4
        if start + width <= end or step is levels[-1]:
            y = plane.y(step.value)
            x = round(min(start, plane.right - width), 1)
            yield Tick(x, y - 4 if y > TOP + 24 else y + 13, step.words)


def _signed(value: int) -> str:
    return f"−{-value}" if value < 0 else str(value)
