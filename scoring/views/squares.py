"""An address as a QR code, to be read from the wall with a phone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import segno

# What the standard wants empty around the code, in modules.
QUIET = 4


@dataclass(frozen=True)
class Square:
    """One SVG path of dark modules, each a unit, in a view of `size` units."""

    path: str
    size: int


def square(address: str) -> Square:
    """The code of an address, readable where up to 15 % of it is hidden."""
    rows = segno.make(address, error="m", micro=False).matrix
    path = "".join(_line(row, y) for y, row in enumerate(rows, QUIET))
    return Square(path, len(rows) + 2 * QUIET)


def _line(row: bytes, y: int) -> str:
    x, path = QUIET, ""
    for dark, modules in groupby(row):
        width = len(list(modules))
        path += f"M{x} {y}h{width}v1h-{width}z" if dark else ""
        x += width
    return path
