"""Why a lead is where it is: each criterion of a stage with what it was decided on, what is
missing to the next stage, and what speaks for and against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.text import capfirst

from leads.models import Lead
from scoring import documents, journeys, scores
from scoring.conditions import Evidence
from scoring.conditions.scores import ScoreAtLeast
from scoring.facts import Facts, Points, facts_at
from scoring.models import AgreementVersion, Score, Stage, Standing
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


@dataclass(frozen=True)
class Ahead:
    """What keeps a lead from a stage ahead: criteria that do not hold, the points it is short of
    a bar (the largest, where there are several), a rest, or that it did nothing since a moment."""

    key: str
    stage: str
    missing: list[Criterion]
    short: int = 0
    rests_until: datetime | None = None
    idle_since: datetime | None = None

    @property
    def is_free(self) -> bool:
        """Nothing keeps it."""
        return not (self.missing or self.rests_until or self.idle_since)


@dataclass(frozen=True)
class Bar:
    """The total score that the first handoff stage asks for, if it asks for one, and its name."""

    points: int | None
    stage: str


def bar(body: Mapping[str, Any]) -> Bar:
    """Where an agreement hands leads over, in the active language."""
    for stage in body.get("stages", []):
        if stage["kind"] == "handoff":
            whens = (criterion["when"] for criterion in stage["criteria"] or [])
            return Bar(
                next(filter(None, map(_asked_of_total, whens)), None), documents.text(stage["name"])
            )
    return Bar(None, "")


def criteria(
    lead: Lead, version: AgreementVersion, stage_key: str, at: datetime
) -> list[Criterion]:
    """The criteria of a stage in the body's order, decided by what was known at `at`."""
    rulebook, facts = known(lead, version, at)
    return [_explained(asked, facts) for asked in rulebook.criteria[stage_key]]


def missing(lead: Lead, version: AgreementVersion, stage_key: str, at: datetime) -> list[Criterion]:
    """The criteria of a stage that do not hold."""
    return [each for each in criteria(lead, version, stage_key, at) if not each.holds]


def judged(facts: Facts, rulebook: Rulebook, stage_key: str) -> list[Criterion]:
    """The criteria of a stage in the body's order, decided by facts that need be no stored
    lead's. Without a score of their own they have the one that the rulebook makes of them."""
    if facts.score is None:
        made = scores.score_of(facts, rulebook)
        facts = facts.with_score(Points(made.fit, made.engagement, made.total, facts.at))
    return [_explained(asked, facts) for asked in rulebook.criteria[stage_key]]


def known(
    lead: Lead, version: AgreementVersion, at: datetime, rulebook: Rulebook | None = None
) -> tuple[Rulebook, Facts]:
    """The rules of a version, and what was known of the lead at `at`, its score included."""
    rulebook = rulebook or Rulebook(version.body)
    facts = facts_at(lead, at.astimezone(UTC), known=rulebook.vocabulary.fields)
    return rulebook, facts.with_score(_points(lead, version, facts, rulebook))


def _asked_of_total(when: Mapping[str, Any]) -> int | None:
    asks = when.get("op") == "score_at_least" and when.get("which", "total") == "total"
    return when["value"] if asks else None


def ahead(
    lead: Lead, version: AgreementVersion, at: datetime, rulebook: Rulebook | None = None
) -> list[Ahead]:
    """What keeps the lead from each stage the machine may move it to from where it stands; empty
    where nothing moves it but people. The lead's `standing` is loaded, or there is none yet."""
    standing = getattr(lead, "standing", None)
    here = standing.stage.key if standing else journeys.first_stage(version.body)
    targets = [stage for start, stage in journeys.steps(version.body) if start["key"] == here]
    if not targets:
        return []
    rulebook, facts = known(lead, version, at, rulebook)
    return [_ahead(stage, rulebook, facts, lead, standing) for stage in targets]


def _ahead(
    stage: journeys.StageJSON,
    rulebook: Rulebook,
    facts: Facts,
    lead: Lead,
    standing: Standing | None,
) -> Ahead:
    asked = [each for each in rulebook.criteria[stage["key"]] if not each.when.holds(facts)]
    waits = [standing.rested_since] if standing else []
    if stage["kind"] == Stage.Kind.HANDOFF:
        waits.append(lead.dormant_since)
    done = max((deed.occurred_at for deed in facts.seen), default=None)
    since = max(filter(None, waits), default=None)
    rests = standing.rests_until if standing else None
    return Ahead(
        stage["key"],
        documents.text(stage["name"]),
        [_explained(each, facts) for each in asked],
        short=max((_short(each, facts) for each in asked), default=0),
        rests_until=rests if rests and rests > facts.at else None,
        idle_since=since if since and not (done and done > since) else None,
    )


def _short(asked: Asked, facts: Facts) -> int:
    """The points a criterion on the score lacks."""
    when = asked.when
    return when.value - when.points(facts) if isinstance(when, ScoreAtLeast) else 0


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
    def said() -> str:
        found = find()
        words = ", ".join(evidence.text for evidence in found)
        return words if found and found[0].verbatim else capfirst(words)

    return said
