"""What every condition can do, and the two ways of turning one round."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import BooleanField, Case, Q, Value, When

if TYPE_CHECKING:
    from scoring.facts import Facts
    from scoring.measures import Measure, Sql


@dataclass(frozen=True)
class Evidence:
    """What a condition was decided on, in words of the active language, and its moment.
    `verbatim`: a value of the lead's, as it is written."""

    text: str
    at: datetime | None = None
    verbatim: bool = False


class Condition(ABC):
    """One condition of the agreement, in three readings that agree on every input.

    `holds` decides for one lead in Python, `as_q` for all leads in SQL, `words` says it in the
    active language, in lower case, to stand within a sentence. `compound` words hold an "or" or
    an "and" of their own.
    """

    compound = False

    @abstractmethod
    def holds(self, facts: Facts) -> bool: ...

    @abstractmethod
    def as_q(self, sql: Sql) -> Q:
        """A Q over leads. It may be NULL where the condition does not hold, never where it does."""

    @abstractmethod
    def words(self) -> str: ...

    @abstractmethod
    def complement(self) -> Condition:
        """The condition that holds exactly where this one does not."""

    @abstractmethod
    def evidence(self, facts: Facts) -> list[Evidence]:
        """What speaks for or against it, as known by the facts' moment. Empty: nothing known."""

    def parts(self) -> tuple[Condition, ...]:
        """The conditions directly inside this one."""
        return ()

    def measures(self) -> Iterator[Measure]:
        """What must be counted over the lead's activities to decide it in SQL."""
        for part in self.parts():
            yield from part.measures()

    def since_reset(self) -> Condition:
        """The same, but nothing counts any more that was done before the lead's last reset."""
        return self


class Negative(Condition):
    """The exact complement of a positive operator, which it names by `positive`.

    SQL says CASE WHEN positive THEN false ELSE true END: true also where the positive is NULL,
    which a NOT would leave NULL.
    """

    positive: type[Condition]

    def holds(self, facts: Facts) -> bool:
        return not self.complement().holds(facts)

    def as_q(self, sql: Sql) -> Q:
        positive = When(self.complement().as_q(sql), then=Value(False))
        return Q(Case(positive, default=Value(True), output_field=BooleanField()))

    def complement(self) -> Condition:
        return self.positive(**vars(self))

    def evidence(self, facts: Facts) -> list[Evidence]:
        return self.complement().evidence(facts)

    def measures(self) -> Iterator[Measure]:
        return self.complement().measures()
