"""Whose rows are counted, and as of when."""

from __future__ import annotations

from django.db.models import Q

from scoring.binds import Given, Moments
from scoring.measures.ids import Ids


class Scope:
    """Some leads as of a moment.

    `of` restricts rows with a `lead_id` to those leads: it keeps subqueries from counting for
    everybody.
    """

    def __init__(self, ids: Ids, moments: Given | type[Moments], of: Q) -> None:
        self.ids = ids
        self.moments = moments
        self.of = of

    def visible(self) -> Q:
        """Activities and touches that had happened and were known by then."""
        return Q(occurred_at__lte=self.moments.at, known_at__lte=self.moments.at)

    def within(self, days: int | None, moment: str = "occurred_at") -> Q:
        """Rows dated in the window; an empty Q without one."""
        return Q() if days is None else Q(**{f"{moment}__gt": self.moments.since(days)})
