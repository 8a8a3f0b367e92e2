"""How a field's value is read: the same value in Python, in SQL and in words.

A reading gives None (Python) for a missing value, and in SQL '' for text and NULL for numbers.
A stored value of another JSON type than the field's counts as missing in both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Expression, F, FloatField, Q, Value
from django.db.models.functions import Cast
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
)
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads import countries, fields
from leads.fields import FieldSpec
from leads.folding import fold
from leads.models import Attribute
from leads.refusals import Refused
from scoring.conditions.properties import ANY, PropertySpec
from scoring.measures.stored import (
    ISO_DAY,
    LARGEST,
    SMALLEST,
    JSONBoolean,
    JSONDay,
    JSONNumber,
    JSONText,
)

if TYPE_CHECKING:
    from scoring.facts import Facts

Type = Attribute.Type


def reading(field: FieldSpec) -> Reading:
    """The way to read this field."""
    if field.type == ANY:
        return Anything(field)
    if field.type == Type.NUMBER:
        return Number(field)
    if field.type == Type.DATE:
        return Day(field)
    if field.type == Type.BOOLEAN:
        return YesNo(field)
    folded_key = field.column is None and field.type in (Type.TEXT, Type.CHOICE, Type.EMAIL)
    return FoldedText(field) if field.folded or folded_key else Code(field)


@dataclass(frozen=True)
class Reading(ABC):
    """A field and how its values are read."""

    field: FieldSpec

    def wanted(self, raw: Any) -> Any:
        """The value of a condition, as `of` gives a lead's. Raises Refused."""
        value = fields.canonical(self.field, raw)
        if value is None:
            raise Refused(
                "value_missing",
                _("A condition on “%(field)s” has no value to compare with.")
                % {"field": self.field.label},
                _("Give a value, or ask whether the field is known."),
                field=self.field.key,
            )
        return value

    @abstractmethod
    def of(self, facts: Facts) -> Any:
        """The lead's value, None if missing."""

    @abstractmethod
    def sql(self) -> Expression | F:
        """The lead's value in SQL."""

    def known(self) -> Q:
        return Q(GreaterThan(self.sql(), Value("")))

    def equals(self, value: Any) -> Q:
        return Q(Exact(self.sql(), value))

    def among(self, values: tuple[Any, ...]) -> Q:
        return Q(In(self.sql(), list(values)))

    def at_least(self, value: Any) -> Q:
        return Q(GreaterThanOrEqual(self.sql(), value))

    def below(self, value: Any) -> Q:
        return Q(LessThan(self.sql(), value))

    def above(self, value: Any) -> Q:
        return Q(GreaterThan(self.sql(), value))

    def at_most(self, value: Any) -> Q:
        return Q(LessThanOrEqual(self.sql(), value))

    @property
    def values(self) -> str:
        """The JSON column with values that have no column of their own. Its name with `_folded`
        is that of the texts among them, folded."""
        return "properties" if isinstance(self.field, PropertySpec) else "attributes"

    def show(self, value: Any) -> str:
        """The value as evidence."""
        return str(value)

    def quote(self, value: Any) -> str:
        """The value within a sentence."""
        return self.show(value)

    def stored(self, facts: Facts) -> str:
        """The lead's value as it was written, for evidence; empty if missing."""
        value = self.of(facts)
        return "" if value is None else self.show(value)


class FoldedText(Reading):
    """Text without case and accents: its folded column or key."""

    def wanted(self, raw: Any) -> str:
        return self._folded(str(super().wanted(raw)))

    def wanted_part(self, raw: Any) -> str:
        """A piece of text to look for. Raises Refused."""
        return self._folded(str(fields.canonical(replace(self.field, type=Type.TEXT), raw) or ""))

    def _folded(self, text: str) -> str:
        # A built-in address is stored in lower case, with its accents.
        value = text.lower() if self.field.column == "email" else fold(text)
        if not value:
            raise Refused(
                "value_missing",
                _("The value for “%(field)s” has nothing to compare with.")
                % {"field": self.field.label},
                _("Give letters or figures."),
                field=self.field.key,
            )
        return value

    def of(self, facts: Facts) -> str | None:
        return facts.profile.folded.get(self.field.key) or None

    def sql(self) -> Expression | F:
        if self.field.column is None:
            return JSONText(f"{self.values}_folded", self.field.key)
        return F(self.field.folded)

    def quote(self, value: Any) -> str:
        return _("“%(value)s”") % {"value": value}

    def stored(self, facts: Facts) -> str:
        return str(facts.profile.get(self.field.key) or "")


