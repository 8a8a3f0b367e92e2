"""Read the agreement: the one in force, or any version."""

from __future__ import annotations

import html

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from scoring import agreements
from scoring.documents import canonical, text
from scoring.models import AgreementVersion
from scoring.views.gates import readers
from scoring.views.starting import starting
from scoring.views.texts import reading


@require_safe
@readers
def agreement(request: HttpRequest) -> HttpResponse:
    """What is in force; before anything is, how to begin."""
    version = agreements.in_force()
    if version is None:
        return starting(request)
    return render(request, "scoring/agreement.html", reading(version, request.user))


@require_safe
@readers
def version(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(AgreementVersion, pk=pk)
    return render(request, "scoring/agreement.html", reading(found, request.user))


@require_safe
@readers
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands below each printed page of a version: no markup can say that."""
    found = get_object_or_404(AgreementVersion, pk=pk)
    status = render_to_string("scoring/_paper_status.html", {"version": found})
    said = f"{text(found.body['title'])} · {html.unescape(status)}"
    words = "".join(f"\\{ord(each):06x}" for each in " ".join(said.split()))
    look = "font: 400 8pt/1 system-ui, sans-serif; color: #4b525e;"
    sheet = f'@page {{ @bottom-left {{ content: "{words}"; {look} }} }}'
    return HttpResponse(sheet, content_type="text/css")


@require_safe
@readers
def version_json(request: HttpRequest, pk: int) -> HttpResponse:
    """The canonical text, byte for byte what the hash is of."""
    found = get_object_or_404(AgreementVersion, pk=pk)
    response = HttpResponse(canonical(found.body), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="agreement-{found.number}.json"'
    return response
