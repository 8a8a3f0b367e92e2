"""Several workers sweep at once: of each kind of sweep one at a time, so that what many rows have
in common is told once, however many batches they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection

from leads.prepared import keeps_session

# A machine that vanishes says no good-bye: after a minute of silence its connection is ended.
KEEPALIVE = {"idle": 30, "interval": 10, "count": 3}
# Numbers of advisory locks, one for each kind of sweep.
BREACHES, WARNINGS, ESCALATIONS = 0x42524348, 0x5741524E, 0x4553434C


@contextmanager
def alone(number: int) -> Iterator[bool]:
    """Whether this is the only sweep of its kind, over all the transactions of the block: whoever
    else comes by has nothing to do. A sweep that dies lets go with its connection. Not to be used
    within a transaction.

    Where no lock outlives a transaction, on SQLite and behind a pooler that hands connections
    round, every sweep goes ahead.
    """
    if not keeps_session(connection):
        yield True
        return
    ours = _ask("pg_try_advisory_lock", number)
    try:
        if ours:
            _let_go_when_gone()
        yield ours
    finally:
        # Of a connection that is gone the lock is gone too.
        with suppress(Error):
            if ours:
                _ask("pg_advisory_unlock", number)


def _let_go_when_gone() -> None:
    with connection.cursor() as cursor:
        for name, value in KEEPALIVE.items():
            cursor.execute(f"SELECT set_config('tcp_keepalives_{name}', %s, false)", [str(value)])


def _ask(function: str, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [number])
        return cursor.fetchone()[0]
