"""Leads one step below a bar: exactly one thing keeps them from the next stage.

That is one criterion of the stage, the end of a rest, or something new that they do after it
(`scoring.stages` lets nobody on before). More than ten points below a bar is not one step.

One statement an arrow: each check of a lead is a CASE that gives 0 where it holds, else ONE and
the number of what is lacking; a sum below two ONEs is one failure, and says which. What costs
little (profile, stored scores, rests) is summed first, so that activities are counted only of
leads that may still be near.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import add, or_

from django.db.models import (
    Case,
    Count,
    Exists,
    Expression,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    When,
)
from django.db.models import Value as Given
from django.db.models.lookups import GreaterThanOrEqual

from leads.models import Activity, Lead
from scoring import journeys, measures
from scoring.conditions.profile import Unknown
from scoring.conditions.scores import ScoreAtLeast
from scoring.journeys import StageJSON
from scoring.lacks import ACTIVITY, REST, STEPS, Lack, fields_of
from scoring.measures import Measure, Sql
from scoring.models import AgreementVersion, Stage
from scoring.rulebooks import Criterion, Rulebook

FURTHEST = STEPS[-1][1]
ONE = 4096


@dataclass(frozen=True)
class Group:
    """Leads that lack the same thing."""

    lack: Lack
    count: int

    @property
    def sentence(self) -> str:
        return self.lack.sentence(self.count)


def groups(version: AgreementVersion, of: QuerySet[Lead], *, at: datetime) -> list[Group]:
    """Those `of` some leads that are one step below a bar of the version in force, by what they
    lack, arrow by arrow in the order of the agreement; none that is empty. One statement an
    arrow, and a few for the names in the agreement."""
    found = []
    for arrow in _arrows(version, at):
        near = arrow.near(of).order_by().values_list("missing").annotate(n=Count("pk"))
        counts = dict(near)
        found += [Group(lack, counts[n]) for n, lack in arrow.lacks() if n in counts]
    return found


def find(
    version: AgreementVersion, key: str, of: QuerySet[Lead], *, at: datetime
) -> tuple[Lack, QuerySet[Lead]] | None:
    """What a key names, and those `of` some leads that lack it, in no order: just as many as
    `groups` counts. None for a key that names nothing in this version."""
    for arrow in _arrows(version, at):
        for n, lack in arrow.lacks():
            if lack.key == key:
                return lack, arrow.near(of).filter(missing=n)
    return None


@dataclass(frozen=True)
class _Check:
    """Something that must hold. Where it does not, the first of `cases` that holds says what is
    lacking, else `otherwise`; None for more than one step."""

    holds: Callable[[Sql], Q]
    cases: tuple[tuple[Q, Lack], ...] = ()
    otherwise: Lack | None = None
    measures: tuple[Measure, ...] = ()

    @property
    def lacks(self) -> list[Lack]:
        return [lack for _q, lack in self.cases] + ([self.otherwise] if self.otherwise else [])

    def sql(self, sql: Sql, first: int) -> Expression:
        """0, or ONE and the number of what is lacking, of which the first has `first`, or more."""
        whens = [When(self.holds(sql), then=Given(0))]
        whens += [When(q, then=Given(ONE + first + n)) for n, (q, _lack) in enumerate(self.cases)]
        rest = ONE + first + len(self.cases) if self.otherwise else 2 * ONE
        return Case(*whens, default=Given(rest), output_field=IntegerField())


class _Arrow:
    """One way of the machine, and all that must hold on it as of a moment: first what is on
    the lead's own rows, then what is counted over its activities."""

    def __init__(
        self,
        start: StageJSON,
        target: StageJSON,
        criteria: Sequence[Criterion],
        version: AgreementVersion,
        at: datetime,
    ) -> None:
        self.start, self.version, self.at = start, version, at
        self.bars = [c.when for c in criteria if isinstance(c.when, ScoreAtLeast)]
        checks = [_check(each, start, target) for each in criteria]
        self.own = [check for check in checks if not check.measures]
        self.own.append(_rested(start, target, at))
        self.counted = [check for check in checks if check.measures]
        self.counted.append(_active(start, target, at))

    def lacks(self) -> Iterator[tuple[int, Lack]]:
        """Every thing that may be lacking, with its number in `missing`."""
        lacks = [lack for check in [*self.own, *self.counted] for lack in check.lacks]
        return enumerate(lacks, start=ONE)

    def near(self, of: QuerySet[Lead]) -> QuerySet[Lead]:
        """Leads that may be near, with `missing`: ONE and the number of the one thing they lack;
        0 or more than two ONEs for those who are not."""
        leads = of.filter(standing__stage__key=self.start["key"], score__version=self.version)
        for bar in self.bars:
            leads = leads.filter(**{f"score__{bar.which}__gte": bar.value - FURTHEST})
        leads = leads.annotate(own=_sum(self.own, Sql({}), 0)).filter(own__lt=2 * ONE)
        asked = [measure for check in self.counted for measure in check.measures]
        leads, sql = measures.counted(leads, asked, at=self.at)
        first = sum(len(check.lacks) for check in self.own)
        missing = F("own") + _sum(self.counted, sql, first)
        return leads.annotate(missing=missing)


def _arrows(version: AgreementVersion, at: datetime) -> Iterator[_Arrow]:
    """Those into a stage with criteria: into others nobody is kept from going."""
    rulebook = Rulebook(version.body)
    for start, target in journeys.steps(version.body):
        if criteria := rulebook.criteria[target["key"]]:
            yield _Arrow(start, target, criteria, version, at)


def _sum(checks: Sequence[_Check], sql: Sql, first: int) -> Expression:
    terms = []
    for check in checks:
        terms.append(check.sql(sql, first))
        first += len(check.lacks)
    return reduce(add, terms)


def _check(criterion: Criterion, start: StageJSON, target: StageJSON) -> _Check:
    when, lack = criterion.when, Lack(start, target, criterion.key, criterion)
    asked = tuple(when.measures())
    if isinstance(when, ScoreAtLeast):
        points = Sql({}).score(when.which)
        steps = [
            (Q(GreaterThanOrEqual(points, when.value - most)), replace(lack, short=(least, most)))
            for least, most in STEPS
        ]
        return _Check(when.as_q, tuple(steps))
    if fields := fields_of(when):
        unknown = reduce(or_, (Unknown(spec).as_q(Sql({})) for spec in fields))
        cases = ((unknown, replace(lack, unknown=fields)),)
        return _Check(when.as_q, cases, lack, asked)
    return _Check(when.as_q, (), lack, asked)


def _rested(start: StageJSON, target: StageJSON, at: datetime) -> _Check:
    over = Q(standing__rests_until=None) | Q(standing__rests_until__lte=at)
    return _Check(lambda _sql: over, otherwise=Lack(start, target, REST))


def _active(start: StageJSON, target: StageJSON, at: datetime) -> _Check:
    """Did they do something since they were returned, and into a handoff since they came in as
    history?"""
    done = _since("standing__rested_since", at)
    if target["kind"] == Stage.Kind.HANDOFF:
        done &= _since("dormant_since", at)
    return _Check(lambda _sql: done, otherwise=Lack(start, target, ACTIVITY))


def _since(moment: str, at: datetime) -> Q:
    done = Activity.objects.filter(lead_id=OuterRef("pk"), occurred_at__gt=OuterRef(moment))
    done = done.filter(occurred_at__lte=at, known_at__lte=at)
    return Q(**{f"{moment}__isnull": True}) | Q(Exists(done))
