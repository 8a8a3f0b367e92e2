"""How a handoff, its lead's place and its owner were before a step, kept with that step so that it
can be taken back: codes and moments only, never a person's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from django.db.models import Field

from feedback import clocks
from feedback.models import Handoff
from leads.models import Lead, User
from scoring import stages

KEPT = (
    *("owner_id", "assigned_at", "unassigned_since", "transfers", "credited"),
    *("answer", "answered_at", "answered_by_id", "answer_seconds"),
    *("attempts", "first_contact_at", "conversation_at"),
    *("outcome", "closed_at", "reason_id", "disputed", "back_on"),
    *("clock", "clock_started_at", "term_minutes", "due_at", "breached_at"),
    *("warn_at", "warned_at", "rests_until", "paused_at", "pauses"),
    *("escalations", "escalate_at"),
)


def of(handoff: Handoff, *, at: datetime) -> dict[str, object]:
    """What `restore` needs, of a locked row: call it before anything is changed. What is blank is
    left out. With it, `place`, and what is `left` of the time of a running clock."""
    said: dict[str, object] = {}
    for name, field in _kept():
        value = getattr(handoff, name)
        if value != field.get_default():
            said[name] = value.isoformat() if isinstance(value, date) else value
    if left := clocks.left(handoff, at=at):
        said["left"] = left
    return said | place(handoff.lead)


def place(lead: Lead) -> dict[str, object]:
    """Where the lead stands (`entry`), how it rests there, and whose it is."""
    said: dict[str, object] = {}
    standing = stages.standing(lead)
    if standing:
        said["entry"] = standing.entry_id
        for name in ("rests_until", "rested_since"):
            if moment := getattr(standing, name):
                said[f"lead_{name}"] = moment.isoformat()
    if lead.owner_id:
        said["lead_owner"] = lead.owner_id
    return said


def restore(handoff: Handoff, before: Mapping[str, object]) -> None:
    """Give the locked row back what it was, and write it."""
    for name, field in _kept():
        known = name in before
        setattr(handoff, name, field.to_python(before[name]) if known else field.get_default())
    handoff.save(update_fields=[field.name for _, field in _kept()])


def lead_owner(before: Mapping[str, object]) -> User | None:
    """Whose the lead was; nobody's, if that person is gone."""
    return User.objects.filter(pk=before.get("lead_owner")).first()


def _kept() -> Iterator[tuple[str, Field]]:
    for name in KEPT:
        yield name, Handoff._meta.get_field(name.removesuffix("_id"))
