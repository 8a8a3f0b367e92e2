"""When a text takes effect, and whether it is a trial: as clauses, and to be compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from scoring.documents import Body, text
from scoring.sentences.facets import Facets
from scoring.sentences.pieces import Clause, Section, one_group


def section(body: Body) -> Section:
    """Empty where the text says nothing of it: it takes effect at once, until it is changed."""
    clauses = [Clause("", key, said) for key, said in _clauses(body)]
    title = _("When it takes effect")
    return one_group("effect", title, _("once both have signed"), "", clauses, "effect")


def facets(effect: dict[str, object]) -> Facets:
    """What it says, by what it is about."""
    starts, until = effect.get("starts"), effect.get("trial_until")
    return {
        _("Takes effect"): moment(starts) if starts else "",
        _("Trial until"): day(until) if until else "",
        _("What we expect"): text(effect.get("expects")),
    }


def moment(value: str) -> str:
    """A local date and time of a body, as people read it."""
    return date_format(datetime.fromisoformat(value), "DATETIME_FORMAT")


def day(value: str) -> str:
    """A date of a body, as people read it."""
    return date_format(date.fromisoformat(value), "DATE_FORMAT")


def _clauses(body: Body) -> Iterator[tuple[str, str]]:
    effect = body.get("effect") or {}
    if effect.get("starts"):
        said = _("It takes effect on %(moment)s, not before.")
        yield "starts", said % {"moment": moment(effect["starts"])}
    if effect.get("trial_until"):
        said = _("It is a trial until %(day)s. Then both teams see what it brought, and decide.")
        yield "trial_until", said % {"day": day(effect["trial_until"])}
    if text(effect.get("expects")):
        yield "expects", _("What we expect of it: %(words)s") % {"words": text(effect["expects"])}
