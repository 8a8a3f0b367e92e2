"""What a text of the agreement says, read to be applied by statements to many leads at once.

Reading it takes the ORM longer than the database takes to score a lead: it is done once in a
process, and again when a lead field, a type, a channel, a campaign or a stage that the text may
speak of has changed. One query finds that out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from django.db import connection

from leads import fields
from leads.models import Attribute
from scoring import documents
from scoring.conditions import Vocabulary
from scoring.documents import Body, leaves
from scoring.measures import Ids
from scoring.rulebooks import Rulebook

# Where a condition names what, and where that is found: table, column of the name.
_NAMED = {
    "type": (("types", "and_types", "since_types"), "leads_activitytype", "key"),
    "channel": (("channels",), "leads_channel", "kind"),
    "campaign": (("campaigns",), "leads_campaign", "key"),
    "stage": (("stages",), "scoring_stage", "key"),
}
_OF_ENTRIES = ("entered", "not_entered", "recycled", "not_recycled")
_FIELDS = "SELECT 'field', key, type, label, CAST(choices AS text), 0 FROM leads_attribute"
_IDS = "SELECT '{what}', {name}, '', '', '', id FROM {table} WHERE {name} IN ({places})"

Row = tuple[str, str, str, str, str, int]


class Text(Protocol):
    """A version in any state, or a copy of its text."""

    body: Body
    sha256: str


@dataclass(frozen=True, eq=False)
class Formula:
    """Rules and criteria of a text, and the primary keys behind the keys it names. The same object
    for as long as nothing it depends on has changed: statements are kept by it."""

    body: Body = field(repr=False)
    rulebook: Rulebook = field(repr=False)
    ids: Ids = field(repr=False)
    stages: Mapping[str, int]


def of(text: Text | Formula) -> Formula:
    """One query; a formula is given back as it is."""
    if isinstance(text, Formula):
        return text
    sha256 = text.sha256 or documents.digest(text.body)
    query, params = _query(_Hashed(sha256, text.body))
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        rows = tuple(sorted(cursor.fetchall()))
    return _formula(_Hashed(sha256, text.body), rows)


def looks_at_entries(text: Text) -> bool:
    """`Rulebook.looks_at_entries`, from the text alone: without a query, and whichever fields
    there are."""
    return _looks_at_entries(_Hashed(text.sha256 or documents.digest(text.body), text.body))


@dataclass(frozen=True)
class _Hashed:
    sha256: str
    body: Body = field(compare=False, repr=False)


@lru_cache(maxsize=32)
def _query(text: _Hashed) -> tuple[str, list[str]]:
    """Lead fields, and the keys that any condition of the text names."""
    selects, params = [_FIELDS], []
    for what, (places, table, name) in _NAMED.items():
        keys = sorted(_named(text.body, places))
        if what == "stage":
            keys = sorted({*keys, *(stage["key"] for stage in text.body["stages"])})
        if keys:
            marks = ", ".join(["%s"] * len(keys))
            selects.append(_IDS.format(what=what, table=table, name=name, places=marks))
            params += keys
    return " UNION ALL ".join(selects), params


def _named(body: Body, places: Iterable[str]) -> set[str]:
    found = [leaf for _path, when in documents.conditions(body) for leaf in leaves(when)]
    return {key for leaf in found for place in places for key in leaf.get(place) or ()}


@lru_cache(maxsize=16)
def _looks_at_entries(text: _Hashed) -> bool:
    found = [leaf for _path, when in documents.conditions(text.body) for leaf in leaves(when)]
    named = any(leaf.get("op") in _OF_ENTRIES or leaf.get("since_recycle") for leaf in found)
    return named or documents.resets(text.body)


@lru_cache(maxsize=16)
def _formula(text: _Hashed, rows: Sequence[Row]) -> Formula:
    """Its vocabulary of names may grow old: this is to be applied, not to be shown."""
    vocabulary = Vocabulary()
    vocabulary.names.fields = fields.built_in() | {
        key: fields.spec(Attribute(key=key, type=type, label=label, choices=json.loads(choices)))
        for what, key, type, label, choices, _pk in rows
        if what == "field"
    }
    found: dict[str, list[tuple[str, int]]] = {what: [] for what in _NAMED}
    for what, key, *_others, pk in rows:
        if what in found:
            found[what].append((key, pk))
    ids = Ids(*(tuple(found[what]) for what in ("type", "channel", "campaign", "stage")))
    return Formula(text.body, Rulebook(text.body, vocabulary), ids, dict(found["stage"]))
