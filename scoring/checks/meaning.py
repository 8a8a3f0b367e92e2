"""What the parts of a body say: can each be run, and do they fit each other?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.utils.translation import gettext as _

from leads.models import Attribute
from leads.refusals import Refused
from scoring import conditions, documents
from scoring.checks import points, promised
from scoring.checks.findings import Problem
from scoring.checks.points import counts_each, highest
from scoring.conditions import ACTIVITIES, EVERYTHING, PROFILE, Vocabulary
from scoring.documents import Body, ConditionJSON
from scoring.journeys import stage

__all__ = ["counts_each", "highest", "problems"]


def problems(body: Body) -> Iterator[Problem]:
    vocabulary = Vocabulary(body)
    yield from _fields(body, vocabulary)
    yield from _conditions(body, vocabulary)
    yield from _stages_entered(body)
    yield from points.problems(body)
    yield from promised.problems(body, vocabulary)


def _fields(body: Body, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Fields that the text brings: may they be added, are they kept as they are said to be?"""
    for each in body.get("fields", []):
        path, known = f"fields.{each['key']}", vocabulary.registered.get(each["key"])
        if known is None:
            new = Attribute(key=each["key"], type=each["type"], choices=each.get("choices", []))
            yield from promised.new_field(new, path)
        elif known.type != each["type"]:
            words = {"field": known.label, "kept": known.type, "type": each["type"]}
            message = _("“%(field)s” is kept as %(kept)s, but brought as %(type)s here.")
            yield Problem(f"{path}.type", message % words)


def _conditions(body: Body, vocabulary: Vocabulary) -> Iterator[Problem]:
    for persona in body["personas"]:
        path = f"personas.{persona['key']}.when"
        yield from _condition(persona["when"], path, {PROFILE}, body, vocabulary)
    for each in body["stages"]:
        for criterion in each["criteria"] or []:
            path = f"stages.{each['key']}.criteria.{criterion['key']}.when"
            yield from _condition(criterion["when"], path, EVERYTHING, body, vocabulary)
    for rule in body["score"]["rules"]:
        path = f"score.rules.{rule['key']}.when"
        yield from _condition(rule["when"], path, {PROFILE, ACTIVITIES}, body, vocabulary)
    for clock in body["clocks"]:
        for term in clock.get("terms") or []:
            path = f"clocks.{clock['key']}.terms.{term['key']}.when"
            yield from _condition(term["when"], path, EVERYTHING, body, vocabulary)
    for name, checklist in body["checklists"].items():
        for each in checklist:
            if "when" in each:
                path = f"checklists.{name}.{each['key']}.when"
                yield from _condition(each["when"], path, EVERYTHING, body, vocabulary)


def _condition(
    when: ConditionJSON, path: str, about: Collection[str], body: Body, vocabulary: Vocabulary
) -> Iterator[Problem]:
    personas = [] if path.startswith("personas.") else body["personas"]
    try:
        conditions.parse(when, vocabulary=vocabulary, personas=personas, about=about)
    except Refused as refusal:
        yield Problem(path, str(refusal))


def _stages_entered(body: Body) -> Iterator[Problem]:
    """Stages that conditions ask for by key."""
    for path, condition in documents.conditions(body):
        for leaf in documents.leaves(condition):
            for key in _stage_keys(leaf):
                if stage(body, key) is None:
                    message = _("There is no stage “%(key)s” that a lead could enter.")
                    yield Problem(f"{path}.when", message % {"key": key})


def _stage_keys(leaf: ConditionJSON) -> list[str]:
    keys = leaf.get("stages") if isinstance(leaf, dict) else None
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []
