"""All that is said of a score: grade, reasons, the ledger as stored, what is missing to the next
stages, and, apart because it takes longer, its last 90 days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback import briefings
from feedback.briefings import Reason
from feedback.charts import steps, totals
from feedback.charts.steps import Step, Steps
from feedback.charts.totals import Bar
from leads.models import Lead, User
from scoring import corrections, explanations, histories, ledgers
from scoring.explanations import Ahead
from scoring.grades import Grade, Scale
from scoring.histories import Account, Change, Point
from scoring.ledgers import Line
from scoring.models import AgreementVersion, Correction, Score, StageEntry
from scoring.rulebooks import Rulebook

MOST_PROS, MOST_CONS = 3, 2
# A lead that was marked so long ago waits for a worker that may not run.
SOON = timedelta(minutes=1)


@dataclass(frozen=True)
class Given:
    """A correction as a line of the ledger: its reason, whose it is, its last day."""

    correction: Correction
    words: str
    by: str
    last_day: date
    kind: str = ledgers.CORRECTION

    @property
    def points(self) -> int:
        return self.correction.points


@dataclass(frozen=True)
class Group:
    """The lines of one group of the ledger and what they sum to."""

    label: str
    lines: list[Line | Given]
    points: int


@dataclass(frozen=True)
class Sheet:
    """A score as stored, with its reasons; without a score, what is missing alone. `pending`:
    something became known since, and `soon`: it is counted in within moments."""

    grade: Grade | None
    meaning: str
    bar: Bar | None
    pros: list[Reason]
    cons: list[Reason]
    groups: list[Group]
    ahead: list[Ahead]
    pending: bool
    soon: bool
    may_correct: bool
    reset_at: datetime | None = None


@dataclass(frozen=True)
class Trend:
    """The last 90 days of a score: drawn for a column or a phone, and for a page, and each change,
    latest first. Drawn is what moved the total."""

    account: Account
    narrow: Steps
    wide: Steps

    @property
    def latest(self) -> list[Change]:
        """The last few that moved the total."""
        return [change for change in self.account.changes if change.points][:3]


def draw(lead: Lead, user: User, *, version: AgreementVersion | None, at: datetime) -> Sheet:
    """What is said of the score of a lead whose score, with its version, standing and mark as
    stale are loaded. `version` is the one in force."""
    score = getattr(lead, "score", None)
    stale = getattr(lead, "stale", None)
    version = score.version if score and score.version == version else version
    books = {each: Rulebook(each.body) for each in {version, score and score.version} if each}
    said = _said(score, books[score.version]) if score else {}
    return Sheet(
        ahead=explanations.ahead(lead, version, at, books[version]) if version else [],
        pending=stale is not None,
        soon=stale is not None and at - stale.since < SOON,
        may_correct=corrections.may_correct(user),
        reset_at=_reset_at(score, books[score.version]) if score else None,
        **_NOTHING | said,
    )


def _reset_at(score: Score, rulebook: Rulebook) -> datetime | None:
    """When a return last set the lead's actions back, where the score's text resets."""
    if not rulebook.resets:
        return None
    resets = StageEntry.objects.filter(lead_id=score.lead_id, resets=True, at__lte=score.as_of)
    return resets.aggregate(last=Max("at"))["last"]


def trend(lead: Lead, *, at: datetime) -> Trend:
    """The history of the lead's score, drawn."""
    account = histories.account(lead, until=at)
    moved = [each for each in account.changes if _value(each.before) != _value(each.after)]
    drawn = {
        "bars": list(_bars(account)),
        "until": at,
        "title": _title(account, len(moved)),
        "marks": [(v.in_force_at, str(v.number)) for v in account.versions],
        "words": _agreements,
        "days": list(_firsts(account.start.at, at)),
    }
    line = [Step(account.start.at, _value(account.start)), *map(_step, reversed(moved))]
    narrow, wide = (steps.draw(line, size=size, **drawn) for size in (steps.NARROW, steps.WIDE))
    return Trend(account, narrow, wide)


def _said(score: Score, rulebook: Rulebook) -> dict[str, Any]:
    body = score.version.body
    scale = Scale.read(body)
    grade = scale.grade(score)
    lines = ledgers.lines(score, score.version, rulebook)
    by_hand = _by_hand(lines, score)
    pros, cons = _reasons(lines, by_hand)
    return {
        "grade": grade,
        "meaning": scale.words(grade),
        "bar": totals.draw(score, body, by_hand=sum(each.points for each in by_hand)),
        "pros": pros,
        "cons": cons,
        "groups": list(_groups(lines, by_hand)),
    }


