"""The score of a lead: why it is what it is, what changed it, and its correction by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import reselect, retarget

from feedback import sheets
from feedback.forms import CorrectionForm, EndingForm
from leads.models import Lead, User
from leads.nudges import nudge
from leads.refusals import Refused
from scoring import agreements, corrections
from scoring.models import Correction

# What htmx asks for alone, by the id of what it replaces.
PARTS = {"trend": "feedback/_score_trend.html", "sheet": "feedback/_sheet.html"}
SHOWN = ("owner", "company", "score__version", "standing__stage", "stale")


@require_safe
def score(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about a lead's score; one part alone for htmx."""
    lead, at = _lead(request.user, pk), timezone.now()
    part = request.htmx.target if request.htmx and request.htmx.target in PARTS else ""
    context: dict[str, Any] = {"lead": lead}
    if part != "trend":
        context["sheet"] = sheets.draw(lead, request.user, version=agreements.in_force(), at=at)
    if part != "sheet":
        context["trend"] = sheets.trend(lead, at=at)
    return render(request, PARTS.get(part, "feedback/score.html"), context)


@require_http_methods(["GET", "HEAD", "POST"])
def correction(request: HttpRequest, pk: int) -> HttpResponse:
    """The correction as a page of its own; POST corrects."""
    lead = _lead(request.user, pk)
    corrections.require_right(request.user)
    form = CorrectionForm(_sent(request), at=timezone.now(), auto_id="correction_%s")

    def verb(at: datetime) -> object:
        return corrections.correct(lead, by=request.user, at=at, **form.cleaned_data)

    return _answer(request, lead, form, verb, done=_("Score corrected: %(lead)s."))


@require_http_methods(["GET", "HEAD", "POST"])
def ending(request: HttpRequest, pk: int) -> HttpResponse:
    """The end of a correction as a page of its own; POST ends it."""
    found = get_object_or_404(Correction.objects.select_related("by", "note"), pk=pk)
    lead = _lead(request.user, found.lead_id)
    corrections.require_right(request.user)
    form = EndingForm(_sent(request), auto_id="ending_%s")

    def verb(at: datetime) -> object:
        return corrections.end(found, by=request.user, at=at, **form.cleaned_data)

    done = _("Correction ended: %(lead)s.")
    return _answer(request, lead, form, verb, done=done, ends=found)


def _lead(user: User, pk: int) -> Lead:
    """404 for a lead this person may not know of."""
    return get_object_or_404(Lead.objects.visible_to(user).select_related(*SHOWN), pk=pk)


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _answer(
    request: HttpRequest,
    lead: Lead,
    form: forms.Form,
    verb: Callable[[datetime], object],
    *,
    done: str,
    ends: Correction | None = None,
) -> HttpResponse:
    """Ask, or call the verb and go back to the lead; refused or incomplete, ask again where it
    was asked, with every error beside its field."""
    refusal, at = None, timezone.now()
    try:
        if form.is_valid():
            verb(at)
            nudge("scoring.tasks.rescore_stale")
            messages.success(request, done % {"lead": lead})
            return redirect("lead", lead.pk)
    except Refused as refused:
        if refused.field in form.fields:
            form.add_error(refused.field, str(refused))
        else:
            refusal = refused
    context = {
        "lead": lead,
        "sheet": sheets.draw(lead, request.user, version=agreements.in_force(), at=at),
        "form": form,
        "refusal": refusal,
        "ends": ends,
        "last_day": corrections.last_day(ends) if ends else None,
    }
    status = refusal.status if refusal else 422 if form.is_bound else 200
    response = render(request, "feedback/correction.html", context, status=status)
    return _in_place(response) if request.htmx and form.is_bound else response


def _in_place(response: HttpResponse) -> HttpResponse:
    """Only the form is replaced; whatever page it stands on stays."""
    return reselect(retarget(response, "#correction"), "#correction")
