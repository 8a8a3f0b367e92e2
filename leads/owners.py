"""Whose a lead is."""

from __future__ import annotations

from leads.models import Lead, User


def assign(lead: Lead, owner: User | None) -> bool:
    """`owner` looks after the lead from now on; False when they did already. The given instance
    shows it. Whoever asks for it writes the event that says by whom and why."""
    changed = lead.owner_id != (owner.pk if owner else None)
    if changed:
        Lead.objects.filter(pk=lead.pk).update(owner=owner)
        lead.owner = owner
    return changed
