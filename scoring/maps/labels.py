"""Words on arrows: each takes the clearest place along its arrow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scoring.maps.shapes import Rect, text_width, wrap

SIZE, LEADING = 12, 14
GAP = 5
CROSSED, FAR, SHORT, UNCENTRED = 30, 0.12, 8, 0.05


@dataclass(frozen=True)
class Label:
    """Lines of text: the baseline of the first, and the ground they cover."""

    lines: tuple[str, ...]
    x: float
    y: float
    anchor: str  # "", "m" for middle, "e" for end: the classes of the style sheet
    ground: Rect

    @property
    def baselines(self) -> list[tuple[str, float]]:
        return [(line, self.y + n * LEADING) for n, line in enumerate(self.lines)]


@dataclass(frozen=True)
class Track:
    """An arrow's way in pixels, start first, and what to write on it."""

    way: tuple[tuple[int, int], ...]
    text: str
    near_start: bool = False


def place(
    tracks: Iterable[Track],
    *,
    paper: Rect,
    taken: Iterable[Rect],
    ways: Iterable[Sequence[tuple[int, int]]],
) -> list[Label | None]:
    """A label for each track, in order: clear of `taken` and of each other, within the paper, and
    if possible off all `ways` that are drawn. None where a track has no text, or no place is
    clear."""
    taken = list(taken)
    strips = [_strip(*ends) for way in ways for ends in pairwise(way)]
    found: list[Label | None] = []
    for track in tracks:
        label = _best(track, paper, taken, strips) if track.text else None
        if label:
            taken.append(label.ground)
        found.append(label)
    return found


def crossed(label: Label, ways: Iterable[Sequence[tuple[int, int]]]) -> bool:
    """Does a way run through the words?"""
    return any(label.ground.overlaps(_strip(*ends)) for way in ways for ends in pairwise(way))


def _best(track: Track, paper: Rect, taken: list[Rect], strips: list[Rect]) -> Label | None:
    best, least = None, float("inf")
    for cost, label in _candidates(track):
        if cost >= least or not label.ground.within(paper):
            continue
        if any(label.ground.overlaps(rect, 1) for rect in taken):
            continue
        cost += CROSSED * sum(label.ground.overlaps(strip) for strip in strips)
        if cost < least:
            best, least = label, cost
    return best


def _candidates(track: Track) -> Iterator[tuple[float, Label]]:
    """Places along the track, cheapest where the arrow is long and its start or middle near."""
    gone = 0.0
    length = sum(abs(x2 - x1) + abs(y2 - y1) for (x1, y1), (x2, y2) in pairwise(track.way))
    for start, end in pairwise(track.way):
        level = start[1] == end[1]
        part = abs(end[0] - start[0]) + abs(end[1] - start[1])
        for lines in _settings(track.text, part if level else 120):
            make = _along if level else _aside
            for at, label in make(start, end, lines):
                walked = gone + at
                off = walked if track.near_start else abs(walked - length / 2)
                over = max(0, label.ground.width - part) if level else 0
                yield FAR * off + SHORT * (over > 0) + over * 0.4 + 3 * len(lines), label
        gone += part


def _settings(text: str, room: float) -> set[tuple[str, ...]]:
    """The text in one line, and wrapped into the room there is; never cut."""
    longest = max(text_width(word, SIZE) for word in text.split(" "))
    widths = (400, room - 2 * GAP, text_width(text, SIZE) * 0.62, text_width(text, SIZE) * 0.45)
    return {wrap(text, max(width, longest), SIZE, 4) for width in widths}


def _along(
    start: tuple[int, int], end: tuple[int, int], lines: tuple[str, ...]
) -> Iterator[tuple[float, Label]]:
    """Above and below a level part of the arrow."""
    width = max(text_width(line, SIZE) for line in lines)
    height = LEADING * len(lines)
    left, right = sorted((start[0], end[0]))
    first, last = left + GAP + width / 2, right - GAP - width / 2
    if first > last:
        first = last = (left + right) / 2
    steps = max(int((last - first) // 6), 0)
    places = {first + n * 6 for n in range(steps + 1)} | {last, (first + last) / 2}
    for x in sorted(places):
        for top in (start[1] - GAP - height + 2, start[1] + GAP - 1):
            ground = Rect(x - width / 2, top, width, height)
            yield abs(x - start[0]), Label(lines, x, top + 11, "m", ground)


def _aside(
    start: tuple[int, int], end: tuple[int, int], lines: tuple[str, ...]
) -> Iterator[tuple[float, Label]]:
    """Left and right of an upright part."""
    width = max(text_width(line, SIZE) for line in lines)
    height = LEADING * len(lines)
    top, bottom = sorted((start[1], end[1]))
    for y in range(int(top), int(max(bottom - height, top)) + 1, 4):
        for x, anchor in ((start[0] + GAP + 2, ""), (start[0] - GAP - 2, "e")):
            ground = Rect(x if not anchor else x - width, y, width, height)
            yield abs(y + height / 2 - start[1]), Label(lines, x, y + 11, anchor, ground)


def _strip(start: tuple[int, int], end: tuple[int, int]) -> Rect:
    """The ground a line covers."""
    x, y = min(start[0], end[0]), min(start[1], end[1])
    return Rect(x - 1.5, y - 1.5, abs(end[0] - start[0]) + 3, abs(end[1] - start[1]) + 3)
