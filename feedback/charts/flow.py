"""Where handoffs went: rows of nodes, ribbons as wide as their number, one loop back.

Drawn twice from the same numbers: left to right for a screen, top to bottom for a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scoring.maps.shapes import Rect, text_width, wrap

BAR = 10
GAP, LEADING = 22, 14
WIDTH, COLUMN, LEFT, TOP, LONGEST = 872, 165, 46, 20, 216
TALL_WIDTH, PITCH, SIDE, SLOT_GAP = 358, 84, 8, 10


@dataclass(frozen=True)
class Node:
    """A place handoffs come to. `hue`: m marketing, s sales, n neither; `settled` False: may
    still change. Nodes of one `column` stand beside each other in the order given."""

    key: str
    column: int
    count: int
    label: str
    hue: str = "n"
    settled: bool = True


@dataclass(frozen=True)
class Link:
    """`count` handoffs that went from `source` to `target`."""

    source: str
    target: str
    count: int
    hue: str = "n"


@dataclass(frozen=True)
class Box:
    """A drawn node, and its words: (text, y) of each line behind the number, all at `text_x`."""

    node: Node
    rect: Rect
    text_x: float
    text_y: float
    lines: tuple[tuple[str, float], ...]

    @property
    def ground(self) -> Rect:
        """The ground its words cover."""
        number = text_width(str(self.node.count), 13.5)
        below = all(y > self.text_y for _line, y in self.lines)
        widest = max((text_width(line, 12) for line, _y in self.lines), default=0)
        width = max(number, widest) if below else number + 6 + widest
        bottom = max((y for _line, y in self.lines), default=self.text_y) + 3
        return Rect(self.text_x, self.text_y - 11, width, bottom - self.text_y + 11)


@dataclass(frozen=True)
class Ribbon:
    path: str
    hue: str
    title: str


@dataclass(frozen=True)
class Loop:
    """The way back, drawn around everything: path, width, and where its words stand."""

    path: str
    width: float
    x: float
    y: float


@dataclass(frozen=True)
class Picture:
    width: int
    height: float
    boxes: tuple[Box, ...]
    ribbons: tuple[Ribbon, ...]
    loop: Loop | None


@dataclass(frozen=True)
class Flow:
    wide: Picture
    tall: Picture


def draw(
    nodes: Sequence[Node], links: Sequence[Link], *, loop: tuple[str, str, int] | None = None
) -> Flow:
    """Lays the nodes out in their columns and joins them.

    `loop` is (from, to, count): drawn around everything from one node back to another. Nodes and
    links of nobody are left out.
    """
    nodes = [node for node in nodes if node.count]
    links = [link for link in links if link.count]
    loop = loop if loop and loop[2] and {loop[0], loop[1]} <= {n.key for n in nodes} else None
    return Flow(_wide(nodes, links, loop), _tall(nodes, links, loop))


def _wide(
    nodes: Sequence[Node], links: Sequence[Link], loop: tuple[str, str, int] | None
) -> Picture:
    scale = LONGEST / max((node.count for node in nodes), default=1)
    boxes = _in_columns(nodes, scale, loop[0] if loop else "")
    floor = max((max(box.rect.bottom, box.ground.bottom) for box in boxes.values()), default=TOP)
    ribbons = _ribbons(links, boxes, scale, upright=False)
    back = _loop_below(loop[2] * scale, boxes[loop[0]], boxes[loop[1]], floor) if loop else None
    height = floor + (back.width + 2 * GAP + 8 if back else GAP)
    return Picture(WIDTH, round(height, 1), tuple(boxes.values()), ribbons, back)


def _in_columns(nodes: Sequence[Node], scale: float, lowest: str) -> dict[str, Box]:
    """Left to right. The node `lowest`, where the loop starts, stands below what is right of it."""
    boxes: dict[str, Box] = {}
    for column in sorted({node.column for node in nodes}, reverse=True):
        y: float = TOP
        for node in (each for each in nodes if each.column == column):
            lines = wrap(node.label, COLUMN - 66, 12)
            height = max(round(node.count * scale, 1), 2)
            if node.key == lowest:
                right = [b.ground.bottom for b in boxes.values() if b.node.column > column]
                y = max([y, *(bottom + GAP / 2 for bottom in right)])
            x = LEFT + column * COLUMN
            text_y = round(y + max(height / 2 - (len(lines) - 1) * LEADING / 2, 7) + 4, 1)
            words = tuple((line, text_y + n * LEADING) for n, line in enumerate(lines))
            boxes[node.key] = Box(node, Rect(x, y, BAR, height), x + BAR + 8, text_y, words)
            y = round(max(y + height, boxes[node.key].ground.bottom) + GAP, 1)
    return {node.key: boxes[node.key] for node in nodes}


def _loop_below(thick: float, source: Box, target: Box, floor: float) -> Loop:
    wide = max(round(thick, 1), 3)
    bend = max(wide / 2 + 4, 14)
    right, left = WIDTH - wide / 2 - 2, wide / 2 + 2
    bottom = floor + GAP + wide / 2
    y1 = source.rect.bottom - min(wide / 2, source.rect.height / 2)
    y2 = target.rect.middle[1]
    path = (
        f"M{source.rect.right} {y1:.1f}H{right - bend:.1f}"
        f"Q{right:.1f} {y1:.1f} {right:.1f} {y1 + bend:.1f}V{bottom - bend:.1f}"
        f"Q{right:.1f} {bottom:.1f} {right - bend:.1f} {bottom:.1f}H{left + bend:.1f}"
        f"Q{left:.1f} {bottom:.1f} {left:.1f} {bottom - bend:.1f}V{y2 + bend:.1f}"
        f"Q{left:.1f} {y2:.1f} {left + bend:.1f} {y2:.1f}H{target.rect.x}"
    )
    return Loop(path, wide, WIDTH / 2, round(bottom + 4, 1))


def _tall(
    nodes: Sequence[Node], links: Sequence[Link], loop: tuple[str, str, int] | None
) -> Picture:
    rows = [
        [node for node in nodes if node.column == column]
        for column in sorted({node.column for node in nodes})
    ]
    scale = _scale_of_rows(rows, loop[2] if loop else 0)
    boxes = _in_rows(rows, scale, top=max(loop[2] * scale, 3) + 10 if loop else TOP)
    ribbons = _ribbons(links, boxes, scale, upright=True)
    back = _loop_beside(loop[2] * scale, boxes[loop[0]], boxes[loop[1]]) if loop else None
    height = max((box.ground.bottom for box in boxes.values()), default=0) + GAP
    if back:
        height = max(height, back.y + GAP)
    return Picture(TALL_WIDTH, round(height, 1), tuple(boxes.values()), ribbons, back)


def _scale_of_rows(rows: Sequence[Sequence[Node]], back: int) -> float:
    """The largest scale at which every row fits beside the loop."""
    scale = 0.9 * TALL_WIDTH / max((sum(node.count for node in row) for row in rows), default=1)
    while scale > 0.001:
        room = TALL_WIDTH - 2 * SIDE - (max(back * scale, 3) + 2 * SIDE if back else 0)
        if all(_row_width(row, scale) <= room for row in rows):
            return scale
        scale *= 0.95
    return scale


def _row_width(row: Sequence[Node], scale: float) -> float:
    return sum(_slot(node, scale) for node in row) + SLOT_GAP * (len(row) - 1)


def _slot(node: Node, scale: float) -> float:
    """The width a node needs: its bar, or its words."""
    words = (str(node.count), *wrap(node.label, 56, 12, 3))
    return max(node.count * scale, *(text_width(word, 13) for word in words))


def _in_rows(rows: Sequence[Sequence[Node]], scale: float, *, top: float) -> dict[str, Box]:
    boxes: dict[str, Box] = {}
    for n, row in enumerate(rows):
        x: float = SIDE
        y = round(top + n * PITCH, 1)
        for node in row:
            slot = _slot(node, scale)
            lines = wrap(node.label, max(slot, 56), 12, 3)
            width = max(round(node.count * scale, 1), 2)
            words = tuple((line, y + BAR + 29 + k * LEADING) for k, line in enumerate(lines))
            boxes[node.key] = Box(node, Rect(x, y, width, BAR), x + 2, y + BAR + 15, words)
            x = round(x + slot + SLOT_GAP, 1)
    return boxes


def _loop_beside(thick: float, source: Box, target: Box) -> Loop:
    """Down out of the source, round on the right, and from above into the target."""
    wide = max(round(thick, 1), 3)
    bend = max(wide / 2 + 4, 10)
    right = TALL_WIDTH - wide / 2 - 2
    bottom = source.rect.bottom + PITCH - BAR - GAP
    x1 = source.rect.right - min(wide / 2, source.rect.width / 2)
    x2, top = target.rect.middle[0], wide / 2 + 1
    path = (
        f"M{x1:.1f} {source.rect.bottom}V{bottom - bend:.1f}"
        f"Q{x1:.1f} {bottom:.1f} {x1 + bend:.1f} {bottom:.1f}H{right - bend:.1f}"
        f"Q{right:.1f} {bottom:.1f} {right:.1f} {bottom - bend:.1f}V{top + bend:.1f}"
        f"Q{right:.1f} {top:.1f} {right - bend:.1f} {top:.1f}H{x2 + bend:.1f}"
        f"Q{x2:.1f} {top:.1f} {x2:.1f} {target.rect.y}"
    )
    words_x = min((x1 + right) / 2, TALL_WIDTH - 44)
    return Loop(path, wide, round(words_x, 1), round(bottom + wide / 2 + 14, 1))


def _ribbons(
    links: Sequence[Link], boxes: dict[str, Box], scale: float, *, upright: bool
) -> tuple[Ribbon, ...]:
    """Each ribbon leaves and arrives beside the ones before it."""
    out = {key: box.rect.x if upright else box.rect.y for key, box in boxes.items()}
    into = dict(out)
    ribbons = []
    for link in links:
        if link.source not in boxes or link.target not in boxes:
            continue
        source, target, thick = boxes[link.source], boxes[link.target], link.count * scale
        ends = out[link.source], into[link.target]
        out[link.source] += thick
        into[link.target] += thick
        shape = _falling if upright else _running
        title = f"{source.node.label} → {target.node.label}: {link.count}"
        ribbons.append(Ribbon(shape(source.rect, target.rect, *ends, thick), link.hue, title))
    return tuple(ribbons)


def _running(source: Rect, target: Rect, y1: float, y2: float, thick: float) -> str:
    x1, x2 = source.right, target.x
    middle = (x1 + x2) / 2
    a, b, c, d = (round(y, 1) for y in (y1, y2, y2 + thick, y1 + thick))
    return f"M{x1} {a}C{middle} {a} {middle} {b} {x2} {b}V{c}C{middle} {c} {middle} {d} {x1} {d}z"


def _falling(source: Rect, target: Rect, x1: float, x2: float, thick: float) -> str:
    y1, y2 = source.bottom, target.y
    middle = (y1 + y2) / 2
    a, b, c, d = (round(x, 1) for x in (x1, x2, x2 + thick, x1 + thick))
    return f"M{a} {y1}C{a} {middle} {b} {middle} {b} {y2}H{c}C{c} {middle} {d} {middle} {d} {y1}z"
