"""What came back, and why: marketing reads and answers."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from feedback import clockfaces, glances, notifications, rooms, terms
from feedback import returns as sets
from feedback.models import Handoff
from feedback.views import hands

PAGE_SIZE = 50


@require_safe
def returns(request: HttpRequest) -> HttpResponse:
    """The list, and the return in hand with its thread; to htmx the one in hand alone."""
    rooms.only(rooms.has_returns(request.user))
    view = sets.view_of(request.GET)
    page = Paginator(sets.listed(request.user, view), PAGE_SIZE).get_page(request.GET.get("page"))
    taken, at = _taken(request, page), timezone.now()
    running = [handoff for handoff in (*page, taken) if handoff and handoff.clock]
    clockfaces.prepare(running)
    glances.of_handoffs(page)
    for row in page:
        row.url = view.url(handoff=row.pk)
        row.face = clockfaces.read(row, at=at)
        row.reason_words = terms.reason_words(row)
    context = {
        "page": page,
        "query": view.url().partition("?")[2],
        "view": view,
        "hand": hands.hold(taken, request.user, at=at) if taken else None,
        "in_hand": "handoff" in request.GET,
        "reasons": sets.reasons(request.user, view),
        "tabs": _tabs(view, sets.counts(request.user)),
    }
    part = request.htmx and request.htmx.target == "hand"
    return render(
        request, "feedback/_return_hand.html" if part else "feedback/returns.html", context
    )


def _taken(request: HttpRequest, page: Any) -> Handoff | None:
    """The return asked for, else the first; asked for means read."""
    number = request.GET.get("handoff", "")
    if number.isdecimal():
        taken = hands.load(request.user, int(number))
        notifications.read(request.user, handoff=taken.pk, at=timezone.now())
        return taken
    return hands.load(request.user, page[0].pk) if page else None


def _tabs(view: sets.View, counts: dict[str, int]) -> list[dict[str, Any]]:
    labels = {"": _("All"), "door": _("At the door"), "contact": _("After contact")}
    return [
        {
            "label": label,
            "url": sets.View(view.reason, when).url(),
            "count": counts[when or "all"],
            "current": when == view.when,
        }
        for when, label in labels.items()
    ]
