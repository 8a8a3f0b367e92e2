"""What the parts of a body say: can each be run, and do they fit each other?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.utils.translation import gettext as _

from leads import fields
from leads.models import Attribute
from leads.refusals import Refused
from scoring import conditions
from scoring.checks.findings import Problem
from scoring.checks.structure import CLOCK_SIDES
from scoring.conditions import ACTIVITIES, EVERYTHING, PROFILE, Vocabulary
from scoring.documents import GROUPS, Body, ConditionJSON, collecting, item, text
from scoring.journeys import fits_reason, stages_of_kind

OWED_ALWAYS = ("answer", "first_contact")
SCORE_GROUPS = {
    "fit": ("profile", "channel"),
    "engagement": ("actions",),
    "total": GROUPS,
}


def problems(body: Body) -> Iterator[Problem]:
    vocabulary = Vocabulary(body)
    yield from _fields(body, vocabulary)
    yield from _conditions(body, vocabulary)
    yield from _rules(body)
    yield from _bars(body)
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
    for stage in body["stages"]:
        for criterion in stage["criteria"] or []:
            path = f"stages.{stage['key']}.criteria.{criterion['key']}.when"
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


def _rules(body: Body) -> Iterator[Problem]:
    for rule in body["score"]["rules"]:
        path = f"score.rules.{rule['key']}"
        if rule["points"] == 0:
            yield Problem(f"{path}.points", _("A rule of 0 points says nothing. Remove it."))
        if rule["times"] == "every" and not counts_each(rule["when"]):
            message = _("“Every time” needs a single condition: something the lead did, once.")
            yield Problem(f"{path}.times", message)
        if rule["cap"] is not None and rule["times"] != "every":
            message = _("Only a rule that gives points every time can have a cap of its own.")
            yield Problem(f"{path}.cap", message)
    caps, floors = body["score"]["caps"], body["score"].get("floors", {})
    for group in GROUPS:
        cap, floor = caps.get(group), floors.get(group)
        if cap is not None and cap < max(0, floor or 0):
            message = _("A cap is 0 or more, and not below the floor.")
            yield Problem(f"score.caps.{group}", message)
        if floor is not None and floor > 0:
            message = _("A floor of a group is 0 or less: nobody begins with points.")
            yield Problem(f"score.floors.{group}", message)
    if body["score"]["floor"] > 0:
        message = _("The floor of the score is 0 or less: nobody begins with points.")
        yield Problem("score.floor", message)


def counts_each(when: ConditionJSON) -> bool:
    """Can a rule with this condition count every single activity?"""
    return isinstance(when, dict) and when.get("op") == "did" and when.get("times", 1) == 1


def _bars(body: Body) -> Iterator[Problem]:
    """Score criteria that no lead can ever meet."""
    for stage in body["stages"]:
        for criterion in stage["criteria"] or []:
            when = criterion["when"]
            if not isinstance(when, dict) or when.get("op") != "score_at_least":
                continue
            most = highest(body, when.get("which", "total"))
            value = when.get("value")
            if most is not None and isinstance(value, int) and value > most:
                path = f"stages.{stage['key']}.criteria.{criterion['key']}.when"
                counts = {"value": value, "most": most}
                message = _("No lead can reach %(value)s: the rules and caps allow %(most)s.")
                yield Problem(path, message % counts)


def highest(body: Body, which: str) -> int | None:
    """The most points a lead can have (fit, engagement or total); None where there is no limit."""
    total = 0
    for group in SCORE_GROUPS.get(which, GROUPS):
        most = _highest_of(body, group)
        if most is None:
            return None
        total += most
    return total


def _highest_of(body: Body, group: str) -> int | None:
    cap = body["score"]["caps"].get(group)
    total = 0
    for rule in body["score"]["rules"]:
        if rule["group"] != group or rule["points"] <= 0:
            continue
        if rule["times"] == "every" and rule["cap"] is None:
            return cap
        total += rule["cap"] or rule["points"]
    return total if cap is None else min(total, cap)


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
