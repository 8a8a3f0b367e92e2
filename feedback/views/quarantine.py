"""What machines did: listed, let go, set aside by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from feedback import rooms
from leads import quarantines
from leads.models import NEVER_KNOWN, Activity, Lead, Quarantine, User
from leads.nudges import nudge

PAGE_SIZE = 50
RELATED = ("lead", "type", "campaign")


@dataclass(frozen=True)
class Row:
    """An activity, and the entry that says how it was judged last, or was let go by."""

    activity: Activity
    entry: Quarantine

    @property
    def link(self) -> object:
        known = self.activity.properties
        return known.get("link") or known.get("url") or ""

    @property
    def judgement(self) -> tuple[Lead, str, datetime, User | None]:
        """What rows that stand together have in common."""
        return self.activity.lead, quarantines.words(self.entry), self.entry.at, self.entry.by


@dataclass(frozen=True)
class Group:
    """What was judged of one lead, at once and for one reason."""

    lead: Lead
    why: str
    at: datetime
    by: User | None
    rows: list[Row]


@require_safe
def quarantine(request: HttpRequest) -> HttpResponse:
    """What is set aside, the latest first; or, asked for, what was let go."""
    rooms.only(quarantines.may_judge(request.user))
    released = request.GET.get("show") == "released"
    found = _released() if released else _set_aside()
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [Row(each.activity, each) if released else Row(each, _last(each)) for each in page]
    context = {
        "page": page,
        "groups": [
            Group(*common, list(of)) for common, of in groupby(rows, lambda row: row.judgement)
        ],
        "released": released,
        "query": "show=released" if released else "",
        "nothing": "" if page.object_list else _nothing(),
    }
    return render(request, "feedback/quarantine.html", context)


@require_POST
def lead_quarantine(request: HttpRequest, pk: int) -> HttpResponse:
    """Some of a lead's activities are a machine's doing."""
    lead, numbers = _chosen(request, pk)
    named = lead.activities.filter(pk__in=numbers)
    done = quarantines.set_aside(named, by=request.user, at=timezone.now())
    return _answered(request, pk, _set_aside_words if done else _as_it_was, len(done))


@require_POST
def lead_release(request: HttpRequest, pk: int) -> HttpResponse:
    """Some of a lead's activities are no machine's doing; all, where none is named."""
    lead, numbers = _chosen(request, pk)
    found = lead.activities.filter(pk__in=numbers) if numbers else lead.activities.all()
    done = quarantines.release(found, by=request.user, at=timezone.now())
    return _answered(request, pk, _released_words if done else _as_it_was, len(done))


def _set_aside() -> Any:
    found = Activity.objects.filter(known_at__gte=NEVER_KNOWN).select_related(*RELATED)
    return found.prefetch_related("quarantines__by").order_by("-known_at", "-pk")


def _released() -> Any:
    found = Quarantine.objects.filter(cause=Quarantine.Cause.RELEASED).select_related("by")
    return found.select_related(*(f"activity__{name}" for name in RELATED)).order_by("-pk")


def _last(activity: Activity) -> Quarantine:
    return max(activity.quarantines.all(), key=lambda each: each.pk)


def _nothing() -> str:
    """Why the list is empty: no data reaches us, nothing ever looked like a machine, or all of it
    has been judged."""
    if Quarantine.objects.exists():
        return "judged"
    return "clean" if Activity.objects.exists() else "no_data"


def _chosen(request: HttpRequest, pk: int) -> tuple[Lead, list[int]]:
    """The lead, and the numbers of the activities that the form names."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    named = request.POST.getlist("activity")
    return lead, [int(each) for each in named if each.isdecimal() and len(each) < 19]


def _answered(
    request: HttpRequest, pk: int, words: Callable[[int], str], number: int
) -> HttpResponse:
    messages.success(request, words(number))
    nudge("scoring.tasks.rescore_stale")
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        return redirect(back)
    return redirect("lead", pk)


def _set_aside_words(number: int) -> str:
    said = ngettext("Set aside: %(n)s activity", "Set aside: %(n)s activities", number)
    return said % {"n": number}


def _released_words(number: int) -> str:
    return ngettext("Let go: %(n)s activity", "Let go: %(n)s activities", number) % {"n": number}


def _as_it_was(_number: int) -> str:
    return _("That was done already; nothing has changed.")
