"""How far the votes are: never what they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count

from leads.models import Side, User
from scoring.models import Calibration, Vote

SIDES = (Side.MARKETING, Side.SALES)


@dataclass(frozen=True)
class Turnout:
    """Of a side: how many have begun to vote, and how many of them have answered every lead."""

    side: str
    begun: int
    finished: int


def turnout(calibration: Calibration) -> list[Turnout]:
    """How far each side is. It says of nobody what they voted. Two queries."""
    leads = calibration.leads.count()
    rows = Vote.objects.filter(subject__calibration=calibration).order_by()
    begun: Counter[str] = Counter()
    finished: Counter[str] = Counter()
    for side, _user, number in rows.values_list("side", "user").annotate(n=Count("pk")):
        begun[side] += 1
        finished[side] += number >= leads
    return [Turnout(side.value, begun[side], finished[side]) for side in SIDES]


def answers_of(calibration: Calibration, user: User) -> dict[int, bool]:
    """What this person has answered so far, by position."""
    mine = Vote.objects.filter(subject__calibration=calibration, user=user)
    return dict(mine.values_list("subject__position", "is_lead"))
