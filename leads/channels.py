"""Where activities come through: channels, and the campaigns behind them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from leads import names, stale
from leads.models import Activity, ActivityType, Campaign, Channel


def channels(given: Iterable[str]) -> dict[str, Channel]:
    """Each name or key with its channel. A name nobody knows becomes an unclassified channel."""
    return names.find_or_add(Channel, given, kind=Channel.Kind.UNCLASSIFIED)


def campaigns(given: Iterable[str]) -> dict[str, Campaign]:
    """Each name or key with its campaign. A name nobody knows becomes a new campaign."""
    return names.find_or_add(Campaign, given)


def activity_types(given: Iterable[str]) -> dict[str, ActivityType]:
    """Each name or key with its activity type. A name nobody knows becomes a new type."""
    return names.find_or_add(ActivityType, given)


@transaction.atomic
def save(channel: Channel, *, at: datetime) -> None:
    """Add or change a channel. Scores count by its kind: with a new kind, whoever ever came
    through the channel is to be rescored."""
    before = Channel.objects.select_for_update().filter(pk=channel.pk).first()
    channel.save()
    if before and before.kind != channel.kind:
        came = Activity.objects.filter(channel=channel)
        stale.mark(came.values_list("lead_id", flat=True).distinct(), at=at)
