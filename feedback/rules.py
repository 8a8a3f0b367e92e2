"""Routing rules, in their order: written by who leads sales or runs the operation, with history.

The only writer of `RoutingRule`. Every write leaves a row of the rule's history with its author;
of a move, only the rule that was moved has one, and says where it went.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from feedback import rule_histories
from feedback.handoffs import rights
from feedback.models import RoutingRule
from leads.models import User
from leads.refusals import Refused

UP, DOWN = rule_histories.UP, rule_histories.DOWN


def may_edit(user: User) -> bool:
    """Who leads sales, runs the operation or administers says whom leads go to."""
    return user.is_active and rights.is_manager(user)


@transaction.atomic
def add(*, by: User, at: datetime, **facts: Any) -> RoutingRule:
    """A new rule, the last before “all others”. Raises Refused: not_yours, same_name."""
    _require_editor(by)
    rules = _locked()
    _require_name(facts["name"], rules)
    rule = RoutingRule(position=_last(rules) + 1, **facts)
    _write(rule, by=by, at=at)
    return rule


@transaction.atomic
def change(rule: RoutingRule, *, by: User, at: datetime, seen: int, **facts: Any) -> bool:
    """Write what differs; False where nothing does. `seen` is the history row on which the input
    was made: where somebody wrote something else since, it is refused, saying what (409). Raises
    Refused: not_yours, not_found, edited_meanwhile, same_name."""
    _require_editor(by)
    rules = _locked()
    rule = _of(rules, rule)
    if edited := rule_histories.since(rule, seen):
        raise _edited_meanwhile(edited)
    _require_name(facts["name"], [each for each in rules if each.pk != rule.pk])
    if all(getattr(rule, name) == value for name, value in facts.items()):
        return False
    for name, value in facts.items():
        setattr(rule, name, value)
    _write(rule, by=by, at=at)
    return True


@transaction.atomic
def move(rule: RoutingRule, where: str, *, by: User, at: datetime) -> RoutingRule:
    """One place up or down; at the end of the list nothing happens."""
    _require_editor(by)
    rules = _locked()
    rule = _of(rules, rule)
    place = rules.index(rule)
    target = min(max(place + (-1 if where == UP else 1), 0), len(rules) - 1)
    if target == place:
        return rule
    rules.insert(target, rules.pop(place))
    for position, each in enumerate(rules, 1):
        if each.pk == rule.pk:
            each.position = position
            _write(each, by=by, at=at, why=where)
        elif each.position != position:
            RoutingRule.objects.filter(pk=each.pk).update(position=position)
    return rule


@transaction.atomic
def switch(rule: RoutingRule, *, active: bool, by: User, at: datetime) -> RoutingRule:
    """Let the rule decide, or let leads pass it."""
    _require_editor(by)
    rule = _of(_locked(), rule)
    if rule.active != active:
        rule.active = active
        _write(rule, by=by, at=at)
    return rule


@transaction.atomic
def delete(rule: RoutingRule, *, by: User, at: datetime) -> None:
    """Gone; its history stays, and what it offered stays with the pool it was offered to."""
    _require_editor(by)
    rule = _of(_locked(), rule)
    rule._history_user, rule._history_date = by, at
    rule.delete()


def _require_editor(by: User) -> None:
    if not may_edit(by):
        raise Refused(
            "not_yours",
            _("Who leads sales or runs the operation says whom leads go to."),
            _("Ask one of them."),
            status=403,
        )


def _locked() -> list[RoutingRule]:
    """All rules in their order, locked: their places are those of one list."""
    by_number = RoutingRule.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    return sorted(by_number, key=lambda rule: (rule.position, rule.pk))


def _last(rules: list[RoutingRule]) -> int:
    return max((rule.position for rule in rules), default=0)


def _of(rules: list[RoutingRule], rule: RoutingRule) -> RoutingRule:
    found = next((each for each in rules if each.pk == rule.pk), None)
    if found is None:
        raise Refused(
            "not_found",
            _("This rule has been deleted."),
            _("The history of the rules says by whom."),
            status=404,
        )
    return found


def _require_name(name: str, others: list[RoutingRule]) -> None:
    if any(each.name.casefold() == name.casefold() for each in others):
        raise _same_name()


def _same_name() -> Refused:
    return Refused(
        "same_name",
        _("Another rule has this name."),
        _("Name one of them otherwise."),
        field="name",
    )


def _edited_meanwhile(edited: list[rule_histories.Entry]) -> Refused:
    last = edited[0]
    words = "; ".join(sentence for each in reversed(edited) for sentence in each.sentences)
    return Refused(
        "edited_meanwhile",
        _("%(who)s changed this rule meanwhile: %(what)s.") % {"who": last.who, "what": words},
        _("What you wrote stands below. Save again to put it in the place of that."),
        status=409,
    )


def _write(rule: RoutingRule, *, by: User, at: datetime, why: str = "") -> None:
    rule._history_user, rule._history_date, rule._change_reason = by, at, why or None
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError:  # Somebody adds a rule of this name at this moment.
        raise _same_name() from None
