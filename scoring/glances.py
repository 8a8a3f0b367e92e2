"""A score at a glance, for lists: its grade, what speaks most for and against, how far it is from
the bar. Read from what was stored, a version's rules once for all rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from scoring import documents, explanations, ledgers
from scoring.conditions import Vocabulary
from scoring.grades import Grade, Scale
from scoring.models import AgreementVersion, Score
from scoring.rulebooks import Rulebook

MOST = 2
# What speaks for or against a lead: rules with what their caps take, and corrections by hand.
SAID = (ledgers.RULE, ledgers.CORRECTION)
REASONS = (*SAID, ledgers.RULE_CAP)


@dataclass(frozen=True)
class Glance:
    """`meaning` says the grade in words; `pros` and `cons` are the strongest reasons in words;
    `short` is how many points are missing to the bar, 0 where none are or none are asked for."""

    grade: Grade
    meaning: str
    points: int
    pros: list[str]
    cons: list[str]
    short: int = 0
    stage: str = ""

    @property
    def said(self) -> str:
        """The grade in words, how grades are read, and what speaks for and against."""
        words = [self.meaning, _("A and 1 are best, D and 4 least.")]
        for label, reasons in ((_("For"), self.pros), (_("Against"), self.cons)):
            words += [f"{label}: {', '.join(reasons)}."] if reasons else []
        return " ".join(words)


class Sums(NamedTuple):
    """What a grade looks at."""

    fit: int
    engagement: int


class Reader:
    """Reads the scores that were made under one version, in the active language."""

    def __init__(self, version: AgreementVersion, vocabulary: Vocabulary | None = None) -> None:
        self.version = version
        self.scale = Scale.read(version.body)
        self.vocabulary = vocabulary or Vocabulary()
        self._meanings: dict[Grade, str] = {}
        self._words: dict[str, str] = {}

    def stored(self, score: Score) -> Glance:
        """A stored score, from its ledger."""
        pros, cons = self._strongest(score.ledger)
        bar = explanations.bar(self.version.body)
        grade = self.scale.grade(score)
        return Glance(
            grade,
            self.meaning(grade),
            score.total,
            pros,
            cons,
            short=max(0, (bar.points or 0) - score.total),
            stage=bar.stage,
        )

    def frozen(self, ledger: Sequence[Mapping[str, Any]], points: int) -> Glance:
        """A score whose ledger was frozen in words (`scoring.ledgers.Line.to_dict`)."""
        grade = self.scale.grade(sums(ledger))
        net: Counter[str] = Counter()
        for line in ledger:
            if line["kind"] in REASONS:
                net[line["key"]] += line["points"]
        words = {line["key"]: line["words"] for line in ledger if line["kind"] in SAID}
        pros, cons = _edges(net)
        named = [[documents.text(words[key]) for key in keys] for keys in (pros, cons)]
        return Glance(grade, self.meaning(grade), points, *named)

    def meaning(self, grade: Grade) -> str:
        if grade not in self._meanings:
            self._meanings[grade] = self.scale.words(grade)
        return self._meanings[grade]

    @cached_property
    def _rules(self) -> dict[str, Any]:
        return {rule.key: rule for rule in Rulebook(self.version.body, self.vocabulary).rules}

    @cached_property
    def _layout(self) -> list[ledgers.Cell]:
        return ledgers.layout(self.version.body)

    def _strongest(self, ledger: Sequence[int]) -> tuple[list[str], list[str]]:
        net: Counter[str] = Counter()
        for cell, points in zip(self._layout, ledger, strict=True):
            if cell.kind in REASONS:
                net[cell.key] += points
        pros, cons = _edges(net)
        return [self._said(key) for key in pros], [self._said(key) for key in cons]

    def _said(self, key: str) -> str:
        if key not in self._words:
            rule = self._rules.get(key)
            self._words[key] = capfirst(rule.words()) if rule else _("Corrected by hand")
        return self._words[key]


class Readers:
    """A reader for each version, sharing what all of them look up."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()
        self._readers: dict[int, Reader] = {}

    def of(self, version: AgreementVersion) -> Reader:
        if version.pk not in self._readers:
            self._readers[version.pk] = Reader(version, self._vocabulary)
        return self._readers[version.pk]


def sums(ledger: Iterable[Mapping[str, Any]]) -> Sums:
    """Fit and engagement of a frozen ledger."""
    found: Counter[str] = Counter()
    for line in ledger:
        found[line["group"]] += line["points"]
    return Sums(sum(found[group] for group in ledgers.FIT), found["actions"])


def _edges(net: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """The keys with the most points, and those with the fewest below zero, strongest first."""
    ordered = sorted(net, key=lambda key: -net[key])
    pros = [key for key in ordered if net[key] > 0][:MOST]
    cons = [key for key in reversed(ordered) if net[key] < 0][:MOST]
    return pros, cons
