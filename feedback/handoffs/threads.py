"""The thread on a handoff, between both teams."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from feedback import clocks, steps
from feedback.handoffs import rights
from feedback.models import Handoff, HandoffEvent
from leads.models import Side, User
from leads.refusals import Refused


@transaction.atomic
def reply(handoff: Handoff, *, by: User, at: datetime, text: str) -> HandoffEvent:
    """A message to the other side: of marketing, the pool's team or a manager, also after the
    handoff was closed. The first of marketing on a return is the answer that it owes. Raises
    Refused: not_found, text_missing."""
    handoff = rights.lock(handoff, by=by)
    if not text.strip():
        raise Refused(
            "text_missing", _("The message is empty."), _("Write a sentence."), field="text"
        )
    said = {}
    if by.side == Side.MARKETING and handoff.clock == Handoff.Clock.ANSWER_RETURN:
        said = {"ends": handoff.clock}
        clocks.stop(handoff, at=at, met=True)
    return steps.record(handoff, "message", at=at, by=by, data=said, note=text)
