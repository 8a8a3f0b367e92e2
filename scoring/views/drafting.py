"""Write the next version: open a draft, and edit it section by section."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from leads.models import Side
from leads.refusals import Refused
from scoring import agreements, sentences
from scoring.agreements import Edit
from scoring.documents import Body
from scoring.forms import SECTIONS, SectionForm
from scoring.models import AgreementVersion
from scoring.shapes import TEMPLATES
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
    context = reading(version, request.user) | {"editing": agreements.may_edit(request.user)}
    return render(request, "scoring/agreement.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@readers
def section(request: HttpRequest, section: str) -> HttpResponse:
    """The form of one section. A refused edit comes back with its sentence and all its input."""
    if section not in SECTIONS:
        raise Http404
    agreements.refuse_stranger(request.user)
    version = agreements.unsettled()
    if version is None:
        return redirect("agreement_draft")
    if request.method != "POST":
        return _form_page(request, version, SECTIONS[section](version.body))
    if add := request.POST.get("add"):
        form = SECTIONS[section](version.body, request.POST, add)
        return _form_page(request, version, form, seen=request.POST.get("sha256", ""))
    return _save(request, version, SECTIONS[section](version.body, request.POST))


def _save(request: HttpRequest, version: AgreementVersion, form: SectionForm) -> HttpResponse:
    if not form.is_valid():
        seen = request.POST.get("sha256", "")
        return _form_page(request, version, form, seen=seen, status=422)
    try:
        edit = agreements.edit(
            version,
            section=form.key,
            value=form.value(),
            by=request.user,
            at=timezone.now(),
            expected_sha256=request.POST.get("sha256", ""),
        )
    except Refused as refusal:
        if refusal.status not in (409, 422) or refusal.code == "settled":
            raise
        version.refresh_from_db()
        return _form_page(request, version, form, refusal=refusal, status=refusal.status)
    _say(request, edit)
    return redirect("agreement_draft")


def _form_page(
    request: HttpRequest,
    version: AgreementVersion,
    form: SectionForm,
    *,
    refusal: Refused | None = None,
    seen: str = "",
    status: int = 200,
) -> HttpResponse:
    """`seen` is the hash of the text the input was made on; saving checks it."""
    context = {
        "version": version,
        "form": form,
        "sections": [(key, kind.title) for key, kind in SECTIONS.items()],
        "sha256": seen or version.sha256,
        "refusal": refusal,
        "overwrites": _overwrites(version, form) if refusal and refusal.status == 409 else [],
        "signatures": agreements.counting(version),
    }
    return render(request, "scoring/section.html", context, status=status)


def _overwrites(version: AgreementVersion, form: SectionForm) -> list[sentences.Change]:
    """What saving this input now would change in the text as it is now."""
    names = agreements.SECTIONS[form.key]
    value = form.value()
    mine = {names[0]: value} if len(names) == 1 else value
    return sentences.changes(version.body, version.body | mine)


def _say(request: HttpRequest, edit: Edit) -> None:
    if not edit.changed:
        messages.info(request, _("Nothing was changed."))
        return
    for signature in edit.lapsed:
        changed = sentences.changes(edit.before, edit.version.body)
        said = {"side": Side(signature.side).label, "change": changed[0], "name": signature.user}
        message = _("The signature of %(name)s for %(side)s lapsed: %(change)s.")
        messages.warning(request, message % said)
    messages.success(request, _("Saved in the draft."))


def _chosen(request: HttpRequest) -> Body | None:
    if make := TEMPLATES.get(request.POST.get("template", "")):
        return make()
    if number := request.POST.get("version", ""):
        if not number.isdecimal():
            raise Http404
        return get_object_or_404(AgreementVersion, pk=number).body
    return None
