"""Propose a draft, with what it is expected to change: counted, and frozen into the proposal."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from feedback import predictions
from scoring import agreements
from scoring.models import AgreementVersion
from scoring.views.gates import readers


@require_POST
@readers
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """What cannot be proposed is not counted either; a text that is edited meanwhile is refused."""
    version, at = get_object_or_404(AgreementVersion, pk=pk), timezone.now()
    agreements.refuse_stranger(request.user)
    predicted = None
    if version.status == AgreementVersion.Status.DRAFT and agreements.in_force():
        predicted = predictions.predict(version.body, at=at)
    agreements.propose(version, by=request.user, at=at, sha256=version.sha256, predicted=predicted)
    messages.success(request, _("Proposed. Both teams can sign it now."))
    return redirect("agreement_version", pk)
