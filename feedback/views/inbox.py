"""The inbox: who waits, why, and how much time is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from feedback import notifications, rooms, waiting
from feedback.views import desks, pulses
from feedback.waiting import Waiting

MOST_DIGITS = 18
PARTS = {
    "hand": "feedback/_hand_taken.html",
    "more-rows": "feedback/_more_rows.html",
    "narrow": "feedback/_inbox_filter.html",
}


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The whole inbox; to htmx only what it asks for: more rows, the handoff in hand, or the
    filters to choose from."""
    rooms.only(rooms.has_inbox(request.user))
    view = desks.view_of(request, request.GET)
    chosen = _number(request.GET.get("handoff", ""))
    part = _part(request)
    if part == "narrow":
        desk = desks.bare(request.user, view)
    elif part == "more-rows":
        desk = desks.lay_out(request.user, view, counted=Waiting())
    elif part == "hand" and chosen:
        notifications.read(request.user, handoff=chosen, at=view.at)
        desk = desks.hold(request.user, view, chosen)
    else:
        near = _number(request.GET.get("near", ""))
        desk = open_desk(request, view, at=view.at, pk=chosen, near=near)
    narrow = part == "narrow" or "narrow" in request.GET
    context = context_of(desk) | {"in_hand": chosen is not None, "narrow": narrow}
    return render(request, PARTS.get(part, f"feedback/{part}.html"), context)


@require_safe
def pulse(request: HttpRequest) -> HttpResponse:
    """What has changed since the page was drawn, or 204. The page says what it shows: `state`,
    the rows (`shown`), and the handoff in hand with its `standing`."""
    rooms.only(rooms.has_inbox(request.user))
    view = desks.view_of(request, request.GET)
    said = pulses.said(request.GET)
    request.waiting = _count(request, view)
    beat = pulses.feel(request.user, view, said, request.waiting)
    if not beat.changed:
        return HttpResponse(status=204)
    context = pulses.news(request.user, view, said, beat, request.waiting)
    response = render(request, "feedback/_pulse.html", context)
    response["HX-Trigger"] = "baton:news"
    return response


def open_desk(
    request: HttpRequest,
    view: desks.View,
    *,
    at: datetime,
    pk: int | None = None,
    size: int | None = None,
    near: int | None = None,
) -> desks.Desk:
    """The desk, counted once for the page and its navigation. What is taken in hand by its
    number is read; what one was `near` is not."""
    view = replace(view, at=at)
    counted = _count(request, view, handoff=pk)
    if pk and counted.told:
        notifications.read(request.user, handoff=pk, at=at)
        counted = replace(counted, notifications=counted.notifications - counted.told)
    request.waiting = counted
    return desks.open_desk(request.user, view, counted=counted, pk=pk, size=size, near=near)


def context_of(desk: desks.Desk) -> dict[str, Any]:
    """What the inbox's templates are given."""
    parts = desk.hand.parts if desk.hand else frozenset()
    current = desk.hand.handoff.pk if desk.hand else None
    return {
        "desk": desk,
        "view": desk.view,
        "hand": desk.hand,
        "parts": parts,
        "current": current,
    }


def _count(request: HttpRequest, view: desks.View, *, handoff: int | None = None) -> Waiting:
    alone = view.queue.key == "unassigned"
    return waiting.count(
        request.user, at=view.at, everyones=view.everyones, handoff=handoff, left_alone=alone
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < MOST_DIGITS else None


def _part(request: HttpRequest) -> str:
    if request.htmx and not request.htmx.history_restore_request:
        return request.htmx.target if request.htmx.target in PARTS else "_inbox"
    return "inbox"
