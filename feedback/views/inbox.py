"""The inbox: who waits, why, and how much time is left."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from feedback import rooms
from feedback.views import desks


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The whole inbox; to htmx only what it asks for: more rows, or the handoff in hand."""
    rooms.only(rooms.has_inbox(request.user))
    view = desks.view_of(request, request.GET)
    number = request.GET.get("handoff", "")
    chosen = int(number) if number.isdecimal() else None
    desk = desks.open_desk(request.user, view, at=timezone.now(), pk=chosen)
    context = {"desk": desk, "view": view, "hand": desk.hand, "in_hand": chosen is not None}
    return render(request, _template(request), context)


def _template(request: HttpRequest) -> str:
    parts = {"hand": "feedback/_hand.html", "more-rows": "feedback/_more_rows.html"}
    if request.htmx and not request.htmx.history_restore_request:
        return parts.get(request.htmx.target or "", "feedback/_inbox.html")
    return "feedback/inbox.html"
