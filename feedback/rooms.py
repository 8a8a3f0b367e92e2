"""Who has which room of the house."""

from __future__ import annotations

from django.utils.translation import gettext as _

from leads.models import Side, User
from leads.refusals import Refused


def has_inbox(user: User) -> bool:
    """Sales works the inbox; managers look into it."""
    return user.is_active and (user.side == Side.SALES or user.is_manager)


def has_returns(user: User) -> bool:
    """Marketing answers returns; managers look into them."""
    return user.is_active and (user.side == Side.MARKETING or user.is_manager)


def has_leads(user: User) -> bool:
    """Everybody who works for a side has leads, and so have those who run the house."""
    return user.is_active and (bool(user.side) or user.is_manager)


def has_routing(user: User) -> bool:
    """By which rules leads come to sales is known to those who lead, of both sides."""
    return user.is_active and user.is_manager


def has_duty(user: User) -> bool:
    """Sales says who is there; so do those who run the house. Marketing has no part in it."""
    manages = user.is_manager and user.side != Side.MARKETING
    return user.is_active and (user.side == Side.SALES or manages)


def only(allowed: bool) -> None:
    """Nothing is here for those who may not know of it: Refused (404)."""
    if not allowed:
        said = _("It may have been removed, or it is not yours to see.")
        raise Refused("not_found", said, status=404)
