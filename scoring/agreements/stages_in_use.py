"""Stages that a new text takes away although leads stand in them or are on their way: where they
go instead, and which of them cannot be taken away yet.

Leads in sales' hands stay with the version they were handed over under: their stage stays until
they are answered. Where leads stand free, before sales' hands and after them, the text may say
where they go (`moves`); leads that come there later, from sales' hands, go the same way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import ngettext

from scoring import journeys, successions
from scoring.documents import Body, text
from scoring.journeys import StageJSON
from scoring.models import AgreementVersion, Standing


@dataclass(frozen=True)
class Stranded:
    """Leads that would have no place: `count` stand in `stage`, and may still come to `wanted`
    (the same, if they stand there), which the new text lacks or makes something else. `key` is
    that of `wanted`; `free`: nobody in sales has them there, so the text may say where they go."""

    stage: str
    wanted: str
    count: int
    key: str
    free: bool

    def __str__(self) -> str:
        words = {"count": self.count, "stage": self.stage, "wanted": self.wanted}
        if self.stage != self.wanted:
            return (
                ngettext(
                    "%(count)s lead in “%(stage)s” may still come to “%(wanted)s”, which this "
                    "version takes away.",
                    "%(count)s leads in “%(stage)s” may still come to “%(wanted)s”, which this "
                    "version takes away.",
                    self.count,
                )
                % words
            )
        if self.free:
            return (
                ngettext(
                    "%(count)s lead stands in “%(stage)s”, which this version takes away.",
                    "%(count)s leads stand in “%(stage)s”, which this version takes away.",
                    self.count,
                )
                % words
            )
        return (
            ngettext(
                "%(count)s lead stands in “%(stage)s” in sales' hands, and this version takes the "
                "stage away.",
                "%(count)s leads stand in “%(stage)s” in sales' hands, and this version takes the "
                "stage away.",
                self.count,
            )
            % words
        )


@dataclass(frozen=True)
class Leaving:
    """A stage the text takes away where leads stand free: how many do, and how many more may
    still come there from sales' hands."""

    key: str
    name: str
    standing: int
    coming: int


def stranded(body: Body) -> list[Stranded]:
    """Whom this text would leave without a place. A query for the texts; where this one takes a
    stage away, another for the counts."""
    mapped = {each["key"] for each in body.get("moves") or []}
    found: Counter[tuple[str, str, str, bool]] = Counter()
    for here, wanted, count in _gone(body):
        free = wanted["kind"] not in journeys.IN_HAND
        if not free or wanted["key"] not in mapped:
            found[text(here["name"]), text(wanted["name"]), wanted["key"], free] += count
    # Where leads stand in a stage, that says enough; on their way counts for the others.
    occupied = {stage for stage, wanted, _key, _free in found if stage == wanted}
    return [
        Stranded(stage, wanted, count, key, free)
        for (stage, wanted, key, free), count in sorted(found.items())
        if stage == wanted or wanted not in occupied
    ]


def leaving(body: Body) -> list[Leaving]:
    """The stages of which the text says, or has to say, where their leads go."""
    names, standing, coming = {}, Counter(), Counter()
    for here, wanted, count in _gone(body):
        if wanted["kind"] in journeys.IN_HAND:
            continue
        names[wanted["key"]] = text(wanted["name"])
        (standing if here["key"] == wanted["key"] else coming)[wanted["key"]] += count
    return [Leaving(key, name, standing[key], coming[key]) for key, name in names.items()]


def _gone(body: Body) -> Iterator[tuple[StageJSON, StageJSON, int]]:
    """(where leads stand, a stage they want there or ahead that the body has no more, how many).

    Leads are counted only where the text takes something away: most edits take nothing."""
    taken = _taken(body)
    if not taken:
        return
    rows = Standing.objects.filter(stage__key__in={key for key, _version in taken})
    rows = rows.values_list("stage__key", "entry__version").annotate(Count("pk")).order_by()
    for key, version, count in sorted(rows):
        for here, meant in taken.get((key, version), ()):
            yield here, meant, count


def _taken(body: Body) -> dict[tuple[str, int], list[tuple[StageJSON, StageJSON]]]:
    """By a stage and the version leads came there under: that stage, with each one they want
    there or ahead that the body has no more."""
    begun = AgreementVersion.objects.filter(in_force_at__isnull=False)
    versions = list(begun.order_by("in_force_at", "number"))
    later, taken = successions.Succession.of(versions), defaultdict(list)
    for old in versions:
        for here in old.body["stages"]:
            for wanted in sorted(journeys.ahead(old.body, here["key"])):
                meant, _version = later.follow(old, wanted)
                if not _same(meant, journeys.stage(body, meant["key"])):
                    taken[here["key"], old.pk].append((here, meant))
    return taken


def _same(old: StageJSON, new: StageJSON | None) -> bool:
    return bool(new and old["kind"] == new["kind"])
