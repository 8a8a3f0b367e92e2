"""The database's clock: what a statement saw was known by then."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection


def now() -> datetime:
    """At this statement, wherever its transaction began."""
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
