"""Measures of one lead, in Python: what `scoring.measures.tallies` says in SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from scoring.facts.deeds import Approach, Deed, Entry
from scoring.measures import declared
from scoring.measures.declared import Measure
from scoring.measures.functions import bucket_of


class Known(Protocol):
    """What a measure looks at, of the facts."""

    at: datetime
    created_at: datetime | None
    touches: tuple[Approach, ...]
    entries: tuple[Entry, ...]
    seen: list[Deed]
    seen_by_type: dict[str, list[Deed]]
    recycled_at: datetime | None
    reset_at: datetime | None

    def ago(self, days: int) -> datetime: ...


def value(facts: Known, measure: Measure) -> int:
    """The whole number that a measure is."""
    return _VALUES[measure.of](facts, measure)


def counted(facts: Known, measure: Measure) -> list[Deed]:
    """The activities that a measure counts, latest first."""
    found = _such(facts, measure, facts.seen if not measure.types else _of_types(facts, measure))
    if measure.of in (declared.FIRST, declared.LATEST):
        edge = _edge(facts, measure)
        return [deed for deed in found if deed.occurred_at == edge]
    if measure.of == declared.BOTH:
        return _on_both_sides(facts, measure)
    return found


def _such(facts: Known, measure: Measure, deeds: list[Deed]) -> list[Deed]:
    """Those in the window and after the starts, with the measure's channels, campaigns and
    properties."""
    if not deeds:
        return []
    after = _start(facts, measure)
    channels, campaigns, where = measure.channels, measure.campaigns, measure.where
    return [
        deed
        for deed in deeds
        if (after is None or deed.occurred_at > after)
        and (not channels or deed.channel in channels)
        and (not campaigns or deed.campaign in campaigns)
        and (not where or all(condition.holds(deed) for condition in where))
    ]


def _of_types(facts: Known, measure: Measure) -> list[Deed]:
    by_type = facts.seen_by_type
    if len(measure.types) == 1:
        return by_type.get(measure.types[0], [])
    found = [deed for key in measure.types for deed in by_type.get(key, ())]
    return sorted(found, key=_occurred_at, reverse=True)


def _start(facts: Known, measure: Measure) -> datetime | None:
    """Only what happened after this moment counts."""
    reach = measure.reach
    since = None if reach is None else facts.ago(reach)
    if not (measure.since_recycle or measure.since_types or measure.since_reset):
        return since
    starts = [since]
    if measure.since_reset:
        starts.append(facts.reset_at)
    if measure.since_recycle:
        starts.append(facts.recycled_at)
    for key in measure.since_types:
        starts.append(max(map(_occurred_at, facts.seen_by_type.get(key, ())), default=None))
    return max((start for start in starts if start is not None), default=None)


def _times(facts: Known, measure: Measure) -> int:
    return len(counted(facts, measure))


def _distinct(facts: Known, measure: Measure) -> int:
    return len({bucket_of(deed.local_date, measure) for deed in counted(facts, measure)})


def _channels(facts: Known, measure: Measure) -> int:
    return len({deed.channel_key for deed in counted(facts, measure)} - {""})


def _minutes(facts: Known, measure: Measure) -> int:
    return sum(_whole(deed.properties.get("minutes")) for deed in counted(facts, measure))


def _whole(minutes: object) -> int:
    if isinstance(minutes, bool) or not isinstance(minutes, int | float):
        return 0
    return int(minutes) if 0 <= minutes < declared.MOST_MINUTES else 0


def _halved(facts: Known, measure: Measure) -> int:
    deeds = counted(facts, measure)
    if not deeds:
        return 0
    last = len(measure.halving) - 1
    steps = [(facts.ago(days), 1 << (last - n)) for n, days in enumerate(measure.halving)]
    return sum(
        next(weight for start, weight in steps if deed.occurred_at > start) for deed in deeds
    )


def _at_edge(facts: Known, measure: Measure) -> int:
    return int(bool(counted(facts, measure)))


def _edge(facts: Known, measure: Measure) -> datetime | None:
    """The first moment, or the latest, of all that was done in the window."""
    start = _start(facts, measure)
    moments = [d.occurred_at for d in facts.seen if start is None or d.occurred_at > start]
    edge = min if measure.of == declared.FIRST else max
    return edge(moments, default=None)


def _both(facts: Known, measure: Measure) -> int:
    return int(bool(_on_both_sides(facts, measure)))


def _on_both_sides(facts: Known, measure: Measure) -> list[Deed]:
    """Activities of either side whose text is found on the other too."""
    start = _start(facts, measure)
    sides = [
        [
            deed
            for key in types
            for deed in facts.seen_by_type.get(key, ())
            if (start is None or deed.occurred_at > start) and _text(deed, measure)
        ]
        for types in (measure.types, measure.and_types)
    ]
    ours, theirs = ({_text(deed, measure) for deed in side} for side in sides)
    found = [deed for side in sides for deed in side if _text(deed, measure) in ours & theirs]
    return sorted(found, key=_occurred_at, reverse=True)


def _text(deed: Deed, measure: Measure) -> str:
    text = deed.properties.get(measure.same)
    return text if isinstance(text, str) else ""


def _idle(facts: Known, measure: Measure) -> int:
    """Full periods since the latest of the last such activity, the lead's beginning and, where
    it counts, its reset."""
    deeds = _of_types(facts, measure) if measure.types else facts.seen
    if measure.channels:
        deeds = [deed for deed in deeds if deed.channel in measure.channels]
    moments = [*map(_occurred_at, deeds), facts.created_at or facts.at]
    if measure.since_reset and facts.reset_at:
        moments.append(facts.reset_at)
    last = max(moments)
    return next(
        (n for n, days in enumerate(measure.windows()) if last > facts.ago(days)), measure.most
    )


def _unanswered(facts: Known, measure: Measure) -> int:
    start = _start(facts, measure)
    last = max(map(_occurred_at, facts.seen), default=None)
    return sum(
        1
        for touch in facts.touches
        if touch.occurred_at <= facts.at
        and touch.known_at <= facts.at
        and (start is None or touch.occurred_at > start)
        and (not measure.kinds or touch.kind in measure.kinds)
        and (last is None or touch.occurred_at >= last)
    )


def _entered(facts: Known, measure: Measure) -> int:
    start = None if measure.within_days is None else facts.ago(measure.within_days)
    recycles = measure.of == declared.RECYCLED
    return sum(
        1
        for entry in facts.entries
        if entry.counts_at(facts.at)
        and (start is None or entry.at > start)
        and (entry.is_recycle if recycles else entry.stage in measure.stages or not measure.stages)
    )


def _occurred_at(deed: Deed) -> datetime:
    return deed.occurred_at


_VALUES: Mapping[str, Callable[[Known, Measure], int]] = {
    declared.TIMES: _times,
    declared.DAYS: _distinct,
    declared.WEEKS: _distinct,
    declared.MONTHS: _distinct,
    declared.BUCKETS: _distinct,
    declared.CHANNELS: _channels,
    declared.MINUTES: _minutes,
    declared.HALVED: _halved,
    declared.FIRST: _at_edge,
    declared.LATEST: _at_edge,
    declared.BOTH: _both,
    declared.IDLE: _idle,
    declared.UNANSWERED: _unanswered,
    declared.ENTERED: _entered,
    declared.RECYCLED: _entered,
}
