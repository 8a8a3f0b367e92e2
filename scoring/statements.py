"""The one statement that scores a set of leads and writes what has changed.

The innermost SELECT is the ORM's: a lead a row, the points of each rule, and the moments at which
time alone changes something. `scoring.sums` adds up around it. Rows come in the order of their
ids, so that two writers never lock each other out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import (
    Case,
    DateTimeField,
    Expression,
    F,
    IntegerField,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Least

from leads import fields
from leads.fields import Registry
from leads.models import Lead
from scoring import sums
from scoring.binds import AT, Moments, Name, Prepared, Text, these
from scoring.conditions import Vocabulary
from scoring.measures import Ids, Sql, Tally
from scoring.models import AgreementVersion
from scoring.rulebooks import MOST_COUNTED, Rule, Rulebook

VERSION, REFRESH = Name("version"), Name("refresh")

_WRITE = """
    INSERT INTO scoring_score
        (lead_id, version_id, fit, engagement, total, ledger, as_of, next_change_at)
    SELECT pk, %s, fit, engagement, total, ledger, %s, next_change_at
    FROM ({scored}) scored
    WHERE true
    ORDER BY pk
    ON CONFLICT (lead_id) DO UPDATE SET
        version_id = excluded.version_id,
        fit = excluded.fit,
        engagement = excluded.engagement,
        total = excluded.total,
        ledger = excluded.ledger,
        as_of = excluded.as_of,
        next_change_at = excluded.next_change_at
    WHERE %s OR (
        scoring_score.version_id, scoring_score.fit, scoring_score.engagement,
        scoring_score.total, scoring_score.ledger, scoring_score.next_change_at
    ) {differs_from} (
        excluded.version_id, excluded.fit, excluded.engagement,
        excluded.total, excluded.ledger, excluded.next_change_at
    )
"""


def write(
    ids: Sequence[int] | range, version: AgreementVersion, *, at: datetime, refresh: bool
) -> int:
    """Score leads of these ids under `version` as of `at`. Returns how many rows were written:
    those that differ, or with `refresh` all, so that `as_of` is `at`."""
    model = Model.of(version)
    prepared = _writing(model, isinstance(ids, range), connection.vendor)
    others = {VERSION.name: version.pk, REFRESH.name: refresh}
    with connection.cursor() as cursor:
        cursor.execute(prepared.sql, prepared.filled(ids, at, others))
        return cursor.rowcount


def meeting(
    ids: Sequence[int] | range, version: AgreementVersion, stage_key: str, *, at: datetime
) -> list[int]:
    """Those of the leads that meet all criteria of a stage at `at`, in order. Criteria on the
    score look at the stored one."""
    model = Model.of(version)
    prepared = _meeting(model, stage_key, isinstance(ids, range), connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(prepared.sql, prepared.filled(ids, at))
        return [pk for (pk,) in cursor.fetchall()]


@dataclass(frozen=True)
class Model:
    """All that the text of a statement depends on. Equal models have equal statements."""

    sha256: str
    fields: tuple[tuple[str, str, tuple[str, ...]], ...]
    ids: Ids
    rulebook: Rulebook = field(compare=False, repr=False)

    @classmethod
    def of(cls, version: AgreementVersion) -> Model:
        """Four queries at most: lead fields, activity types, channels, campaigns."""
        known = fields.registry()
        own = tuple((f.key, f.type, f.choices) for f in known.values() if f.column is None)
        rulebook = _rulebook(_Body(version.sha256, own, version.body, known))
        return cls(version.sha256, own, Ids.of(rulebook.measures()), rulebook)


@dataclass(frozen=True)
class _Body:
    sha256: str
    fields: tuple[tuple[str, str, tuple[str, ...]], ...]
    body: Mapping[str, Any] = field(compare=False)
    known: Registry = field(compare=False)


@lru_cache(maxsize=8)
def _rulebook(text: _Body) -> Rulebook:
    """Read once in a process, to be applied: its vocabulary of names may have grown old."""
    vocabulary = Vocabulary()
    vocabulary.fields = text.known
    return Rulebook(text.body, vocabulary)


@lru_cache(maxsize=16)
def _writing(model: Model, in_range: bool, vendor: str) -> Prepared:
    scored, params = select(model, in_range=in_range)
    differs_from = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    sql = _WRITE.format(scored=scored, differs_from=differs_from)
    return Prepared(sql, (VERSION, AT, *params, REFRESH))


@lru_cache(maxsize=32)
def _meeting(model: Model, stage_key: str, in_range: bool, vendor: str) -> Prepared:
    criteria = [each.when for each in model.rulebook.criteria[stage_key]]
    leads, asked = _leads(in_range), [each for when in criteria for each in when.measures()]
    leads, sql = _tally(model, in_range).counted(leads, asked)
    leads = leads.filter(*[when.as_q(sql) for when in criteria])
    return Prepared(*_compiled(leads.order_by("pk").values_list("pk")))


def select(model: Model, *, in_range: bool) -> Text:
    """Columns pk, fit, engagement, total, ledger (JSON), next_change_at; a lead a row."""
    return sums.scored(_points(model, in_range), model.rulebook)


def _points(model: Model, in_range: bool) -> Text:
    """Columns pk, r0, r1, … (points of each rule) and next_change_at."""
    rulebook, tally = model.rulebook, _tally(model, in_range)
    watched = list(rulebook.measures())
    asked = list(rulebook.rule_measures())
    leads, sql, moments = tally.counted_and_leaving(_leads(in_range), asked, watched)
    rests = When(standing__rests_until__gt=Moments.at, then=F("standing__rests_until"))
    moments["rested"] = Case(rests, output_field=DateTimeField())
    columns = {f"r{n}": _rule(rule, sql) for n, rule in enumerate(rulebook.rules)} | moments
    rows = leads.order_by().annotate(**columns).values_list("pk", *columns)
    inner, params = _compiled(rows)
    columns_of_raw = ["raw.*", f"{sums.earliest(list(moments))} AS next_change_at"]
    return sums.around((inner, [*params]), columns_of_raw, [], "raw")


def _leads(in_range: bool) -> QuerySet[Lead]:
    return Lead.objects.filter(these("pk", in_range=in_range))


def _tally(model: Model, in_range: bool) -> Tally:
    return Tally(model.ids, Moments, these("lead_id", in_range=in_range))


def _compiled(rows: QuerySet) -> Text:
    return rows.query.get_compiler(connection=connection).as_sql()


def _rule(rule: Rule, sql: Sql) -> Expression:
    points: Any = Value(rule.points)
    if rule.counted:
        points = Value(rule.points) * Least(sql.value(rule.counted), MOST_COUNTED)
    holds = When(rule.when.as_q(sql), then=points)
    return Case(holds, default=Value(0), output_field=IntegerField())
