"""A version as its JSON document: taken in, and the schema it follows."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from leads.refusals import Refused
from scoring import agreements, papers, schemas
from scoring.papers import MOST_BYTES, NotRead
from scoring.views.gates import readers


@require_http_methods(["GET", "HEAD", "POST"])
@readers
def take_in(request: HttpRequest) -> HttpResponse:
    """A document, pasted or as a file, becomes the draft. What is refused comes back with all
    that was pasted, and each fault with its path."""
    agreements.refuse_stranger(request.user)
    if request.method != "POST":
        return _page(request)
    data = _given(request)
    if not data.strip():
        return _page(request, missing=True)
    try:
        body = papers.read(data)
    except NotRead as refused:
        return _page(request, data, refused)
    try:
        version = agreements.open_draft(
            by=request.user, at=timezone.now(), body=body, as_written=True
        )
    except Refused as refused:
        return _page(request, data, refusal=refused)
    messages.success(request, _("%(version)s is opened as it was written.") % {"version": version})
    return redirect("agreement_draft")


@require_safe
@readers
def schema(request: HttpRequest) -> HttpResponse:
    """What such a document looks like, for editors and programs."""
    return HttpResponse(schemas.document(), content_type="application/schema+json")


def _given(request: HttpRequest) -> bytes:
    """The file, else what was pasted. Of a file that is too large, just enough to say so."""
    file = request.FILES.get("file")
    if file:
        return file.read(MOST_BYTES + 1)
    return request.POST.get("text", "").encode("utf-8", "surrogatepass")


def _page(
    request: HttpRequest,
    data: bytes = b"",
    refused: NotRead | None = None,
    *,
    refusal: Refused | None = None,
    missing: bool = False,
) -> HttpResponse:
    """What was given comes back: also that of a file, which the browser does not choose again."""
    context = {
        "text": data.decode("utf-8", "replace") if len(data) <= MOST_BYTES else "",
        "refused": refused,
        "refusal": refusal,
        "missing": missing,
        "unsettled": agreements.unsettled(),
        "in_force": agreements.in_force(),
        "may_edit": True,
    }
    status = 422 if missing or refused else refusal.status if refusal else 200
    return render(request, "scoring/import.html", context, status=status)
