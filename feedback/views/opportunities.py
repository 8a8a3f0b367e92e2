"""An opportunity: open, won with or without an amount, or lost with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from feedback import opportunities
from feedback.forms import LossForm, WinForm
from feedback.handoffs import rights
from feedback.models import Opportunity
from leads.models import User
from leads.nudges import nudge
from leads.refusals import Refused


@require_safe
def opportunity(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _load(request, pk))


@require_POST
def win(request: HttpRequest, pk: int) -> HttpResponse:
    deal, form = _load(request, pk), WinForm(request.POST, auto_id="win_%s")

    def verb(at: datetime) -> object:
        return opportunities.win(deal, by=request.user, at=at, **form.cleaned_data)

    return _close(request, deal, "win", form, verb, done=_("Won: %(name)s."))


@require_POST
def lose(request: HttpRequest, pk: int) -> HttpResponse:
    deal, form = _load(request, pk), LossForm(request.POST, auto_id="loss_%s")

    def verb(at: datetime) -> object:
        return opportunities.lose(deal, by=request.user, at=at, **form.cleaned_data)

    return _close(request, deal, "loss", form, verb, done=_("Lost: %(name)s."))


def _load(request: HttpRequest, pk: int) -> Opportunity:
    visible = Opportunity.objects.visible_to(request.user).select_related(
        "company", "owner", "unmapped_owner", "handoff"
    )
    return get_object_or_404(visible.prefetch_related("contacts__lead"), pk=pk)


def _may_close(user: User, deal: Opportunity) -> bool:
    owner = deal.owner_id == user.pk or rights.is_manager(user)
    return owner and deal.status == Opportunity.Status.OPEN


def _close(
    request: HttpRequest,
    deal: Opportunity,
    name: str,
    form: forms.Form,
    verb: Callable[[datetime], object],
    *,
    done: str,
) -> HttpResponse:
    refusal = None
    try:
        if form.is_valid():
            verb(timezone.now())
            nudge("feedback.tasks.deliver_events")
            nudge("scoring.tasks.rescore_stale")
            messages.success(request, done % {"name": deal})
            return redirect("opportunity", deal.pk)
    except Refused as refused:
        if refused.status == 404:
            raise
        refusal = refused
    status = refusal.status if refusal else 422
    return _page(request, _load(request, deal.pk), {name: form}, refusal, status=status)


def _page(
    request: HttpRequest,
    deal: Opportunity,
    bound: dict[str, Any] | None = None,
    refusal: Refused | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    forms = {"win": WinForm(auto_id="win_%s"), "loss": LossForm(auto_id="loss_%s")}
    context = {
        "opportunity": deal,
        "forms": forms | (bound or {}),
        "refusal": refusal,
        "may_close": _may_close(request.user, deal),
    }
    return render(request, "feedback/opportunity.html", context, status=status)
