"""Read the agreement: the one in force, and every version there was."""

from __future__ import annotations

import html

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from scoring import agreements, sentences
from scoring.conditions import Vocabulary
from scoring.documents import canonical, text
from scoring.models import AgreementVersion
from scoring.views.gates import readers
from scoring.views.starting import starting
from scoring.views.texts import reading

A_PAGE = 10


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


@require_safe
@readers
def versions(request: HttpRequest) -> HttpResponse:
    """The history: each version, who signed it when, and what it changed."""
    found = AgreementVersion.objects.select_related("base", "created_by", "proposed_by")
    found = found.prefetch_related("signatures__user")
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    vocabulary = Vocabulary()
    history = [(each, _changes(each, vocabulary), _signatures(each)) for each in page]
    context = {
        "page": page,
        "history": history,
        "in_force": agreements.in_force(),
        "unsettled": agreements.unsettled(),
        "may_edit": agreements.may_edit(request.user),
    }
    return render(request, "scoring/versions.html", context)


def _changes(version: AgreementVersion, vocabulary: Vocabulary) -> list[sentences.Change]:
    return sentences.changes(version.base.body, version.body, vocabulary) if version.base else []


def _signatures(version: AgreementVersion) -> list[tuple[object, bool]]:
    """Each signature, and whether it counts."""
    return [(each, each.proposal == version.proposals) for each in version.signatures.all()]
