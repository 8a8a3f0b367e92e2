"""Leads: the list, and each as a person."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from feedback import glances, handoffs, portraits, rooms
from feedback.filters import LeadFilter
from leads import quarantines
from leads.models import Lead, Side, User
from scoring import agreements

PAGE_SIZE = 50
HISTORY_SHOWN = 60
HISTORY_MOST = 2000


@require_safe
def leads(request: HttpRequest) -> HttpResponse:
    rooms.only(rooms.has_leads(request.user))
    visible = Lead.objects.visible_to(request.user)
    filtered = LeadFilter(request.GET, queryset=visible, request=request)
    rows = filtered.qs.select_related("owner", "score", "standing__stage", "first_channel")
    rows = rows.defer("attributes", "attributes_folded")
    rows = rows.order_by(F("score__total").desc(nulls_last=True), "-id")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    glances.of_leads(page)
    context = {
        "page": page,
        "filter": filtered,
        "active": filtered.active(),
        "query": query.urlencode(),
    }
    part = request.htmx and request.htmx.target == "leads"
    return render(request, "feedback/_leads.html" if part else "feedback/leads.html", context)


@require_safe
def lead(request: HttpRequest, pk: int) -> HttpResponse:
    """404 for a lead this person may not know of."""
    known = Lead.objects.visible_to(request.user).select_related(
        "owner",
        "company",
        "first_channel",
        "latest_channel",
        "score__version",
        "standing__stage",
        "stale",
    )
    found = get_object_or_404(known, pk=pk)
    whose = request.GET.get("show", "")
    portrait = portraits.draw(
        found,
        request.user,
        version=agreements.in_force(),
        at=timezone.now(),
        whose=whose if whose in ("lead", "us") else "",
        most=HISTORY_MOST if request.GET.get("all") else HISTORY_SHOWN,
    )
    context = {
        "lead": found,
        "portrait": portrait,
        "judge": quarantines.may_judge(request.user),
        "claimable": portrait.handoff is None and _claimable(found, request.user),
    }
    return render(request, "feedback/lead.html", context)


def _claimable(found: Lead, user: User) -> bool:
    """Those who sell may take it as it stands."""
    return user.side == Side.SALES and handoffs.hindrance(found, by=user) is None
