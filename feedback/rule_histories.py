"""What became of routing rules: who changed what when, in sentences; of those deleted too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from feedback import rule_words
from feedback.models import Pool, RoutingRule

UP, DOWN = "up", "down"
ADDED, CHANGED, DELETED = "+", "~", "-"
# What a person writes; the place in the list is moved beside it.
WRITTEN = (
    *("name", "active", "when", "pool_id", "strategy"),
    *("keeps_lead_owner", "keeps_company_owner", "owner_any_hour"),
)


@dataclass(frozen=True)
class Entry:
    """One write. `rule` is the number of the rule, None where it is deleted by now."""

    name: str
    rule: int | None
    who: str
    at: datetime
    sentences: list[str]


def latest(rule: RoutingRule) -> int:
    """The number of the last history row of a rule; 0 where there is none."""
    return rule.history.order_by("-history_id").values_list("history_id", flat=True).first() or 0


def since(rule: RoutingRule, seen: int) -> list[Entry]:
    """What was written since that history row, the latest first. Moves are not: they stand beside
    what is written."""
    rows = list(rule.history.filter(history_id__gte=seen).order_by("-history_id"))
    told = entries(rows)
    return [entry for entry, row in zip(told, rows, strict=True) if _counts(row, seen)]


def of(rule: RoutingRule) -> QuerySet[Any]:
    """The history rows of a rule, the latest first."""
    return rule.history.select_related("history_user").order_by("-history_id")


def of_all() -> QuerySet[Any]:
    """The history rows of all rules there are and were, the latest first."""
    rows = RoutingRule.history.select_related("history_user")
    return rows.order_by("-history_id")


def entries(rows: Iterable[Any], words: rule_words.Words | None = None) -> list[Entry]:
    """Each row (the latest first) in sentences. Four queries."""
    rows = list(rows)
    known = rows + _before(rows)
    words = words or rule_words.Words.now()
    there = set(RoutingRule.objects.values_list("pk", flat=True))
    pools = dict(Pool.objects.values_list("pk", "name"))
    told = []
    for place, row in enumerate(rows):
        before = next((each for each in known[place + 1 :] if each.id == row.id), None)
        told.append(
            Entry(
                row.name,
                row.id if row.id in there else None,
                str(row.history_user or _("Baton")),
                row.history_date,
                _sentences(row, before, pools, words),
            )
        )
    return told


def _before(rows: list[Any]) -> list[Any]:
    """Of each rule, what was written last before these rows."""
    earliest = {row.id: row for row in rows}.values()
    before = [Q(id=row.id, history_id__lt=row.history_id) for row in earliest]
    if not before:
        return []
    written = RoutingRule.history.filter(reduce(or_, before)).order_by()
    last = written.values("id").annotate(last=Max("history_id")).values("last")
    return list(RoutingRule.history.filter(history_id__in=last))


def _counts(row: Any, seen: int) -> bool:
    return row.history_id > seen and row.history_change_reason not in (UP, DOWN)


def _sentences(row: Any, before: Any, pools: dict[int, str], words: rule_words.Words) -> list[str]:
    if row.history_type == ADDED:
        return [_("added")]
    if row.history_type == DELETED:
        return [_("deleted")]
    if row.history_change_reason in (UP, DOWN):
        place = {"place": row.position}
        if row.history_change_reason == UP:
            return [_("moved up to place %(place)s") % place]
        return [_("moved down to place %(place)s") % place]
    if before is None:
        return [_("changed")]
    changed = [name for name in WRITTEN if getattr(row, name) != getattr(before, name)]
    return [_changed(name, row, before, pools, words) for name in changed] or [_("saved as it was")]


def _changed(
    name: str, row: Any, before: Any, pools: dict[int, str], words: rule_words.Words
) -> str:
    if name == "active":
        return _("switched on") if row.active else _("switched off")
    if name == "when":
        old, new = words.whom(before.when), words.whom(row.when)
        return _("for “%(old)s” → “%(new)s”") % {"old": old, "new": new}
    if name == "pool_id":
        old, new = (pools.get(each.pool_id, _("a pool that is gone")) for each in (before, row))
        return _("offered to %(old)s → %(new)s") % {"old": old, "new": new}
    if name == "strategy":
        kinds = RoutingRule.Strategy
        old, new = kinds(before.strategy).label, kinds(row.strategy).label
        return _("all others: %(old)s → %(new)s") % {"old": old, "new": new}
    if name == "name":
        return _("name “%(old)s” → “%(new)s”") % {"old": before.name, "new": row.name}
    label = RoutingRule._meta.get_field(name).verbose_name
    said = _("yes") if getattr(row, name) else _("no")
    return _("%(what)s: %(said)s") % {"what": label, "said": said}
