"""What a person was told: the bell, the page, and how they wish to be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from feedback import notifications as told
from feedback import rooms, waiting
from feedback.models import Letter, Notification, NotificationPreference
from feedback.views.notification_forms import WishForm
from leads.models import Side, User

PAGE_SIZE = 50
LATEST = 8
SHOWN = timedelta(days=30)  # For so long the house sees which mails had trouble.


@dataclass(frozen=True)
class Row:
    """One or several notifications in one sentence (`number` of them, as the bell counts); `url`
    marks them read and leads on."""

    text: str
    url: str
    at: object
    read: bool
    number: int

    @classmethod
    def of(cls, group: told.Group) -> Row:
        url = reverse("notification", args=[group.rows[0]])
        if group.rows[1:]:
            url += "?" + urlencode({"since": group.rows[-1]})
        return cls(group.text, url, group.at, group.read, len(group.rows))


@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """A page of what the person was told, the newest first. POST marks all as read."""
    rooms.only(rooms.has_leads(request.user))
    if request.method == "POST":
        told.read(request.user, at=timezone.now())
        return redirect("notifications")
    rows, only_unread = _rows(request.user), request.GET.get("unread") == "1"
    shown = rows.filter(read_at=None) if only_unread else rows
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        shown = shown.filter(pk__lt=int(before))
    page = list(shown[: PAGE_SIZE + 1])
    more = page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None
    context = {
        "rows": _folded(page[:PAGE_SIZE], request.user),
        "older": more and _query(before=more, unread="1" if only_unread else ""),
        "newest": bool(before),
        "only_unread": only_unread,
        "troubled": _troubled(request.user),
    }
    return render(request, "feedback/notifications.html", context)


@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """The bell, if another number is on it than the page `seen`s; else nothing."""
    rooms.only(rooms.has_leads(request.user))
    rows = Notification.objects.filter(user=request.user, read_at=None)
    counted = rows[: waiting.MOST + 1].count()
    unread = waiting.shown(counted) if counted else ""
    if (request.GET.get("seen", "") or "0") == (unread or "0"):
        return HttpResponse(status=204)
    return render(request, "feedback/_bell.html", {"unread": unread})


@require_GET
def latest(request: HttpRequest) -> HttpResponse:
    """The last few, for the bell."""
    rooms.only(rooms.has_leads(request.user))
    rows = _folded(list(_rows(request.user)[:PAGE_SIZE]), request.user)
    return render(request, "feedback/_bell_latest.html", {"rows": rows[:LATEST]})


@require_http_methods(["GET", "HEAD"])
def notification(request: HttpRequest, pk: int) -> HttpResponse:
    """On to what it is about. It is read now, and so are those told together with it."""
    rooms.only(rooms.has_leads(request.user))
    row = get_object_or_404(_rows(request.user), pk=pk)
    rows, since = [row], request.GET.get("since", "")
    if since.isascii() and since.isdigit() and len(since) < 19:
        beside = _rows(request.user).filter(event__kind=row.event.kind, read_at=None)
        rows = [row, *beside.filter(pk__gte=int(since), pk__lt=pk)[:PAGE_SIZE]]
    at = timezone.now()
    [group, *_rest] = told.by_kind(told.tellings(rows, request.user, at=at), request.user)
    if request.method == "GET":
        told.read(request.user, at=at, rows=group.rows)
    return redirect(group.url)


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """When Baton writes to this person, and when not."""
    rooms.only(rooms.has_leads(request.user))
    row = NotificationPreference.objects.filter(user=request.user).first()
    form = WishForm(request.POST or None, instance=row or NotificationPreference())
    if request.method == "POST" and form.is_valid():
        told.choose(request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("notification_preferences")
    context = {"form": form, "hours": told.working_hours(request.user)}
    status = 422 if form.errors else 200
    return render(request, "feedback/notification_preferences.html", context, status=status)


def _rows(user: User) -> QuerySet[Notification]:
    needed = ("event__actor", "event__lead", "event__note")
    rows = Notification.objects.filter(user=user).select_related(*needed)
    return rows.order_by("-pk")


def _folded(rows: list[Notification], user: User) -> list[Row]:
    tellings = told.tellings(rows, user, at=timezone.now())
    return [Row.of(group) for group in told.fold(tellings, user)]


def _query(**terms: object) -> str:
    return "?" + urlencode({name: value for name, value in terms.items() if value})


def _troubled(user: User) -> list[Letter]:
    """For those who run the house: which mails may not have arrived, or did not leave."""
    if not (user.side == Side.OPERATIONS or user.is_superuser):
        return []
    troubled = Letter.objects.filter(state__in=Letter.TROUBLED, ended_at__gt=timezone.now() - SHOWN)
    return list(troubled.select_related("user").order_by("-ended_at")[:PAGE_SIZE])
