"""A version's body, read to be applied: its score rules with their conditions, its limits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scoring import documents
from scoring.conditions import (
    ACTIVITIES,
    EVERYTHING,
    PROFILE,
    Condition,
    Did,
    Vocabulary,
    read,
)
from scoring.facts import Facts
from scoring.measures import Measure

# A rule counts at most so many activities, and gives at most so many points each: no sum of
# them leaves the range of an integer column.
MOST_COUNTED = 1000
MOST_POINTS = 1000


@dataclass(frozen=True)
class Rule:
    """A condition and its points: once, or for every activity the condition counts."""

    key: str
    group: str
    label: documents.Text
    points: int
    when: Condition
    every: bool

    def raw(self, facts: Facts) -> int:
        """Points before any cap."""
        if not self.when.holds(facts):
            return 0
        return self.points * self.times(facts)

    def times(self, facts: Facts) -> int:
        counted = self.counted
        return min(len(facts.counted(counted)), MOST_COUNTED) if counted else 1

    @property
    def counted(self) -> Measure | None:
        """What is counted, of a rule that gives points for every activity."""
        return self.when.measure if self.every and isinstance(self.when, Did) else None

    def words(self) -> str:
        """The label both teams gave it, else what its condition says."""
        if self.label:
            return documents.text(self.label)
        return self.when.each_words() if self.counted else self.when.words()


@dataclass(frozen=True)
class Criterion:
    """A condition to enter a stage."""

    key: str
    group: str
    label: documents.Text
    when: Condition

    def words(self) -> str:
        return documents.text(self.label) or self.when.words()


class Rulebook:
    """Rules and criteria of a body. What can no longer be understood never holds."""

    def __init__(self, body: Mapping[str, Any], vocabulary: Vocabulary | None = None) -> None:
        self.body = body
        self.vocabulary = vocabulary or Vocabulary()
        self.rules = [self._rule(rule) for rule in body["score"]["rules"]]
        self.criteria = {
            stage["key"]: [self._criterion(each) for each in stage["criteria"] or []]
            for stage in body["stages"]
        }

    def measures(self) -> Iterator[Measure]:
        """Everything this body ever counts, in rules and in criteria."""
        for rule in self.rules:
            yield from rule.when.measures()
        for criteria in self.criteria.values():
            for criterion in criteria:
                yield from criterion.when.measures()

    def _read(self, when: Mapping[str, Any], about: Collection[str] = EVERYTHING) -> Condition:
        personas = self.body["personas"]
        return read(when, vocabulary=self.vocabulary, personas=personas, about=about)

    def _rule(self, rule: Mapping[str, Any]) -> Rule:
        return Rule(
            rule["key"],
            rule["group"],
            rule.get("label", ""),
            rule["points"],
            self._read(rule["when"], {PROFILE, ACTIVITIES}),
            rule.get("times") == "every",
        )

    def _criterion(self, criterion: Mapping[str, Any]) -> Criterion:
        return Criterion(
            criterion["key"],
            criterion["group"],
            criterion.get("label", ""),
            self._read(criterion["when"]),
        )
