"""Conditions on the score itself; they stand in criteria alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from scoring.conditions.base import Condition, Evidence, Negative

if TYPE_CHECKING:
    from scoring.facts import Facts
    from scoring.measures import Sql

WHICH = {
    "total": gettext_lazy("score"),
    "fit": gettext_lazy("fit"),
    "engagement": gettext_lazy("engagement"),
}


@dataclass(frozen=True)
class OnScore(Condition):
    """Compares fit, engagement or total, in points. A lead without a score has 0."""

    which: str
    value: int

    def said(self, pattern: str) -> str:
        return pattern % {"score": WHICH[self.which], "value": self.value}

    def points(self, facts: Facts) -> int:
        return getattr(facts.score, self.which) if facts.score else 0

    def evidence(self, facts: Facts) -> list[Evidence]:
        points = self.points(facts)
        pattern = ngettext("%(points)s point", "%(points)s points", points)
        said = pattern % {"points": _figure(points)}
        if self.which == "total" and facts.score:
            parts = {
                "fit": _figure(facts.score.fit),
                "engagement": _figure(facts.score.engagement),
            }
            said += _(": fit %(fit)s, engagement %(engagement)s") % parts
        return [Evidence(said, facts.score.as_of if facts.score else None)]


class ScoreAtLeast(OnScore):
    def holds(self, facts: Facts) -> bool:
        return self.points(facts) >= self.value

    def as_q(self, sql: Sql) -> Q:
        return Q(GreaterThanOrEqual(sql.score(self.which), self.value))

    def words(self) -> str:
        return self.said(_("%(score)s is at least %(value)d"))

    def complement(self) -> Condition:
        return ScoreBelow(**vars(self))


class ScoreBelow(Negative, OnScore):
    positive = ScoreAtLeast

    def words(self) -> str:
        return self.said(_("%(score)s is below %(value)d"))


def _figure(points: int) -> str:
    """With a true minus sign."""
    return str(points).replace("-", "−")
