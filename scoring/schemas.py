"""The JSON Schema of an agreement, made from the checks and from the tables of the language."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from leads.models import Channel, Touch
from scoring.checks import structure
from scoring.conditions import counts, parsing, scores, tables
from scoring.conditions.pieces import MOST_VALUES

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DESCRIPTIONS = {
    "format": "The version of this format.",
    "title": "The name of the agreement.",
    "summary": "What it is about, in a sentence or two.",
    "note": "Notes on the text, a line each.",
    "stages": "The stages of the journey in their order, with arrows and criteria.",
    "personas": "Named conditions over the profile: kinds of buyers.",
    "score": "Rules with their points, limits, and grades.",
    "clocks": "Who owes which answer within how many working minutes.",
    "supply": "How many handoffs of what quality marketing promises a month.",
    "checklists": "What sales confirms to accept and to qualify a lead.",
    "reasons": "Why a lead may be returned, and what follows.",
    "goals": "Numbers both teams own, each with its counter-metric.",
    "watches": "Numbers each side watches for itself.",
    "fields": "Lead fields that the text brings.",
    "moves": "Where leads go whose stage this text takes away.",
    "effect": "When this text takes effect, and whether on trial.",
}


def agreement() -> Schema:
    """What the text of an agreement looks like. Baton asks for more than a schema can say: that
    names are known, that arrows make a journey, that a bar can be reached."""
    body = dict(structure.body.schema)
    body["properties"] = {
        name: {"description": DESCRIPTIONS[name]} | part
        for name, part in body["properties"].items()
    }
    return {
        "$schema": DIALECT,
        "title": "Agreement",
        "description": "The text of an agreement between marketing and sales, as Baton runs it.",
        **body,
        "$defs": {"condition": _condition()},
    }


def document() -> str:
    """The schema as a file."""
    return json.dumps(agreement(), ensure_ascii=False, indent=2) + "\n"


def _condition() -> Schema:
    return {
        "description": "One operator, or a group of conditions, up to five levels deep.",
        "anyOf": [
            *[_group(name) for name in parsing.GROUPS],
            *_on_profile(),
            *_on_deeds(),
            *_on_stages_and_score(),
        ],
    }


def _on_profile() -> list[Schema]:
    value = _value()
    return [
        _leaf(tables.COMPARISONS, {"field": _TEXT, "value": value}),
        _leaf(tables.CHOICES, {"field": _TEXT, "value": _values(value)}),
        _leaf(tables.PRESENCE, {"field": _TEXT}),
        _leaf(tables.FREE_MAIL, {}),
        _leaf(parsing.PERSONAS, {"persona": _TEXT}),
    ]


def _on_deeds() -> list[Schema]:
    channels = _list(_enum(Channel.Kind.values))
    where = {"type": "array", "items": _filter(), "maxItems": counts.MOST_FILTERS}
    did = {"types": _KEYS, "channels": channels, "campaigns": _KEYS}
    did |= {"within_days": _WINDOW, "where": where}
    counted = {
        "times": _whole(1, max(counts.MOST_TIMES, counts.MOST_MINUTES)),
        "count": _enum(counts.COUNTS),
        "since_recycle": {"type": "boolean"},
        "since_types": _KEYS,
    }
    both = {"types": _SOME_KEYS, "and_types": _SOME_KEYS, "same": _TEXT, "within_days": _WINDOW}
    idle = {"days": _whole(1, counts.LONGEST_IDLE), "types": _KEYS, "channels": channels}
    unanswered = {
        "kinds": _list(_enum(Touch.Kind.values)),
        "value": _whole(1, counts.MOST_TIMES),
        "within_days": _WINDOW,
    }
    return [
        _leaf(("did", "did_not"), {}, did | counted),
        _leaf(("first_was", "first_was_not", "latest_was", "latest_was_not"), {}, did),
        _leaf(("did_both", "did_not_both"), {}, both, needs=("types", "and_types")),
        _leaf(("idle", "not_idle"), {}, idle, needs=("days",)),
        _leaf(("unanswered_at_least", "unanswered_below"), {}, unanswered, needs=("value",)),
    ]


def _on_stages_and_score() -> list[Schema]:
    times = {"times": _whole(1, counts.MOST_TIMES), "within_days": _WINDOW}
    score = {
        "which": _enum(scores.WHICH),
        "value": _whole(-parsing.HIGHEST_SCORE, parsing.HIGHEST_SCORE),
    }
    return [
        _leaf(("entered", "not_entered"), {"stages": _SOME_KEYS}, times),
        _leaf(("recycled", "not_recycled"), {}, times),
        _leaf(parsing.SCORES, {}, score, needs=("value",)),
    ]


def _group(name: str) -> Schema:
    parts = {"type": "array", "items": {"$ref": "#/$defs/condition"}, "minItems": 1}
    parts["maxItems"] = parsing.MOST_PARTS
    return _object({name: parts}, [name])


def _leaf(
    operators: Iterable[str],
    required: Schema,
    optional: Schema | None = None,
    *,
    needs: Iterable[str] = (),
) -> Schema:
    op = {"op": _enum(operators)}
    return _object(op | required | (optional or {}), ["op", *required, *needs])


def _filter() -> Schema:
    """A property of the activity, asked for as a lead's fields are."""
    operators = {op for each in counts.OPERATORS.values() for op in each}
    value = _value()
    return _object(
        {
            "property": {"type": "string"},
            "op": _enum(sorted(operators)),
            "value": {"anyOf": [value, _values(value)]},
        },
        ["property", "op"],
    )


def _object(properties: Schema, required: list[str]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _enum(words: Iterable[str]) -> Schema:
    return {"enum": list(words)}


def _value() -> Schema:
    return {"type": ["string", "integer", "boolean"]}


def _values(value: Schema) -> Schema:
    return {"type": "array", "items": value, "minItems": 1, "maxItems": MOST_VALUES}


def _whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _list(items: Schema) -> Schema:
    return {"anyOf": [{"type": "array", "items": items, "maxItems": MOST_VALUES}, {"type": "null"}]}


_TEXT = {"type": "string"}
_KEY = {"type": "string", "minLength": 1}
_KEYS = _list(_KEY)
_SOME_KEYS = {"type": "array", "items": _KEY, "minItems": 1, "maxItems": MOST_VALUES}
_WINDOW = {"anyOf": [_whole(1, counts.LONGEST_WINDOW), {"type": "null"}]}
