"""What we did to leads, and where they went: joins of their own, present where asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import (
    Count,
    DateTimeField,
    Expression,
    F,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, IsNull

from leads.models import Activity, Lead, Touch
from scoring.measures import declared, leaving, undoing
from scoring.measures.declared import Measure
from scoring.measures.done import after_reset, resets
from scoring.measures.joins import column, grouped
from scoring.measures.scopes import Scope
from scoring.models import StageEntry


class _Join:
    """Counts over dated rows of leads; `moment` is their date, `alias` the join's name."""

    alias: str
    moment: str

    def __init__(self, scope: Scope, asked: Sequence[Measure], watched: Sequence[Measure]) -> None:
        self.scope = scope
        self.names = {measure: f"m{n}" for n, measure in enumerate(asked)}
        self.windows = {days for measure in watched for days in measure.windows()}

    def joined(self, leads: QuerySet[Lead]) -> QuerySet[Lead]:
        counts: dict[str, Expression] = {
            name: Count("lead_id", filter=self.these(measure) or None)
            for measure, name in self.names.items()
        }
        if self.windows:
            counts["leaves"] = Min(leaving.next_window(self.windows, self.scope, self.moment))
        return grouped(leads, self.rows(), self.alias, counts) if counts else leads

    def values(self) -> dict[Measure, Expression]:
        return {
            measure: Coalesce(column(self.alias, name, IntegerField()), 0)
            for measure, name in self.names.items()
        }

    def moments(self) -> dict[str, Expression]:
        if not self.windows:
            return {}
        return {f"{self.alias}_leaves": column(self.alias, "leaves", DateTimeField())}

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def these(self, measure: Measure) -> Q:
        raise NotImplementedError


class Touched(_Join):
    """Touches after which the lead did nothing."""

    alias, moment = "touched", "occurred_at"

    def rows(self) -> QuerySet[Touch]:
        """With the lead's last activity, if it could be later than any touch that counts."""
        rows = Touch.objects.filter(self.scope.of, self.scope.visible())
        done = Activity.objects.filter(self.scope.of, self.scope.visible())
        reaches = [measure.reach for measure in self.names]
        if reaches and None not in reaches:
            done = done.filter(self.scope.within(max(reaches)))
        if any(measure.since_reset for measure in self.names):
            rows = grouped(rows, resets(self.scope), "reset", {"last": Max("at")}, on="lead_id")
        return grouped(rows, done, "answer", {"last": Max("occurred_at")}, on="lead_id")

    def these(self, measure: Measure) -> Q:
        last = column("answer", "last", DateTimeField())
        unanswered = Q(IsNull(last, True)) | Q(GreaterThanOrEqual(F("occurred_at"), last))
        kinds = Q(kind__in=measure.kinds) if measure.kinds else Q()
        found = self.scope.within(measure.within_days) & kinds & unanswered
        return found & after_reset() if measure.since_reset else found


class Entered(_Join):
    """Entries into stages, and recycles among them."""

    alias, moment = "entered", "at"

    def rows(self) -> QuerySet[StageEntry]:
        return undoing.entries(self.scope)

    def these(self, measure: Measure) -> Q:
        within = self.scope.within(measure.within_days, "at")
        if measure.of == declared.ENTERED:
            return within & self.scope.ids.of_stages(measure.stages)
        recycle = Q(cause__in=declared.RECYCLE_CAUSES, kind__in=declared.RECYCLE_KINDS)
        return within & recycle
