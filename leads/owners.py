"""Whose a lead is. The only writer of it."""

from __future__ import annotations

from django.db.models import QuerySet

from leads.models import Lead, User


def assign(lead: Lead, owner: User | None) -> bool:
    """`owner` looks after the lead from now on; False when they did already. The given instance
    shows it. Whoever asks for it writes the event that says by whom and why."""
    changed = lead.owner_id != (owner.pk if owner else None)
    if changed:
        Lead.objects.filter(pk=lead.pk).update(owner=owner)
        lead.owner = owner
    return changed


def assign_free(leads: QuerySet[Lead], owner: int | User | None, **facts: object) -> int:
    """`owner` looks after those of these leads whom nobody looks after yet; `facts` are written
    with it. Returns how many."""
    return leads.filter(owner=None).update(owner=owner, **facts)
