"""What the map says about an agreement: names, notes, and words on arrows, from its body."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring import documents
from scoring.documents import Body
from scoring.maps.drawing import Map, draw
from scoring.maps.places import Stage
from scoring.sentences import duration


def of(body: Body, *, anchor: str = "#stage-") -> Map:
    """The map of an agreement, in the active language. `anchor` and a key link to a stage."""
    stages = [_stage(body, each) for each in body["stages"]]
    words = {
        (each["key"], key): _words(body, each, documents.item(body["stages"], key))
        for each in body["stages"]
        for key in each["next"]
        if documents.item(body["stages"], key)
    }
    return draw(
        stages,
        words=words,
        title=_("The journey of a lead"),
        says=[_sentence(body, each) for each in body["stages"]],
        anchor=anchor,
    )


def _stage(body: Body, stage: dict[str, Any]) -> Stage:
    return Stage(
        key=stage["key"],
        name=documents.text(stage["name"]),
        kind=stage["kind"],
        side=stage["side"],
        next=tuple(stage["next"]),
        note=_note(body, stage),
        meaning=documents.text(stage.get("meaning", "")),
        term=_term(body, stage),
    )


def _note(body: Body, stage: dict[str, Any]) -> str:
    if stage["kind"] == "accepted":
        term = _in(body, "first_contact")
        return _("contact in %(term)s") % {"term": term} if term else ""
    if stage["kind"] == "handoff" and stage["side"] == "sales":
        return _term(body, stage)
    return ""


def _term(body: Body, stage: dict[str, Any]) -> str:
    """The words of the clock a handoff starts."""
    term = _in(body, "answer") if stage["kind"] == "handoff" else ""
    return _("answer in %(term)s") % {"term": term} if term else ""


def _in(body: Body, clock: str) -> str:
    found = documents.item(body["clocks"], clock)
    return duration(found["minutes"]) if found else ""


def _words(body: Body, start: dict[str, Any], end: dict[str, Any]) -> str:
    """What an arrow says: what it takes to go there."""
    if start["kind"] == "handoff":
        return _answer(body, end)
    if start["kind"] in ("accepted", "qualified") and end["kind"] in ("nurture", "disqualified"):
        return _("returned after contact") if end["kind"] == "nurture" else ""
    if end["kind"] == "qualified":
        return _checks(len(body["checklists"]["qualification"]))
    if start["kind"] == "nurture" and end["kind"] == "handoff" and not _before(body, start, end):
        return _("offered again")
    if start["kind"] == "lost":
        return _("later")
    return _criteria(end)


def _before(body: Body, start: dict[str, Any], end: dict[str, Any]) -> bool:
    """Nurturing before any handoff is a step of the way, not a way back."""
    return body["stages"].index(start) < body["stages"].index(end)


def _answer(body: Body, end: dict[str, Any]) -> str:
    if end["kind"] in ("accepted", "qualified", "won"):
        checks = len(body["checklists"]["acceptance"])
        return ", ".join(word for word in (_("accepted"), _checks(checks)) if word)
    return _("returned at the door") if end["kind"] in ("nurture", "open") else ""


def _checks(n: int) -> str:
    return _held(ngettext("%(n)s check", "%(n)s checks", n) % {"n": n}) if n else ""


def _criteria(stage: dict[str, Any]) -> str:
    n = len(stage.get("criteria") or [])
    return _held(ngettext("%(n)s criterion", "%(n)s criteria", n) % {"n": n}) if n else ""


def _held(words: str) -> str:
    """A number and its noun stay on one line."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def _sentence(body: Body, stage: dict[str, Any]) -> str:
    """A stage and where it leads, for those who do not see the picture."""
    ends = [documents.item(body["stages"], key) for key in stage["next"]]
    names = ", ".join(documents.text(end["name"]) for end in ends if end)
    name = documents.text(stage["name"])
    if not names:
        return _("%(stage)s is an end.") % {"stage": name}
    return _("%(stage)s leads to %(stages)s.") % {"stage": name, "stages": names}