_NOTHING: dict[str, Any] = {
    "grade": None,
    "meaning": "",
    "bar": None,
    "pros": [],
    "cons": [],
    "groups": [],
}


def _reasons(
    lines: Sequence[Line], by_hand: Sequence[Line | Given]
) -> tuple[list[Reason], list[Reason]]:
    """What speaks most for the lead, and against: the strongest rules, and every correction."""
    ruled = [line.to_dict() for line in lines if line.kind != ledgers.CORRECTION]
    pros, cons = briefings.strongest(ruled)
    given = [Reason(_given_words(each), each.points, 0) for each in by_hand]
    shown = [*pros[:MOST_PROS], *cons[:MOST_CONS], *given]
    widest = max((abs(each.points) for each in shown), default=0)
    shown.sort(key=lambda each: -abs(each.points))
    told = [replace(each, share=round(abs(each.points) * 100 / widest)) for each in shown]
    return [each for each in told if each.points > 0], [each for each in told if each.points < 0]


def _given_words(line: Line | Given) -> str:
    if isinstance(line, Line):
        return str(line.words)
    terms = {"words": line.words, "day": date_format(line.last_day, "DATE_FORMAT")}
    if not line.correction.note:
        return _("Corrected by hand until %(day)s") % terms
    return _("Corrected by hand: “%(words)s” until %(day)s") % terms


def _groups(lines: list[Line], by_hand: Sequence[Line | Given]) -> Iterator[Group]:
    """The ledger as stored, group by group; the total's own lines come last."""
    for key, rows in groupby(lines, key=lambda line: line.group):
        found = list(rows)
        points = sum(line.points for line in found)
        if not key:
            found = [*by_hand, *(line for line in found if line.kind != ledgers.CORRECTION)]
        yield Group(str(ledgers.GROUP_NAMES.get(key, "")), found, points)


def _by_hand(lines: Sequence[Line], score: Score) -> Sequence[Line | Given]:
    """The line of the corrections as the corrections it sums, where it does."""
    stored = [line for line in lines if line.kind == ledgers.CORRECTION]
    if not stored:
        return []
    found = corrections.in_effect(score.lead, score.as_of)
    if sum(each.points for each in found) != stored[0].points:
        return stored
    return [
        Given(
            each,
            each.note.text if each.note else str(stored[0].words),
            str(each.by),
            corrections.last_day(each),
        )
        for each in found
    ]


def _value(point: Point) -> int | None:
    return point.score.total if point.score else None


def _step(change: Change) -> Step:
    terms = {
        "day": date_format(timezone.localtime(change.at), "MONTH_DAY_FORMAT"),
        "from": change.before.total,
        "to": change.after.total,
        "why": ", ".join(cause.text for cause in change.causes),
    }
    return Step(change.at, _value(change.after), _("%(day)s: %(from)d to %(to)d. %(why)s") % terms)


def _bars(account: Account) -> Iterator[Step]:
    """What each version asked for, from when it came into force."""
    yield _bar_step(account.start.at, account.start.version)
    for version in account.versions:
        yield _bar_step(version.in_force_at, version)


def _bar_step(at: datetime, version: AgreementVersion | None) -> Step:
    asked = explanations.bar(version.body) if version else None
    if asked is None or asked.points is None:
        return Step(at, None)
    return Step(at, asked.points, f"{asked.points}: {asked.stage}")


def _agreements(numbers: Sequence[str]) -> str:
    """Versions that came into force one after the other, in a label."""
    named = ", ".join(numbers) if len(numbers) < 3 else f"{numbers[0]}–{numbers[-1]}"
    return _("Agreement %(n)s") % {"n": named}


def _title(account: Account, moves: int) -> str:
    terms = {
        "day": date_format(timezone.localtime(account.start.at), "DATE_FORMAT"),
        "from": account.start.total,
        "to": account.now.total,
        "n": moves,
    }
    said = ngettext(
        "Score since %(day)s: from %(from)d to %(to)d in one change",
        "Score since %(day)s: from %(from)d to %(to)d in %(n)d changes",
        moves,
    )
    return said % terms


def _firsts(since: datetime, until: datetime) -> Iterator[tuple[datetime, str]]:
    """The first day of each month between, as a moment and in words."""
    day = timezone.localtime(since).date().replace(day=1)
    while day <= timezone.localtime(until).date():
        moment = timezone.make_aware(datetime(day.year, day.month, 1))
        if moment >= since:
            yield moment, date_format(day, "MONTH_DAY_FORMAT")
        day = (day + timedelta(days=32)).replace(day=1)
