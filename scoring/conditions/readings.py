"""How a field's value is read: the same value in Python, in SQL and in words.

A reading gives None (Python) for a missing value, and in SQL '' for text and NULL for numbers.
A stored value of another JSON type than the field's counts as missing in both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Expression, F, FloatField, Func, Q, TextField, Value
from django.db.models.functions import Cast
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
)
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads import fields
from leads.fields import FieldSpec
from leads.folding import fold
from leads.models import Attribute
from leads.refusals import Refused

if TYPE_CHECKING:
    from scoring.facts import Facts

Type = Attribute.Type

# Numbers outside of these, zero aside, have no double on one side or the other: missing.
SMALLEST, LARGEST = 1e-300, 1e300
# Texts as long as a day in ISO form; they order as days do.
ISO_DAY = 10


def reading(field: FieldSpec) -> Reading:
    """The way to read this field."""
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
            return JSONText("attributes_folded", self.field.key)
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
            return JSONText("attributes", self.field.key)
        return F(self.field.column)


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
            return JSONNumber("attributes", self.field.key)
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
        return JSONDay("attributes", self.field.key)

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
        return JSONBoolean("attributes", self.field.key)

    def show(self, value: str) -> str:
        return _("yes") if value == "true" else _("no")

    def stored(self, facts: Facts) -> str:
        return labelled(self.field, super().stored(facts))


class JSONValue(Func):
    """A value of a JSON column by key, missing where it is of another type. Never raises.

    Django's own transforms give the text of any type on PostgreSQL, and their casts raise.
    """

    output_field = TextField()
    postgres: str
    sqlite: str

    def __init__(self, column: str, key: str, **extra: Any) -> None:
        super().__init__(F(column), **extra)
        self.key = key

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.key})"

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        return self._filled(compiler, self.postgres, self.key)

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        return self._filled(compiler, self.sqlite, f'$."{self.key}"')

    def _filled(self, compiler: Any, template: str, key: str) -> tuple[str, list[Any]]:
        column, params = compiler.compile(self.source_expressions[0])
        parts = template.split("{key}")
        sql = "%s".join(parts).replace("{column}", column)
        return sql, [*params, *[key] * (len(parts) - 1)]


class JSONText(JSONValue):
    """Text, '' if missing."""

    postgres = (
        "CASE WHEN jsonb_typeof({column} -> {key}) = 'string' THEN {column} ->> {key} ELSE '' END"
    )
    sqlite = (
        "CASE WHEN json_type({column}, {key}) = 'text'"
        " THEN json_extract({column}, {key}) ELSE '' END"
    )


class JSONDay(JSONValue):
    """Text of ten characters, in byte order, '' if missing."""

    postgres = (
        "(CASE WHEN jsonb_typeof({column} -> {key}) = 'string'"
        f" AND length({{column}} ->> {{key}}) = {ISO_DAY}"
        " THEN {column} ->> {key} ELSE '' END COLLATE \"C\")"
    )
    sqlite = (
        "CASE WHEN json_type({column}, {key}) = 'text'"
        f" AND length(json_extract({{column}}, {{key}})) = {ISO_DAY}"
        " THEN json_extract({column}, {key}) ELSE '' END"
    )


class JSONBoolean(JSONValue):
    """'true' or 'false', '' if missing."""

    postgres = (
        "CASE WHEN jsonb_typeof({column} -> {key}) = 'boolean' THEN {column} ->> {key} ELSE '' END"
    )
    sqlite = (
        "CASE WHEN json_type({column}, {key}) IN ('true', 'false')"
        " THEN json_type({column}, {key}) ELSE '' END"
    )


class JSONNumber(JSONValue):
    """A double, NULL if missing. CASE alone promises that nothing is cast before its check."""

    output_field = FloatField()
    postgres = (
        "CASE WHEN jsonb_typeof({column} -> {key}) = 'number' THEN"
        " CASE WHEN ({column} -> {key})::numeric = 0"
        f" OR abs(({{column}} -> {{key}})::numeric) BETWEEN {SMALLEST} AND {LARGEST}"
        " THEN ({column} -> {key})::double precision END END"
    )
    sqlite = (
        "CASE WHEN json_type({column}, {key}) IN ('integer', 'real') THEN"
        " CASE WHEN CAST(json_extract({column}, {key}) AS REAL) = 0"
        f" OR abs(CAST(json_extract({{column}}, {{key}}) AS REAL)) BETWEEN {SMALLEST} AND {LARGEST}"
        " THEN CAST(json_extract({column}, {key}) AS REAL) END END"
    )


def plain_number(value: float) -> str:
    """A number as people write it: whole ones without decimals, thousands grouped."""
    whole = int(value) if value == int(value) else value
    return number_format(whole, force_grouping=True)


def labelled(field: FieldSpec, value: str) -> str:
    return _("%(field)s %(value)s") % {"field": field.label, "value": value} if value else ""
