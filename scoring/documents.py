"""The agreement's text as data: one canonical JSON document, its hash, and ways into it.

A body maps `format, title, summary, stages, personas, score, clocks, checklists, reasons, goals`,
and perhaps `note, fields, supply, watches, moves, effect` (see `scoring.checks` for the shape).
Lists hold objects with a stable `key`; order is meaning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from django.utils.translation import get_language

FORMAT = 1
LANGUAGES = ("en", "de")
GROUPS = ("profile", "channel", "actions")
# What a text says of its own taking effect: the next one does not inherit it.
OF_ONE_TEXT = ("moves", "effect")
BRANCHES = ("all", "any", "none")

Body = dict[str, Any]
Text = str | dict[str, str]
ConditionJSON = dict[str, Any]
ItemJSON = dict[str, Any]


def canonical(body: Body) -> str:
    """The one spelling of a body: sorted keys, no blanks, UTF-8 as it is. No floats."""
    return json.dumps(
        body, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def digest(body: Body) -> str:
    """The SHA-256 of the canonical form, 64 hex digits. Signatures sign this."""
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def text(value: Text | None) -> str:
    """A text of a body in the active language, else in English, else in the one it has."""
    if not isinstance(value, dict):
        return value or ""
    language = (get_language() or "en").split("-")[0]
    return value.get(language) or value.get("en") or next(iter(value.values()), "")


def anew(body: Body) -> Body:
    """A copy to write the next text from, without what was said of this one's taking effect."""
    return deepcopy({name: part for name, part in body.items() if name not in OF_ONE_TEXT})


def item(items: list[ItemJSON], key: str) -> ItemJSON | None:
    """The object of a list that has this key."""
    return next((each for each in items if each["key"] == key), None)


def minutes(body: Body, clock: str) -> int | None:
    """Working minutes of a clock, or None where the agreement promises nothing."""
    found = item(body["clocks"], clock)
    return found["minutes"] if found else None


def conditions(body: Body) -> Iterator[tuple[str, ConditionJSON]]:
    """Every condition of the body with the path it stands at."""
    for persona in body["personas"]:
        yield f"personas.{persona['key']}", persona["when"]
    for stage in body["stages"]:
        for criterion in stage["criteria"] or []:
            yield f"stages.{stage['key']}.criteria.{criterion['key']}", criterion["when"]
    for rule in body["score"]["rules"]:
        yield f"score.rules.{rule['key']}", rule["when"]
    for clock in body["clocks"]:
        for term in clock.get("terms") or []:
            yield f"clocks.{clock['key']}.terms.{term['key']}", term["when"]
    for name, checklist in body["checklists"].items():
        for each in checklist:
            if "when" in each:
                yield f"checklists.{name}.{each['key']}", each["when"]


def leaves(condition: ConditionJSON) -> Iterator[ConditionJSON]:
    """The operators of a condition, without the groups around them. What is no condition, in a
    draft, has none."""
    if not isinstance(condition, dict):
        return
    branch = next((name for name in BRANCHES if name in condition), None)
    if branch is None:
        yield condition
        return
    parts = condition[branch]
    for part in parts if isinstance(parts, list) else []:
        yield from leaves(part)


def fields(body: Body) -> set[str]:
    """Keys of all lead fields the body names: in conditions, and where a checklist collects."""
    asked = {
        leaf["field"]
        for _path, condition in conditions(body)
        for leaf in leaves(condition)
        if "field" in leaf
    }
    return asked | {each["collects"]["attribute"] for each in collecting(body)}


def collecting(body: Body) -> list[ItemJSON]:
    """Checklist items that collect data."""
    items = [each for checklist in body["checklists"].values() for each in checklist]
    return [each for each in items if each.get("collects")]


def resets(body: Body) -> bool:
    """May a return set back what a lead's actions have earned?"""
    return any(reason.get("resets") for reason in body["reasons"])


def activity_types(body: Body) -> set[str]:
    """Keys of all activity types the body names."""
    return {
        key
        for _path, condition in conditions(body)
        for leaf in leaves(condition)
        for name in ("types", "and_types", "since_types")
        for key in leaf.get(name) or []
    }
