"""Whether leads would meet the criteria of a stage under a text, by what is known at a moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple, Protocol

from scoring import facts, scores
from scoring.documents import Body
from scoring.facts import Facts
from scoring.facts import Points as Known
from scoring.rulebooks import Rulebook


class Text(Protocol):
    """A version in any state, or a replay's copy of one."""

    body: Body
    sha256: str


class Points(NamedTuple):
    lead: int
    fit: int
    engagement: int
    total: int


def would_score(lead_ids: Collection[int], text: Text, *, at: datetime) -> list[Points]:
    return [points for points, _facts in _scored(lead_ids, Rulebook(text.body), at)]


def would_meet(
    lead_ids: Collection[int], text: Text, stage_key: str, *, at: datetime
) -> list[Points]:
    rulebook = Rulebook(text.body)
    criteria = rulebook.criteria[stage_key]
    return [
        points
        for points, known in _scored(lead_ids, rulebook, at)
        if all(each.when.holds(known) for each in criteria)
    ]


def _scored(
    lead_ids: Collection[int], rulebook: Rulebook, at: datetime
) -> list[tuple[Points, Facts]]:
    histories = facts.histories(lead_ids, at, known=rulebook.vocabulary.fields)
    found = []
    for pk in sorted(histories):
        known = histories[pk].at(at)
        made = scores.score_of(known, rulebook)
        score = Known(made.fit, made.engagement, made.total, at)
        points = Points(pk, made.fit, made.engagement, made.total)
        found.append((points, known.with_score(score)))
    return found
