"""Named sets of leads: what a number elsewhere opens, so that both count the same people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from leads.models import Lead, User
from leads.models.leads import LeadQuerySet

Resolver = Callable[[Mapping[str, str], User, datetime], LeadQuerySet]
Describer = Callable[[Mapping[str, str]], str]

_sets: dict[str, tuple[Resolver, Describer]] = {}


def register(name: str, resolver: Resolver, describe: Describer) -> None:
    """Make `/leads/?set=NAME&…` list what `resolver(params, user, at)` finds.

    `describe(params)` says in the reader's language which set it is. The result is narrowed
    to what the user may see in any case.
    """
    _sets[name] = (resolver, describe)


def resolve(params: Mapping[str, str], user: User, at: datetime) -> LeadQuerySet:
    """The leads of the named set in `params`, or all, that `user` may see.

    A name nobody registered is an empty set: never more than was asked for.
    """
    visible = Lead.objects.visible_to(user)
    name = params.get("set", "")
    if not name:
        return visible
    if name not in _sets:
        return visible.none()
    resolver, _describe = _sets[name]
    return visible.filter(pk__in=resolver(params, user, at).order_by().values("pk"))


def title(params: Mapping[str, str]) -> str:
    """Which set is listed, in words; empty for all leads."""
    name = params.get("set", "")
    return _sets[name][1](params) if name in _sets else ""
