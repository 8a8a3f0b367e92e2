"""Whom a routing rule would have meant: leads of the last days, as they are known now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedback.models import Handoff, RoutingRule
from leads.models import Lead, User
from scoring import conditions
from scoring.conditions import Vocabulary
from scoring.documents import Body, ConditionJSON

SPAN = timedelta(days=30)
# The latest ones, where there are more: enough to see whom a rule means.
MOST, EXAMPLES = 500, 3


@dataclass(frozen=True)
class Matched:
    """Of `among` leads `met` meet the condition; of these, rules above take `taken`. `handed_over`:
    the leads are those that came to sales, else those that came in at all. `cut`: there were more,
    these are the latest."""

    among: int
    met: int
    taken: int
    handed_over: bool
    cut: bool
    examples: list[Lead]

    @property
    def left(self) -> int:
        """That come to the rule."""
        return self.met - self.taken


def count(
    when: ConditionJSON | None,
    above: Iterable[RoutingRule],
    body: Body,
    *,
    user: User,
    at: datetime,
) -> Matched:
    """Who meets `when` of the leads handed over in the last 30 days, `above` being the rules that
    decide before. Examples are those that `user` may see."""
    ids, handed_over = _handed_over(at), True
    if not ids:
        ids, handed_over = _came_in(at), False
    cut, ids = len(ids) > MOST, ids[:MOST]
    vocabulary = Vocabulary(body)
    met = _meeting(when, ids, body, vocabulary, at=at)
    taken: set[int] = set()
    for rule in above:
        taken |= _meeting(rule.when, list(met - taken), body, vocabulary, at=at)
    shown = Lead.objects.visible_to(user).filter(pk__in=sorted(met - taken)[-MOST:])
    examples = list(shown.order_by("-pk")[:EXAMPLES])
    return Matched(len(ids), len(met), len(taken), handed_over, cut, examples)


def _handed_over(at: datetime) -> list[int]:
    """Numbers rise with time: in the order of the primary key nobody sorts all handoffs."""
    latest = Handoff.objects.order_by("-pk").values_list("lead_id", "opened_at")[: MOST + 1]
    return list(dict.fromkeys(lead for lead, opened_at in latest if opened_at >= at - SPAN))


def _came_in(at: datetime) -> list[int]:
    latest = Lead.objects.order_by("-pk").values_list("pk", "created_at")[: MOST + 1]
    return [pk for pk, created_at in latest if created_at >= at - SPAN]


def _meeting(
    when: ConditionJSON | None,
    ids: list[int],
    body: Body,
    vocabulary: Vocabulary,
    *,
    at: datetime,
) -> set[int]:
    if when is None or not ids:
        return set(ids)
    condition = conditions.read(when, vocabulary=vocabulary, personas=body["personas"])
    asked = Lead.objects.filter(pk__in=ids)
    found = conditions.satisfying(asked, condition, at=at)
    return set(found.values_list("pk", flat=True))
