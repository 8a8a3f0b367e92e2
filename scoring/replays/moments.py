"""When something may change for a lead, and whom anything changes for at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from leads.models import Activity, Lead, LeadChange, Quarantine, Touch
from scoring.conditions import Condition
from scoring.conditions.base import Negative
from scoring.conditions.groups import NoneOf
from scoring.conditions.scores import OnScore
from scoring.facts import History
from scoring.measures import Measure, declared
from scoring.models import Correction, StageEntry
from scoring.replays.places import Place
from scoring.rulebooks import Rulebook

# Time alone lets these grow; all others only shrink as what they count grows old.
GROWING = (declared.IDLE, declared.FIRST, declared.LATEST)
Conditions = tuple[list[Condition], list[Condition]]


@dataclass
class Windows:
    """So many days after something happened, time alone may change what is made of it: for any
    activity, for activities by type, for touches, stage entries, and the lead's own beginning."""

    any: set[int] = field(default_factory=set)
    by_type: dict[str, set[int]] = field(default_factory=dict)
    touches: set[int] = field(default_factory=set)
    entries: set[int] = field(default_factory=set)
    created: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, measures: Iterable[Measure]) -> Windows:
        found = cls()
        for measure in measures:
            found._add(measure)
        return found

    def _add(self, measure: Measure) -> None:
        types = (*measure.types, *measure.and_types)
        if measure.of in declared.OF_TOUCHES:
            self.touches.update(measure.windows())
        elif measure.of in declared.OF_ENTRIES:
            self.entries.update(measure.windows())
        elif types and measure.of not in (declared.FIRST, declared.LATEST):
            for key in types:
                self.by_type.setdefault(key, set()).update(measure.windows())
        else:
            self.any.update(measure.windows())
        if measure.of == declared.IDLE:
            self.created.update(measure.windows())
            if measure.since_reset:
                self.entries.update(measure.windows())

    def of_type(self, key: str) -> set[int]:
        return self.any | self.by_type.get(key, set())

    @property
    def longest(self) -> int:
        """In days; 0 where time alone changes nothing."""
        every = (self.any, self.touches, self.entries, self.created, *self.by_type.values())
        return max((days for some in every for days in some), default=0)


def windows(rulebook: Rulebook) -> Windows:
    """Everything that time alone changes under this text."""
    return Windows.of(rulebook.measures())


def rising(rulebook: Rulebook, criteria: Mapping[str, Conditions]) -> Windows:
    """What of it may let a criterion begin to hold; mostly nothing does."""
    asked = [each for some in criteria.values() for conditions in some for each in conditions]
    return Windows.of(measure for each in asked for measure in _growing(each, 1, rulebook))


def of(
    history: History,
    places: Sequence[Place],
    windows: Windows,
    starts_at: datetime,
    ends_at: datetime,
) -> list[datetime]:
    """The moments in (starts_at, ends_at] at which something may begin to hold, in order."""
    found = {*history.moments(), *(place.at for place in places)}
    found.update(place.rests_until for place in places if place.rests_until)
    found.update(_later(history, windows))
    return sorted(moment for moment in found if starts_at < moment <= ends_at)


def concerned(
    leads: QuerySet[Lead], rising: Windows, starts_at: datetime, ends_at: datetime
) -> list[int]:
    """Ids of those of the leads for whom anything may begin to hold within the period: something
    became known then, a rest may have ended, or what is told by time alone was young enough."""
    within = {"gt": starts_at, "lte": ends_at}
    changed = _any(LeadChange, known_at=within) | _any(Activity, known_at=within)
    changed |= _any(Activity, occurred_at=within) | _any(StageEntry, at=within)
    changed |= _any(Correction, at=within) | _any(Correction, until=within)
    changed |= Q(Exists(_quarantined(within)))
    changed |= _any(Touch, known_at=within) | _any(Touch, occurred_at=within)
    returned = StageEntry.objects.filter(lead=OuterRef("pk"), at__lte=starts_at)
    changed |= Q(Exists(returned.filter(cause=StageEntry.Cause.RETURNED)))
    if rising.longest:
        young = {"gt": starts_at - timedelta(days=rising.longest), "lte": ends_at}
        changed |= _any(Activity, occurred_at=young) | _any(Touch, occurred_at=young)
        changed |= _any(StageEntry, at=young) | Q(created_at__gt=young["gt"])
    return list(leads.filter(changed).order_by("pk").values_list("pk", flat=True))


def _any(model: type, **within: Mapping[str, datetime]) -> Q:
    ((name, bounds),) = within.items()
    asked = {f"{name}__{operator}": moment for operator, moment in bounds.items()}
    return Q(Exists(model.objects.filter(lead=OuterRef("pk"), **asked)))


def _quarantined(within: Mapping[str, datetime]) -> QuerySet[Quarantine]:
    asked = {f"at__{operator}": moment for operator, moment in within.items()}
    return Quarantine.objects.filter(activity__lead=OuterRef("pk"), **asked)


def _later(history: History, windows: Windows) -> Iterator[datetime]:
    for deed in history.deeds:
        yield from _after(deed.occurred_at, windows.of_type(deed.type))
    for touch in history.touches if windows.touches else ():
        yield from _after(touch.occurred_at, windows.touches)
    for entry in history.entries if windows.entries else ():
        yield from _after(entry.at, windows.entries)
    yield from _after(history.created_at, windows.created)


def _after(moment: datetime, windows: Collection[int]) -> Iterator[datetime]:
    return (moment + timedelta(days=days) for days in windows)


def _growing(condition: Condition, sign: int, rulebook: Rulebook) -> Iterator[Measure]:
    """The measures by which time alone may make a condition true (`sign` 1) or false (−1)."""
    if isinstance(condition, OnScore):
        positive = -sign if isinstance(condition, Negative) else sign
        yield from _growing_score(positive, rulebook)
    elif isinstance(condition, Negative):
        yield from _growing(condition.complement(), -sign, rulebook)
    elif parts := condition.parts():
        inner = -sign if isinstance(condition, NoneOf) else sign
        for part in parts:
            yield from _growing(part, inner, rulebook)
    else:
        yield from (each for each in condition.measures() if _may_grow(each, sign))


def _growing_score(sign: int, rulebook: Rulebook) -> Iterator[Measure]:
    for rule in rulebook.rules:
        towards = sign if rule.points > 0 else -sign
        yield from _growing(rule.when, towards, rulebook)
        if rule.counted and _may_grow(rule.counted, towards):
            yield rule.counted


def _may_grow(measure: Measure, sign: int) -> bool:
    return bool(measure.windows()) and (sign < 0 or measure.of in GROWING)
