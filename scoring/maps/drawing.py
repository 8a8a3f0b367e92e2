"""From stages to a picture: boxes, arrows with tips, labels, clocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from scoring.maps import labels, places, routes, strokes
from scoring.maps.labels import Label, Track
from scoring.maps.places import MARKETING, SALES, Plan, Stage
from scoring.maps.routes import Link, Way
from scoring.maps.shapes import BOLD, CELL, Rect, hyphened, wrap
from scoring.maps.strokes import Point

# So often at most the arrows are drawn until they leave room for their words.
TRIES = 3


@dataclass(frozen=True)
class Box:
    """A stage. `lines` are its name, baselines beside them; `hue` is m or s."""

    key: str
    rect: Rect
    lines: tuple[tuple[str, float], ...]
    note: tuple[str, float] | None
    hue: str
    kind: str
    title: str
    href: str

    @property
    def round(self) -> float:
        """Square corners are marketing's, round ones are sales'."""
        return 16 if self.hue == "s" else 4


@dataclass(frozen=True)
class Arrow:
    """A way a lead may go. `look` is main (towards won), back (a loop) or "" (everything else)."""

    start: str
    end: str
    path: str
    tip: str
    look: str
    label: Label | None
    title: str
    href: str


@dataclass(frozen=True)
class Clock:
    """The clock that runs while a handoff waits for its answer."""

    key: str
    rect: Rect
    text: str
    href: str


@dataclass(frozen=True)
class Picture:
    """One drawing. Coordinates are pixels of a viewBox of `width` by `height`."""

    width: int
    height: int
    lanes: dict[str, Rect]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    clocks: tuple[Clock, ...]


@dataclass(frozen=True)
class Map:
    """The journey twice: wide for a screen, tall for a phone. `says` is the same in words."""

    wide: Picture
    tall: Picture
    title: str
    says: tuple[str, ...]


@dataclass(frozen=True)
class _Step:
    start: Stage
    end: Stage
    look: str


def draw(
    stages: Sequence[Stage],
    *,
    words: Mapping[tuple[str, str], str] | None = None,
    title: str = "",
    says: Iterable[str] = (),
    anchor: str = "#stage-",
) -> Map:
    """Lays out three to nine stages and every arrow between them.

    `words` are the labels of arrows by (from, to). `anchor` with the key of a stage behind it is
    the link of the stage, and of each arrow that leads to it. Arrows to unknown stages are left
    out.
    """
    labelled = tuple(sorted((words or {}).items()))
    wide, tall = _pictures(tuple(stages), labelled, anchor)
    return Map(wide, tall, title=title, says=tuple(says))


@lru_cache(maxsize=64)
def _pictures(
    stages: tuple[Stage, ...], words: tuple[tuple[tuple[str, str], str], ...], anchor: str
) -> tuple[Picture, Picture]:
    """Kept: finding the ways takes up to two seconds, and agreements seldom change."""
    wide, tall = places.wide(stages), places.tall(stages)
    return _picture(stages, wide, dict(words), anchor), _picture(stages, tall, dict(words), anchor)


def _picture(
    stages: Sequence[Stage], plan: Plan, words: Mapping[tuple[str, str], str], anchor: str
) -> Picture:
    drawn = _labelled(_links(_steps(stages), plan), plan, words)
    arrows = [_arrow(step, parts, label, anchor) for step, (parts, label) in drawn.items()]
    terms = {stage.key: stage.term for stage in stages}
    return Picture(
        width=plan.width,
        height=plan.height,
        lanes=plan.lanes,
        boxes=tuple(_box(stage, plan.boxes[stage.key], anchor) for stage in stages),
        arrows=tuple(sorted(arrows, key=lambda arrow: arrow.look == "main")),
        clocks=tuple(
            Clock(key, rect, terms[key], anchor + key) for key, rect in plan.clocks.items()
        ),
    )


def _labelled(
    links: Mapping[_Step, list[Link]], plan: Plan, words: Mapping[tuple[str, str], str]
) -> dict[_Step, tuple[list[Way], Label | None]]:
    """The ways of each step and its label. Where arrows run through words, the arrows are drawn
    again around them, as long as that makes fewer of these."""
    room: list[Rect] = []
    best, least = {}, float("inf")
    for _again in range(TRIES):
        drawn = _drawn(links, plan, room)
        ways = list(chain.from_iterable(drawn.values()))
        found = _words_on(drawn, plan, words, ways)
        crossed = [each.ground for each in found if each and labels.crossed(each, ways)]
        silent = sum(each is None for each in found)
        cost = len(crossed) + silent + len(plan.boxes) * (len(links) - len(drawn))
        if cost < least:
            best, least = (
                dict(zip(drawn, zip(drawn.values(), found, strict=True), strict=True)),
                cost,
            )
        if not crossed:
            break
        room += crossed
    return best


def _drawn(
    links: Mapping[_Step, list[Link]], plan: Plan, room: Iterable[Rect]
) -> dict[_Step, list[Way]]:
    ways = routes.find(
        dict.fromkeys(chain.from_iterable(links.values())),
        _standing(plan),
        width=plan.width,
        height=plan.height,
        kept_free=[*_names_of_lanes(plan), *room],
    )
    return {
        step: [ways[link] for link in parts]
        for step, parts in links.items()
        if all(link in ways for link in parts)
    }


def _words_on(
    drawn: Mapping[_Step, list[Way]],
    plan: Plan,
    words: Mapping[tuple[str, str], str],
    ways: Iterable[Way],
) -> list[Label | None]:
    return labels.place(
        [
            _track(step, parts[-1], said)
            for (step, parts), said in zip(drawn.items(), _said(drawn, words), strict=True)
        ],
        ways=ways,
        paper=Rect(2, 2, plan.width - 4, plan.height - 4),
        taken=[*_standing(plan).values(), *_names_of_lanes(plan)],
    )


def _standing(plan: Plan) -> dict[str, Rect]:
    return plan.boxes | {_clock(key): rect for key, rect in plan.clocks.items()}


def _steps(stages: Sequence[Stage]) -> list[_Step]:
    known = {stage.key: stage for stage in stages}
    order = {stage.key: n for n, stage in enumerate(places.ways(stages)[0])}
    return [
        _Step(stage, known[key], _look(order, stage, known[key]))
        for stage in stages
        for key in stage.next
        if key in known
    ]


def _look(order: Mapping[str, int], start: Stage, end: Stage) -> str:
    if start.key in order and end.key in order:
        ahead = order[end.key] - order[start.key]
        return "main" if ahead == 1 else "back" if ahead < 0 else ""
    return "back" if end.lane == MARKETING or start.key not in order else ""


def _links(steps: Sequence[_Step], plan: Plan) -> dict[_Step, list[Link]]:
    """What to draw for each step, straight ways first. What leaves a handoff passes its clock."""
    links: dict[_Step, list[Link]] = {}
    for step in sorted(steps, key=lambda step: (_turn(step, plan), _apart(step, plan))):
        start, end = step.start.key, step.end.key
        bundle = start if step.look == "back" else ""
        if start in plan.clocks:
            links[step] = [Link(start, _clock(start)), Link(_clock(start), end, bundle)]
        else:
            links[step] = [Link(start, end, bundle)]
    return links


def _turn(step: _Step, plan: Plan) -> int:
    if step.look == "main":
        return 0
    within = step.start.lane == step.end.lane and step.start.key not in plan.clocks
    return 1 if within else 2


def _apart(step: _Step, plan: Plan) -> float:
    (x1, y1), (x2, y2) = (plan.boxes[stage.key].middle for stage in (step.start, step.end))
    return abs(x1 - x2) + abs(y1 - y2)


def _said(steps: Iterable[_Step], words: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """What each arrow says. Ways back that part later say the same once."""
    told = set()
    for step in steps:
        said = words.get((step.start.key, step.end.key), "")
        again = step.look == "back" and (step.start.key, said) in told
        told.add((step.start.key, said))
        yield "" if again else said


def _track(step: _Step, way: Sequence[Point], text: str) -> Track:
    across = step.start.lane != step.end.lane
    return Track(tuple(way), text, near_start=across or step.start.kind == "handoff")


def _arrow(
    step: _Step, parts: Sequence[Sequence[Point]], label: Label | None, anchor: str
) -> Arrow:
    words = " ".join(label.lines) if label else ""
    # A loop that starts at a clock leaves the stretch before it to the way to won.
    shown = parts[-1:] if step.look == "back" else parts
    return Arrow(
        start=step.start.key,
        end=step.end.key,
        path=" ".join(strokes.path(part, to_a_tip=part is parts[-1]) for part in shown),
        tip=strokes.tip(parts[-1]),
        look=step.look,
        label=label,
        title=f"{step.start.name} → {step.end.name}" + (f": {words}" if words else ""),
        href=anchor + step.end.key,
    )


def _box(stage: Stage, rect: Rect, anchor: str) -> Box:
    room, bold = rect.width - 10, 13.5 * BOLD
    lines = wrap(hyphened(stage.name, room, bold), room, bold)
    note = wrap(stage.note, rect.width - 8, 11, 1) if stage.note and len(lines) == 1 else ()
    height = 16 * len(lines) + 16 * len(note)
    first = rect.y + (rect.height - height) / 2 + 12.5
    return Box(
        key=stage.key,
        rect=rect,
        lines=tuple((line, first + 16 * n) for n, line in enumerate(lines)),
        note=(note[0], first + 16) if note else None,
        hue="s" if stage.lane == SALES else "m",
        kind=stage.kind,
        title=f"{stage.name}: {stage.meaning}" if stage.meaning else stage.name,
        href=anchor + stage.key,
    )


def _names_of_lanes(plan: Plan) -> list[Rect]:
    """The ground on which a lane's name stands: upper left, sales' lower left."""
    upper, lower = plan.lanes[MARKETING], plan.lanes[SALES]
    return [
        Rect(upper.x, upper.y, 9 * CELL, 2 * CELL),
        Rect(lower.x, lower.bottom - 2 * CELL, 9 * CELL, 2 * CELL),
    ]


def _clock(key: str) -> str:
    return f"clock of {key}"
