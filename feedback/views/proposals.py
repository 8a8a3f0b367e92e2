"""Propose a draft, with what it is expected to change: counted, and frozen into the proposal."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from feedback import predictions
from leads.refusals import Refused
from scoring import agreements
from scoring.agreements import locks, repeats
from scoring.models import AgreementVersion
from scoring.views import asking
from scoring.views.gates import readers


@require_POST
@readers
@asking.unsaved(gettext_lazy("Propose all the same"))
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose the text whose hash the form carries: what was read is what is proposed. Who presses
    the button twice is answered as after the first time."""
    version, at = get_object_or_404(AgreementVersion, pk=pk), timezone.now()
    agreements.refuse_stranger(request.user)
    sha256, despite = request.POST.get("sha256", ""), request.POST.getlist("despite")
    try:
        agreements.propose(
            version,
            by=request.user,
            at=at,
            sha256=sha256,
            predicted=_predicted(version, sha256, despite, at),
            despite=despite,
        )
    except Refused:
        if not repeats.proposed(version, by=request.user, sha256=sha256):
            raise
    messages.success(request, _("Proposed. Both teams can sign it now."))
    return redirect("agreement_version", pk)


def _predicted(
    version: AgreementVersion, sha256: str, despite: Collection[str], at: datetime
) -> dict[str, Any] | None:
    """Counting takes a while: what cannot be proposed is not counted, and asked is first. The
    first agreement changes nothing that was."""
    if (version.status, version.sha256) != (AgreementVersion.Status.DRAFT, sha256):
        return None
    locks.refuse_unsaved(version, despite=despite)
    return predictions.predict(version.body, at=at) if agreements.in_force() else None
