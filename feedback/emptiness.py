"""Why a list of the inbox is empty."""

from __future__ import annotations

from django.db.models import Q

from feedback.models import Handoff, Pool
from leads.models import Side, User
from scoring.models import AgreementVersion


def why(user: User, *, filtered: bool) -> str:
    """filtered, no_agreement, no_pool, not_in_pool (so nothing comes to this rep by itself),
    nothing_yet (nothing was ever handed over) or done."""
    if filtered:
        return "filtered"
    if not AgreementVersion.objects.in_force().exists():
        return "no_agreement"
    if not Pool.objects.exists():
        return "no_pool"
    if _is_left_out(user):
        return "not_in_pool"
    return "done" if Handoff.objects.visible_to(user).exists() else "nothing_yet"


def _is_left_out(user: User) -> bool:
    """A rep in no pool, who was never given a lead either."""
    if user.side != Side.SALES or user.is_manager or user.pool_memberships.exists():
        return False
    return not Handoff.objects.filter(Q(owner=user) | Q(answered_by=user)).exists()
