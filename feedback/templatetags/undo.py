"""What a message says can be undone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django import template
from django.contrib.messages.storage.base import Message

register = template.Library()

TAG = re.compile(r"undo-(\d+)-(\d+)")


@dataclass(frozen=True)
class Undoable:
    """A handoff and its step, by number."""

    handoff: int
    step: int


@register.filter
def undo_of(message: Message) -> Undoable | None:
    """The step that a message tells of, where it may be taken back."""
    found = TAG.search(message.extra_tags or "")
    return Undoable(int(found[1]), int(found[2])) if found else None
