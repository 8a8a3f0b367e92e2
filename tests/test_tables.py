"""The tests' database is as the migrations leave one."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.conf import settings
from django.db import connection

from tests import legs
from tests.processes import database_url

FUNCTIONS = "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
# Django itself gives its own auth_group_permissions another type of key than its migrations.
POSTGRESQL = [
    """SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity,
       character_maximum_length FROM information_schema.columns WHERE table_schema = 'public'
       AND table_name <> 'auth_group_permissions'""",
    """SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace""",
    "SELECT tablename, regexp_replace(indexdef, 'INDEX \\S+ ON', 'ON') FROM pg_indexes "
    "WHERE schemaname = 'public'",
    "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    f"{FUNCTIONS} AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')",
]


@pytest.fixture
def migrated(db, tmp_path) -> Iterator[object]:
    """In a database that every migration has run on."""
    if connection.vendor == "sqlite":
        # It takes long, and a first start has to do it too.
        pytest.skip("compared in test_up with what the first start makes")
    server, name = connection.settings_dict, f"{connection.settings_dict['NAME']}_migrated"
    with closing(legs.connected(server, "postgres", autocommit=True)) as outside:
        outside.execute(f'DROP DATABASE IF EXISTS "{name}"')
        outside.execute(f'CREATE DATABASE "{name}"')
        migrate(f"{database_url()}_migrated", tmp_path)
        with closing(legs.connected(server, name)) as there:
            yield there.cursor()
        outside.execute(f'DROP DATABASE "{name}"')


def migrate(url, data) -> None:
    environment = os.environ | {"DATABASE_URL": url, "BATON_DATA": str(data)}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True)


def test_what_models_make_is_what_the_migrations_make(migrated):
    assert_like_ours(migrated)


def assert_like_ours(migrated) -> None:
    """Of a cursor in a database that every migration has run on."""
    with connection.cursor() as ours:
        here, there = described(ours), described(migrated)
    assert Counter(here) - Counter(there) == Counter(there) - Counter(here) == Counter()


def described(cursor) -> list[str]:
    """Tables, indexes, constraints and triggers, in one order and without made-up names."""
    if connection.vendor == "sqlite":
        cursor.execute("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return sorted(f"{table}: {part}" for table, sql in cursor.fetchall() for part in parts(sql))
    found = []
    for query in POSTGRESQL:
        cursor.execute(query)
        found += sorted(unordered(str(row)) for row in cursor.fetchall())
    return found


SAME = r"\(?OLD\.\W*\w+\W+IS (?:NOT )?(?:DISTINCT FROM )?NEW\.\W?\w+\W?\)?"
RUN = re.compile(rf"{SAME}(?:\s+(AND|OR)\s+{SAME})+", re.IGNORECASE)


def unordered(sql: str) -> str:
    """Guards name the columns as they stand in the table, which is as they came."""
    plain = re.sub(r"\(((?:old|new)\.\S+?)\)::\w+", r"\1", sql)
    return RUN.sub(_sorted, plain)


def _sorted(run: re.Match) -> str:
    same = re.split(r"\s+(?:AND|OR)\s+", run[0])
    return f" {run[1]} ".join(sorted(each.strip("()") for each in same))


def parts(sql: str) -> list[str]:
    """What stands between the outermost commas of a table, the whole of anything else."""
    if not sql.startswith("CREATE TABLE"):
        return [unordered(re.sub(r"INDEX \S+ ON", "INDEX ON", sql))]
    inside = sql[sql.index("(") + 1 : sql.rindex(")")]
    found, depth = [""], 0
    for letter in inside:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            found.append("")
        else:
            found[-1] += letter
    return [part.strip() for part in found]
