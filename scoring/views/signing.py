"""Propose, withdraw, sign."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leads.nudges import nudge
from scoring import agreements
from scoring.models import AgreementVersion
from scoring.views.gates import readers


@require_POST
@readers
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(AgreementVersion, pk=pk)
    agreements.propose(version, by=request.user, at=timezone.now())
    messages.success(request, _("Proposed. Both teams can sign it now."))
    return redirect("agreement_version", pk)


@require_POST
@readers
def withdrawal(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(AgreementVersion, pk=pk)
    agreements.withdraw(version, by=request.user, at=timezone.now())
    messages.success(request, _("%(version)s is withdrawn.") % {"version": version})
    return redirect("agreement_versions")


@require_POST
@readers
def signature(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign, for the side the form names, the text whose hash it carries."""
    version = agreements.sign(
        get_object_or_404(AgreementVersion, pk=pk),
        by=request.user,
        at=timezone.now(),
        sha256=request.POST.get("sha256", ""),
        side=request.POST.get("side", ""),
    )
    if version.status != AgreementVersion.Status.IN_FORCE:
        messages.success(request, _("Signed. The other side's signature is missing."))
        return redirect("agreement_version", pk)
    nudge("scoring.tasks.rescore_all")
    said = _("%(version)s is in force. Every lead is being scored by it.") % {"version": version}
    messages.success(request, said)
    return redirect("agreement")
