"""What a person was told. POST marks all as read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from feedback import notifications as told
from feedback import rooms
from feedback.models import Notification

PAGE_SIZE = 50


@dataclass(frozen=True)
class Row:
    """A notification in words, with where it leads."""

    text: str
    url: str
    at: datetime
    read: bool

    @classmethod
    def of(cls, notification: Notification, said: told.Sentence) -> Row:
        read = notification.read_at is not None
        return cls(said.text, said.url, notification.created_at, read)


@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    rooms.only(rooms.has_leads(request.user))
    if request.method == "POST":
        told.read(request.user, at=timezone.now())
        return redirect("notifications")
    rows = Notification.objects.filter(user=request.user).select_related(
        "event__actor", "event__lead"
    )
    page = Paginator(rows.order_by("-created_at", "-id"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "rows": [Row.of(row, said) for row, said in zip(page, told.sentences(page), strict=True)],
        "unread": rows.filter(read_at=None).exists(),
        "query": "",
    }
    return render(request, "feedback/notifications.html", context)
