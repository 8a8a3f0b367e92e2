"""Operators on what is known of the lead: role, size, industry, custom fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact, GreaterThan
from django.utils.translation import gettext as _

from leads.fields import FieldSpec
from scoring.conditions.base import Condition, Evidence, Negative
from scoring.conditions.free_mail import DOMAINS
from scoring.conditions.groups import AnyOf, joined
from scoring.conditions.readings import Reading, reading

if TYPE_CHECKING:
    from scoring.facts import Facts
    from scoring.measures import Sql


@dataclass(frozen=True)
class OnField(Condition):
    """A condition on one field. A missing value makes a positive one false."""

    field: FieldSpec

    @property
    def reading(self) -> Reading:
        return reading(self.field)

    def evidence(self, facts: Facts) -> list[Evidence]:
        value = self.reading.stored(facts)
        since = facts.since.get(self.field.key)
        return [Evidence(value, since, verbatim=True)] if value else []


@dataclass(frozen=True)
class WithValue(OnField):
    """Compares with one value, read as the field is; `written` is how the agreement writes it."""

    value: Any
    written: Any

    def said(self, pattern: str) -> str:
        """`pattern` with the field's label and the value filled in."""
        return pattern % {"field": self.field.label, "value": self.reading.quote(self.written)}


@dataclass(frozen=True)
class WithValues(OnField):
    """Compares with several values; `written` is how the agreement writes them."""

    values: tuple[Any, ...]
    written: tuple[Any, ...]

    @property
    def compound(self) -> bool:
        return len(self.values) > 1

    def said(self, alone: str, several: str, last: str) -> str:
        """The pattern for one value or that for several, filled in; `last` joins the last two."""
        values = joined([self.reading.quote(value) for value in self.written], last)
        pattern = several if self.compound else alone
        return pattern % {"field": self.field.label, "value": values}


class Is(WithValue):
    def holds(self, facts: Facts) -> bool:
        return self.reading.of(facts) == self.value

    def as_q(self, sql: Sql) -> Q:
        return self.reading.equals(self.value)

    def words(self) -> str:
        return self.said(_("%(field)s is %(value)s"))

    def complement(self) -> Condition:
        return IsNot(**vars(self))


class IsNot(Negative, WithValue):
    positive = Is

    def words(self) -> str:
        return self.said(_("%(field)s is not %(value)s"))


class OneOf(WithValues):
    def holds(self, facts: Facts) -> bool:
        return self.reading.of(facts) in self.values

    def as_q(self, sql: Sql) -> Q:
        return self.reading.among(self.values)

    def words(self) -> str:
        pattern = _("%(field)s is %(value)s")
        return self.said(pattern, pattern, _("%(some)s or %(last)s"))

    def complement(self) -> Condition:
        return NotOneOf(**vars(self))


class NotOneOf(Negative, WithValues):
    positive = OneOf

    def words(self) -> str:
        alone, several = _("%(field)s is not %(value)s"), _("%(field)s is neither %(value)s")
        return self.said(alone, several, _("%(some)s nor %(last)s"))


class Contains(WithValue):
    """Substring of the folded text. No LIKE: its wildcards and cases differ by database."""

    def holds(self, facts: Facts) -> bool:
        value = self.reading.of(facts)
        return value is not None and self.value in value

    def as_q(self, sql: Sql) -> Q:
        return Q(GreaterThan(StrIndex(self.reading.sql(), Value(self.value)), 0))

    def words(self) -> str:
        return self.said(_("%(field)s contains %(value)s"))

    def complement(self) -> Condition:
        return ContainsNot(**vars(self))


class ContainsNot(Negative, WithValue):
    positive = Contains

    def words(self) -> str:
        return self.said(_("%(field)s does not contain %(value)s"))


