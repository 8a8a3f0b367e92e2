"""The parts of the text that are edited together, and what a change of one comes to."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from leads.refusals import Refused
from scoring import checks
from scoring.checks import Problem
from scoring.documents import Body, digest

# What is edited together, and the names in the body it consists of.
SECTIONS: dict[str, tuple[str, ...]] = {
    "about": ("title", "summary", "note"),
    "stages": ("stages",),
    "moves": ("moves",),
    "personas": ("personas",),
    "score": ("score",),
    "clocks": ("clocks",),
    "supply": ("supply",),
    "checklists": ("checklists",),
    "reasons": ("reasons",),
    "goals": ("goals",),
    "watches": ("watches",),
    "fields": ("fields",),
    "effect": ("effect",),
}
# What a text does not have to have.
OPTIONAL = ("note", "fields", "supply", "watches", "moves", "effect")


def with_section(body: Body, section: str, value: Any) -> Body:
    """The body with this section (see SECTIONS; of several names, `value` maps each) as given.
    What a text does not have to have, and says nothing now, is left out of it.

    Raises Refused `unknown_section`."""
    names = names_of(section)
    parts = {names[0]: value} if len(names) == 1 else {n: value[n] for n in names if n in value}
    kept = {name: part for name, part in body.items() if name not in parts}
    said = {name: part for name, part in parts.items() if _says(name, part, body)}
    return kept | said


def section_sha256(body: Body, section: str) -> str:
    """The hash of one section: it stays the same while others are edited."""
    return digest({name: body.get(name) for name in names_of(section)})


def names_of(section: str) -> tuple[str, ...]:
    """The names in the body a section consists of. Raises Refused `unknown_section`."""
    if section not in SECTIONS:
        raise Refused(
            "unknown_section",
            _("The agreement has no section “%(section)s”.") % {"section": section},
            _("Choose one of: %(sections)s.") % {"sections": ", ".join(SECTIONS)},
        )
    return SECTIONS[section]


def section_of(path: str) -> str:
    """The section in which what stands at this path of the body is put right."""
    first = path.split(".")[0]
    return next((section for section, names in SECTIONS.items() if first in names), "about")


def faults(before: Body, after: Body, section: str) -> list[Problem]:
    """What is wrong in this section of `after` and was not before, in the order of reading; not
    what is missing yet."""
    known = checks.validate(before)
    found = checks.unreadable(after) or checks.validate(after)
    here = [each for each in found if section_of(each.path) == section and not each.later]
    return [each for each in here if each not in known]


def _says(name: str, part: Any, body: Body) -> bool:
    """Must it stand in the text? An empty one that stood there stays as it was written."""
    return bool(part) or name not in OPTIONAL or (name in body and body[name] == part)
