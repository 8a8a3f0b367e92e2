"""A trend: one value a week, its band of chance, versions marked, young weeks dashed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scoring.maps.shapes import text_width

WIDTH, HEIGHT = 344, 148
LEFT, RIGHT, TOP, FLOOR = 22, 306, 16, 128
LABELS_AT = 144


@dataclass(frozen=True)
class Sample:
    """What one week contributes. `value` None: nothing to show; `low` and `high` bound chance.
    `key` names the week in an address, `words` say the value: “5 Oct: 12 of 15”."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    young: bool = False
    key: str = ""
    words: str = ""


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    young: bool
    key: str = ""
    words: str = ""


@dataclass(frozen=True)
class Tick:
    """A word at a place: on the scale, below the axis, or above a mark."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Lines:
    """What the template draws. `settled` and `young` are lists of SVG path data. `behind` is the
    name of the set of handoffs a dot leads to, week by week; "" for none."""

    width: int
    height: int
    title: str
    scale: list[Tick]
    weeks: list[Tick]
    marks: list[Tick]
    promise: Tick | None
    band: list[str]
    settled: list[str]
    young: list[str]
    dots: list[Dot]
    behind: str = ""


def draw(
    samples: Sequence[Sample],
    *,
    title: str,
    scale: Sequence[tuple[float, str]],
    marks: Sequence[tuple[float, str]] = (),
    promise: tuple[float, str] | None = None,
    behind: str = "",
) -> Lines:
    """Lays out a trend.

    `scale` holds (value, label) pairs from bottom to top: the first and last bound the picture,
    values beyond are drawn at the bound. `marks` are (position, label) with position 0..1 along
    the weeks. `promise` is a (value, label) to compare with.
    """
    bottom, top = scale[0][0], scale[-1][0]

    def y(value: float) -> float:
        share = (min(max(value, bottom), top) - bottom) / ((top - bottom) or 1)
        return round(FLOOR - share * (FLOOR - TOP), 1)

    xs = [_x(n, len(samples)) for n in range(len(samples))]
    shown = [(x, sample) for x, sample in zip(xs, samples, strict=True)]
    dots = [Dot(x, y(s.value), s.young, s.key, s.words) for x, s in shown if s.value is not None]
    settled, young = _strokes(shown, y)
    return Lines(
        width=WIDTH,
        height=HEIGHT,
        title=title,
        scale=[Tick(WIDTH, y(value), label) for value, label in scale],
        weeks=_weeks(shown),
        marks=_marks(marks),
        promise=Tick(2, y(promise[0]), promise[1]) if promise else None,
        band=_bands(shown, y),
        settled=settled,
        young=young,
        dots=dots,
        behind=behind,
    )


def _x(n: int, count: int) -> float:
    return round(LEFT + (RIGHT - LEFT) * (n / (count - 1) if count > 1 else 0.5), 1)


def _marks(marks: Sequence[tuple[float, str]]) -> list[Tick]:
    """Where versions came into force. Of marks too close for their words, the first is named."""
    ticks: list[Tick] = []
    free = 0.0
    for at, label in marks:
        x = round(LEFT + at * (RIGHT - LEFT), 1)
        half = text_width(label, 12) / 2
        ticks.append(Tick(x, 9, label if x - half >= free else ""))
        free = x + half + 2 if ticks[-1].text else free
    return ticks


def _weeks(shown: list[tuple[float, Sample]]) -> list[Tick]:
    """At most six words below the axis, the last week always among them."""
    step = max(1, -(-len(shown) // 6))
    last = len(shown) - 1
    return [
        Tick(x, LABELS_AT, sample.label)
        for n, (x, sample) in enumerate(shown)
        if (last - n) % step == 0
    ]


def _runs(shown: list[tuple[float, Sample]]) -> list[list[tuple[float, Sample]]]:
    """Stretches of weeks that have a value, without the gaps between them."""
    runs: list[list[tuple[float, Sample]]] = [[]]
    for x, sample in shown:
        if sample.value is None:
            runs.append([])
        else:
            runs[-1].append((x, sample))
    return [run for run in runs if run]


def _strokes(
    shown: list[tuple[float, Sample]], y: Callable[[float], float]
) -> tuple[list[str], list[str]]:
    """A stroke that leads to or from a young week is dashed."""
    settled, young = [], []
    for run in _runs(shown):
        for (x1, first), (x2, second) in pairwise(run):
            stroke = f"M{x1} {y(first.value)}L{x2} {y(second.value)}"
            (young if first.young or second.young else settled).append(stroke)
    return settled, young


def _bands(shown: list[tuple[float, Sample]], y: Callable[[float], float]) -> list[str]:
    bands = []
    for run in _runs(shown):
        bounded = [(x, s) for x, s in run if s.low is not None and s.high is not None]
        if len(bounded) > 1:
            upper = [f"{x} {y(s.high)}" for x, s in bounded]
            lower = [f"{x} {y(s.low)}" for x, s in reversed(bounded)]
            bands.append("M" + "L".join(upper + lower) + "z")
    return bands
