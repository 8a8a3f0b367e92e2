"""Templates: read, compared with the text at hand, and taken over section by section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from leads.refusals import Refused
from scoring import agreements, sentences
from scoring.agreements import adoptions
from scoring.agreements.adoptions import Lack
from scoring.conditions import Vocabulary
from scoring.documents import Body
from scoring.forms import SECTIONS
from scoring.models import AgreementVersion
from scoring.sentences import Change
from scoring.shapes import TEMPLATES
from scoring.views.gates import readers
from scoring.views.starting import described, preview, starting


@dataclass(frozen=True)
class Part:
    """One section of a template beside that of another text: what taking it over would change,
    and what it would need."""

    key: str
    title: str | Promise
    changes: list[Change]
    lack: Lack


@require_safe
@readers
def shelf(request: HttpRequest) -> HttpResponse:
    """All templates, also while a draft is open: to be compared with it."""
    return starting(request)


@require_safe
@readers
def template(request: HttpRequest, key: str) -> HttpResponse:
    """A template, read as the agreement it would be, or compared (`?compare=draft`, `in_force`)."""
    body = _body(key)
    other = _other(request.GET.get("compare", ""))
    if other is None:
        return preview(request, key)
    return _comparison(request, key, body, other)


@require_POST
@readers
def adoption(request: HttpRequest, key: str, section: str) -> HttpResponse:
    """A section of the template replaces that of the draft."""
    body, version = _body(key), agreements.unsettled()
    if section not in adoptions.ADOPTABLE or version is None:
        raise Http404
    try:
        edit = adoptions.adopt(
            version,
            section=section,
            source=body,
            along="along" in request.POST,
            by=request.user,
            at=timezone.now(),
            expected_sha256=request.POST.get("sha256", ""),
        )
    except Refused as refusal:
        if refusal.status not in (409, 422) or refusal.code == "settled":
            raise
        version.refresh_from_db()
        return _comparison(request, key, body, version, refused=(section, refusal))
    said = _("“%(section)s” is taken over.") if edit.changed else _("Nothing was changed.")
    messages.success(request, said % {"section": SECTIONS[section].title})
    if edit.lapsed:
        messages.warning(request, _("The signatures on this text have lapsed."))
    return redirect(f"{reverse('agreement_template', args=[key])}?compare=draft")


def _comparison(
    request: HttpRequest,
    key: str,
    body: Body,
    version: AgreementVersion,
    *,
    refused: tuple[str, Refused] | None = None,
) -> HttpResponse:
    unsettled = agreements.unsettled()
    parts = _parts(version.body, body)
    context: dict[str, Any] = {
        "template": described(key, body),
        "version": version,
        "parts": [part for part in parts if part.changes],
        "same": [part.title for part in parts if not part.changes],
        "open": version == unsettled and version.status != AgreementVersion.Status.AGREED,
        "unsettled": unsettled,
        "in_force": agreements.in_force(),
        "may_edit": agreements.may_edit(request.user),
        "refused_in": refused[0] if refused else "",
        "refusal": refused[1] if refused else None,
    }
    status = refused[1].status if refused else 200
    return render(request, "scoring/comparison.html", context, status=status)


def _parts(old: Body, new: Body) -> list[Part]:
    found: dict[str, list[Change]] = {}
    for change in sentences.changes(old, new, Vocabulary(new, old)):
        found.setdefault(change.section, []).append(change)
    return [
        Part(key, form.title, found.get(key, []), adoptions.lack(old, new, key))
        for key, form in SECTIONS.items()
        if key in adoptions.ADOPTABLE
    ]


def _body(key: str) -> Body:
    if key not in TEMPLATES:
        raise Http404
    return TEMPLATES[key]()


def _other(name: str) -> AgreementVersion | None:
    """The text to compare with, as far as there is one."""
    if name == "draft":
        return agreements.unsettled()
    return agreements.in_force() if name == "in_force" else None
