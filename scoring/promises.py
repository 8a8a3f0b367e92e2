"""What the agreement promises about one lead: within how much working time a clock must be
answered, what follows a breach, what a checklist has ticked already, and what follows a return."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from leads import fields, projections
from leads.models import Lead
from scoring import conditions, documents, explanations
from scoring.conditions import Condition, Vocabulary
from scoring.conditions.parsing import SCORES
from scoring.conditions.vocabulary import Names
from scoring.documents import ConditionJSON, ItemJSON, item
from scoring.facts import Facts
from scoring.models import AgreementVersion

LEAD, BOTH_LEADS, OPERATIONS = "lead", "both_leads", "operations"
POOL, SAME_REP = "pool", "same_rep"


@dataclass(frozen=True)
class Term:
    """Working minutes, the key of the condition that decided for them (empty: none did), and the
    share of the time, in percent, after which who owes the answer is warned (None: never)."""

    minutes: int
    key: str = ""
    warn_at: int | None = None

    @property
    def warn_after(self) -> int | None:
        """So many of the minutes pass before the warning."""
        return None if self.warn_at is None else -(-self.minutes * self.warn_at // 100)


@dataclass(frozen=True)
class Step:
    """So many working minutes after the deadline of a clock that was not met, `to` is told: lead,
    both_leads or operations."""

    minutes: int
    to: str


def term(version: AgreementVersion, clock: str, *, lead: Lead, at: datetime) -> Term | None:
    """The term of a clock that starts at `at`: of the first of its conditions that holds by what
    is known of the lead then, else the plain one. None where the version has no such clock.

    A condition that can no longer be read never holds. What the conditions cost is that of
    `ticked`; only one on the score reads all that is known of the lead.
    """
    found = item(version.body["clocks"], clock)
    if found is None:
        return None
    warn_at = found.get("warn_at")
    deciding = _deciding(version, found.get("terms") or [], lead, at)
    if deciding:
        return Term(deciding["minutes"], deciding["key"], warn_at)
    return Term(found["minutes"], warn_at=warn_at)


def escalation(version: AgreementVersion, clock: str) -> str:
    """Whom a breach of this clock is told: lead, both_leads or operations."""
    return _clock(version, clock).get("escalate_to") or LEAD


def chain(version: AgreementVersion, clock: str) -> list[Step]:
    """Who is told further where a breach of this clock stays unanswered: the earliest first."""
    steps = _clock(version, clock).get("chain") or []
    return [Step(each["minutes"], each["to"]) for each in steps]


def takes_back(version: AgreementVersion, clock: str) -> bool:
    """Is the lead taken from who has it at a breach of this clock, and offered to others?"""
    return bool(_clock(version, clock).get("take_back"))


def pause_days(version: AgreementVersion, clock: str) -> int | None:
    """For at most so many days of the calendar this clock may be paused, once, with a reason.
    None: not at all."""
    return _clock(version, clock).get("pause_days")


def ticked(
    version: AgreementVersion,
    items: list[ItemJSON],
    *,
    lead: Lead,
    at: datetime,
    criteria_hold: bool,
) -> dict[str, str]:
    """Which items of a checklist a machine has checked already: by their key, what it found to be
    true, as a sentence in the active language.

    An item asks for a condition, which must hold by what is known of the lead now, at `at`, or for
    the criteria frozen with the handoff, of which `criteria_hold` says whether all still do. A
    condition that can no longer be read never holds. Conditions on the profile cost no query, or
    one where they name a field of the house; what a lead did, one for all, and the names of it.
    """
    said = _("Every criterion of the handover still holds.")
    found = {each["key"]: said for each in items if each.get("criteria") and criteria_hold}
    asked = {each["key"]: each["when"] for each in items if "when" in each}
    holding = _holding_now(version, asked, lead, at)
    found |= {key: _sentence(condition.words()) for key, condition in holding.items()}
    return {each["key"]: found[each["key"]] for each in items if each["key"] in found}


def reason(version: AgreementVersion, key: str) -> dict[str, Any]:
    """What the version says of a reason for a return; nothing where it has no such reason."""
    return item(version.body["reasons"], key) or {}


def _clock(version: AgreementVersion, clock: str) -> ItemJSON:
    """Nothing where the version has no such clock."""
    return item(version.body["clocks"], clock) or {}


def _deciding(
    version: AgreementVersion, terms: list[ItemJSON], lead: Lead, at: datetime
) -> ItemJSON | None:
    asked = {each["key"]: each["when"] for each in terms}
    if any(map(_asks_for_points, asked.values())):
        holding = _holding_with_score(version, asked, lead, at)
    else:
        holding = set(_holding_now(version, asked, lead, at))
    return next((each for each in terms if each["key"] in holding), None)


def _holding_with_score(
    version: AgreementVersion, asked: dict[str, ConditionJSON], lead: Lead, at: datetime
) -> set[str]:
    """By the points of this very version, which need not be the one in force: counted from all
    that is known."""
    rulebook, facts = explanations.known(lead, version, at)
    read = {key: _read(version, when, rulebook.vocabulary) for key, when in asked.items()}
    return {key for key, condition in read.items() if condition.holds(facts)}


def _holding_now(
    version: AgreementVersion, asked: dict[str, ConditionJSON], lead: Lead, at: datetime
) -> dict[str, Condition]:
    """The conditions that hold: on the profile by the lead's row, the others by one statement."""
    if not asked:
        return {}
    vocabulary = _vocabulary(version.body, asked.values())
    facts = Facts(at, projections.of_row(lead, vocabulary.fields))
    holding, others = {}, {}
    for key, when in asked.items():
        condition = _read(version, when, vocabulary)
        if any(condition.measures()) or _asks_for_points(when):
            others[key] = condition
        elif condition.holds(facts):
            holding[key] = condition
    return holding | conditions.holding(others, lead, at=at)


def _asks_for_points(when: ConditionJSON) -> bool:
    return any(leaf.get("op") in SCORES for leaf in documents.leaves(when))


def _vocabulary(body: documents.Body, whens: Iterable[ConditionJSON]) -> Vocabulary:
    """The names they need; the fields of the house are read only where one is named."""
    personas = [each["when"] for each in body["personas"]]
    leaves = [leaf for when in (*whens, *personas) for leaf in documents.leaves(when)]
    names, built_in = Names(), fields.built_in()
    if {leaf["field"] for leaf in leaves if "field" in leaf} <= set(built_in):
        names.fields = built_in
    return Vocabulary(body, names=names)


def _read(version: AgreementVersion, when: ConditionJSON, vocabulary: Vocabulary) -> Condition:
    return conditions.read(when, vocabulary=vocabulary, personas=version.body["personas"])


def _sentence(words: str) -> str:
    return f"{capfirst(words).rstrip('.')}."
