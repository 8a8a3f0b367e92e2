"""One lead tried out under the draft and under the version in force, side by side."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from feedback import rooms
from feedback.filters import LeadFilter
from feedback.lab import tries
from feedback.lab.trying import Trying
from leads.models import Lead
from scoring import agreements, impacts

FOUND = 12


@require_http_methods(["GET", "HEAD", "POST"])
def tryout(request: HttpRequest) -> HttpResponse:
    """Choose a lead, or an invented one; then its inputs and what comes of them. POST takes
    altered inputs. Nothing is stored either way."""
    rooms.only(rooms.has_leads(request.user))
    asked = request.POST if request.method == "POST" else request.GET
    lead = _lead(request, asked.get("lead", ""))
    if lead is None and not asked.get("invented"):
        return render(request, "feedback/lab/try_whom.html", _whom(request))
    return _tried(request, lead)


def _lead(request: HttpRequest, number: str) -> Lead | None:
    if not number:
        return None
    if not number.isdecimal() or len(number) > 18:
        raise Http404
    return get_object_or_404(Lead.objects.visible_to(request.user), pk=int(number))


def _whom(request: HttpRequest) -> dict[str, Any]:
    visible = Lead.objects.visible_to(request.user)
    found = LeadFilter(request.GET, queryset=visible, request=request).qs
    rows = found.select_related("score", "standing__stage")
    rows = rows.order_by(F("score__total").desc(nulls_last=True), "-pk")
    searched = request.GET.get("q", "").strip()
    return {"q": searched, "rows": rows[:FOUND] if searched else []}


def _tried(request: HttpRequest, lead: Lead | None) -> HttpResponse:
    at, data = timezone.now(), request.POST if request.method == "POST" else None
    in_force, draft = agreements.in_force(), agreements.unsettled()
    fault = impacts.fault(draft.body) if draft else None
    texts = [each for each in (in_force, draft if not fault else None) if each]
    registry = tries.registry_of(texts)
    known = tries.known(lead, registry, at)
    form = Trying(
        data,
        at=at,
        asked=tries.asked(texts, registry),
        types=tries.types(texts),
        known=known,
    )
    context = {"lead": lead, "form": form, "draft": draft, "fault": fault, "in_force": in_force}
    if data is None:
        context["verdicts"] = [tries.verdict(each, known) for each in texts]
    elif form.is_valid():
        found = tries.altered(
            known, registry, values=form.values(), without=form.without, more=form.more()
        )
        context["verdicts"] = [tries.verdict(each, found) for each in texts]
    status = 422 if data is not None and "verdicts" not in context else 200
    return render(request, "feedback/lab/try.html", context, status=status)
