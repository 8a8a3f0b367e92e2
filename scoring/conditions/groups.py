"""All of, any of, none of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from scoring.conditions.base import Condition, Evidence

if TYPE_CHECKING:
    from scoring.facts import Facts
    from scoring.measures import Sql


@dataclass(frozen=True)
class Group(Condition):
    """Conditions taken together; there is at least one."""

    conditions: tuple[Condition, ...]

    def parts(self) -> tuple[Condition, ...]:
        return self.conditions

    def complements(self) -> tuple[Condition, ...]:
        return tuple(part.complement() for part in self.conditions)

    def since_reset(self) -> Condition:
        return replace(self, conditions=tuple(part.since_reset() for part in self.conditions))

    @property
    def compound(self) -> bool:
        return len(self.conditions) > 1 or self.conditions[0].compound

    def said(self, other: tuple[Condition, str] | None = None) -> list[str]:
        """The words of each part, in brackets where they could be read across the parts.
        `other` is a part with words in place of its own."""
        alone = len(self.conditions) == 1
        found = []
        for part in self.conditions:
            said = other[1] if other and part is other[0] else part.words()
            found.append(f"({said})" if part.compound and not alone else said)
        return found

    def evidence(self, facts: Facts) -> list[Evidence]:
        found = [each for part in self.conditions for each in part.evidence(facts)]
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class All(Group):
    """Every one of them holds."""

    def holds(self, facts: Facts) -> bool:
        return all(part.holds(facts) for part in self.conditions)

    def as_q(self, sql: Sql) -> Q:
        return reduce(and_, (part.as_q(sql) for part in self.conditions))

    def words(self) -> str:
        return joined(self.said(), _("%(some)s and %(last)s"))

    def words_with(self, part: Condition, said: str) -> str:
        """With other words for one of the parts."""
        return joined(self.said((part, said)), _("%(some)s and %(last)s"))

    def complement(self) -> Condition:
        return AnyOf(self.complements())


@dataclass(frozen=True)
class AnyOf(Group):
    """At least one of them holds."""

    def holds(self, facts: Facts) -> bool:
        return any(part.holds(facts) for part in self.conditions)

    def as_q(self, sql: Sql) -> Q:
        return reduce(or_, (part.as_q(sql) for part in self.conditions))

    def words(self) -> str:
        return joined(self.said(), _("%(some)s or %(last)s"))

    def complement(self) -> Condition:
        return NoneOf(self.conditions)

    def evidence(self, facts: Facts) -> list[Evidence]:
        holding = AnyOf(tuple(part for part in self.conditions if part.holds(facts)))
        return Group.evidence(holding if holding.conditions else self, facts)


@dataclass(frozen=True)
class NoneOf(Group):
    """Not one of them holds: all of their complements do."""

    def holds(self, facts: Facts) -> bool:
        return not any(part.holds(facts) for part in self.conditions)

    def as_q(self, sql: Sql) -> Q:
        return All(self.complements()).as_q(sql)

    def words(self) -> str:
        return _("none of these: %(conditions)s") % {"conditions": "; ".join(self.said())}

    def complement(self) -> Condition:
        return AnyOf(self.conditions)

    def evidence(self, facts: Facts) -> list[Evidence]:
        return AnyOf(self.conditions).evidence(facts)


def joined(words: list[str], last: str) -> str:
    """ "a, b and c"; `last` is the translated pattern that joins the last two."""
    if len(words) == 1:
        return words[0]
    return last % {"some": ", ".join(words[:-1]), "last": words[-1]}
