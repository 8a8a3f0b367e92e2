"""The leads of a round with what was known of them and what was voted, to be compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scoring import scores
from scoring.calibrations.sheets import facts_of
from scoring.calibrations.verdicts import Verdict
from scoring.conditions import Condition
from scoring.facts import Facts, Points
from scoring.models import Calibration
from scoring.rulebooks import Rulebook


@dataclass(frozen=True)
class Case:
    """A lead that both sides have judged, and the facts about it as of the round, its score by
    the round's text among them."""

    verdict: Verdict
    facts: Facts

    @property
    def wanted(self) -> bool:
        """Should it be handed over, as the votes lean?"""
        return bool(self.verdict.leans)


def cases(
    calibration: Calibration, verdicts: Iterable[Verdict], rulebook: Rulebook
) -> tuple[dict[int, Facts], list[Case]]:
    """Facts of all leads of the round by id, and the leads that both sides have judged. Seven
    queries."""
    verdicts = list(verdicts)
    known = facts_of(calibration, [each.subject.lead_id for each in verdicts])
    found = {pk: _scored(facts, rulebook) for pk, facts in known.items()}
    answered = [each for each in verdicts if each.is_answered and each.subject.lead_id in found]
    return found, [Case(each, found[each.subject.lead_id]) for each in answered]


def holds(when: Condition, cases: Iterable[Case]) -> tuple[bool, ...]:
    """For which of the leads a condition holds."""
    return tuple(when.holds(each.facts) for each in cases)


def _scored(facts: Facts, rulebook: Rulebook) -> Facts:
    made = scores.score_of(facts, rulebook)
    return facts.with_score(Points(made.fit, made.engagement, made.total, facts.at))
