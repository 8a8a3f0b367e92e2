"""What a text would change today, said at once and kept nowhere: it may not even be saved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from leads.models import Lead, User
from scoring import agreements, checks, documents, explanations, facts, replays, samples
from scoring.checks import Problem
from scoring.documents import Body
from scoring.impacts.stored import CHANGES, EXAMPLES, Change, stage_name
from scoring.models import AgreementVersion
from scoring.replays import today
from scoring.replays.today import Shift
from scoring.rulebooks import Rulebook
from scoring.samples import Count, Stratum

# So many leads are looked at in about a second.
AT_ONCE = 5_000
CHUNK = 10_000
# What is promised to people decides nothing about leads: faults there keep no impact back.
DECIDES = ("", "stages", "personas", "score", "fields")


class Unfit(Exception):
    """The text cannot run yet; `problem` says what keeps its impact from being worked out."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True)
class Instance:
    """A lead that changes. `stage` is where it would stand, of a lost one where it stands; `was`
    is its score now, None where it has none; `reasons` say what decides it, in words of the active
    language, `lacks` by keys of criteria (see `judging`)."""

    lead: Lead
    change: str
    stage: str
    was: int | None
    total: int
    reasons: list[str]
    lacks: list[str]


@dataclass(frozen=True)
class Look:
    """Each lead that changes among those looked at, and whom they stand for."""

    at: datetime
    shifts: list[Shift]
    strata: list[Stratum] = field(repr=False)

    @property
    def movable(self) -> int:
        """Leads that an agreement may move: sales has not accepted them."""
        return sum(each.size for each in self.strata)

    @property
    def looked_at(self) -> int:
        return sum(len(each.ids) for each in self.strata)

    @property
    def is_sample(self) -> bool:
        return self.looked_at < self.movable

    def of(self, change: str) -> list[Shift]:
        """The highest scores first."""
        found = [each for each in self.shifts if each.change == change]
        return sorted(found, key=lambda each: (-each.points.total, each.lead))

    def count(self, changes: Iterable[str]) -> Count:
        wanted = set(changes)
        found = {each.lead for each in self.shifts if each.change in wanted}
        return samples.count(found, self.strata)


@dataclass(frozen=True)
class Glance:
    """How many of all leads a text would gain, lose, move and leave today. Up to three examples
    of each change are named, of leads that the user may see."""

    look: Look
    gained: Count
    lost: Count
    moved: Count
    unchanged: Count
    population: int
    examples: list[Instance]

    @property
    def at(self) -> datetime:
        return self.look.at


def fault(body: Body) -> Problem | None:
    """The first thing that keeps the impact of a text from being worked out."""
    found = checks.unreadable(body) or checks.validate(body)
    return next(filter(_hinders, found), None)


def glance(body: Body, *, at: datetime, user: User, most: int = AT_ONCE) -> Glance:
    """What `body` would change, against the version in force, of all leads or of about `most`.
    Raises Unfit."""
    seen = look(body, at=at, most=most)
    population = Lead.objects.count()
    changed = seen.count(CHANGES)
    unchanged = Count(*(population - n for n in (changed.n, changed.high, changed.low)))
    counts = [seen.count([change]) for change in CHANGES]
    named = [shift for change in CHANGES for shift in _seen_by(user, seen.of(change))]
    return Glance(seen, *counts, unchanged, population, instances(body, named, at=at))


def look(body: Body, *, at: datetime, most: int = AT_ONCE) -> Look:
    """The leads that `body` would gain, lose or move today. Raises Unfit."""
    if problem := fault(body):
        raise Unfit(problem)
    tried, base = as_text(body), agreements.in_force()
    strata = samples.movable(most)
    ids = sorted(pk for each in strata for pk in each.ids)
    with transaction.atomic():
        _plan_in_haste()
        shifts = [
            shift
            for start in range(0, len(ids), CHUNK)
            for shift in today.shifts(ids[start : start + CHUNK], tried, base, at=at)
        ]
    return Look(at, shifts, strata)


def instances(body: Body, shifts: Sequence[Shift], *, at: datetime) -> list[Instance]:
    """The leads behind some shifts, with what decides each; those that are gone meanwhile, erased
    or merged, are left out. Up to ten queries for all."""
    if not shifts:
        return []
    base = agreements.in_force()
    texts = {True: Rulebook(body), False: Rulebook(base.body) if base else None}
    ids = [each.lead for each in shifts]
    leads = Lead.objects.select_related("score", "company").in_bulk(ids)
    known = texts[True].vocabulary.fields
    histories = facts.histories(list(leads), at, known=known)
    made = []
    for each in (shift for shift in shifts if shift.lead in leads):
        judge = texts[each.change != Change.GAINED]
        score = getattr(leads[each.lead], "score", None)
        lacking = _lacking(each, judge, histories[each.lead].at(at)) if judge else []
        was = score.total if score else None
        stage = stage_name(_where(each, body, base), each.stage)
        reasons = [_said(criterion) for criterion in lacking]
        lacks = [criterion.key for criterion in lacking]
        made.append(
            Instance(leads[each.lead], each.change, stage, was, each.points.total, reasons, lacks)
        )
    return made


def judging(change: str, stage: str, *, body: Body, base: Body | None) -> tuple[Body | None, str]:
    """The text, and the stage in it, whose criteria a lead that changes lacks: a gained one those
    of `base`, the text in force, a lost one those of `body`; moved ones lack nothing."""
    judge = base if change == Change.GAINED else body
    if judge is None or change == Change.MOVED:
        return None, ""
    key = replays.handoff_like(judge, stage)
    return (judge, key) if key else (None, "")


def _hinders(problem: Problem) -> bool:
    """What is still missing on the way out of sales' hands can wait; who is handed over cannot."""
    part, *rest = problem.path.split(".")
    if part == "stages" and getattr(problem, "later", False):
        return not rest or "criteria" in rest
    return part in DECIDES


def as_text(body: Body) -> AgreementVersion:
    """A text in no version yet, to be applied as one."""
    return AgreementVersion(body=body, sha256=documents.digest(body))


def _seen_by(user: User, shifts: Sequence[Shift], most: int = EXAMPLES) -> list[Shift]:
    """The first of them that the user may see."""
    ids = [each.lead for each in shifts]
    seen = set(Lead.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    return [each for each in shifts if each.lead in seen][:most]


def _where(shift: Shift, body: Body, base: AgreementVersion | None) -> Body:
    """The text that names the shift's stage."""
    return base.body if base and shift.change == Change.LOST else body


def _lacking(shift: Shift, judge: Rulebook, known: facts.Facts) -> list[explanations.Criterion]:
    """What a gained lead lacks under the agreement in force, a lost one under the text."""
    text, key = judging(shift.change, shift.stage, body=judge.body, base=judge.body)
    if text is None:
        return []
    return [each for each in explanations.judged(known, judge, key) if not each.holds]


def _said(criterion: explanations.Criterion) -> str:
    words, evidence = criterion.words, criterion.evidence
    return f"{words}: {evidence}" if evidence else str(words)


def _plan_in_haste() -> None:
    """Compiling such statements takes PostgreSQL longer than running them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL jit = off")
