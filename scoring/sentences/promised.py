"""What both sides promise and want, as sections of the document."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.documents import Body, ItemJSON, text
from scoring.journeys import place_for_return, stage
from scoring.rulebooks import Rulebook
from scoring.sentences import phrases, values
from scoring.sentences.facets import Speaker
from scoring.sentences.pieces import Clause, Group, Section, one_group

SIDES = ("marketing", "sales")


def sections(body: Body, book: Rulebook) -> Iterator[Section]:
    """Clocks, supply, checklists, reasons, goals, and what each side watches."""
    yield _clocks(body, book)
    yield _supply(body)
    yield _checklists(body, book)
    yield _reasons(body)
    yield _goals(body)
    yield _watches(body)


def _clocks(body: Body, book: Rulebook) -> Section:
    speaker = Speaker(body, book.vocabulary)
    clauses = [
        Clause(
            "",
            each["key"],
            str(values.CLOCKS[each["key"]]),
            detail="; ".join(_told_of(each, speaker)),
            value=values.duration(each["minutes"]),
            side=each["side"],
        )
        for each in body["clocks"]
    ]
    intro = _("All in working time. A day is a working day of 8 hours.")
    return one_group("clocks", _("How fast we answer"), _("working time"), intro, clauses, "clocks")


def _told_of(clock: ItemJSON, speaker: Speaker) -> Iterator[str]:
    yield str(values.CLOCK_STARTS[clock["key"]])
    for whom, span in phrases.terms(clock, speaker.words):
        yield _("%(whom)s: %(span)s") % {"whom": whom, "span": span}
    if said := phrases.warning(clock):
        yield said
    if to := phrases.escalation(clock):
        yield _("a breach is told to %(to)s") % {"to": to}
    for step in phrases.chain(clock):
        yield _("a breach is told %(step)s") % {"step": step}
    if clock.get("take_back"):
        yield _("after a breach the lead is offered to others")
    if said := phrases.pause(clock):
        yield _("may be paused %(pause)s") % {"pause": said}


def _supply(body: Body) -> Section:
    supply, clauses = body.get("supply"), []
    if supply:
        n = supply["handoffs"]
        said = ngettext("%(n)s handoff a month", "%(n)s handoffs a month", n)
        detail = "; ".join(phrases.quality(supply))
        clauses = [Clause("", "supply", said % {"n": n}, detail=detail, side="marketing")]
    return one_group(
        "supply", _("What marketing supplies"), _("how many, how good"), "", clauses, "supply"
    )


def _checklists(body: Body, book: Rulebook) -> Section:
    speaker, groups = Speaker(body, book.vocabulary), []
    for name, title in values.CHECKLISTS.items():
        clauses = tuple(
            Clause("", each["key"], text(each["label"]), detail="; ".join(_asks(each, speaker)))
            for each in body["checklists"][name]
        )
        if clauses:
            groups.append(Group(str(title), "", clauses))
    return Section(
        number=0,
        key="checklists",
        title=_("What sales confirms"),
        small=_("item by item"),
        intro="",
        groups=tuple(groups),
        edited_in="checklists",
    )


def _asks(item: ItemJSON, speaker: Speaker) -> Iterator[str]:
    if asked := phrases.asked(item):
        yield _("asks for: %(label)s") % {"label": asked}
    if ticked := phrases.ticked(item, speaker.words):
        yield _("ticked already %(when)s") % {"when": ticked}


def _reasons(body: Body) -> Section:
    reasons = body["reasons"]
    resting = any(each["rest_days"] for each in reasons)
    intro = _("A return always names one of these. A lead rests, then needs to do something new.")
    if not resting:
        intro = _("A return always names one of these. Then a lead needs to do something new.")
    return Section(
        number=0,
        key="reasons",
        title=_("Why a lead may come back"),
        small=_("to marketing"),
        intro=intro,
        groups=tuple(_grouped_reasons(body, resting)),
        edited_in="reasons",
    )


def _grouped_reasons(body: Body, resting: bool) -> Iterator[Group]:
    """By the stage they lead to, where they name it; else one after another."""
    named = any("to" in each for each in body["reasons"])
    places: dict[str, list[Clause]] = {}
    for each in body["reasons"]:
        goes = _then(body, each)
        said = [*([] if named or not goes else [goes]), *phrases.following(each)]
        clause = Clause(
            "",
            each["key"],
            text(each["label"]),
            detail="; ".join(said),
            value=_rest(each) if resting else "",
        )
        places.setdefault(goes if named else "", []).append(clause)
    for title, clauses in places.items():
        yield Group(capfirst(title), "", tuple(clauses))


def _then(body: Body, reason: ItemJSON) -> str:
    handoff = next((each["key"] for each in body["stages"] if each["kind"] == "handoff"), None)
    if handoff is None:
        return ""
    place = stage(body, place_for_return(body, handoff, reason["key"]))
    return _("goes to %(stage)s") % {"stage": text(place["name"])}


def _rest(reason: ItemJSON) -> str:
    if reason["then"] != "nurture":
        return _("for good")
    return values.days(reason["rest_days"]) if reason["rest_days"] else _("no rest")


def _goals(body: Body) -> Section:
    clauses = [
        Clause(
            "",
            each["key"],
            text(each["label"]),
            detail="; ".join(_beside(each)),
            value=phrases.target(each),
        )
        for each in body["goals"]
    ]
    return one_group("goals", _("What both teams want"), _("and what keeps it honest"), "", clauses)


def _beside(goal: ItemJSON) -> Iterator[str]:
    """What it is measured by, what else is said of it, and what keeps it honest."""
    if goal.get("metric"):
        yield _("measured by: %(what)s") % {"what": values.METRICS[goal["metric"]]}
        if text(goal["target"]):
            yield text(goal["target"])
    if counter := phrases.counter(goal):
        yield _("while: %(counter)s") % {"counter": counter}


def _watches(body: Body) -> Section:
    watches = body.get("watches") or {}
    clauses = [
        Clause("", side, phrases.watched(watches[side]), side=side)
        for side in SIDES
        if watches.get(side)
    ]
    return one_group(
        "watches", _("What each side watches"), _("for itself"), "", clauses, "watches"
    )