class StartsWith(WithValue):
    """The folded text begins so."""

    def holds(self, facts: Facts) -> bool:
        value = self.reading.of(facts)
        return value is not None and value.startswith(self.value)

    def as_q(self, sql: Sql) -> Q:
        return Q(Exact(StrIndex(self.reading.sql(), Value(self.value)), 1))

    def words(self) -> str:
        return self.said(_("%(field)s begins with %(value)s"))

    def complement(self) -> Condition:
        return StartsWithNot(**vars(self))


class StartsWithNot(Negative, WithValue):
    positive = StartsWith

    def words(self) -> str:
        return self.said(_("%(field)s does not begin with %(value)s"))


class AtLeast(WithValue):
    def holds(self, facts: Facts) -> bool:
        value = self.reading.of(facts)
        return value is not None and value >= self.value

    def as_q(self, sql: Sql) -> Q:
        return self.reading.at_least(self.value)

    def words(self) -> str:
        return self.said(_("%(field)s is at least %(value)s"))

    def complement(self) -> Condition:
        return AnyOf((self.opposite(**vars(self)), Unknown(self.field)))

    @property
    def opposite(self) -> type[WithValue]:
        return Below


class Below(WithValue):
    """Positive too: a missing value is not below anything. Its complement says so."""

    def holds(self, facts: Facts) -> bool:
        value = self.reading.of(facts)
        return value is not None and value < self.value

    def as_q(self, sql: Sql) -> Q:
        return self.reading.below(self.value)

    def words(self) -> str:
        return self.said(_("%(field)s is below %(value)s"))

    def complement(self) -> Condition:
        return AnyOf((self.opposite(**vars(self)), Unknown(self.field)))

    @property
    def opposite(self) -> type[WithValue]:
        return AtLeast


class Above(WithValue):
    def holds(self, facts: Facts) -> bool:
        value = self.reading.of(facts)
        return value is not None and value > self.value

    def as_q(self, sql: Sql) -> Q:
        return self.reading.above(self.value)

    def words(self) -> str:
        return self.said(_("%(field)s is above %(value)s"))

    def complement(self) -> Condition:
        return AnyOf((AtMost(**vars(self)), Unknown(self.field)))


class AtMost(WithValue):
    """Positive too, like `Below`."""

    def holds(self, facts: Facts) -> bool:
        value = self.reading.of(facts)
        return value is not None and value <= self.value

    def as_q(self, sql: Sql) -> Q:
        return self.reading.at_most(self.value)

    def words(self) -> str:
        return self.said(_("%(field)s is at most %(value)s"))

    def complement(self) -> Condition:
        return AnyOf((Above(**vars(self)), Unknown(self.field)))


class OnOrAfter(AtLeast):
    def words(self) -> str:
        return self.said(_("%(field)s is on or after %(value)s"))

    @property
    def opposite(self) -> type[WithValue]:
        return Before


class Before(Below):
    def words(self) -> str:
        return self.said(_("%(field)s is before %(value)s"))

    @property
    def opposite(self) -> type[WithValue]:
        return OnOrAfter


class Known(OnField):
    def holds(self, facts: Facts) -> bool:
        return self.reading.of(facts) is not None

    def as_q(self, sql: Sql) -> Q:
        return self.reading.known()

    def words(self) -> str:
        return _("%(field)s is known") % {"field": self.field.label}

    def complement(self) -> Condition:
        return Unknown(self.field)


class Unknown(Negative, OnField):
    positive = Known

    def words(self) -> str:
        return _("%(field)s is not known") % {"field": self.field.label}


class FreeMail(OnField):
    """The address is at a provider that gives addresses to anybody. The field is the domain."""

    def holds(self, facts: Facts) -> bool:
        return self.reading.of(facts) in DOMAINS

    def as_q(self, sql: Sql) -> Q:
        return self.reading.among(DOMAINS)

    def words(self) -> str:
        return _("uses a free e-mail address")

    def complement(self) -> Condition:
        return NotFreeMail(self.field)


class NotFreeMail(Negative, OnField):
    positive = FreeMail

    def words(self) -> str:
        return _("does not use a free e-mail address")
