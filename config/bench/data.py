"""Leads and activities in any number, made in the database itself.

Skewed as life is: a few leads do most, some have free addresses, sizes spread over orders of
magnitude. Activities lie in the 180 days before `at`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection, models

from config.bench import rules
from leads.models import Activity, ActivityType, Channel, Lead

DAYS = 180
FREE = ("gmail.com", "yahoo.com", "hotmail.com", "outlook.com")
ROLES = (
    "ceo",
    "chief technology officer",
    "vp marketing",
    "head of sales",
    "director of it",
    "marketing manager",
    "sales manager",
    "software engineer",
    "student",
    "intern",
    "consultant",
    "operations lead",
    "product owner",
    "buyer",
    "founder",
    "analyst",
)
BRANCHES = ("software", "finance", "health", "retail", "manufacturing", "education")
BRANCHES += ("government", "media", "energy", "logistics", "telecom", "nonprofit")
PLACES = ("US", "GB", "DE", "FR", "NL", "IN", "BR", "CA", "AU", "ES", "IT", "PL", "SE", "JP", "NG")


def fill(
    leads: int, activities: int, *, at: datetime, more: Mapping[str, str] | None = None
) -> None:
    """So many leads, numbered from 1, and so many activities, known when they happened. `more` is
    SQL for further columns of leads."""
    types = [ActivityType.objects.create(key=key, name=key).pk for key in rules.TYPES]
    channels = [
        Channel.objects.create(key=key, name=key, kind=kind).pk for key, kind in rules.CHANNELS
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setseed(0.42)")
        cursor.execute(insert(Lead, _lead(at) | (more or {}), leads))
        cursor.execute(
            insert(Activity, _activity(leads, activities, types, channels, at), activities)
        )
    settle()


def settle() -> None:
    """What a server does by itself in time after a bulk load."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _lead(at: datetime) -> dict[str, str]:
    """SQL by column; `i` is the number of the row."""
    own = "'corp' || (i % 50000) || '.example'"
    return {
        "id": "i",
        "first_name": "'First' || (i % 5000)",
        "last_name": "'Last' || (i % 20000)",
        "name_folded": "'first' || (i % 5000) || ' last' || (i % 20000)",
        "title_folded": pick(ROLES),
        "industry_folded": pick(BRANCHES),
        "company_size": f"CAST(floor(exp({_random()} * 9)) AS integer)",
        "country": pick(PLACES),
        "email_domain": f"CASE WHEN {_random()} < 0.3 THEN {pick(FREE)} ELSE {own} END",
        "phone": f"CASE WHEN {_random()} < 0.6 THEN '+1555' || i ELSE '' END",
        "created_at": ago("86400 * 365", at),
    }


def _activity(
    leads: int, activities: int, types: list[int], channels: list[int], at: datetime
) -> dict[str, str]:
    moment = ago(f"{DAYS * 86400} * (1.0 * ({activities} - i) / {activities})", at)
    return {
        "id": "i",
        "lead_id": f"1 + CAST(floor(power({_random()}, 1.6) * {leads}) AS integer)",
        "type_id": pick(types),
        "channel_id": pick(channels),
        "occurred_at": moment,
        "known_at": moment,
        "local_date": "'2026-01-01'",
    }


def insert(model: type[models.Model], columns: Mapping[str, str], count: int) -> str:
    """Rows 1 to `count`; columns not given are empty."""
    given = {f.column: columns.get(f.column) or _empty(f) for f in model._meta.concrete_fields}
    names = ", ".join(f'"{name}"' for name in given)
    return (
        f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(given.values())} '
        f"FROM {_numbers(count)}"
    )


def _empty(field: models.Field) -> str:
    if field.null:
        return "NULL"
    return "'{}'" if isinstance(field, models.JSONField) else "''"


def _numbers(count: int) -> str:
    if connection.vendor == "postgresql":
        return f"generate_series(CAST(1 AS bigint), {count}) i"
    return (
        "(WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers "
        f"WHERE i < {count}) SELECT i FROM numbers)"
    )


def _random() -> str:
    """From 0 to below 1."""
    if connection.vendor == "postgresql":
        return "random()"
    return "((random() & 9007199254740991) / 9007199254740992.0)"


def pick(some: Sequence[str] | Sequence[int]) -> str:
    """Any of them, each as often as the others."""
    values = [f"'{each}'" if isinstance(each, str) else str(each) for each in some]
    place = f"CAST(floor({_random()} * {len(values)}) AS integer)"
    if connection.vendor == "postgresql":
        return f"(ARRAY[{', '.join(values)}])[1 + {place}]"
    listed = ", ".join(value.replace("'", '"') for value in values)
    return f"json_extract('[{listed}]', '$[' || {place} || ']')"


def ago(seconds: str, at: datetime) -> str:
    if connection.vendor == "postgresql":
        return f"timestamptz '{at.isoformat()}' - ({seconds}) * interval '1 second'"
    return (
        f"strftime('%Y-%m-%d %H:%M:%f', '{at:%Y-%m-%d %H:%M:%S}', "
        f"printf('%+.3f seconds', -1.0 * ({seconds})))"
        " || '000'"
    )
