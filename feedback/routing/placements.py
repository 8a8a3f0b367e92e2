"""Which pool a lead is offered to: the first active rule whose condition it meets decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _

from feedback.models import Pool, RoutingRule
from leads.models import Lead
from leads.refusals import Refused
from scoring import conditions, explanations, stages
from scoring.conditions import Condition, Unreadable
from scoring.facts import Facts
from scoring.rulebooks import Rulebook


@dataclass(frozen=True)
class Placement:
    """The pool, and the rule that chose it (None: all others, in the first pool). `unreadable`
    are the rules passed by because their condition can no longer be read."""

    rule: RoutingRule | None
    pool: Pool
    unreadable: list[int] = field(default_factory=list)

    @property
    def speed_lane(self) -> bool:
        return bool(self.rule) and self.rule.strategy == RoutingRule.Strategy.FIRST_TO_TAKE

    def to_dict(self) -> dict[str, object]:
        """To be kept with a step."""
        said = {"pool": self.pool.pk, "rule": self.rule.pk if self.rule else None}
        return said | ({"unreadable": self.unreadable} if self.unreadable else {})


def place(lead: Lead, at: datetime) -> Placement:
    """Where the lead belongs by what is known of it at `at`. Raises Refused: no_pool."""
    known, unreadable = _Known(lead, at), []
    for rule in _rules():
        condition = known.condition(rule)
        if isinstance(condition, Unreadable):
            unreadable.append(rule.pk)
        elif condition is None or condition.holds(known.facts):
            return Placement(rule, rule.pool, unreadable)
    return Placement(None, _first_pool(), unreadable)


def _rules() -> Iterator[RoutingRule]:
    rules = RoutingRule.objects.filter(active=True).order_by("position", "pk")
    yield from rules.select_related("pool__team", "pool__calendar")


class _Known:
    """A lead's facts, read when the first rule asks for them."""

    def __init__(self, lead: Lead, at: datetime) -> None:
        self.lead, self.at = lead, at
        self.version = stages.held_version()

    def condition(self, rule: RoutingRule) -> Condition | None:
        """What the rule asks for; None: nothing. Without an agreement nothing can be read."""
        if rule.when is None:
            return None
        if self.version is None:
            return Unreadable(_("There is no agreement."))
        vocabulary, personas = self._read[0].vocabulary, self.version.body["personas"]
        return conditions.read(rule.when, vocabulary=vocabulary, personas=personas)

    @property
    def facts(self) -> Facts:
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[Rulebook, Facts]:
        return explanations.known(self.lead, self.version, self.at)


def _first_pool() -> Pool:
    pool = Pool.objects.select_related("team", "calendar").order_by("position", "pk").first()
    if pool is None:
        raise Refused(
            "no_pool",
            _("There is no pool of reps to hand leads to."),
            _("Who leads sales adds one under Duty."),
        )
    return pool
