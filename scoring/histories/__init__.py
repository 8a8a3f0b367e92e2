"""Who or what changed a score, and when.

Scoring is a pure function of what was known by a moment and of the version in force then. So the
history of a score is not recorded but derived: the score is made anew at every moment at which
something became known, a version came into force, or time alone may have changed something.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from leads.models import Lead
from scoring import explanations, facts, grades, ledgers, scores
from scoring.conditions import Vocabulary
from scoring.facts import History
from scoring.grades import Grade
from scoring.histories.causes import Cause, Causes
from scoring.ledgers import Line, ScoreResult
from scoring.models import AgreementVersion
from scoring.rulebooks import Rulebook

DAYS = 90
MOST_MOMENTS = 200


@dataclass(frozen=True)
class Point:
    """The score from a moment on, under the version in force then; `score` None: there was none
    yet."""

    at: datetime
    version: AgreementVersion | None
    score: ScoreResult | None

    @property
    def total(self) -> int:
        return self.score.total if self.score else 0

    @property
    def grade(self) -> Grade | None:
        return grades.of(self.score, self.version.body) if self.score else None

    @property
    def bar(self) -> int | None:
        """The total that hands a lead over, under the version of the time."""
        return explanations.bar(self.version.body).points if self.version else None


@dataclass(frozen=True)
class Change:
    """A moment at which a line of the ledger changed: what the score was and became, the lines that
    differ with the points they gained or lost, and why. `points` 0: a cap or a floor took it all
    back."""

    before: Point
    after: Point
    lines: list[Line]
    causes: list[Cause]

    @property
    def at(self) -> datetime:
        return self.after.at

    @property
    def points(self) -> int:
        return self.after.total - self.before.total


@dataclass(frozen=True)
class Account:
    """The history of a score in (start.at, until]: its changes, latest first. `cut`: there was
    more going on than is looked at, so it begins later than was asked for."""

    start: Point
    until: datetime
    changes: list[Change]
    versions: list[AgreementVersion]
    cut: bool

    @property
    def points(self) -> list[Point]:
        """The score at the start and from each change on, in order."""
        return [self.start, *(change.after for change in reversed(self.changes))]

    @property
    def now(self) -> Point:
        return self.points[-1]


def account(lead: Lead, *, until: datetime, days: int = DAYS, most: int = MOST_MOMENTS) -> Account:
    """The history of the lead's score in the last `days` before `until`, looking at its latest
    `most` moments. Some ten queries, whatever happened."""
    until = until.astimezone(UTC)
    since = until - timedelta(days=days)
    versions = list(_in_force_between(since, until))
    vocabulary = Vocabulary()
    books = [(version, Rulebook(version.body, vocabulary)) for version in versions]
    past = _Past(facts.history(lead, until, known=vocabulary.fields), books)
    causes = Causes(lead, past.history, books, vocabulary)
    turns = sorted(t for t in past.turns() | causes.times() if since < t <= until)
    cut = len(turns) > most
    if cut:
        since, turns = turns[-most - 1], turns[-most:]
    start, changes = past.walk(since, turns)
    told = [_told(before, after, past, causes) for before, after in reversed(changes)]
    known = [version for version in versions if version.in_force_at > since]
    return Account(start, until, told, known, cut)


def _in_force_between(since: datetime, until: datetime) -> Sequence[AgreementVersion]:
    found = AgreementVersion.objects.filter(in_force_at__lte=until)
    found = found.filter(Q(superseded_at=None) | Q(superseded_at__gt=since))
    return found.order_by("in_force_at", "number")


@dataclass(frozen=True)
class _Past:
    """All that was known of a lead, and the versions in force in their order."""

    history: History
    books: list[tuple[AgreementVersion, Rulebook]]

    def turns(self) -> set[datetime]:
        """Every moment at which something became known or another version came into force."""
        moments = {self.history.created_at, *self.history.moments()}
        return moments | {version.in_force_at for version, _book in self.books}

    def walk(
        self, since: datetime, turns: Sequence[datetime]
    ) -> tuple[Point, list[tuple[Point, Point]]]:
        """The score at `since`, and each change of it at one of the moments after."""
        start = last = self.point(since)
        changes = []
        for moment in turns:
            point = self.point(moment)
            if _differ(last, point):
                changes.append((last, point))
            last = point
        return start, changes

    def point(self, at: datetime) -> Point:
        found = self.book(at)
        if found is None:
            return Point(at, None, None)
        version, book = found
        if at < self.born_at:
            return Point(at, version, None)
        return Point(at, version, scores.score_of(self.history.at(at), book))

    def book(self, at: datetime) -> tuple[AgreementVersion, Rulebook] | None:
        """The version in force then, and its rules."""
        begun = [pair for pair in self.books if pair[0].in_force_at <= at]
        return begun[-1] if begun else None

    @property
    def born_at(self) -> datetime:
        """Since when anything is known of the lead: imports say what was known before we were."""
        return min([self.history.created_at, *self.history.moments()[:1]])


def _differ(before: Point, after: Point) -> bool:
    """Whether any line of the ledger moved, even where a cap or a floor took it all back."""
    if before.version == after.version:
        return before.score != after.score
    return _cells(before) != _cells(after)


def _cells(point: Point) -> dict[tuple[str, str], int] | None:
    """The points of every line that has some: two versions have different ledgers."""
    if point.score is None:
        return None
    found = zip(ledgers.layout(point.version.body), point.score.ledger, strict=True)
    return {(cell.kind, cell.key): points for cell, points in found if points}


def _told(before: Point, after: Point, past: _Past, causes: Causes) -> Change:
    lines = list(_difference(before, after, past))
    return Change(before, after, lines, causes.at(after.at, lines, after.version))


def _difference(before: Point, after: Point, past: _Past) -> Iterator[Line]:
    """The lines whose points differ, with the difference."""
    if before.score and before.version == after.version:
        pairs = zip(after.score.ledger, before.score.ledger, strict=True)
        yield from _lines([new - old for new, old in pairs], after, past)
        return
    new = {(line.kind, line.key): line for line in _lines(after.score.ledger, after, past)}
    old = {}
    if before.score:
        old = {(line.kind, line.key): line for line in _lines(before.score.ledger, before, past)}
    for place in dict.fromkeys([*new, *old]):
        line = new.get(place) or old[place]
        had, has = (found[place].points if place in found else 0 for found in (old, new))
        if has != had:
            yield Line(line.key, line.kind, line.group, line.words, has - had)


def _lines(ledger: Sequence[int], point: Point, past: _Past) -> list[Line]:
    _version, book = past.book(point.at)
    return ledgers.lines(ledger, point.version, book)
