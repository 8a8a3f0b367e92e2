"""Does the lead match a persona of the agreement?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from scoring import documents
from scoring.conditions.base import Condition, Evidence, Negative

if TYPE_CHECKING:
    from scoring.facts import Facts
    from scoring.measures import Sql


@dataclass(frozen=True)
class OnPersona(Condition):
    """A persona by key, the name it bears in the agreement, and its condition."""

    key: str
    name: documents.Text
    when: Condition

    def parts(self) -> tuple[Condition, ...]:
        return (self.when,)

    def said(self, pattern: str) -> str:
        return pattern % {"persona": documents.text(self.name)}

    def evidence(self, facts: Facts) -> list[Evidence]:
        return self.when.evidence(facts)


class Persona(OnPersona):
    def holds(self, facts: Facts) -> bool:
        return self.when.holds(facts)

    def as_q(self, sql: Sql) -> Q:
        return self.when.as_q(sql)

    def words(self) -> str:
        return self.said(_("matches the persona “%(persona)s”"))

    def complement(self) -> Condition:
        return NotPersona(**vars(self))


class NotPersona(Negative, OnPersona):
    positive = Persona

    def words(self) -> str:
        return self.said(_("does not match the persona “%(persona)s”"))
