"""What the agreement promises about one lead: within how much working time a clock must be
answered, and what follows a return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leads.models import Lead
from scoring import conditions, explanations
from scoring.documents import ItemJSON, item
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


def term(version: AgreementVersion, clock: str, *, lead: Lead, at: datetime) -> Term | None:
    """The term of a clock that starts at `at`: of the first of its conditions that holds by what
    is known of the lead then, else the plain one. None where the version has no such clock.

    A condition that can no longer be read never holds. Without conditions nothing is asked.
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
    return (item(version.body["clocks"], clock) or {}).get("escalate_to") or LEAD


def reason(version: AgreementVersion, key: str) -> dict[str, Any]:
    """What the version says of a reason for a return; nothing where it has no such reason."""
    return item(version.body["reasons"], key) or {}


def _deciding(
    version: AgreementVersion, terms: list[ItemJSON], lead: Lead, at: datetime
) -> ItemJSON | None:
    if not terms:
        return None
    rulebook, facts = explanations.known(lead, version, at)
    for each in terms:
        personas, vocabulary = version.body["personas"], rulebook.vocabulary
        if conditions.read(each["when"], vocabulary=vocabulary, personas=personas).holds(facts):
            return each
    return None
