"""Rectangles and text widths: what layouts measure with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

CELL = 12

# Widths of a letter as parts of the font size, a little wide: fonts differ between machines.
_NARROW, _WIDE = frozenset("iljtfr.,:;'!|()[] "), frozenset("mwMWÖÄÜ%@")
BOLD = 1.08  # how much wider the same letters are


@dataclass(frozen=True)
class Rect:
    """A rectangle; x and y are its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    def overlaps(self, other: Rect, gap: float = 0) -> bool:
        """Whether the two share some ground, or come closer than `gap`."""
        return (
            self.x < other.right + gap
            and other.x < self.right + gap
            and self.y < other.bottom + gap
            and other.y < self.bottom + gap
        )

    def within(self, other: Rect) -> bool:
        return (
            self.x >= other.x
            and self.y >= other.y
            and self.right <= other.right
            and self.bottom <= other.bottom
        )


def text_width(text: str, size: float = 12) -> float:
    """About how wide `text` is set in `size` pixels."""
    parts = (
        0.37 if c in _NARROW else 0.96 if c in _WIDE else 0.69 if c.isupper() else 0.615
        for c in text
    )
    return sum(parts) * size


def wrap(text: str, width: float, size: float = 12, lines: int = 2) -> tuple[str, ...]:
    """`text` in at most `lines` lines of `width`; what does not fit ends in an ellipsis. A
    no-break space holds words together."""
    found: list[str] = []
    for word in text.split(" "):
        if found and text_width(f"{found[-1]} {word}", size) <= width:
            found[-1] = f"{found[-1]} {word}"
        else:
            found.append(word)
    if len(found) > lines:
        found = [*found[: lines - 1], " ".join(found[lines - 1 :])]
    return tuple(_cut(line, width, size) for line in found)


def hyphened(text: str, width: float, size: float = 12) -> str:
    """`text` with its longest words broken, so that no part of a word is wider than `width`."""
    return " ".join(chain.from_iterable(_parts(word, width, size) for word in text.split(" ")))


def _parts(word: str, width: float, size: float) -> Iterator[str]:
    while text_width(word, size) > width:
        end = next(
            n
            for n in range(len(word) - 1, 0, -1)
            if n < 2 or text_width(f"{word[:n]}-", size) <= width
        )
        yield f"{word[:end]}-"
        word = word[end:]
    yield word


def _cut(line: str, width: float, size: float) -> str:
    if text_width(line, size) <= width:
        return line
    while line and text_width(f"{line}…", size) > width:
        line = line[:-1]
    return f"{line.rstrip()}…"
