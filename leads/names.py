"""Keys made from names: how channels, campaigns and activity types are recognised."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model

from leads.folding import fold
from leads.values import Unreadable, clean

Row = TypeVar("Row", bound=Model)


def key_of(name: str, *, length: int = 60) -> str:
    """Latin letters, figures and single underscores. Long or foreign names end in a digest,
    so that different names keep different keys."""
    plain = re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_")
    if plain and len(plain) <= length and _spelt_out(name):
        return plain
    digest = hashlib.sha256(fold(name).encode()).hexdigest()[:8]
    return f"{plain[: length - 9]}_{digest}".strip("_")


def find_or_add(model: type[Row], given: Iterable[str], **defaults: object) -> dict[str, Row]:
    """Each name with its row, known by key or by name; a new row where neither is known. A key
    that somebody wrote otherwise than `key_of` does counts as it stands. Names that are blank or
    no text are left out. One query, and up to three more where a name is not a known key."""
    length = model._meta.get_field("key").max_length
    plain = {name: clean(name) for name in set(given) if _says(name)}
    if not plain:
        return {}
    wanted = {name: key_of(text, length=length) for name, text in plain.items()}
    by_key = _by_key(model, {*plain.values(), *wanted.values()})
    wanted |= {name: text for name, text in plain.items() if text in by_key}
    missing = {name: key for name, key in wanted.items() if key not in by_key}
    if missing:
        by_name = {fold(row.name): row for row in model.objects.order_by("-pk")}
        by_key |= {key: by_name[fold(n)] for n, key in missing.items() if fold(n) in by_name}
        by_key |= _added(model, {k: n for n, k in missing.items() if k not in by_key}, defaults)
    return {name: by_key[key] for name, key in wanted.items()}


def spoken(name: str) -> str:
    """A key that came without a name is read out: `paid_search` is "Paid search"."""
    plain = clean(name)
    return plain.replace("_", " ").capitalize() if plain == key_of(plain) else plain


def _by_key(model: type[Row], keys: Iterable[str]) -> dict[str, Row]:
    return {row.key: row for row in model.objects.filter(key__in=set(keys))}


def _added(model: type[Row], new: dict[str, str], defaults: dict[str, object]) -> dict[str, Row]:
    """Somebody else may be adding the same at this moment: then theirs counts."""
    if not new:
        return {}
    longest = model._meta.get_field("name").max_length
    rows = [model(key=k, name=spoken(new[k])[:longest], **defaults) for k in sorted(new)]
    model.objects.bulk_create(rows, ignore_conflicts=True)
    return _by_key(model, new)


def _says(name: str) -> bool:
    try:
        return bool(clean(name))
    except Unreadable:
        return False


def _spelt_out(name: str) -> bool:
    """Is every letter of the name one that a key can have?"""
    return all(c.isascii() or not c.isalnum() for c in fold(name))
