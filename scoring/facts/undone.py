"""Which stage entries were undone, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from scoring.facts.deeds import Entry
from scoring.models import StageEntry

Cause = StageEntry.Cause


def marked(entries: Iterable[Entry]) -> list[Entry]:
    """The entries of one lead, in order, without undoings, but with the moment of theirs. An
    undoing takes back what stands directly before it: one entry, or those of one claim, which
    come at one moment. `scoring.measures.undoing` says the same in SQL."""
    found: list[Entry] = []
    # Since the last undoing: only what stands directly before one is taken back by it.
    fresh = 0
    for entry in entries:
        if entry.cause != Cause.UNDONE:
            found.append(entry)
            continue
        for place in _taken_back(found, fresh):
            found[place] = replace(found[place], undone_at=entry.at)
        fresh = len(found)
    return found


def _taken_back(found: list[Entry], fresh: int) -> range:
    last = first = len(found) - 1
    while first > fresh and _of_one_claim(found[first - 1], found[last]):
        first -= 1
    return range(max(first, fresh), last + 1)


def _of_one_claim(one: Entry, other: Entry) -> bool:
    return one.cause == other.cause == Cause.CLAIMED and one.at == other.at
