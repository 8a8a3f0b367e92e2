"""Where handoffs went: columns of nodes, ribbons as wide as their number, one loop back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, COLUMN, BAR = 872, 165, 10
TOP, GAP, TALL = 20, 22, 216
LABEL = 18


@dataclass(frozen=True)
class Node:
    """A place handoffs come to. `hue`: m marketing, s sales, n neither; `settled` False: may
    still change. Labels stand to the right of a node."""

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
    """A drawn node. `label_y` is where its words stand."""

    node: Node
    x: float
    y: float
    height: float
    label_y: float


@dataclass(frozen=True)
class Ribbon:
    path: str
    hue: str


@dataclass(frozen=True)
class Loop:
    """The way back, drawn around everything: path, width, and where its words stand."""

    path: str
    width: float
    x: float
    y: float


@dataclass(frozen=True)
class Flow:
    width: int
    height: float
    boxes: list[Box]
    ribbons: list[Ribbon]
    loop: Loop | None


def draw(
    nodes: Sequence[Node], links: Sequence[Link], *, loop: tuple[str, str, int] | None = None
) -> Flow:
    """Lays the nodes out in their columns, in the order given, and joins them.

    `loop` is (from, to, count): drawn from the right edge of one node below everything back to
    the left edge of the other. Nodes and links of nobody are left out.
    """
    scale = TALL / max(1, *(node.count for node in nodes))
    boxes = _boxes([node for node in nodes if node.count], scale)
    floor = max((box.y + max(box.height, LABEL) for box in boxes.values()), default=TOP)
    ribbons = _ribbons([link for link in links if link.count], boxes, scale)
    way_back = _loop(loop, boxes, scale, floor) if loop and loop[2] else None
    height = floor + (way_back.width + 2 * GAP + 8 if way_back else GAP)
    return Flow(WIDTH, round(height, 1), list(boxes.values()), ribbons, way_back)


def _boxes(nodes: list[Node], scale: float) -> dict[str, Box]:
    boxes: dict[str, Box] = {}
    next_y: dict[int, float] = {}
    for node in nodes:
        y = next_y.get(node.column, float(TOP))
        height = max(round(node.count * scale, 1), 2)
        x = 46 + node.column * COLUMN
        boxes[node.key] = Box(node, x, y, height, round(y + max(height / 2, 6) + 4, 1))
        next_y[node.column] = round(y + max(height, LABEL) + GAP, 1)
    return boxes


def _ribbons(links: list[Link], boxes: dict[str, Box], scale: float) -> list[Ribbon]:
    """Each ribbon leaves and arrives below the ones before it."""
    out = {key: box.y for key, box in boxes.items()}
    into = dict(out)
    ribbons = []
    for link in links:
        thick = link.count * scale
        x1, x2 = boxes[link.source].x + BAR, boxes[link.target].x
        y1, y2 = out[link.source], into[link.target]
        out[link.source] += thick
        into[link.target] += thick
        ribbons.append(Ribbon(_ribbon(x1, y1, x2, y2, thick), link.hue))
    return ribbons


def _ribbon(x1: float, y1: float, x2: float, y2: float, thick: float) -> str:
    middle = (x1 + x2) / 2
    a, b, c, d = (round(y, 1) for y in (y1, y2, y2 + thick, y1 + thick))
    return f"M{x1} {a}C{middle} {a} {middle} {b} {x2} {b}V{c}C{middle} {c} {middle} {d} {x1} {d}z"


def _loop(
    loop: tuple[str, str, int], boxes: dict[str, Box], scale: float, floor: float
) -> Loop | None:
    source, target = boxes.get(loop[0]), boxes.get(loop[1])
    if source is None or target is None:
        return None
    wide = max(round(loop[2] * scale, 1), 3)
    bend = max(wide / 2 + 4, 14)
    right, left = WIDTH - wide / 2 - 2, wide / 2 + 2
    bottom = floor + GAP + wide / 2
    y1 = source.y + source.height - min(wide / 2, source.height / 2)
    y2 = target.y + target.height / 2
    path = (
        f"M{source.x + BAR} {y1:.1f}H{right - bend:.1f}a{bend:.1f} {bend:.1f} 0 0 1 {bend:.1f} "
        f"{bend:.1f}V{bottom - bend:.1f}a{bend:.1f} {bend:.1f} 0 0 1 -{bend:.1f} {bend:.1f}"
        f"H{left + bend:.1f}a{bend:.1f} {bend:.1f} 0 0 1 -{bend:.1f} -{bend:.1f}"
        f"V{y2 + bend:.1f}a{bend:.1f} {bend:.1f} 0 0 1 {bend:.1f} -{bend:.1f}H{target.x}"
    )
    return Loop(path, wide, WIDTH / 2, round(bottom + 4, 1))
