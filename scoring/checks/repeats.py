"""What is said twice: no fault, and often an oversight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from scoring import conditions
from scoring.checks.findings import Problem
from scoring.conditions import Vocabulary
from scoring.documents import Body, ItemJSON, canonical, text

# What makes two rules with one condition count differently.
COUNTING = ("times", "days", "halving")


def remarks(body: Body, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Criteria of a stage that ask for the same, and rules that give points for the same."""
    say = _namer(body, vocabulary.including(body))
    for stage in body["stages"]:
        for first, second in _pairs(stage["criteria"] or [], ()):
            names = {"first": say(first), "second": say(second), "stage": text(stage["name"])}
            said = _("“%(first)s” stands twice in “%(stage)s”. Once is enough.")
            if names["first"] != names["second"]:
                said = _(
                    "“%(first)s” and “%(second)s” ask for the same in “%(stage)s”. One is enough."
                )
            yield Problem(f"stages.{stage['key']}.criteria.{second['key']}", said % names)
    for first, second in _pairs(body["score"]["rules"], COUNTING):
        names = {"first": say(first), "second": say(second)}
        said = _("The rule “%(first)s” stands twice: leads get the points of both.")
        if names["first"] != names["second"]:
            said = _(
                "“%(first)s” and “%(second)s” give points for the same: leads get the points of "
                "both."
            )
        yield Problem(f"score.rules.{second['key']}", said % names)


def _pairs(items: list[ItemJSON], also: tuple[str, ...]) -> Iterator[tuple[ItemJSON, ItemJSON]]:
    """The first of those that mean the same, with each of the others."""
    alike: dict[str, list[ItemJSON]] = {}
    for each in items:
        meant = {name: each.get(name) for name in ("when", *also)}
        alike.setdefault(canonical(_plain(meant)), []).append(each)
    for same in alike.values():
        yield from ((same[0], each) for each in same[1:])


def _plain(value: Any) -> Any:
    """The same for all spellings of a condition: no part of it depends on the order in a list,
    and what is empty may be left out."""
    if isinstance(value, dict):
        parts = {name: _plain(part) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part not in (None, [], {})}
    if isinstance(value, list):
        return sorted(map(_plain, value), key=canonical)
    return value


def _namer(body: Body, vocabulary: Vocabulary) -> Callable[[ItemJSON], str]:
    """What a criterion or a rule is called: by its label, else by what it asks for."""

    def name(each: ItemJSON) -> str:
        when = conditions.read(each["when"], vocabulary=vocabulary, personas=body["personas"])
        return capfirst(text(each["label"]) or when.words())

    return name