class Code(Reading):
    """Text that has one spelling (country, choice, address), or is only known or not."""

    def of(self, facts: Facts) -> str | None:
        value = facts.profile.get(self.field.key)
        return value if isinstance(value, str) and value else None

    def sql(self) -> Expression | F:
        if self.field.column is None:
            return JSONText(self.values, self.field.key)
        return F(self.field.column)

    def quote(self, value: Any) -> str:
        if self.field.type != Type.COUNTRY:
            return super().quote(value)
        return countries.name(countries.code(str(value)) or str(value))


class Number(Reading):
    """A number, as a double."""

    def wanted(self, raw: Any) -> float:
        return float(super().wanted(raw))

    def of(self, facts: Facts) -> float | None:
        value = facts.profile.get(self.field.key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if value == 0 or SMALLEST <= abs(value) <= LARGEST else None

    def sql(self) -> Expression | F:
        if self.field.column is None:
            return JSONNumber(self.values, self.field.key)
        return Cast(F(self.field.column), FloatField())

    def known(self) -> Q:
        return Q(IsNull(self.sql(), False))

    def show(self, value: float) -> str:
        if self.field.key == "company_size":
            count = {"n": number_format(int(value), force_grouping=True)}
            return ngettext("%(n)s person", "%(n)s people", int(value)) % count
        return plain_number(value)

    def quote(self, value: float) -> str:
        return plain_number(value)

    def stored(self, facts: Facts) -> str:
        value = self.of(facts)
        if value is None or self.field.key == "company_size":
            return super().stored(facts)
        return _("%(field)s %(value)s") % {"field": self.field.label, "value": self.show(value)}


class Day(Reading):
    """A date, as text of ten characters: year, month, day."""

    def of(self, facts: Facts) -> str | None:
        value = facts.profile.get(self.field.key)
        return value if isinstance(value, str) and len(value) == ISO_DAY else None

    def sql(self) -> Expression | F:
        return JSONDay(self.values, self.field.key)

    def below(self, value: str) -> Q:
        return super().below(value) & self.known()

    def show(self, value: str) -> str:
        try:
            return date_format(date.fromisoformat(value), "DATE_FORMAT")
        except ValueError:
            return value

    def stored(self, facts: Facts) -> str:
        return labelled(self.field, super().stored(facts))


class YesNo(Reading):
    """Yes or no, as the text 'true' or 'false'."""

    def wanted(self, raw: Any) -> str:
        return "true" if super().wanted(raw) else "false"

    def of(self, facts: Facts) -> str | None:
        value = facts.profile.get(self.field.key)
        return ("true" if value else "false") if isinstance(value, bool) else None

    def sql(self) -> Expression | F:
        return JSONBoolean(self.values, self.field.key)

    def show(self, value: str) -> str:
        return _("yes") if value == "true" else _("no")

    def stored(self, facts: Facts) -> str:
        return labelled(self.field, super().stored(facts))


class Anything(Reading):
    """A value of any type; only whether it is known."""

    def _readings(self) -> list[Reading]:
        return [each(self.field) for each in (FoldedText, Number, YesNo)]

    def of(self, facts: Facts) -> Any:
        values = (each.of(facts) for each in self._readings())
        return next((value for value in values if value is not None), None)

    def sql(self) -> Expression | F:
        raise NotImplementedError("There is no comparing of values of any type.")

    def known(self) -> Q:
        text, number, yes_no = (each.known() for each in self._readings())
        return text | number | yes_no


def plain_number(value: float) -> str:
    """A number as people write it: whole ones without decimals, thousands grouped."""
    whole = int(value) if value == int(value) else value
    return number_format(whole, force_grouping=True)


def labelled(field: FieldSpec, value: str) -> str:
    return _("%(field)s %(value)s") % {"field": field.label, "value": value} if value else ""
