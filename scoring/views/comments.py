"""Talk about the open version: open a thread, answer, resolve, reopen.

Each answers with the page it was said on; htmx takes the section and the panel out of it.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from scoring import agreements
from scoring.agreements import comments
from scoring.conditions import Vocabulary
from scoring.forms.talks import CommentForm, ThreadForm
from scoring.models import AgreementVersion, Thread
from scoring.views.gates import readers
from scoring.views.talks import Said, clauses
from scoring.views.texts import document, reading


@require_POST
@readers
def threads(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask something about a section of the document, or about a clause of it."""
    version = get_object_or_404(AgreementVersion, pk=pk)
    place = request.POST.get("place", "")
    sections = document(version.body, Vocabulary())
    section = next((each for each in sections if each.key == place), None)
    if section is None:
        raise Http404
    form = ThreadForm(request.POST, at=place, clauses=clauses(section))
    if not form.is_valid():
        return _again(request, version, Said(form, place=place))
    thread = comments.open_thread(
        version,
        section=section.edited_in,
        clause=form.cleaned_data["clause"],
        text=form.cleaned_data["text"],
        by=request.user,
        at=timezone.now(),
    )
    return _back(request, thread)


@require_POST
@readers
def answers(request: HttpRequest, pk: int) -> HttpResponse:
    thread = _thread(pk)
    form = CommentForm(request.POST, at=f"thread-{pk}")
    if not form.is_valid():
        return _again(request, thread.version, Said(form, thread=pk))
    comments.answer(thread, text=form.cleaned_data["text"], by=request.user, at=timezone.now())
    return _back(request, thread)


@require_POST
@readers
def resolution(request: HttpRequest, pk: int) -> HttpResponse:
    thread = comments.resolve(_thread(pk), by=request.user, at=timezone.now())
    messages.success(request, _("Resolved."))
    return _back(request, thread)


@require_POST
@readers
def reopening(request: HttpRequest, pk: int) -> HttpResponse:
    thread = comments.reopen(_thread(pk), by=request.user, at=timezone.now())
    messages.success(request, _("Open again."))
    return _back(request, thread)


def _thread(pk: int) -> Thread:
    return get_object_or_404(Thread.objects.select_related("version"), pk=pk)


def _back(request: HttpRequest, thread: Thread) -> HttpResponse:
    """To the thread, on the page it was read on."""
    page = reverse("agreement_version", args=[thread.version_id])
    if request.POST.get("from") == "draft":
        page = reverse("agreement_draft")
    return redirect(f"{page}?thread={thread.pk}#thread-{thread.pk}")


def _again(request: HttpRequest, version: AgreementVersion, said: Said) -> HttpResponse:
    """The page with what was written, and what is wrong with it: there one goes on writing."""
    said.form.fields["text"].widget.attrs["autofocus"] = True
    context = reading(version, request.user, said=said)
    context["editing"] = request.POST.get("from") == "draft" and agreements.may_edit(request.user)
    return render(request, "scoring/agreement.html", context, status=422)
