"""What a lead's row says of its activities: first and latest channel, latest activity."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import OuterRef, Subquery

from leads.models import NEVER_KNOWN, Activity, Lead


def follow(lead_ids: Iterable[int], *, dormant: datetime | None = None) -> None:
    """Bring the rows of these leads up to date, from the activities themselves: it does not
    matter in which order they came in. What is set aside does not count."""
    done = Activity.objects.filter(lead=OuterRef("pk"), known_at__lt=NEVER_KNOWN)
    through = done.filter(channel__isnull=False)
    fields: dict[str, object] = {
        "first_channel": Subquery(through.order_by("occurred_at", "pk").values("channel")[:1]),
        "latest_channel": Subquery(through.order_by("-occurred_at", "-pk").values("channel")[:1]),
        "latest_activity_at": Subquery(done.order_by("-occurred_at").values("occurred_at")[:1]),
    }
    if dormant:
        fields["dormant_since"] = dormant
    Lead.objects.filter(pk__in=list(lead_ids)).update(**fields)
