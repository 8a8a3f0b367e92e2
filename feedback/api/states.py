"""The states a handoff may be asked for by: `Handoff.state` as conditions."""

from __future__ import annotations

from django.db.models import Q

CONDITIONS = {
    "waiting": Q(answer="", offered_at=None),
    "offered": Q(answer="", offered_at__isnull=False),
    "accepted": Q(answer="accepted", outcome=""),
    "qualified": Q(outcome="qualified"),
    "returned": Q(answer="returned"),
    "returned_after_contact": Q(outcome="returned"),
    "withdrawn": Q(answer="withdrawn") | Q(outcome="withdrawn"),
}
STATES = list(CONDITIONS)


def any_of(states: set[str]) -> Q:
    """Handoffs in one of these states."""
    some = Q()
    for state in sorted(states):
        some |= CONDITIONS[state]
    return some
