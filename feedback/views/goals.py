"""The goals of both teams, and what is behind their figures."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from feedback import glances
from feedback import goals as boards
from leads.models import Side, User
from scoring import agreements

ROWS = 50


@require_safe
def goals(request: HttpRequest) -> HttpResponse:
    user, version = _reader(request), agreements.in_force()
    board = boards.board(user, version.body, at=timezone.now()) if version else boards.Board()
    may_edit = agreements.may_edit(user)
    context = {"version": version, "board": board, "may_edit": may_edit}
    return render(request, "feedback/goals.html", context)


@require_safe
def goal_leads(request: HttpRequest) -> HttpResponse:
    """The deals or handoffs behind one figure: as many rows as it says."""
    user, version = _reader(request), agreements.in_force()
    name, kind = request.GET.get("set", ""), request.GET.get("in", "")
    body = version.body if version else {"goals": []}
    listing = boards.behind(user, body, name, kind, at=timezone.now())
    if listing is None:
        raise Http404
    page = Paginator(listing.rows, ROWS).get_page(request.GET.get("page"))
    if not listing.of_deals:
        glances.of_handoffs(page)
    query = request.GET.copy()
    query.pop("page", None)
    context = {"listing": listing, "page": page, "query": query.urlencode()}
    return render(request, "feedback/goals/leads.html", context)


def _reader(request: HttpRequest) -> User:
    user = request.user
    if not (user.is_superuser or user.side in Side.values):
        raise Http404
    return user
