"""Values of custom fields in SQL, read from JSON by type."""

from __future__ import annotations

from typing import Any

from django.db.models import F, FloatField, Func, TextField

# Numbers outside of these, zero aside, have no double on one side or the other: missing.
SMALLEST, LARGEST = 1e-300, 1e300
# Texts as long as a day in ISO form; they order as days do.
ISO_DAY = 10


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
