"""How the text of an agreement is set."""

from __future__ import annotations

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from scoring.models import AgreementVersion
from scoring.sentences import Section

register = template.Library()

# Quoted words stay as they are: a number in them is a name, not a figure.
_QUOTED = re.compile(r"(“[^”]*”|„[^“]*“)")
_UNITS = r"%|h|min|(?:calendar )?days?|(?:Kalendert|T)age?n?|Stunden|Std\.?|Min\.?"
_FIGURE = re.compile(rf"(?<![\w.,])(\d+(?:[.,]\d+)*(?:[ \u00a0](?:{_UNITS})(?!\w))?)")


@register.filter
def figures(sentence: str) -> SafeString:
    """The sentence, with the numbers that decide set bold."""
    parts = _QUOTED.split(str(sentence))
    said = [
        conditional_escape(part)
        if number % 2
        else _FIGURE.sub(r"<b>\1</b>", conditional_escape(part))
        for number, part in enumerate(parts)
    ]
    return mark_safe("".join(said))


@register.filter
def called(version: AgreementVersion) -> str:
    """A version by what it is now: "Draft 3", "Proposal 3", "Version 3"."""
    names = {"draft": _("Draft %(number)s"), "proposed": _("Proposal %(number)s")}
    return names.get(version.status, str(version)) % {"number": version.number}


@register.filter
def lines(detail: str) -> list[str]:
    """What is said of a clock: when it starts, then the rest, a line each."""
    return detail.split("; ")


@register.filter
def look(section: Section) -> str:
    """The template in which a section is set: sentences by group, a table, or a list."""
    if section.anchor == section.key:
        return "scoring/parts/_criteria.html"
    return _LOOKS.get(section.key, "scoring/parts/_list.html")


_LOOKS = {
    "clocks": "scoring/parts/_clocks.html",
    "reasons": "scoring/parts/_reasons.html",
}
