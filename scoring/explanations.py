"""Why a lead is where it is: each criterion of a stage with what it was decided on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.text import capfirst

from leads.models import Lead
from scoring import scores
from scoring.conditions import Evidence
from scoring.facts import Facts, Points, facts_at
from scoring.models import AgreementVersion, Score
from scoring.rulebooks import Criterion as Asked
from scoring.rulebooks import Rulebook
from scoring.wordings import Wording


@dataclass(frozen=True)
class Criterion:
    """A criterion, whether it holds, the evidence in words, and the moment of the evidence.

    Without evidence nothing is known either way.
    """

    key: str
    group: str
    words: Wording
    holds: bool
    evidence: Wording
    at: datetime | None

    def to_dict(self) -> dict[str, Any]:
        """To be frozen as JSON, with the words of every language."""
        return {
            "key": self.key,
            "group": self.group,
            "words": dict(self.words),
            "holds": self.holds,
            "evidence": dict(self.evidence),
            "at": self.at.isoformat() if self.at else None,
        }


def criteria(
    lead: Lead, version: AgreementVersion, stage_key: str, at: datetime
) -> list[Criterion]:
    """The criteria of a stage in the body's order, decided by what was known at `at`."""
    rulebook = Rulebook(version.body)
    at = at.astimezone(UTC)
    facts = facts_at(lead, at, known=rulebook.vocabulary.fields)
    facts = facts.with_score(_points(lead, version, facts, rulebook))
    return [_explained(asked, facts) for asked in rulebook.criteria[stage_key]]


def missing(lead: Lead, version: AgreementVersion, stage_key: str, at: datetime) -> list[Criterion]:
    """The criteria of a stage that do not hold."""
    return [each for each in criteria(lead, version, stage_key, at) if not each.holds]


def _points(lead: Lead, version: AgreementVersion, facts: Facts, rulebook: Rulebook) -> Points:
    """The stored score where it was made by then under this version, else what it was."""
    stored = Score.objects.filter(lead=lead, version=version, as_of__lte=facts.at).first()
    if stored:
        return Points(stored.fit, stored.engagement, stored.total, stored.as_of)
    then = scores.score_of(facts, rulebook)
    return Points(then.fit, then.engagement, then.total, facts.at)


def _explained(asked: Asked, facts: Facts) -> Criterion:
    found = asked.when.evidence(facts)
    moments = [each.at for each in found if each.at]
    return Criterion(
        asked.key,
        asked.group,
        Wording.of(lambda: capfirst(asked.words())),
        asked.when.holds(facts),
        Wording.of(_said(lambda: asked.when.evidence(facts))),
        max(moments, default=None),
    )


def _said(find: Callable[[], list[Evidence]]) -> Callable[[], str]:
    return lambda: capfirst(", ".join(evidence.text for evidence in find()))
