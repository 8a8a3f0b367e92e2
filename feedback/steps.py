"""The steps of a handoff: each a row of its history, and an event for those to be told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from feedback.models import Handoff, HandoffEvent
from leads import events
from leads.models import User

# Steps whose event has another name than `handoff.STEP`; without a name there is none.
EVENTS = {
    "conversation": "handoff.conversation_held",
    "message": "handoff.replied",
    "breached": "clock.breached",
    "warned": "clock.warning",
    "clock_started": "",
    "clock_met": "",
    "escalated": "clock.escalated",
    "deadline_moved": "",
}


def record(
    handoff: Handoff,
    kind: str,
    *,
    at: datetime,
    by: User | None = None,
    data: Mapping[str, object] | None = None,
    note: str = "",
    silent: bool = False,
    before: Mapping[str, object] | None = None,
) -> HandoffEvent:
    """Write a step and, unless it is `silent`, its event. `data` holds codes and moments only;
    a person's words go into `note`, kept once for both. A step that can be undone keeps `before`
    (`befores.of`), which nobody is told."""
    data, words = dict(data or {}), None
    name = "" if silent else EVENTS.get(kind, f"handoff.{kind}")
    if name:
        about = {"handoff": handoff.pk, **data}
        event = events.write(name, at=at, lead=handoff.lead, actor=by, data=about, note=note)
        words = event.note
    if before is not None:
        data["before"] = dict(before)
    return HandoffEvent.objects.create(
        handoff=handoff, kind=kind, at=at, by=by, data=data, note=words
    )
