"""The ledger: the points of a score line by line, in one fixed order, summing to the total.

The order of a body's cells: each rule, followed by its cap; each group's cap and floor; what was
corrected by hand; the floor of the total. A cell for a cap or a floor holds what it takes away or
adds, 0 mostly.

Caps limit the absolute value: a rule of −5 points each with a cap of 12 takes 12 at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.documents import GROUPS, Body
from scoring.models import AgreementVersion, Score
from scoring.rulebooks import Rule, Rulebook
from scoring.wordings import Wording

RULE, RULE_CAP = "rule", "rule_cap"
GROUP_CAP, GROUP_FLOOR = "group_cap", "group_floor"
CORRECTION, TOTAL_FLOOR = "correction", "total_floor"
FIT = ("profile", "channel")
GROUP_NAMES = {
    "profile": gettext_lazy("Profile"),
    "channel": gettext_lazy("Channel"),
    "actions": gettext_lazy("Actions"),
}


@dataclass(frozen=True)
class Cell:
    """A place in the ledger: `key` is the rule's, or the group's for its cap and floor;
    `limit` is the cap or the floor."""

    kind: str
    key: str
    group: str
    limit: int | None = None


@dataclass(frozen=True)
class Line:
    """A cell with its points, in words."""

    key: str
    kind: str
    group: str
    words: Wording
    points: int

    def to_dict(self) -> dict[str, Any]:
        """To be frozen as JSON, with the words of every language."""
        return {
            "key": self.key,
            "kind": self.kind,
            "group": self.group,
            "words": dict(self.words),
            "points": self.points,
        }


@dataclass(frozen=True)
class ScoreResult:
    """A score and the ledger it is the sum of."""

    fit: int
    engagement: int
    total: int
    ledger: list[int]


def layout(body: Body) -> list[Cell]:
    """The cells of every ledger under this body, in order."""
    score = body["score"]
    cells = []
    for rule in score["rules"]:
        cells.append(Cell(RULE, rule["key"], rule["group"]))
        if rule.get("cap") is not None:
            cells.append(Cell(RULE_CAP, rule["key"], rule["group"], rule["cap"]))
    for group in GROUPS:
        for kind, limits in ((GROUP_CAP, "caps"), (GROUP_FLOOR, "floors")):
            limit = (score.get(limits) or {}).get(group)
            if limit is not None:
                cells.append(Cell(kind, group, group, limit))
    cells.append(Cell(CORRECTION, "", ""))
    if score.get("floor") is not None:
        cells.append(Cell(TOTAL_FLOOR, "", "", score["floor"]))
    return cells


@lru_cache(maxsize=16)
def cells(rulebook: Rulebook) -> list[Cell]:
    """The same of a rulebook, kept."""
    return layout(rulebook.body)


def sums(cells: Sequence[Cell], raw: Mapping[str, int], corrected: int = 0) -> ScoreResult:
    """The score that raw points by rule make, and what was corrected by hand; `scoring.sums` says
    the same in SQL."""
    groups = dict.fromkeys([*GROUPS, ""], 0)
    ledger: list[int] = []
    for cell in cells:
        points = corrected if cell.kind == CORRECTION else _points(cell, raw, groups)
        ledger.append(points)
        groups[cell.group] += points
    fit = sum(groups[group] for group in FIT)
    return ScoreResult(fit, groups["actions"], sum(ledger), ledger)


def lines(
    score: Score | ScoreResult | Sequence[int],
    version: AgreementVersion,
    rulebook: Rulebook | None = None,
) -> list[Line]:
    """The lines that moved the score, group by group, then what was corrected by hand, the floor
    of the total last. Their points sum to the total. `version` is the one the ledger was made
    under."""
    ledger = getattr(score, "ledger", score)
    rulebook = rulebook or Rulebook(version.body)
    rules = {rule.key: rule for rule in rulebook.rules}
    moved = [pair for pair in zip(layout(version.body), ledger, strict=True) if pair[1]]
    moved.sort(key=lambda pair: (*GROUPS, "").index(pair[0].group))
    return [_line(cell, points, rules.get(cell.key)) for cell, points in moved]


def strongest(lines: Sequence[Line], *, most: int = 3) -> tuple[list[Line], list[Line]]:
    """The rules that speak most for the lead, and those that speak most against, strongest
    first, each with what its own cap leaves."""
    net = [_after_cap(line, lines) for line in lines if line.kind == RULE]
    pros = sorted((line for line in net if line.points > 0), key=lambda line: -line.points)
    cons = sorted((line for line in net if line.points < 0), key=lambda line: line.points)
    return pros[:most], cons[:most]


def _points(cell: Cell, raw: Mapping[str, int], groups: Mapping[str, int]) -> int:
    """What a cell holds, given the raw points of rules and what its group holds so far."""
    if cell.kind == RULE:
        return raw[cell.key]
    if cell.kind == RULE_CAP:
        points = raw[cell.key]
        return max(-cell.limit, min(points, cell.limit)) - points
    so_far = groups[cell.group] if cell.group else sum(groups.values())
    if cell.kind == GROUP_CAP:
        return min(cell.limit - so_far, 0)
    return max(cell.limit - so_far, 0)


def _line(cell: Cell, points: int, rule: Rule | None) -> Line:
    words = Wording.of(lambda: capfirst(rule.words()) if cell.kind == RULE else _limit_words(cell))
    return Line(cell.key, cell.kind, cell.group, words, points)


def _limit_words(cell: Cell) -> str:
    named = {"group": GROUP_NAMES.get(cell.group, ""), "limit": cell.limit}
    return {
        RULE_CAP: _("Cap of the rule: %(limit)d"),
        GROUP_CAP: _("%(group)s: cap %(limit)d"),
        GROUP_FLOOR: _("%(group)s: floor %(limit)d"),
        CORRECTION: _("Corrected by hand"),
        TOTAL_FLOOR: _("Floor of the score: %(limit)d"),
    }[cell.kind] % named


def _after_cap(line: Line, lines: Sequence[Line]) -> Line:
    cap = sum(each.points for each in lines if each.kind == RULE_CAP and each.key == line.key)
    return Line(line.key, line.kind, line.group, line.words, line.points + cap)
