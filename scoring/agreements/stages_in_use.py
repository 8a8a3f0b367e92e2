"""Stages that a new text may not take away, because leads stand in them or are on their way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import ngettext

from scoring import journeys
from scoring.documents import Body, text
from scoring.models import AgreementVersion, Standing


@dataclass(frozen=True)
class Stranded:
    """Leads that would have no place: `count` stand in `stage`, and may still come to `wanted`
    (the same, if they stand there), which the new text lacks or makes something else."""

    stage: str
    wanted: str
    count: int

    def __str__(self) -> str:
        words = {"count": self.count, "stage": self.stage, "wanted": self.wanted}
        if self.stage == self.wanted:
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
                "%(count)s lead in “%(stage)s” may still come to “%(wanted)s”, which this version "
                "takes away.",
                "%(count)s leads in “%(stage)s” may still come to “%(wanted)s”, which this version "
                "takes away.",
                self.count,
            )
            % words
        )


def stranded(body: Body) -> list[Stranded]:
    """Whom this text would leave without a place. One query for the counts, one for the texts."""
    rows = Standing.objects.values_list("stage__key", "entry__version").annotate(Count("pk"))
    counts = {(key, version): count for key, version, count in rows.order_by()}
    versions = AgreementVersion.objects.in_bulk({version for _key, version in counts})
    found: Counter[tuple[str, str]] = Counter()
    for (key, version), count in counts.items():
        old = versions[version].body
        for wanted in journeys.ahead(old, key):
            if not _same(journeys.stage(old, wanted), journeys.stage(body, wanted)):
                found[_name(old, key), _name(old, wanted)] += count
    # Where leads stand in a stage, that says enough; on their way counts for the others.
    occupied = {stage for stage, wanted in found if stage == wanted}
    return [
        Stranded(stage, wanted, count)
        for (stage, wanted), count in sorted(found.items())
        if stage == wanted or wanted not in occupied
    ]


def _same(old: journeys.StageJSON | None, new: journeys.StageJSON | None) -> bool:
    return bool(old and new and old["kind"] == new["kind"])


def _name(body: Body, key: str) -> str:
    found = journeys.stage(body, key)
    return text(found["name"]) if found else key
