"""The inbox: who waits, why, and how much time is left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from feedback import notifications, rooms, waiting
from feedback.views import desks


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The whole inbox; to htmx only what it asks for: more rows, or the handoff in hand."""
    rooms.only(rooms.has_inbox(request.user))
    view = desks.view_of(request, request.GET)
    number = request.GET.get("handoff", "")
    chosen = int(number) if number.isdecimal() else None
    at = timezone.now()
    if chosen:
        notifications.read(request.user, handoff=chosen, at=at)
    desk = open_desk(request, view, at=at, pk=chosen)
    context = context_of(desk) | {"in_hand": chosen is not None}
    return render(request, _template(request), context)


def open_desk(
    request: HttpRequest, view: desks.View, *, at: datetime, pk: int | None = None
) -> desks.Desk:
    """The desk, counted once for the page and its navigation."""
    request.waiting = waiting.count(request.user, at=at, everyones=view.everyones)
    return desks.open_desk(request.user, view, sizes=request.waiting.queues, at=at, pk=pk)


def context_of(desk: desks.Desk) -> dict[str, Any]:
    """What the inbox's templates are given."""
    parts = desk.hand.parts if desk.hand else frozenset()
    return {"desk": desk, "view": desk.view, "hand": desk.hand, "parts": parts}


def _template(request: HttpRequest) -> str:
    parts = {"hand": "feedback/_hand.html", "more-rows": "feedback/_more_rows.html"}
    if request.htmx and not request.htmx.history_restore_request:
        return parts.get(request.htmx.target or "", "feedback/_inbox.html")
    return "feedback/inbox.html"
