"""The one statement that scores a set of leads and writes what has changed, and its relatives.

The innermost SELECT is the ORM's: a lead a row, the points of each rule, what was corrected by
hand, and the moments at which time alone changes something. `scoring.sums` adds up around it. Rows
come in the order of their ids, so that two writers never lock each other out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    DateTimeField,
    Exists,
    Expression,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least

from leads.models import Lead
from leads.prepared import Prepared
from scoring import binds, formulas, journeys, sums
from scoring.binds import AT, Moments, Name, form_of, prepared, these
from scoring.binds import Text as Select
from scoring.conditions import Condition
from scoring.formulas import Formula, Text
from scoring.journeys import StageJSON
from scoring.measures import Sql, Tally
from scoring.measures.joins import GroupedJoin, column, grouped
from scoring.models import AgreementVersion, Correction, Standing
from scoring.rulebooks import MOST_COUNTED, Rule

VERSION, REFRESH = Name("version"), Name("refresh")
Ids = Sequence[int] | range

_WRITE = """
    INSERT INTO scoring_score
        (lead_id, version_id, fit, engagement, total, ledger, as_of, next_change_at)
    SELECT pk, %s, fit, engagement, total, ledger, %s, next_change_at
    FROM ({scored}) scored
    WHERE true
    ON CONFLICT (lead_id) DO UPDATE SET
        version_id = excluded.version_id,
        fit = excluded.fit,
        engagement = excluded.engagement,
        total = excluded.total,
        ledger = excluded.ledger,
        as_of = excluded.as_of,
        next_change_at = excluded.next_change_at
    WHERE (
        scoring_score.version_id <> excluded.version_id OR scoring_score.as_of <= excluded.as_of
    ) AND (%s OR (
        scoring_score.version_id, scoring_score.fit, scoring_score.engagement,
        scoring_score.total, scoring_score.ledger, scoring_score.next_change_at
    ) {differs_from} (
        excluded.version_id, excluded.fit, excluded.engagement,
        excluded.total, excluded.ledger, excluded.next_change_at
    ))
