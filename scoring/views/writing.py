"""Write one section of the draft: its form, the preview beside it, and saving it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from leads.models import Side
from leads.refusals import Refused
from scoring import agreements, documents, sentences
from scoring.agreements import Edit, locks
from scoring.forms import SECTIONS, SectionForm, faults
from scoring.models import AgreementVersion, SectionLock
from scoring.views import desks, previews
from scoring.views.gates import readers


@require_http_methods(["GET", "HEAD", "POST"])
@readers
def section(request: HttpRequest, section: str) -> HttpResponse:
    """The form of one section. A refused edit comes back with its sentences and all its input."""
    version = desks.open_version(request, section)
    if version is None and request.method == "POST":
        raise _too_late(request, section)
    if version is None:
        return redirect("agreement_draft")
    if request.method != "POST":
        return _opened(request, version, section)
    if step := request.POST.get("add") or request.POST.get("do", ""):
        form = SECTIONS[section](version.body, request.POST, step)
        plain = SECTIONS[section](version.body, form.data)
        if request.htmx:  # The page takes its part of it, and then asks for the preview.
            desks.keep(request, version, plain, at=timezone.now())
            return render(request, form.template, {"form": form})
        return _form_page(request, version, form, plain=plain)
    return _save(request, version, SECTIONS[section](version.body, request.POST))


@require_POST
@readers
def preview(request: HttpRequest, section: str) -> HttpResponse:
    """How the section would read, with what was posted; what was posted is kept. To htmx, the
    fragment beside the form; else the page."""
    at = timezone.now()
    version = desks.open_version(request, section)
    if version is None and request.htmx:
        kept = desks.keep_for_next(request, section, at=at)
        return desks.gone(request, "preview", kept=kept)
    if version is None:
        return redirect("agreement_draft")
    form = SECTIONS[section](version.body, request.POST)
    if not request.htmx:
        return _form_page(request, version, form)
    held = desks.keep(request, version, form, at=at)
    context = desks.strip(version, form, request.user, held=held) | _previewed(form)
    return render(request, "scoring/_previewed.html", context)


def _too_late(request: HttpRequest, section: str) -> Refused:
    """The version was signed or withdrawn while this was written: it is kept for the next one."""
    kept = desks.keep_for_next(request, section, at=timezone.now())
    return Refused(
        "settled",
        _("Nobody writes this version any more.")
        + " "
        + _("It was signed or withdrawn meanwhile."),
        _("What you wrote is kept: this section of the next draft offers it to you.")
        if kept
        else _("Open a new draft instead."),
        status=409,
    )


def _opened(request: HttpRequest, version: AgreementVersion, section: str) -> HttpResponse:
    """The form for whoever may write now. Others see who does; and who left something unsaved is
    asked about it first."""
    if path := request.GET.get("at", ""):
        place = faults.anchor(SECTIONS[section](version.body), path)
        return redirect(f"{reverse('agreement_section', args=[section])}#{place}")
    kept = locks.mine(version, section, request.user)
    if locks.take(version, section, by=request.user, at=timezone.now()) is None:
        context = desks.busy(version, section) | desks.desk_of(
            version, request.user, current=section
        )
        return render(request, "scoring/busy.html", context | {"kept": kept})
    if kept is None or not kept.input:
        return _form_page(request, version, SECTIONS[section](version.body))
    form = SECTIONS[section](version.body, QueryDict(kept.input))
    if "kept" in request.GET:
        return _form_page(request, version, form, seen=kept.sha256)
    return _kept_page(request, version, form, kept)


def _save(request: HttpRequest, version: AgreementVersion, form: SectionForm) -> HttpResponse:
    if not form.is_valid():
        return _form_page(request, version, form, status=422)
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
        if refusal.code == "settled":
            raise _too_late(request, form.key) from None
        if refusal.status not in (409, 422):
            raise
        version.refresh_from_db()
        return _refused(request, version, form, refusal)
    _say(request, edit)
    return redirect("agreement_draft")


def _refused(
    request: HttpRequest, version: AgreementVersion, form: SectionForm, refusal: Refused
) -> HttpResponse:
    """What the text may not say is shown beside its inputs; what somebody else did, above them."""
    if refusal.status == 422:
        after = agreements.with_section(version.body, form.key, form.value())
        for problem in agreements.faults(version.body, after, form.key):
            faults.show(form, problem)
        if faults.of(form):
            return _form_page(request, version, form, status=422)
    return _form_page(request, version, form, refusal=refusal, status=refusal.status)


def _form_page(
    request: HttpRequest,
    version: AgreementVersion,
    form: SectionForm,
    *,
    plain: SectionForm | None = None,
    refusal: Refused | None = None,
    seen: str = "",
    status: int = 200,
) -> HttpResponse:
    """`seen` is the hash of the text the input was made on; saving checks it. What was posted is
    kept, whatever becomes of it. `plain` is the form without what a button adds to it."""
    posted, at = request.method == "POST", timezone.now()
    held = desks.keep(request, version, plain or form, at=at) if posted else True
    overtaken = refusal is not None and refusal.code == "edited_meanwhile"
    if overtaken:  # This page shows the newer text: from here on the person writes it.
        held = locks.take(version, form.key, by=request.user, at=timezone.now()) is not None
    seen = seen or ("" if overtaken else request.POST.get("sha256", ""))
    context = {
        "version": version,
        "sha256": seen or agreements.section_sha256(version.body, form.key),
        "refusal": refusal,
        "faults": faults.of(form) if status == 422 and not refusal else [],
        "conflict": _conflict(version, form) if overtaken else None,
        "signatures": agreements.counting(version),
    }
    context |= desks.strip(version, form, request.user, held=held) | _previewed(plain or form)
    context |= desks.desk_of(version, request.user, current=form.key) | {"form": form}
    return render(request, "scoring/section.html", context, status=status)


def _kept_page(
    request: HttpRequest, version: AgreementVersion, form: SectionForm, kept: SectionLock
) -> HttpResponse:
    """Go on with what was not saved, or drop it?"""
    after = previews.body_with(form)
    context = {
        "version": version,
        "form": form,
        "kept": kept,
        "changes": previews.changed(version.body, after, form.key) if after else [],
    }
    context |= desks.desk_of(version, request.user, current=form.key)
    return render(request, "scoring/kept.html", context)


def _previewed(form: SectionForm) -> dict[str, object]:
    base = agreements.in_force()
    old = documents.anew(base.body) if base else None
    return {"form": form, "base": base, "preview": previews.of(form, old)}


def _conflict(version: AgreementVersion, form: SectionForm) -> dict[str, object]:
    """Both texts, and what saving this input now would change in the text as it is now."""
    after = previews.body_with(form)
    mine = previews.reading(after, form.key) if after else []
    return {
        "theirs": previews.reading(version.body, form.key),
        "mine": mine,
        "changes": previews.changed(version.body, after, form.key) if after else [],
    }


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
