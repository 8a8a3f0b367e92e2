"""Empty the database after a test that commits.

Django truncates every table on PostgreSQL, whether anything is in it or not, and then makes all
permissions anew: a second and more for each test. Here only the tables with something in them
are emptied, row by row, and what Django itself made after the migrations is left.
"""

from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase

# Made once by Django after the migrations: the same for ever.
KEPT = {"django_content_type", "auth_permission"}


def instead_of_flushing() -> None:
    """All tests that commit are cleared up after in this way from now on."""
    TransactionTestCase._fixture_teardown = lambda _case: empty()


def empty() -> None:
    """Leave no row in the tables of the apps. Triggers that keep history are not asked: that
    takes a superuser on PostgreSQL, and anybody else waits for Django."""
    if connection.vendor == "postgresql" and not _is_superuser():
        call_command("flush", verbosity=0, interactive=False)
        return
    with connection.constraint_checks_disabled(), transaction.atomic(), connection.cursor() as rows:
        if connection.vendor == "postgresql":
            rows.execute("SET LOCAL session_replication_role = replica")
        for table in _filled(rows):
            rows.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


def _is_superuser() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser')")
        return cursor.fetchone() == ("on",)


def _filled(rows) -> list[str]:
    """The tables with rows, but for those that are kept."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = sorted(set(names) - KEPT)
    asked = (
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})"
        for table in tables
    )
    rows.execute(" UNION ALL ".join(asked))
    return [table for (table,) in rows.fetchall()]
