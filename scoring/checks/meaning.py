"""What the parts of a body say: can each be run, and do they fit each other?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.utils.translation import gettext as _

from leads import fields
from leads.models import Attribute
from leads.refusals import Refused
from scoring import conditions, documents
from scoring.checks import points
from scoring.checks.findings import Problem
from scoring.checks.points import counts_each, highest
from scoring.checks.structure import CLOCK_SIDES
from scoring.conditions import ACTIVITIES, EVERYTHING, PROFILE, Vocabulary
from scoring.documents import Body, ConditionJSON, collecting, item, text
from scoring.journeys import fits_reason, stage, stages_of_kind

__all__ = ["counts_each", "highest", "problems"]

OWED_ALWAYS = ("answer", "first_contact")


def problems(body: Body) -> Iterator[Problem]:
    vocabulary = Vocabulary(body)
    yield from _fields(body, vocabulary)
    yield from _conditions(body, vocabulary)
    yield from _stages_entered(body)
    yield from points.problems(body)
    yield from _clocks(body)
    yield from _checklists(body, vocabulary)
    yield from _reasons(body)


def _fields(body: Body, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Fields that the text brings: may they be added, are they kept as they are said to be?"""
    for each in body.get("fields", []):
        path, known = f"fields.{each['key']}", vocabulary.registered.get(each["key"])
        if known is None:
            new = Attribute(key=each["key"], type=each["type"], choices=each.get("choices", []))
            yield from _new_field(new, path)
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


def _clocks(body: Body) -> Iterator[Problem]:
    for clock in body["clocks"]:
        if clock["side"] != CLOCK_SIDES[clock["key"]]:
            path = f"clocks.{clock['key']}.side"
            yield Problem(path, _("This clock runs for the other side."))
    for key in OWED_ALWAYS:
        if item(body["clocks"], key) is None and stages_of_kind(body, "handoff"):
            message = {
                "answer": _("Leads are handed over, but nobody says how soon sales answers."),
                "first_contact": _("Leads are accepted, but nobody says how soon sales calls."),
            }[key]
            yield Problem(f"clocks.{key}", message)


def _checklists(body: Body, vocabulary: Vocabulary) -> Iterator[Problem]:
    if not body["checklists"]["acceptance"] and stages_of_kind(body, "handoff"):
        message = _("An acceptance needs a checklist: at least one thing sales confirms.")
        yield Problem("checklists.acceptance", message)
    types: dict[str, str] = {}
    for each in collecting(body):
        collects = each["collects"]
        attribute, type = collects["attribute"], collects["type"]
        known = vocabulary.fields.get(attribute)
        kept = known.type if known else types.setdefault(attribute, type)
        if kept != type:
            words = {"field": known.label if known else attribute, "kept": kept, "type": type}
            message = _("“%(field)s” is kept as %(kept)s, but collected as %(type)s here.")
            yield Problem(f"checklists.{each['key']}.collects", message % words)
        if known is None:
            new = Attribute(key=attribute, label="", type=type)
            yield from _new_field(new, f"checklists.{each['key']}.collects")
        if known and known.derived:
            message = _("“%(field)s” follows from another field and cannot be collected.")
            path = f"checklists.{each['key']}.collects"
            yield Problem(path, message % {"field": known.label})


def _new_field(new: Attribute, path: str) -> Iterator[Problem]:
    """May this be added to the lead fields?"""
    try:
        fields.check(new)
    except Refused as refusal:
        yield Problem(path, str(refusal))


def _reasons(body: Body) -> Iterator[Problem]:
    if not body["reasons"] and stages_of_kind(body, "handoff"):
        message = _("Leads are handed over, but there is no reason to return one with.")
        yield Problem("reasons", message)
    for reason in body["reasons"]:
        then, name = reason["then"], {"reason": text(reason["label"])}
        if then != "nurture" and not stages_of_kind(body, then):
            message = _("After “%(reason)s” the lead has nowhere to go: no stage is of that kind.")
            yield Problem(f"reasons.{reason['key']}.then", message % name)
        if "to" in reason and not fits_reason(body, reason):
            message = _("After “%(reason)s” the lead cannot go there: choose another stage.")
            yield Problem(f"reasons.{reason['key']}.to", message % name)
