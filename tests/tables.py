"""The tests' database, made from the models as they are: through the migrations it takes ten times
as long. `test_tables.py` compares it with one that has been through all of them.
"""

from __future__ import annotations

from types import SimpleNamespace

from django.apps import apps
from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import Migration, RunPython
from django.db.migrations.executor import MigrationExecutor
from django.test import override_settings

from leads.append_only import AppendOnly

# What migrations call the functions that set up what the database itself refuses, or searches by.
GUARDS = ("keep", "release", "index")


def guard() -> None:
    """Set up what models do not say, in the order of the migrations, and note these as done."""
    with override_settings(MIGRATION_MODULES={}):
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    executor.recorder.ensure_schema()
    with connection.schema_editor() as editor:
        for migration, _backwards in plan:
            _put_guards(migration, editor)
    for migration, _backwards in plan:
        executor.recorder.record_applied(migration.app_label, migration.name)


def _put_guards(migration: Migration, editor: BaseDatabaseSchemaEditor) -> None:
    now = SimpleNamespace(apps=apps)
    for operation in migration.operations:
        if isinstance(operation, AppendOnly):
            operation.database_forwards(migration.app_label, editor, now, now)
        elif isinstance(operation, RunPython) and operation.code.__name__ in GUARDS:
            operation.code(apps, editor)
