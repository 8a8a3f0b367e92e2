"""One lead tried out: with altered values, with activities it did not do or without some it did,
under any text. Nothing is stored, and nobody needs to be there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from leads import fields
from leads.fields import FieldSpec, Registry
from leads.models import Lead
from leads.projections import Profile
from leads.values import Value
from scoring import documents, explanations, facts, ledgers, scores
from scoring.documents import text
from scoring.explanations import Criterion
from scoring.facts import Deed, Facts
from scoring.grades import Grade, Scale
from scoring.ledgers import Line, ScoreResult
from scoring.models import AgreementVersion
from scoring.rulebooks import Rulebook

# Fields that a text need not name to be of use here.
ALWAYS = ("title", "company_size", "industry", "country", "email")


@dataclass(frozen=True)
class Gate:
    """A stage that asks for something, and what of it holds."""

    name: str
    is_handoff: bool
    criteria: list[Criterion]

    @property
    def is_met(self) -> bool:
        return all(each.holds for each in self.criteria)

    @property
    def lacking(self) -> int:
        return sum(1 for each in self.criteria if not each.holds)


@dataclass(frozen=True)
class Verdict:
    """What a text makes of the facts."""

    version: AgreementVersion
    score: ScoreResult
    grade: Grade
    lines: list[Line]
    gates: list[Gate]


def known(lead: Lead | None, registry: Registry, at: datetime) -> Facts:
    """What is known of a lead now; of an invented one nothing. Five queries."""
    if lead is None:
        return Facts(at, Profile({}, registry), created_at=at)
    return facts.facts_at(lead, at, known=registry)


def altered(
    found: Facts,
    registry: Registry,
    *,
    values: Mapping[str, Value],
    without: Collection[str] = (),
    more: Iterable[Deed] = (),
) -> Facts:
    """With these values in place of those known (None: unknown), without the activities of these
    names (see `name_of`), and with more of them."""
    profile = {
        key: value for key, value in (dict(found.profile) | values).items() if value is not None
    }
    kept = [deed for deed in found.activities if name_of(deed) not in without]
    deeds = sorted([*kept, *more], key=lambda deed: deed.occurred_at, reverse=True)
    return replace(found, profile=Profile(profile, registry), activities=tuple(deeds))


def name_of(deed: Deed) -> str:
    """What tells an activity of a lead from its others in a form."""
    return f"{deed.type}@{deed.occurred_at.isoformat()}"


def verdict(version: AgreementVersion, found: Facts) -> Verdict:
    """Score, ledger and criteria under a version's text, by these facts."""
    rulebook = Rulebook(version.body)
    score = scores.score_of(found, rulebook)
    gates = [
        Gate(
            text(stage["name"]),
            stage["kind"] == "handoff",
            explanations.judged(found, rulebook, stage["key"]),
        )
        for stage in version.body["stages"]
        if stage["criteria"]
    ]
    grade = Scale.read(version.body).grade(score)
    lines = ledgers.lines(score, version, rulebook)
    return Verdict(version, score, grade, lines, gates)


def registry_of(versions: Iterable[AgreementVersion]) -> dict[str, FieldSpec]:
    """The fields of leads, and those that a text brings."""
    found = fields.registry()
    for version in versions:
        found = dict(Rulebook(version.body).vocabulary.fields) | found
    return found


def asked(versions: Iterable[AgreementVersion], registry: Registry) -> list[FieldSpec]:
    """The fields that decide anything under these texts, in the registry's order."""
    named = {
        leaf["field"]
        for version in versions
        for _path, when in documents.conditions(version.body)
        for leaf in documents.leaves(when)
        if "field" in leaf
    }
    wanted = named | set(ALWAYS)
    return [spec for key, spec in registry.items() if key in wanted and not spec.derived]


def types(versions: Iterable[AgreementVersion]) -> set[str]:
    """The activities that these texts name; nobody need have done one yet."""
    return {key for version in versions for key in documents.activity_types(version.body)}
