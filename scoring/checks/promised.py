"""Can both sides keep what they promise: clocks, supply, checklists, returns, goals?"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from leads import fields
from leads.fields import FieldSpec
from leads.models import Attribute
from leads.refusals import Refused
from scoring import documents
from scoring.checks import points, targets
from scoring.checks.findings import Problem
from scoring.checks.structure import CLOCK_SIDES
from scoring.conditions import Vocabulary
from scoring.documents import Body, ItemJSON, collecting, item, text
from scoring.journeys import fits_reason, stages_of_kind

OWED_ALWAYS = ("answer", "first_contact")
# The clock whose breach may take the lead from who has it.
TAKEN_BACK = "answer"


def problems(body: Body, vocabulary: Vocabulary) -> Iterator[Problem]:
    yield from _clocks(body)
    yield from _supply(body)
    yield from _checklists(body, vocabulary)
    yield from _reasons(body)
    yield from _goals(body)


def new_field(new: Attribute, path: str) -> Iterator[Problem]:
    """May this be added to the lead fields?"""
    try:
        fields.check(new)
    except Refused as refusal:
        yield Problem(path, str(refusal))


def _clocks(body: Body) -> Iterator[Problem]:
    for clock in body["clocks"]:
        if clock["side"] != CLOCK_SIDES[clock["key"]]:
            path = f"clocks.{clock['key']}.side"
            yield Problem(path, _("This clock runs for the other side."))
        yield from _terms(clock)
        yield from _besides_the_term(clock)
    for key in OWED_ALWAYS:
        if item(body["clocks"], key) is None and stages_of_kind(body, "handoff"):
            message = {
                "answer": _("Leads are handed over, but nobody says how soon sales answers."),
                "first_contact": _("Leads are accepted, but nobody says how soon sales calls."),
            }[key]
            yield Problem(f"clocks.{key}", message, later=True)


def _terms(clock: ItemJSON) -> Iterator[Problem]:
    """The first that holds decides: one that asks the same again never does."""
    asked = []
    for term in clock.get("terms") or []:
        when = documents.canonical(term["when"])
        if when in asked:
            path = f"clocks.{clock['key']}.terms.{term['key']}.when"
            yield Problem(path, _("An earlier time holds for the same leads. Remove this one."))
        asked.append(when)


def _besides_the_term(clock: ItemJSON) -> Iterator[Problem]:
    """Each step of the chain comes later than the one before it; only what is not answered yet
    can be taken back; and only who has a lead can put it off."""
    before = 0
    for number, step in enumerate(clock.get("chain") or [], 1):
        if step["minutes"] <= before:
            path = f"clocks.{clock['key']}.chain.{number}.minutes"
            yield Problem(path, _("This comes no later than the step before it. Give more time."))
        before = step["minutes"]
    if clock.get("take_back") and clock["key"] != TAKEN_BACK:
        message = _("Only a lead that nobody has answered can be taken back.")
        yield Problem(f"clocks.{clock['key']}.take_back", message)
    if clock.get("pause_days") and clock["side"] != "sales":
        message = _("Nobody holds a returned lead: there is no one to pause this clock.")
        yield Problem(f"clocks.{clock['key']}.pause_days", message)


def _supply(body: Body) -> Iterator[Problem]:
    supply = body.get("supply")
    if not supply:
        return
    if not stages_of_kind(body, "handoff"):
        message = _("Handoffs are promised, but no stage hands a lead over.")
        yield Problem("supply.handoffs", message, later=True)
    least, most = supply.get("least_score"), points.highest(body, "total")
    if least is not None and most is not None and least > most:
        message = _("No lead can reach %(least)s points: the rules give %(most)s at most.")
        said = message % {"least": least, "most": most}
        yield Problem("supply.least_score", said, later=True)


def _checklists(body: Body, vocabulary: Vocabulary) -> Iterator[Problem]:
    if not body["checklists"]["acceptance"] and stages_of_kind(body, "handoff"):
        message = _("An acceptance needs a checklist: at least one thing sales confirms.")
        yield Problem("checklists.acceptance", message, later=True)
    yield from _ticked(body)
    types: dict[str, str] = {}
    for each in collecting(body):
        path = f"checklists.{each['key']}.collects"
        known = vocabulary.fields.get(each["collects"]["attribute"])
        yield from _collected(each["collects"], path, known, types)


def _ticked(body: Body) -> Iterator[Problem]:
    """The criteria were frozen with the handover: they tell only whether to accept it."""
    for name, checklist in body["checklists"].items():
        for each in (each for each in checklist if each.get("criteria")):
            path = f"checklists.{name}.{each['key']}.criteria"
            if name != "acceptance":
                yield Problem(
                    path, _("The criteria of the handover tick only what accepts a lead.")
                )
            elif "when" in each:
                message = _("Either the criteria tick this, or a condition of its own.")
                yield Problem(path, message)


def _collected(
    collects: ItemJSON, path: str, known: FieldSpec | None, types: dict[str, str]
) -> Iterator[Problem]:
    """`types` holds what earlier items collect into fields that are new."""
    attribute, type = collects["attribute"], collects["type"]
    choices = collects.get("choices") or []
    kept = known.type if known else types.setdefault(attribute, type)
    if kept != type:
        words = {"field": known.label if known else attribute, "kept": kept, "type": type}
        message = _("“%(field)s” is kept as %(kept)s, but collected as %(type)s here.")
        yield Problem(path, message % words)
    elif choices and type != Attribute.Type.CHOICE:
        yield Problem(f"{path}.choices", _("Only a choice has choices. Leave this empty."))
    elif known:
        unknown = [each for each in choices if known.choices and each not in known.choices]
        if unknown:
            words = {"choice": unknown[0], "field": known.label, "all": ", ".join(known.choices)}
            message = _("“%(choice)s” is no value of “%(field)s”. It has: %(all)s.")
            yield Problem(f"{path}.choices", message % words)
    if known is None:
        new = Attribute(key=attribute, label="", type=type, choices=choices)
        yield from new_field(new, path)
    if known and known.derived:
        message = _("“%(field)s” follows from another field and cannot be collected.")
        yield Problem(path, message % {"field": known.label})


def _reasons(body: Body) -> Iterator[Problem]:
    if not body["reasons"] and stages_of_kind(body, "handoff"):
        message = _("Leads are handed over, but there is no reason to return one with.")
        yield Problem("reasons", message, later=True)
    for reason in body["reasons"]:
        path, then, name = f"reasons.{reason['key']}", reason["then"], text(reason["label"])
        if then != "nurture" and not stages_of_kind(body, then):
            message = _("After “%(reason)s” the lead has nowhere to go: no stage is of that kind.")
            yield Problem(f"{path}.then", message % {"reason": name})
        if "to" in reason and not fits_reason(body, reason):
            message = _("After “%(reason)s” the lead cannot go there: choose another stage.")
            yield Problem(f"{path}.to", message % {"reason": name})
        for part in ("track", "back_to"):
            if reason.get(part) and then != "nurture":
                message = _("After “%(reason)s” the lead does not come back. Leave this empty.")
                yield Problem(f"{path}.{part}", message % {"reason": name})


def _goals(body: Body) -> Iterator[Problem]:
    for goal in body["goals"]:
        for name, message in targets.faults(goal):
            yield Problem(f"goals.{goal['key']}.{name}", message)
