"""Conditions that a rule can count: points for every time, once a day, once in so many days."""

from __future__ import annotations

from dataclasses import replace

from scoring import measures
from scoring.conditions.activities import Did
from scoring.conditions.base import Condition
from scoring.conditions.groups import All
from scoring.conditions.idleness import Idle
from scoring.measures import Measure

ONCE, EVERY = "once", "every"
# What is counted of the activities of a rule that gives points once in such a time.
ONCE_IN = {
    "day": measures.DAYS,
    "week": measures.WEEKS,
    "month": measures.MONTHS,
    "days": measures.BUCKETS,
}
TIMES = (ONCE, EVERY, *ONCE_IN)

Repeating = Did | Idle


def repeating(when: Condition) -> Repeating | None:
    """The part of a condition that can be counted: the condition itself, or the only such part
    of an All, whose other parts must hold besides."""
    if isinstance(when, Repeating):
        return when
    parts = [each for each in when.parts() if _repeats(each)] if isinstance(when, All) else []
    return parts[0] if len(parts) == 1 else None


def counted(
    when: Condition, times: str, days: int | None, halving: tuple[int, ...]
) -> Measure | None:
    """What a rule with this condition counts; None where it gives its points once."""
    part = repeating(when)
    if part is None or times == ONCE:
        return None
    if isinstance(part, Idle):
        return part.every_period()
    measure = part.measure
    if halving and measure.of == measures.TIMES:
        return replace(measure, of=measures.HALVED, halving=halving, within_days=halving[-1])
    if times in ONCE_IN and measure.of == measures.TIMES:
        return replace(measure, of=ONCE_IN[times], days=days or 1 if times == "days" else 0)
    return measure


def narrowed(when: Condition, measure: Measure) -> Condition:
    """The condition, deciding by what is counted anyway where that says the same: one number
    less to be made of each lead."""
    part = repeating(when)
    if part is None or not _repeats(part):
        return when
    other = replace(part, measure=measure)
    if part is when:
        return other
    return All(tuple(other if each is part else each for each in when.parts()))


def words(when: Condition, times: str, days: int | None, halving: tuple[int, ...]) -> str:
    """What a rule gives its points for, each time."""
    part = repeating(when)
    if part is None or times == ONCE:
        return when.words()
    said = part.each_words(times, days, halving)
    return said if part is when else when.words_with(part, said)


def _repeats(part: Condition) -> bool:
    if isinstance(part, Did):
        return part.times == 1 and part.measure.of == measures.TIMES
    return isinstance(part, Idle)
