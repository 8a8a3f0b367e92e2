"""Where activities come through: channels, and the campaigns behind them."""

from __future__ import annotations

from collections.abc import Iterable

from leads import names
from leads.models import ActivityType, Campaign, Channel


def channels(given: Iterable[str]) -> dict[str, Channel]:
    """Each name or key with its channel. A name nobody knows becomes an unclassified channel."""
    return names.find_or_add(Channel, given, kind=Channel.Kind.UNCLASSIFIED)


def campaigns(given: Iterable[str]) -> dict[str, Campaign]:
    """Each name or key with its campaign. A name nobody knows becomes a new campaign."""
    return names.find_or_add(Campaign, given)


def activity_types(given: Iterable[str]) -> dict[str, ActivityType]:
    """Each name or key with its activity type. A name nobody knows becomes a new type."""
    return names.find_or_add(ActivityType, given)
