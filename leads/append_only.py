"""Tables whose rows are never rewritten, kept so by the database."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection as default_connection
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# Erasing a person deletes their history; it says so with SET LOCAL for its transaction.
ERASING = "baton.erasing"


class AppendOnly(Operation):
    """Refuse, in the database, to change a row of `table`; on PostgreSQL also to delete one.

    `may_change` names columns that are no part of what is recorded (`delivered_at`). A deletion
    needs `append_only.erasing()` in its transaction. SQLite has no such setting and its test
    databases are emptied by DELETE, so there deletions are not refused. Emptying a table with
    TRUNCATE fires no such trigger anywhere.

    SQLite rebuilds a table on some schema changes and loses its triggers: repeat this
    operation in a migration that alters such a table. Repeating it is harmless.

    `for_good`: nothing of it is ever erased, so that deleting a row, or writing another in its
    place, is refused in any case and on both databases (so is `flush` on SQLite: to begin anew,
    delete the file).
    """

    reversible = True
    reduces_to_sql = True

    def __init__(
        self, table: str, *, may_change: Iterable[str] = (), for_good: bool = False
    ) -> None:
        self.table = table
        self.may_change = tuple(may_change)
        self.for_good = for_good

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        said = {"may_change": self.may_change, "for_good": self.for_good}
        return type(self).__name__, [self.table], said

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """No model changes."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        models = to_state.apps.get_app_config(app_label).get_models(include_auto_created=True)
        model = next(model for model in models if model._meta.db_table == self.table)
        columns = [
            field.column
            for field in model._meta.concrete_fields
            if field.column not in self.may_change
        ]
        vendor = schema_editor.connection.vendor
        names = _names(model) if self.for_good else []
        for statement in _statements(vendor, self.table, columns, names):
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for statement in _drops(schema_editor.connection.vendor, self.table):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        return f"Keep the rows of {self.table} as they were written"


def erasing() -> None:
    """From here to the end of the transaction, rows of append-only tables may be deleted."""
    if default_connection.vendor == "postgresql":
        with default_connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL {ERASING} = 'on'")


def _names(model: type[models.Model]) -> list[tuple[str, ...]]:
    """The columns that each tell a row from every other."""
    meta = model._meta
    alone = [(field.column,) for field in meta.concrete_fields if field.unique]
    together = [each.fields for each in meta.total_unique_constraints]
    return alone + [tuple(meta.get_field(name).column for name in names) for names in together]


def _statements(
    vendor: str, table: str, columns: list[str], names: list[tuple[str, ...]]
) -> list[str]:
    make = _postgresql if vendor == "postgresql" else _sqlite
    return [*_drops(vendor, table), *make(table, columns, names)]


def _sqlite(table: str, columns: list[str], names: list[tuple[str, ...]]) -> list[str]:
    changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in columns)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    made = [f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN {changed} {refuse}"]
    if names:
        # REPLACE deletes the rows in its way without asking the other trigger.
        there = " OR ".join(
            " AND ".join(f'"{column}" = NEW."{column}"' for column in each) for each in names
        )
        made += [
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {there}) {refuse}",
        ]
    return made


def _postgresql(table: str, columns: list[str], names: list[tuple[str, ...]]) -> list[str]:
    changed = " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in columns)
    refuse = f"RAISE integrity_constraint_violation USING MESSAGE = '{table} is append-only'"
    allowed = f"coalesce(current_setting('{ERASING}', true), '') = 'on'"
    erased = "" if names else f"IF TG_OP = 'DELETE' AND {allowed} THEN RETURN OLD; END IF; "
    return [
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{erased}{refuse}; END $$",
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW "
        f"WHEN ({changed}) EXECUTE FUNCTION {table}_append_only()",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION {table}_append_only()",
    ]


def _drops(vendor: str, table: str) -> list[str]:
    if vendor != "postgresql":
        names = ("no_update", "no_delete", "no_replace")
        return [f"DROP TRIGGER IF EXISTS {table}_{name}" for name in names]
    return [
        f"DROP TRIGGER IF EXISTS {table}_no_update ON {table}",
        f"DROP TRIGGER IF EXISTS {table}_no_delete ON {table}",
        f"DROP FUNCTION IF EXISTS {table}_append_only()",
    ]
