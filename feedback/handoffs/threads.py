"""The thread on a handoff, between both teams."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from feedback import steps
from feedback.handoffs import rights
from feedback.models import Handoff, HandoffEvent
from leads.models import User
from leads.refusals import Refused


@transaction.atomic
def reply(handoff: Handoff, *, by: User, at: datetime, text: str) -> HandoffEvent:
    """A message to the other side: of marketing, the pool's team or a manager, also after the
    handoff was closed. Raises Refused: not_found, text_missing."""
    handoff = rights.lock(handoff, by=by)
    if not text.strip():
        raise Refused(
            "text_missing", _("The message is empty."), _("Write a sentence."), field="text"
        )
    return steps.record(handoff, "message", at=at, by=by, note=text)
