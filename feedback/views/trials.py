"""A trial that is over: what was predicted, what came of it, and what both sides want now."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from feedback import predictions
from leads.models import Side
from scoring import agreements
from scoring.agreements import Trial
from scoring.documents import text
from scoring.models import AgreementVersion, TrialAnswer
from scoring.views.gates import readers

SIDES = (Side.MARKETING, Side.SALES)


@dataclass(frozen=True)
class Line:
    """What a side wants, if it has said so."""

    side: str
    answer: TrialAnswer | None


@require_http_methods(["GET", "HEAD", "POST"])
@readers
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; POST is the answer of a signatory's side."""
    version, at = get_object_or_404(AgreementVersion, pk=pk), timezone.now()
    found = agreements.trial(version)
    if found is None:
        raise Http404
    if request.method == "POST":
        return _answer(request, version)
    is_over = found.is_over(at)
    context = {
        "version": version,
        "trial": found,
        "expects": text(found.expects),
        "is_over": is_over,
        "running": _running(version),
        "may_answer": is_over and _running(version) and not found.kept and request.user.signs_for,
        "mine": found.answers.get(request.user.signs_for),
        "lines": [Line(side.value, found.answers.get(side)) for side in SIDES],
        "choices": TrialAnswer.Answer.choices,
        "before": agreements.version_before(version),
        "result": predictions.result(version, user=request.user, at=at),
        "predicted": predictions.read(version, request.user),
        "in_force": agreements.in_force(),
        "unsettled": agreements.unsettled(),
        "may_edit": agreements.may_edit(request.user),
    }
    return render(request, "feedback/agreement/trial.html", context)


def _running(version: AgreementVersion) -> bool:
    return version.status == AgreementVersion.Status.IN_FORCE


def _answer(request: HttpRequest, version: AgreementVersion) -> HttpResponse:
    answer = request.POST.get("answer", "")
    draft = agreements.answer_trial(version, by=request.user, at=timezone.now(), answer=answer)
    if draft is not None:
        said = _("Your answer is on record. %(version)s is open to be changed.")
        messages.success(request, said % {"version": draft})
        return redirect("agreement_draft")
    found: Trial | None = agreements.trial(version)
    said = _("Your answer is on record.")
    if found and found.kept:
        said = _("Both sides keep it. The trial is over.")
    messages.success(request, said)
    return redirect("agreement_trial", version.pk)
