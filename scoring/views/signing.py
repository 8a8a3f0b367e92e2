"""Withdraw, sign, object. Who presses a button twice is answered as after the first time."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from leads.nudges import nudge
from leads.refusals import Refused
from scoring import agreements
from scoring.agreements import repeats
from scoring.forms.talks import ObjectionForm, SignatureForm
from scoring.models import AgreementVersion
from scoring.views import asking
from scoring.views.gates import readers
from scoring.views.panels import Refusal
from scoring.views.texts import reading

Status = AgreementVersion.Status


@require_POST
@readers
@asking.unsaved(gettext_lazy("Withdraw all the same"))
def withdrawal(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(AgreementVersion, pk=pk)
    despite = request.POST.getlist("despite")
    try:
        agreements.withdraw(version, by=request.user, at=timezone.now(), despite=despite)
    except Refused:
        if not repeats.withdrawn(version, by=request.user):
            raise
    messages.success(request, _("%(version)s is withdrawn.") % {"version": version})
    return redirect("agreement_versions")


@require_POST
@readers
@asking.unsaved(gettext_lazy("Sign all the same"))
def signature(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign, for the side the form names, the text whose hash it carries. Where a reservation is
    missing, the page comes back and says so beside its field."""
    version, form = get_object_or_404(AgreementVersion, pk=pk), SignatureForm(request.POST)
    form.is_valid()  # What is wrong with it, the verb says.
    said = {name: request.POST.get(name, "") for name in ("sha256", "reservation")}
    try:
        version = agreements.sign(
            version,
            by=request.user,
            at=timezone.now(),
            side=request.POST.get("side", ""),
            despite=request.POST.getlist("despite"),
            **said,
        )
    except Refused as refusal:
        if not repeats.signed(version, by=request.user, **said):
            return _again(request, version, refusal, form, Refusal(signature=form))
        version.refresh_from_db()
    return _signed(request, version)


@require_POST
@readers
def objection(request: HttpRequest, pk: int) -> HttpResponse:
    """Object, with a reason, to the text whose hash the form carries."""
    version, form = get_object_or_404(AgreementVersion, pk=pk), ObjectionForm(request.POST)
    form.is_valid()
    try:
        agreements.object_to(
            version,
            by=request.user,
            at=timezone.now(),
            sha256=request.POST.get("sha256", ""),
            reason=request.POST.get("reason", ""),
        )
    except Refused as refusal:
        return _again(request, version, refusal, form, Refusal(objection=form))
    messages.success(request, _("Your objection is on record. Both sides are told."))
    return redirect("agreement_version", pk)


def _signed(request: HttpRequest, version: AgreementVersion) -> HttpResponse:
    if version.status == Status.IN_FORCE:
        nudge("scoring.tasks.rescore_all")
        said = _("%(version)s is in force. Every lead is being scored by it.")
        messages.success(request, said % {"version": version})
        return redirect("agreement")
    said = _("Signed. The other side's signature is missing.")
    if version.status == Status.AGREED:
        moment = date_format(timezone.localtime(version.takes_effect_at), "DATETIME_FORMAT")
        said = _("Both have signed: it takes effect on %(moment)s.") % {"moment": moment}
    messages.success(request, said)
    return redirect("agreement_version", version.pk)


def _again(
    request: HttpRequest,
    version: AgreementVersion,
    refusal: Refused,
    form: forms.Form,
    refused: Refusal,
) -> HttpResponse:
    """The page with what was written, and the refusal beside its field; others go on."""
    if refusal.field not in form.fields:
        raise refusal
    if not form.has_error(refusal.field):
        form.add_error(refusal.field, str(refusal))
    context = reading(version, request.user, refusal=refused)
    return render(request, "scoring/agreement.html", context, status=refusal.status)
