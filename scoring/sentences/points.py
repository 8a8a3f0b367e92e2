"""How points are counted, as clauses: rules by group, and the grades."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from scoring.documents import GROUPS, Body, ItemJSON, text
from scoring.rulebooks import Rulebook
from scoring.sentences import phrases, values
from scoring.sentences.facets import DIGITS, LETTERS, Speaker
from scoring.sentences.pieces import Clause, Group, Section


def points(body: Body, book: Rulebook) -> Section:
    groups = []
    for group in GROUPS:
        clauses = tuple(_rule_clauses(body, book, group))
        if clauses:
            groups.append(Group(str(values.GROUPS[group]), _limits(body, group), clauses))
    if grades := tuple(_grade_clauses(body)):
        groups.append(Group(_("Grades"), _("A and 1 are best"), grades))
    intro = _("Profile and channel make fit, actions make engagement.")
    floor = _("The total never falls below %(floor)s.") % {
        "floor": values.points(body["score"]["floor"]).lstrip("+")
    }
    return Section(
        number=0,
        key="points",
        title=_("How we count points"),
        small=_("fit and engagement"),
        intro=" ".join(filter(None, [intro, floor, _resets(body)])),
        groups=tuple(groups),
        edited_in="score",
    )


def _resets(body: Body) -> str:
    """Which returns set the actions back, if any do."""
    labels = [text(each["label"]) for each in body["reasons"] if each.get("resets")]
    return phrases.resetting(labels) if labels else ""


def _rule_clauses(body: Body, book: Rulebook, group: str) -> Iterator[Clause]:
    speaker = Speaker(body, book.vocabulary)
    for rule in body["score"]["rules"]:
        if rule["group"] == group:
            label, meant = text(rule["label"]), capfirst(speaker.meant(rule))
            often = "" if _says_it_itself(rule) else values.often(rule)
            cap = values.limit(rule["cap"], _("at most %(n)s"))
            yield Clause(
                "",
                rule["key"],
                ", ".join(filter(None, [label, often])) if label else meant,
                detail="; ".join(filter(None, [meant if label else "", cap])),
                value=values.points(rule["points"]),
            )


def _says_it_itself(rule: ItemJSON) -> bool:
    """Once needs no word; and what is counted of silence are its periods."""
    return rule["times"] == "once" or rule["when"].get("op") == "idle"


def _grade_clauses(body: Body) -> Iterator[Clause]:
    grades = body["score"].get("grades") or {}
    marks = {"fit": (LETTERS, "D"), "engagement": (DIGITS, "4")}
    for which, (better, last) in marks.items():
        if grades.get(which):
            said = {
                "score": values.SCORES[which],
                "grades": values.bars(better, grades[which]),
                "last": last,
            }
            words = _("%(score)s: %(grades)s, else %(last)s") % said
            yield Clause("", f"grades-{which}", words)


def _limits(body: Body, group: str) -> str:
    cap, floor = (body["score"].get(name, {}).get(group) for name in ("caps", "floors"))
    said = (values.limit(cap, _("cap %(n)s")), values.limit(floor, _("floor %(n)s")))
    return ", ".join(each for each in said if each)
