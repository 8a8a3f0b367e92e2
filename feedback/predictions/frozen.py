"""A prediction as numbers, codes and ids of leads, frozen with a proposal, and read again for
whoever looks at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.utils import timezone

from feedback.charts import weeks
from feedback.charts.weeks import Weeks
from feedback.funnels.shares import Share
from feedback.predictions import pasts
from feedback.predictions.pasts import Past
from leads.models import Lead, User
from scoring import impacts
from scoring.documents import Body
from scoring.impacts import CHANGES, Count
from scoring.models import AgreementVersion, Crossing
from scoring.rulebooks import Rulebook

EXAMPLES = 3
SHARES = ("accepted", "conversations", "won")


def predict(body: Body, *, at: datetime) -> dict[str, Any] | None:
    """What `body` would change today and would have changed in the past 13 weeks; None for a
    text that cannot run. Figures from a sample stand with what they range from and to (95 %)."""
    try:
        look = impacts.look(body, at=at)
    except impacts.Unfit:
        return None
    population = Lead.objects.count()
    named = [shift for change in CHANGES for shift in look.of(change)[:EXAMPLES]]
    counts = {change.value: look.count([change]) for change in CHANGES}
    changed = look.count(CHANGES)
    stages = {shift.lead: shift.stage for shift in named}
    return {
        "at": at.isoformat(),
        "population": population,
        "sample": look.looked_at if look.is_sample else None,
        **{change: n.n for change, n in counts.items()},
        "unchanged": population - changed.n,
        "ranges": {c: [n.low, n.high] for c, n in counts.items() if not n.is_exact},
        "in_hand": pasts.in_hand(),
        **_of_past(pasts.past(body, at=at)),
        "examples": [
            {
                "lead": each.lead.pk,
                "change": str(each.change),
                "stage": stages[each.lead.pk],
                "was": each.was,
                "total": each.total,
                "lacks": each.lacks,
            }
            for each in impacts.instances(body, named, at=at)
        ],
    }


def _of_past(past: Past) -> dict[str, Any]:
    per_week = past.a_week
    if past.then.is_exact:
        del per_week["then_from"], per_week["then_to"]
    return {
        "per_week": per_week,
        "weeks": [[week.now, round(week.then, 1), week.answered] for week in past.weeks],
        "capacity": past.capacity,
        "past": {
            "since": past.since.isoformat(),
            "until": past.until.isoformat(),
            **{name: list(past.share(name)) for name in SHARES},
            "returned_spared": list(past.share("returned")),
            "unknown": len(past.sets["unknown"]),
            "sample": [len(past.handed.ids), past.handed.size] if past.is_sample else None,
        },
    }


@dataclass(frozen=True)
class Named:
    """A lead that a prediction names, if it is still there and the reader may see it. `reasons`
    say which criteria it lacked: of the text before, if it is gained, of this one, if lost; of a
    lead that the reader may not see, nothing."""

    lead: Lead | None
    change: str
    stage: str
    was: int | None
    total: int
    reasons: list[str]

    @property
    def label(self) -> str:
        return str(Crossing.Change(self.change).label)


@dataclass(frozen=True)
class Prediction:
    """A frozen prediction as templates show it; `sample` None: of all leads."""

    at: datetime
    population: int
    sample: int | None
    gained: Count
    lost: Count
    moved: Count
    unchanged: int
    in_hand: int
    now: float
    then: float
    then_from: float
    then_to: float
    answered: float
    capacity: int | None
    since: datetime
    until: datetime
    accepted: Share
    conversations: Share
    won: Share
    spared: Share
    unknown: int
    past_sample: list[int] | None
    by_week: list[tuple[int, float, int]]
    examples: list[Named]

    @property
    def then_is_exact(self) -> bool:
        return self.then_from == self.then_to

    @property
    def chart(self) -> Weeks | None:
        return (
            weeks.draw(timezone.localdate(self.since), self.by_week, self.capacity)
            if self.now or self.then
            else None
        )


def read(version: AgreementVersion, user: User) -> Prediction | None:
    """What was predicted of a version, for `user`: leads that they may not see, or that are gone,
    stand without a name. One query, and a few for the words of the reasons."""
    predicted = version.predicted
    if not predicted:
        return None
    week, past, ranges = predicted["per_week"], predicted["past"], predicted.get("ranges", {})
    return Prediction(
        datetime.fromisoformat(predicted["at"]),
        predicted["population"],
        predicted["sample"],
        *[Count(predicted[c], *ranges.get(c, [predicted[c]] * 2)) for c in CHANGES],
        predicted["unchanged"],
        predicted.get("in_hand", 0),
        week["now"],
        week["then"],
        week.get("then_from", week["then"]),
        week.get("then_to", week["then"]),
        week["answered"],
        predicted["capacity"],
        datetime.fromisoformat(past["since"]),
        datetime.fromisoformat(past["until"]),
        *[Share(*past[name]) for name in (*SHARES, "returned_spared")],
        past["unknown"],
        past.get("sample"),
        [tuple(week) for week in predicted.get("weeks", [])],
        _named(version, user),
    )


def _named(version: AgreementVersion, user: User) -> list[Named]:
    examples = version.predicted["examples"]
    seen = Lead.objects.visible_to(user).in_bulk([each["lead"] for each in examples])
    book = cache(lambda of_base: Rulebook((version.base if of_base else version).body))
    return [
        Named(
            seen.get(each["lead"]),
            each["change"],
            each["stage"],
            each.get("was"),
            each["total"],
            _reasons(each, version, book) if each["lead"] in seen and each.get("lacks") else [],
        )
        for each in examples
    ]


def _reasons(
    example: dict[str, Any], version: AgreementVersion, book: Callable[[bool], Rulebook]
) -> list[str]:
    """The criteria it lacked, in words of the active language."""
    base = version.base.body if version.base else None
    judge, stage = impacts.judging(
        example["change"], example["stage"], body=version.body, base=base
    )
    if judge is None:
        return []
    criteria = book(judge is base).criteria[stage]
    return [each.words() for each in criteria if each.key in example["lacks"]]