"""


class Points(NamedTuple):
    """The score of a lead, by its id."""

    lead: int
    fit: int
    engagement: int
    total: int


def write(
    ids: Ids,
    version: AgreementVersion,
    *,
    at: datetime,
    refresh: bool,
    formula: Formula | None = None,
) -> int:
    """Score leads of these ids under `version` as of `at`. Returns how many rows were written:
    those that differ, or with `refresh` all, so that `as_of` is `at`.

    A score made meanwhile, as of a later moment, stays: whoever made it knew what we know.
    """
    statement = _writing(formula or formulas.of(version), form_of(ids))
    others = {VERSION.name: version.pk, REFRESH.name: refresh}
    with connection.cursor() as cursor:
        binds.run(statement, cursor, ids, at, others)
        return cursor.rowcount


def meeting(ids: Ids, text: Text | Formula, stage_key: str, *, at: datetime) -> list[int]:
    """Those of the leads that meet all criteria of a stage at `at`, in order. Criteria on the
    score look at the stored one."""
    statement = _meeting(formulas.of(text), stage_key, form_of(ids))
    return [pk for (pk,) in _rows(statement, ids, at)]


def waiting(ids: Ids, formula: Formula, *, at: datetime) -> list[tuple[int, int | None]]:
    """Those of the leads that stand nowhere, and those that may move on: with the stage where they
    stand. Of the criteria only the cheap ones are asked, unless there are none."""
    return _rows(_waiting(formula, form_of(ids)), ids, at)


def would_score(ids: Ids, text: Text, *, at: datetime) -> list[Points]:
    """What the scores of the leads would be at `at` under any text, in order. Nothing is
    written, and no stored score is looked at."""
    statement = _scoring(formulas.of(text), form_of(ids))
    return [Points(*row) for row in _rows(statement, ids, at)]


def would_meet(ids: Ids, text: Text, stage_key: str, *, at: datetime) -> list[Points]:
    """Those of the leads, with these scores, that would meet all criteria of a stage."""
    statement = _would_meet(formulas.of(text), stage_key, form_of(ids))
    return [Points(*row) for row in _rows(statement, ids, at)]


def _rows(statement: Prepared, ids: Ids, at: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        binds.run(statement, cursor, ids, at)
        return cursor.fetchall()


@lru_cache(maxsize=16)
def _writing(formula: Formula, form: str) -> Prepared:
    scored, params = _scored(formula, form)
    differs_from = "IS NOT" if connection.vendor == "sqlite" else "IS DISTINCT FROM"
    sql = _WRITE.format(scored=scored, differs_from=differs_from)
    return prepared(sql, (VERSION, AT, *params, REFRESH), form)


@lru_cache(maxsize=32)
def _meeting(formula: Formula, stage_key: str, form: str) -> Prepared:
    criteria = [each.when for each in formula.rulebook.criteria[stage_key]]
    leads = _that_meet(_leads(form), criteria, _tally(formula, form))
    return prepared(*_compiled(leads.order_by("pk").values_list("pk")), form)


@lru_cache(maxsize=16)
def _waiting(formula: Formula, form: str) -> Prepared:
    placed = Standing.objects.filter(these("lead_id", form), lead_id=OuterRef("pk"))
    new = (
        _leads(form)
        .filter(~Exists(placed))
        .order_by()
        .values_list("pk", Value(None, BigIntegerField()))
    )
    (new_sql, new_params), (free_sql, free_params) = _compiled(new), _free(formula, form)
    return prepared(f"{new_sql} UNION ALL {free_sql} ORDER BY 1", new_params + free_params, form)


def _free(formula: Formula, form: str) -> Select:
    """Leads that no rest holds where they stand, and that meet what is cheap to ask. Ids of each
    table are bounded: joins do not hand bounds on."""
    steps = [(start, _cheap(formula, target)) for start, target in journeys.steps(formula.body)]
    asked = [m for _start, criteria in steps for when in criteria for m in when.measures()]
    leads, sql = _tally(formula, form).counted(_leads(form), asked)
    for column_ in ("standing__lead_id", "score__lead_id"):
        leads = leads.filter(these(column_, form))
    free = Q(standing__rests_until=None) | Q(standing__rests_until__lte=Moments.at)
    may = Q(pk__in=[])
    for start, criteria in steps:
        here = Q(standing__stage_id=formula.stages.get(start["key"]))
        may |= Q(here, *[when.as_q(sql) for when in criteria])
    return _compiled(leads.order_by().filter(free, may).values_list("pk", "standing__stage_id"))


def _cheap(formula: Formula, target: StageJSON) -> list[Condition]:
    """The criteria that count nothing; all, where every one does."""
    criteria = [each.when for each in formula.rulebook.criteria[target["key"]]]
    return [when for when in criteria if not any(when.measures())] or criteria


@lru_cache(maxsize=16)
def _scoring(formula: Formula, form: str) -> Prepared:
    sql, params = _scored(formula, form, whole=False)
    return prepared(f"SELECT * FROM ({sql}) scored ORDER BY 1", params, form)


@lru_cache(maxsize=32)
def _would_meet(formula: Formula, stage_key: str, form: str) -> Prepared:
    """Joined with the scores they would have, which criteria look at."""
    scores = {which: column("would", which, IntegerField()) for which in Points._fields[1:]}
    sql, params = _scored(formula, form, whole=False)
    leads = _joined(_leads(form), (f"SELECT pk AS lead_id, would.* FROM ({sql}) would", params))
    criteria = [each.when for each in formula.rulebook.criteria[stage_key]]
    leads = _that_meet(leads, criteria, _tally(formula, form, scores))
    named = {f"would_{which}": score for which, score in scores.items()}
    sql, params = _compiled(leads.annotate(**named).values_list("pk", *named))
    return prepared(f"{sql} ORDER BY 1", params, form)


def _that_meet(
    leads: QuerySet[Lead], criteria: Sequence[Condition], tally: Tally
) -> QuerySet[Lead]:
    asked = [measure for when in criteria for measure in when.measures()]
    leads, sql = tally.counted(leads, asked)
    return leads.order_by().filter(*[when.as_q(sql) for when in criteria])


def _scored(formula: Formula, form: str, *, whole: bool = True) -> Select:
    """Columns pk, fit, engagement, total; with `whole` also ledger and next_change_at."""
    rulebook, tally = formula.rulebook, _tally(formula, form)
    watched = rulebook.measures() if whole else ()
    leads = _leads(form)
    leads, sql, moments = tally.counted_and_leaving(leads, rulebook.rule_measures(), watched)
    leads, corrected, turns = _corrected(leads, tally.of)
    if whole:
        leads, rested = _rested(leads, tally.of)
        moments |= {"turns": turns, "rested": rested}
    points = {f"r{n}": _points(rule, sql) for n, rule in enumerate(rulebook.rules)}
    columns = points | {sums.CORRECTED: corrected} | moments
    rows = leads.order_by().annotate(**columns).values_list("pk", *columns)
    return sums.scored(_compiled(rows), rulebook, list(moments), whole=whole)


def _leads(form: str) -> QuerySet[Lead]:
    return Lead.objects.filter(these("pk", form))


def _tally(formula: Formula, form: str, scores: Mapping[str, Expression] | None = None) -> Tally:
    return Tally(formula.ids, Moments, these("lead_id", form), scores)


def _compiled(rows: QuerySet) -> Select:
    sql, params = rows.query.get_compiler(connection=connection).as_sql()
    return sql, list(params)


def _points(rule: Rule, sql: Sql) -> Expression:
    holds = When(rule.when.as_q(sql), then=_given(rule, sql))
    return Case(holds, default=Value(0), output_field=IntegerField())


def _given(rule: Rule, sql: Sql) -> Any:
    """What a rule gives where its condition holds; see `Rule.raw`."""
    if rule.counted is None:
        return Value(rule.points)
    number = sql.value(rule.counted)
    if not rule.halving:
        return Value(rule.points) * Least(number, MOST_COUNTED)
    whole = 2 ** (len(rule.halving) - 1)
    size = 2 * abs(rule.points) * Least(number, MOST_COUNTED * whole) + whole
    return (1 if rule.points >= 0 else -1) * (size / (2 * whole))


def _corrected(leads: QuerySet[Lead], of: Q) -> tuple[QuerySet[Lead], Expression, Expression]:
    """`leads` joined with what was corrected by hand; its points, and when they next change."""
    begun = Q(at__lte=Moments.at)
    turns = Case(When(begun, then=F("until")), default=F("at"), output_field=DateTimeField())
    found: dict[str, Expression] = {"points": Sum("points", filter=begun), "turns": Min(turns)}
    rows = Correction.objects.filter(of, until__gt=Moments.at)
    leads = grouped(leads, rows, "corrected", found)
    points = Coalesce(column("corrected", "points", IntegerField()), 0)
    return leads, points, column("corrected", "turns", DateTimeField())


def _rested(leads: QuerySet[Lead], of: Q) -> tuple[QuerySet[Lead], Expression]:
    """`leads` joined with the end of their rest, which lets them be handed over again."""
    rows = Standing.objects.filter(of, rests_until__gt=Moments.at)
    leads = grouped(leads, rows, "rests", {"until": Max("rests_until")})
    return leads, column("rests", "until", DateTimeField())


class _Joined:
    """A SELECT as a query that can be joined."""

    def __init__(self, select: Select) -> None:
        self._select = select

    def get_compiler(self, **_using: Any) -> _Joined:
        return self

    def as_sql(self) -> Select:
        return self._select


def _joined(leads: QuerySet[Lead], select: Select) -> QuerySet[Lead]:
    query = leads.query
    join = GroupedJoin(query.get_initial_alias(), "would", "would", _Joined(select), "id")
    query.alias_map["would"] = join
    query.alias_refcount["would"] = 1
    query.table_map["would"] = ["would"]
    return leads
