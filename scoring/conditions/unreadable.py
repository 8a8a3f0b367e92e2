"""A condition of an old text that can no longer be understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from scoring.conditions.base import Condition, Evidence

if TYPE_CHECKING:
    from scoring.facts import Facts
    from scoring.measures import Sql


@dataclass(frozen=True)
class Unreadable(Condition):
    """Never holds, and neither does its complement: nobody can say what was meant."""

    problem: str

    def holds(self, facts: Facts) -> bool:
        return False

    def as_q(self, sql: Sql) -> Q:
        return Q(pk__isnull=True)

    def words(self) -> str:
        return _("a condition that can no longer be read (%(problem)s)") % {"problem": self.problem}

    def complement(self) -> Condition:
        return self

    def evidence(self, facts: Facts) -> list[Evidence]:
        return []
