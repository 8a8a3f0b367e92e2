"""The database's clock: one for all workers, wherever they run and however wrong their own is."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection


def database_now() -> datetime:
    """Now, by the database, at this statement, wherever its transaction began."""
    if connection.vendor == "sqlite":
        sql = "SELECT strftime('%%Y-%%m-%%dT%%H:%%M:%%f', 'now')"
    else:
        sql = "SELECT clock_timestamp()"
    with connection.cursor() as cursor:
        cursor.execute(sql, [])
        (moment,) = cursor.fetchone()
    if isinstance(moment, str):
        return datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return moment
