"""What changed because of me: a line on top of the inbox, and the leads behind it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from feedback import consequences as because
from feedback import rooms


@require_safe
def consequences(request: HttpRequest) -> HttpResponse:
    """The page; to htmx the line alone."""
    rooms.only(rooms.has_inbox(request.user))
    found = because.this_month(request.user, at=timezone.now())
    template = "feedback/_consequences.html" if request.htmx else "feedback/consequences.html"
    return render(request, template, {"because": found})
