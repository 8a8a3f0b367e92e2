"""A small telling of the demo. It takes long, so it is told once, and copied for each further test
that asks for it, on all workers of a run."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
import time_machine
from django.core.management.color import no_style
from django.db import connection

from config.demo import story
from leads.models import User
from tests import emptying

# A Thursday afternoon, so that some of the week's answers are still owed.
NOW = datetime(2026, 6, 18, 13, 30, tzinfo=UTC)
COUNT = 200


@pytest.fixture
def told(db, copies: Path) -> Iterator[dict[str, User]]:
    """The demo at NOW, which is when the test runs; people by their first names."""
    if copies.exists() and emptying.may_lift_guards():
        _write(pickle.loads(copies.read_bytes()))
    else:
        story.tell(at=NOW, count=COUNT)
        complete = copies.with_suffix(f".{os.getpid()}")
        complete.write_bytes(pickle.dumps(_read()))
        complete.replace(copies)
    with time_machine.travel(NOW, tick=False):
        yield {user.first_name.lower(): user for user in User.objects.all()}


@pytest.fixture(scope="session")
def copies(tmp_path_factory, worker_id: str) -> Path:
    """The same file for all workers of this run: each has its folder in one of the run."""
    own = tmp_path_factory.getbasetemp()
    return (own if worker_id == "master" else own.parent) / "told.pickle"


def _read() -> dict[str, object]:
    """Everything in the database, by table, in the database's own form."""
    with connection.cursor() as cursor:
        tables = emptying.filled(cursor)
        if connection.vendor == "postgresql":
            return {table: _copied(cursor, table) for table in tables}
        return {table: _selected(cursor, table) for table in tables}


def _selected(cursor, table: str) -> list[tuple]:
    """As SQLite keeps them: it gives out times of day, and takes in none."""
    cursor.execute(f"SELECT * FROM {table}")
    return [
        tuple(str(value) if isinstance(value, time) else value for value in row)
        for row in cursor.fetchall()
    ]


def _copied(cursor, table: str) -> bytes:
    with cursor.copy(f"COPY {table} TO STDOUT") as out:
        return b"".join(out)


def _write(copies: dict[str, object]) -> None:
    with emptying.unguarded() as cursor:
        for table, rows in copies.items():
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} FROM STDIN") as into:
                    into.write(rows)
            else:
                places = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
        models = connection.introspection.installed_models(copies)
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
