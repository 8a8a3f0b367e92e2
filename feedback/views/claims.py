"""A rep claims a lead that is below the bar: one at hand, or one found by its address."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from feedback import handoffs, rooms
from feedback.handoffs import claims as claiming
from feedback.models import Handoff
from feedback.views import toasts
from feedback.views.claim_forms import AddressForm, ClaimForm
from leads import identities
from leads.clock import database_now
from leads.models import Lead, User
from leads.nudges import nudge
from leads.refusals import Refused
from scoring import agreements, explanations, journeys
from scoring.explanations import Ahead

SHOWN = ("company", "owner", "score", "standing__stage")
MOST = 25


@dataclass(frozen=True)
class Candidate:
    """A lead that somebody may want to claim, and what keeps them from it, if anything does.
    `ahead`: what it lacks of the bar. `seen`: whether they see more of it elsewhere; if not, a lead
    that is not to be had is nothing they learn of."""

    lead: Lead
    ahead: list[Ahead]
    refusal: Refused | None
    seen: bool

    @property
    def is_shown(self) -> bool:
        return self.seen or self.refusal is None


@require_http_methods(["GET", "HEAD", "POST"])
def claims(request: HttpRequest) -> HttpResponse:
    """Look a lead up by its whole address, one at a time, by POST: addresses stay out of logs."""
    rooms.only(claiming.may_claim(request.user))
    if request.method != "POST":
        return _page(request, AddressForm())
    asked = AddressForm(request.POST)
    if not asked.is_valid():
        return _page(request, asked, status=422)
    lead = identities.find([identities.email(asked.cleaned_data["email"])])
    if lead is None:
        asked.add_error("email", _("Nobody with this address is known."))
        return _page(request, asked, status=422)
    lead = Lead.objects.select_related(*SHOWN).get(pk=lead.pk)
    form = ClaimForm(request.POST if "reason" in request.POST else None)
    return _claim(request, lead, form, "feedback/claims.html", asked)


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """A lead the rep sees, or of a company they look after. 404 for any other."""
    found = handoffs.claimable_by(request.user).select_related(*SHOWN)
    lead = get_object_or_404(found, pk=pk)
    claiming.require_seller(request.user)
    form = ClaimForm(request.POST if request.method == "POST" else None)
    return _claim(request, lead, form, "feedback/claim.html")


def _claim(
    request: HttpRequest,
    lead: Lead,
    form: ClaimForm,
    template: str,
    asked: AddressForm | None = None,
) -> HttpResponse:
    """Ask why, or claim and go on with the lead in hand."""
    refusal = None
    try:
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            handoff = handoffs.claim(lead, by=request.user, at=database_now(), reason=reason)
            nudge("feedback.tasks.deliver_events")
            nudge("scoring.tasks.rescore_stale")
            toasts.done(request, handoff, _("Claimed: %(lead)s."))
            return redirect("handoff", handoff.pk)
    except Refused as refused:
        if refused.field in form.fields:
            form.add_error(refused.field, str(refused))
        else:
            refusal = refused
    context = {"candidate": _candidate(lead, request.user, refusal), "form": form}
    status = refusal.status if refusal else 422 if form.is_bound else 200
    if asked is not None:
        return _page(request, asked, status=status, **context)
    return render(request, template, context, status=status)


def _page(
    request: HttpRequest, asked: AddressForm, *, status: int = 200, **context: object
) -> HttpResponse:
    context |= {"asked": asked, "rows": _of_own_companies(request.user)}
    return render(request, "feedback/claims.html", context, status=status)


def _candidate(lead: Lead, user: User, refusal: Refused | None) -> Candidate:
    at, version = timezone.now(), agreements.in_force()
    return Candidate(
        lead,
        explanations.ahead(lead, version, at) if version else [],
        refusal or handoffs.hindrance(lead, by=user),
        Lead.objects.visible_to(user).filter(pk=lead.pk).exists(),
    )


def _of_own_companies(user: User) -> list[Lead]:
    """Leads below the bar of the companies that `user` looks after, best score first."""
    below = Lead.objects.filter(company__owner=user, standing__kind__in=journeys.MACHINE_LEAVES)
    below = below.exclude(pk__in=Handoff.objects.unclosed().values("lead"))
    return list(below.select_related(*SHOWN).order_by("-score__total", "pk")[:MOST])
