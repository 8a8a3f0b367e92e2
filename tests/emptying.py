"""Empty the database after a test that commits.

Django truncates every table on PostgreSQL, whether anything is in it or not, and then makes all
permissions anew: a second and more for each test. Here only the tables with something in them
are emptied, row by row, and what Django itself made after the migrations is left.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase

# Made once by Django after the migrations: the same for ever.
KEPT = {"django_content_type", "auth_permission"}


def instead_of_flushing() -> None:
    """All tests that commit are cleared up after in this way from now on."""
    TransactionTestCase._fixture_teardown = lambda _case: empty()


def empty() -> None:
    """Leave no row in the tables of the apps. Triggers that keep history are not asked: that
    takes a superuser on PostgreSQL, and anybody else waits for Django."""
    if not may_lift_guards():
        call_command("flush", verbosity=0, interactive=False)
        return
    with connection.constraint_checks_disabled(), unguarded() as rows:
        for table in filled(rows):
            rows.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


def may_lift_guards() -> bool:
    """All at once: on PostgreSQL that takes a superuser."""
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser')")
        return cursor.fetchone() == ("on",)


@contextmanager
def unguarded() -> Iterator[CursorWrapper]:
    """A cursor in a transaction in which no trigger keeps rows from being written or deleted."""
    with transaction.atomic(), connection.cursor() as rows:
        if connection.vendor == "sqlite":
            rows.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            guards = rows.fetchall()
            off = [f"DROP TRIGGER {name}" for name, _sql in guards]
            on = [sql for _name, sql in guards]
        elif may_lift_guards():
            off = ["SET LOCAL session_replication_role = replica"]
            on = ["SET LOCAL session_replication_role = origin"]
        else:
            off, on = _owners(rows)
        for statement in off:
            rows.execute(statement)
        yield rows
        for statement in on:
            rows.execute(statement)


def _owners(rows: CursorWrapper) -> tuple[list[str], list[str]]:
    """What the owner of the tables may do: one by one, while no key waits to be checked."""
    rows.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
    tables = [table for (table,) in rows.fetchall()]
    off = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
    on = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
    return ["SET CONSTRAINTS ALL IMMEDIATE", *off], [*on, "SET CONSTRAINTS ALL DEFERRED"]


def filled(rows) -> list[str]:
    """The tables with rows, but for those that are kept."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = sorted(set(names) - KEPT)
    asked = (
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})"
        for table in tables
    )
    rows.execute(" UNION ALL ".join(asked))
    return [table for (table,) in rows.fetchall()]
