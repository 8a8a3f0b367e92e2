"""What we did to leads, whether they reacted or not."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from leads import quarantines, stale
from leads.models import NEVER_KNOWN, Campaign, Lead, Note, Touch, User


def record(
    lead: Lead,
    *,
    kind: str,
    outcome: str,
    occurred_at: datetime,
    by: User | None = None,
    text: str = "",
    campaign: Campaign | None = None,
    known_at: datetime | None = None,
) -> Touch:
    """One call, mail, meeting or message, known since `known_at` (else since it happened).
    `text` is kept as a Note of the lead."""
    known_at = known_at or occurred_at
    with transaction.atomic():
        note = None
        if text.strip():
            note = Note.objects.create(lead=lead, text=text.strip(), author=by, written_at=known_at)
        touch = Touch.objects.create(
            lead=lead,
            kind=kind,
            outcome=outcome,
            occurred_at=occurred_at,
            known_at=known_at,
            by=by,
            note=note,
            campaign=campaign,
        )
        quarantines.mailed(touch, at=known_at)
        stale.mark([lead.pk], at=known_at)
    return touch


def set_aside(touch: Touch, *, at: datetime) -> None:
    """It was written down by mistake: from now on it counts for nothing and nobody is shown it."""
    with transaction.atomic():
        Touch.objects.filter(pk=touch.pk).update(known_at=NEVER_KNOWN)
        stale.mark([touch.lead_id], at=at)
