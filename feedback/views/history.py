"""Every version of the agreement: who signed it, what it changed, and what happened under it."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from feedback.funnels import versions as records
from feedback.funnels.versions import Compared
from scoring import agreements, sentences
from scoring.conditions import Vocabulary
from scoring.documents import anew
from scoring.models import AgreementVersion, Objection, Signature, TrialAnswer
from scoring.sentences import Change
from scoring.views.gates import readers

A_PAGE = 10
RELATED = ("base", "created_by", "proposed_by")
SAID = ("signatures__user", "objections__user", "trial_answers__user", "threads")


@dataclass(frozen=True)
class Entry:
    """A version in the history. `back` is what going back to its text would change of what is in
    force; None where one cannot go back to it."""

    version: AgreementVersion
    changes: list[Change]
    signatures: list[tuple[Signature, bool]]
    objections: list[Objection]
    answers: list[TrialAnswer]
    record: Compared | None
    back: list[Change] | None
    threads: int
    open_threads: int


@require_safe
@readers
def versions(request: HttpRequest) -> HttpResponse:
    """Ten a page, the newest first."""
    at, in_force, vocabulary = timezone.now(), agreements.in_force(), Vocabulary()
    found = AgreementVersion.objects.select_related(*RELATED).prefetch_related(*SAID)
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    happened = records.compared(page, request.user, at=at)
    context = {
        "page": page,
        "history": [_entry(each, in_force, happened, vocabulary) for each in page],
        "in_force": in_force,
        "unsettled": agreements.unsettled(),
        "may_edit": agreements.may_edit(request.user),
    }
    return render(request, "feedback/agreement/history.html", context)


def _entry(
    version: AgreementVersion,
    in_force: AgreementVersion | None,
    happened: dict[int, Compared],
    vocabulary: Vocabulary,
) -> Entry:
    base, threads = version.base, version.threads.all()
    changes = sentences.changes(anew(base.body), version.body, vocabulary) if base else []
    return Entry(
        version,
        changes,
        [(each, _counts(each, version)) for each in version.signatures.all()],
        list(version.objections.all()),
        list(version.trial_answers.all()),
        happened.get(version.pk),
        _back(version, in_force, vocabulary),
        len(threads),
        sum(each.resolved_at is None for each in threads),
    )


def _counts(signature: Signature, version: AgreementVersion) -> bool:
    """Not one that lapsed when the text was changed."""
    lapsed = version.status == AgreementVersion.Status.DRAFT
    return not lapsed and signature.proposal == version.proposals


def _back(
    version: AgreementVersion, in_force: AgreementVersion | None, vocabulary: Vocabulary
) -> list[Change] | None:
    gone = (AgreementVersion.Status.SUPERSEDED, AgreementVersion.Status.WITHDRAWN)
    if in_force is None or version.status not in gone:
        return None
    return sentences.changes(anew(in_force.body), anew(version.body), vocabulary)
