"""What was done, said with the way to undo it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest

from feedback import handoffs
from feedback.models import Handoff
from feedback.views import hands


def done(request: HttpRequest, handoff: Handoff, words: str) -> None:
    """Say `words` of the lead, with a button that undoes it: the step goes along as a tag (see
    _toasts.html)."""
    step = handoffs.undoable(hands.load(request.user, handoff.pk), request.user)
    tags = f"undo-{handoff.pk}-{step.pk}" if step else ""
    messages.success(request, words % {"lead": handoff.lead}, extra_tags=tags)
