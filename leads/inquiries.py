"""A lead that came in with a channel or a campaign, but without saying what it did."""

from __future__ import annotations

import hashlib
from datetime import datetime

from leads.activities import NewActivity

INQUIRY = "inquiry"


def inquiry(
    lead_id: int, *, channel: str | None, campaign: str | None, at: datetime, source: str
) -> NewActivity:
    """The activity that such a lead's channel belongs to: told again, it counts once."""
    mark = hashlib.sha256(f"{lead_id}\n{channel}\n{campaign}".encode()).hexdigest()[:32]
    return NewActivity(
        lead_id,
        INQUIRY,
        occurred_at=at,
        known_at=at,
        channel=channel,
        campaign=campaign,
        source=source,
        external_id=f"{INQUIRY}:{mark}",
    )
