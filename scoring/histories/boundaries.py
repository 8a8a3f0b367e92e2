"""The moments at which time alone may change what a rule gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from scoring.facts import History
from scoring.measures import declared
from scoring.measures.declared import Measure
from scoring.rulebooks import Rule, Rulebook


@dataclass(frozen=True)
class Passed:
    """So many days after something happened, a rule may count it for less, or its absence for
    more. `type` is the key of the activity's type; empty where it was none."""

    rule: str
    measure: Measure
    days: int
    type: str


def of(book: Rulebook, history: History) -> dict[datetime, list[Passed]]:
    """Each boundary of each rule. More than change anything, never fewer."""
    found: dict[datetime, list[Passed]] = {}
    for rule in book.rules:
        for measure in _measures(rule):
            for start, type in _starts(measure, history):
                for days in measure.windows():
                    passed = Passed(rule.key, measure, days, type)
                    found.setdefault(start + timedelta(days=days), []).append(passed)
    return found


def _measures(rule: Rule) -> set[Measure]:
    counted = {rule.counted} if rule.counted else set()
    return {*rule.when.measures(), *counted}


def _starts(measure: Measure, history: History) -> Iterator[tuple[datetime, str]]:
    """From when on its days are counted, and what was done then."""
    if measure.of in declared.OF_TOUCHES:
        yield from ((touch.occurred_at, "") for touch in history.touches)
    elif measure.of in declared.OF_ENTRIES:
        yield from ((entry.at, "") for entry in history.entries)
    else:
        types = _types(measure)
        for deed in history.deeds:
            if not types or deed.type in types:
                yield deed.occurred_at, deed.type
        if measure.of == declared.IDLE:
            yield history.created_at, ""
            if measure.since_reset:
                yield from ((entry.at, "") for entry in history.entries if entry.resets)


def _types(measure: Measure) -> Iterable[str]:
    """The types whose activities matter; empty for all. The first and the latest are found among
    all that was done."""
    if measure.of in (declared.FIRST, declared.LATEST):
        return ()
    return (*measure.types, *measure.and_types)
