"""The next version: open a draft, and read it with all that is to be done about it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from scoring import agreements
from scoring.documents import Body
from scoring.models import AgreementVersion
from scoring.shapes import TEMPLATES, empty
from scoring.views.gates import readers
from scoring.views.starting import preview, starting
from scoring.views.texts import reading


@require_http_methods(["GET", "HEAD", "POST"])
@readers
def draft(request: HttpRequest) -> HttpResponse:
    """The open version, to be edited part by part. POST opens one: of a template, of an earlier
    version, or of what is in force."""
    if request.method == "POST":
        body = _chosen(request)
        agreements.open_draft(by=request.user, at=timezone.now(), body=body)
        return redirect("agreement_draft")
    version, template = agreements.unsettled(), request.GET.get("template", "")
    if template in TEMPLATES:
        return preview(request, template)
    if version is None:
        return starting(request)
    waits = version.status == AgreementVersion.Status.AGREED
    editing = agreements.may_edit(request.user) and not waits
    context = reading(version, request.user) | {"editing": editing}
    return render(request, "scoring/agreement.html", context)


def _chosen(request: HttpRequest) -> Body | None:
    if make := (TEMPLATES | {"empty": empty}).get(request.POST.get("template", "")):
        return make()
    if number := request.POST.get("version", ""):
        if not number.isdecimal():
            raise Http404
        return get_object_or_404(AgreementVersion, pk=number).body
    return None
