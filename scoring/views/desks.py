"""The desk at which two teams write one draft: who writes which section, and what each of them
has not saved yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leads.models import User
from scoring import agreements, checks, documents, sentences
from scoring.agreements import Stranded, locks
from scoring.checks import Problem
from scoring.documents import Body
from scoring.forms import SECTIONS, SectionForm
from scoring.models import AgreementVersion, SectionLock
from scoring.sentences import Change
from scoring.views import previews
from scoring.views.gates import readers

# Posted with every form, and no part of what somebody wrote.
AROUND = ("csrfmiddlewaretoken", "sha256", "add", "do", "left", "again")
# By this htmx knows that it need not ask again.
NO_MORE = 286
# Asked for only where a text takes stages away.
WHERE_NEEDED = ("moves",)


@dataclass(frozen=True)
class Place:
    """A section of the draft: how much of it is changed and wrong, who is writing it, and who has
    input there that is not saved."""

    key: str
    title: str | Promise
    changes: int
    problems: int
    writer: SectionLock | None
    unsaved: list[SectionLock]

    @property
    def waits(self) -> list[SectionLock]:
        """Unsaved input of those who are not writing now."""
        return [each for each in self.unsaved if each != self.writer]


def open_version(request: HttpRequest, section: str) -> AgreementVersion | None:
    """The version whose section this person may write, if one is being written."""
    if section not in SECTIONS:
        raise Http404
    agreements.refuse_stranger(request.user)
    version = agreements.unsettled()
    settled = version is None or version.status == AgreementVersion.Status.AGREED
    return None if settled else version


def keep_for_next(request: HttpRequest, section: str, *, at: datetime) -> bool:
    """Keep what was posted at `at` into a version that was signed or withdrawn meanwhile: the next
    draft offers it. False: it says nothing that the version does not say."""
    version = agreements.latest()
    if version is None or "sha256" not in request.POST:
        return False
    keep(request, version, SECTIONS[section](version.body, request.POST), at=at)
    kept = locks.mine(version, section, request.user)
    return bool(kept and kept.input)


def keep(
    request: HttpRequest, version: AgreementVersion, form: SectionForm, *, at: datetime
) -> bool:
    """Keep what was posted at `at`, as far as it differs from the draft. Is this person still
    writing?"""
    data = form.data.copy()
    seen = data.get("sha256", "")
    for name in AROUND:
        data.pop(name, None)
    body = previews.body_with(form)
    return locks.keep(
        version,
        form.key,
        by=request.user,
        at=at,
        input=data.urlencode(),
        sha256=seen or _hash(version.body, form.key),
        seen=seen,
        says=_hash(body, form.key) if body else "",
    )


def places(
    version: AgreementVersion,
    *,
    at: datetime,
    changes: Iterable[Change],
    problems: Iterable[Problem],
    stranded: Iterable[Stranded],
) -> list[Place]:
    """The sections of a version with all that is to be known of them at a glance."""
    changed = Counter(each.section for each in changes)
    wrong = Counter(agreements.section_of(each.path) for each in problems)
    wrong["moves"] += len(list(stranded))
    writers, unsaved = _taken(version, at)
    return [
        Place(
            key,
            kind.title,
            changed[key],
            wrong[key],
            writers.get(key),
            [each for each in unsaved if each.section == key],
        )
        for key, kind in SECTIONS.items()
        if key not in WHERE_NEEDED or wrong[key] or version.body.get(key)
    ]


def _taken(
    version: AgreementVersion, at: datetime
) -> tuple[dict[str, SectionLock], list[SectionLock]]:
    """Who is writing which section, and all input that is not saved. One query."""
    seats = locks.seats(version)
    writers = {each.section: each for each in seats if each.held and locks.lives(each, at=at)}
    return writers, [each for each in seats if each.input]


def _mark(version: AgreementVersion, base: AgreementVersion | None, at: datetime) -> str:
    """The same as long as nobody writes or saves. Leads that move and fields that are deleted
    change what is wrong with a text too: the list says so with the next change."""
    writers, unsaved = _taken(version, at)
    waits = [each for each in unsaved if writers.get(each.section) != each]
    said = {
        "texts": [version.sha256, version.status, base.pk if base else 0],
        "writing": [[s, w.user_id, str(w.since), bool(w.input)] for s, w in writers.items()],
        "unsaved": [[w.section, w.user_id, str(w.seen_at)] for w in waits],
    }
    return documents.digest(said)[:16]


def here(places: Iterable[Place], user: User) -> list[User]:
    """Who else is writing."""
    return sorted({each.writer.user for each in places if each.writer} - {user}, key=str)


def desk_of(version: AgreementVersion, user: User, *, current: str = "") -> dict[str, object]:
    """What the list of sections shows."""
    base, at = agreements.in_force(), timezone.now()
    found = places(
        version,
        at=at,
        changes=sentences.changes(documents.anew(base.body), version.body) if base else [],
        problems=checks.validate(version.body),
        stranded=agreements.stranded(version.body),
    )
    return {
        "places": found,
        "current": current,
        "mark": _mark(version, base, at),
        "may_edit": agreements.may_edit(user),
    }


@require_safe
@readers
def desk(request: HttpRequest) -> HttpResponse:
    """The list of sections alone: who is here, and who has not saved yet. Nothing, and cheaply,
    to whom has `seen` it as it is."""
    version = agreements.unsettled()
    if version is None:
        return gone(request, "desk")
    if request.GET.get("seen") == _mark(version, agreements.in_force(), timezone.now()):
        return HttpResponse(status=204)
    current = request.GET.get("at", "")
    return render(request, "scoring/_desk.html", desk_of(version, request.user, current=current))


def gone(request: HttpRequest, root: str, *, kept: bool = False) -> HttpResponse:
    """In the place of what was asked for again and again, to be asked for no more: the version was
    signed or withdrawn meanwhile. `kept`: what this person wrote is offered in the next draft."""
    context = {"root": root, "kept": kept}
    return render(request, "scoring/_gone.html", context, status=NO_MORE)


@require_http_methods(["GET", "HEAD", "POST"])
@readers
def life(request: HttpRequest, section: str) -> HttpResponse:
    """POST: the page of whoever writes the section gives a sign of life; `left`, the last one.
    GET: is somebody else still writing it?"""
    at = timezone.now()
    version = open_version(request, section)
    if version is None and request.method == "POST":
        return gone(request, "strip", kept=keep_for_next(request, section, at=at))
    if version is None:
        return gone(request, "busy")
    if request.method != "POST":
        return render(request, "scoring/_busy.html", busy(version, section))
    form = SECTIONS[section](version.body, request.POST)
    # Of a form that is too long to be sent along, only the goodbye comes.
    held = keep(request, version, form, at=at) if "sha256" in request.POST else True
    if request.POST.get("left"):
        locks.leave(version, section, by=request.user)
        return HttpResponse(status=204)
    context = strip(version, form, request.user, held=held)
    return render(request, "scoring/_strip.html", context)


@require_POST
@readers
def takeover(request: HttpRequest, section: str) -> HttpResponse:
    """Write the section instead of whom the form names."""
    version = open_version(request, section)
    if version is None:
        return redirect("agreement_draft")
    named = request.POST.get("of", "")
    of = int(named) if named.isdecimal() and len(named) < 19 else 0
    locks.take_over(version, section, of=of, by=request.user, at=timezone.now())
    return redirect("agreement_section", section)


@require_POST
@readers
def cancel(request: HttpRequest, section: str) -> HttpResponse:
    """What was not saved is dropped, and others may write; `again`: begin anew."""
    version = open_version(request, section)
    if written := version or agreements.latest():
        locks.release(written, section, by=request.user)
    if version and request.POST.get("again"):
        return redirect("agreement_section", section)
    return redirect("agreement_draft")


def busy(version: AgreementVersion, section: str) -> dict[str, object]:
    """What somebody sees while somebody else writes."""
    at = timezone.now()
    writer = locks.writer(version, section, at=at)
    unsaved = bool(writer and writer.input)
    data = QueryDict(writer.input) if unsaved else None
    base = agreements.in_force()
    return {
        "version": version,
        "section": section,
        "writer": writer,
        "silent": int((at - writer.seen_at).total_seconds()) if writer else 0,
        "title": SECTIONS[section].title,
        "preview": previews.of(SECTIONS[section](version.body, data), base.body if base else None),
    }


def strip(
    version: AgreementVersion, form: SectionForm, user: User, *, held: bool
) -> dict[str, object]:
    """Above the form: does this person still write the section, and is what they wrote kept?"""
    writer = None if held else locks.writer(version, form.key, at=timezone.now())
    return {
        "form": form,
        "held": writer is None,
        "lock": locks.mine(version, form.key, user),
        "writer": writer,
    }


def _hash(body: Body, section: str) -> str:
    return agreements.section_sha256(body, section)
