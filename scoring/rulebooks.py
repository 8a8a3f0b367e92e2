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
    Vocabulary,
    read,
    repeating,
)
from scoring.facts import Facts
from scoring.measures import Measure

# A rule counts at most so many activities, and gives at most so many points each: no sum of
# them leaves the range of an integer column.
MOST_COUNTED = 1000
MOST_POINTS = 1000


@dataclass(frozen=True)
class Rule:
    """A condition and its points: once, or for each time that `counted` counts.

    `times` is once, every, day, week, month, or days (once in `days` days). With `halving` an
    activity gives all points up to its first step in days, half of them up to the second, and so
    on, and none after the last.
    """

    key: str
    group: str
    label: documents.Text
    points: int
    when: Condition
    times: str = repeating.ONCE
    days: int | None = None
    halving: tuple[int, ...] = ()
    counted: Measure | None = None

    def raw(self, facts: Facts) -> int:
        """Points before any cap."""
        if not self.when.holds(facts):
            return 0
        if self.counted is None:
            return self.points
        number = facts.value(self.counted)
        if self.halving:
            return halved(self.points, number, len(self.halving))
        return self.points * min(number, MOST_COUNTED)

    def words(self) -> str:
        """The label both teams gave it, else what its condition says."""
        return documents.text(self.label) or self.meant()

    def meant(self) -> str:
        """What its condition says, and how often it counts, whatever the label."""
        return repeating.words(self.when, self.times, self.days, self.halving)


def halved(points: int, number: int, steps: int) -> int:
    """Points times number / 2^(steps − 1), at most a thousand times; half a point is rounded
    away from zero."""
    whole = 2 ** (steps - 1)
    size = (2 * abs(points) * min(number, MOST_COUNTED * whole) + whole) // (2 * whole)
    return size if points >= 0 else -size


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
        self.vocabulary = (vocabulary or Vocabulary()).including(body)
        self.resets = documents.resets(body)
        self.rules = [self._rule(rule) for rule in body["score"]["rules"]]
        self.criteria = {
            stage["key"]: [self._criterion(each) for each in stage["criteria"] or []]
            for stage in body["stages"]
        }

    def measures(self) -> Iterator[Measure]:
        """Everything this body ever counts, in rules and in criteria."""
        yield from self.rule_measures()
        for criteria in self.criteria.values():
            for criterion in criteria:
                yield from criterion.when.measures()

    def rule_measures(self) -> Iterator[Measure]:
        """Everything its rules count."""
        for rule in self.rules:
            yield from rule.when.measures()
            if rule.counted:
                yield rule.counted

    def windows(self) -> set[int]:
        """So many days after something happened, time alone may change a score or what meets
        a criterion."""
        return {days for measure in self.measures() for days in measure.windows()}

    def looks_at_entries(self) -> bool:
        """May a lead's score, or what it meets, change because it enters a stage?"""
        return any(measure.looks_at_entries for measure in self.measures())

    def _read(self, when: Mapping[str, Any], about: Collection[str] = EVERYTHING) -> Condition:
        personas = self.body["personas"]
        return read(when, vocabulary=self.vocabulary, personas=personas, about=about)

    def _rule(self, rule: Mapping[str, Any]) -> Rule:
        when = self._read(rule["when"], {PROFILE, ACTIVITIES})
        if self.resets and rule["group"] == "actions":
            when = when.since_reset()
        how = rule.get("times", repeating.ONCE), rule.get("days"), tuple(rule.get("halving") or ())
        counted = repeating.counted(when, *how)
        return Rule(
            rule["key"],
            rule["group"],
            rule.get("label", ""),
            rule["points"],
            repeating.narrowed(when, counted) if counted else when,
            *how,
            counted,
        )

    def _criterion(self, criterion: Mapping[str, Any]) -> Criterion:
        return Criterion(
            criterion["key"],
            criterion["group"],
            criterion.get("label", ""),
            self._read(criterion["when"]),
        )
