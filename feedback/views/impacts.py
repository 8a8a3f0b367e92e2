"""The impact of the draft, beside its editor and on its page, and the leads behind its figures.

Everybody who writes the agreement sees the figures; leads are named only to those who may see
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from feedback import predictions
from leads.models import Lead, User
from scoring import agreements, impacts
from scoring.checks import Problem
from scoring.documents import Body
from scoring.forms import SECTIONS
from scoring.models import AgreementVersion, Crossing
from scoring.views import previews
from scoring.views.gates import readers

# So many leads behind a figure are listed.
ROWS = 500
PAST_SETS = tuple(predictions.TITLES)


@dataclass(frozen=True)
class Subject:
    """The text whose impact is asked for. `hindered` says what keeps that of the input from being
    worked out: then it is the saved draft, or None where that cannot run either."""

    version: AgreementVersion
    body: Body | None
    section: str = ""
    hindered: Problem | None = None
    unread: bool = False

    @property
    def is_input(self) -> bool:
        return bool(self.section) and not self.hindered and not self.unread

    def address(self, what: str) -> str:
        """Of the saved text, or of what stands in the form."""
        if self.section:
            return reverse(f"impact_{what}", args=[self.section])
        return reverse(f"impact_saved_{what}")


@require_safe
@readers
def saved(request: HttpRequest) -> HttpResponse:
    """The impact of the draft as it is saved: the fragment for htmx, else a page."""
    subject = _saved()
    if subject is None:
        return redirect("agreement_draft")
    context = _context(request.user, subject, timezone.now())
    if request.htmx:
        return render(request, "feedback/impact/_glance.html", context)
    context |= _past(subject, timezone.now())
    return render(request, "feedback/impact/impact.html", context)


@require_POST
@readers
def glance(request: HttpRequest, section: str) -> HttpResponse:
    """The impact of the draft with what stands in the form of a section."""
    context = _context(request.user, _posted(request, section), timezone.now())
    return render(request, "feedback/impact/_glance.html", context)


@require_safe
@readers
def saved_past(request: HttpRequest) -> HttpResponse:
    """What the draft would have done in the past weeks."""
    return _past_part(request, _saved())


@require_POST
@readers
def past(request: HttpRequest, section: str) -> HttpResponse:
    return _past_part(request, _posted(request, section))


@require_safe
@readers
def saved_leads(request: HttpRequest) -> HttpResponse:
    """The leads behind a figure of the draft."""
    subject = _saved()
    if subject is None:
        return redirect("agreement_draft")
    return _leads(request, subject, request.GET.get("set", ""))


@require_POST
@readers
def leads(request: HttpRequest, section: str) -> HttpResponse:
    """The same with what stands in the form of a section."""
    subject = _posted(request, section)
    return _leads(request, subject, request.GET.get("set", ""))


def _saved() -> Subject | None:
    version = agreements.unsettled()
    if version is None:
        return None
    problem = impacts.fault(version.body)
    return Subject(version, None if problem else version.body, hindered=problem)


def _posted(request: HttpRequest, section: str) -> Subject:
    agreements.refuse_stranger(request.user)
    found = _saved()
    if section not in SECTIONS or found is None:
        raise Http404
    form = SECTIONS[section](found.version.body, request.POST)
    body = previews.body_with(form)
    if body is None:
        return Subject(found.version, found.body, section, unread=True)
    if problem := impacts.fault(body):
        return Subject(found.version, found.body, section, hindered=problem)
    return Subject(found.version, body, section)


def _context(user: User, subject: Subject, at: datetime) -> dict[str, Any]:
    context: dict[str, Any] = {"subject": subject, "in_force": agreements.in_force()}
    context["past_url"] = subject.address("past")
    if subject.body is not None:
        context["glance"] = impacts.glance(subject.body, at=at, user=user)
        context["in_hand"] = predictions.in_hand()
    return context


def _past(subject: Subject, at: datetime) -> dict[str, Any]:
    if subject.body is None:
        return {"subject": subject}
    return {"subject": subject, "past": predictions.past(subject.body, at=at)}


def _past_part(request: HttpRequest, subject: Subject | None) -> HttpResponse:
    if subject is None:
        raise Http404
    return render(request, "feedback/impact/_past.html", _past(subject, timezone.now()))


def _leads(request: HttpRequest, subject: Subject, name: str) -> HttpResponse:
    """Those of a set whom this person may see, the first `ROWS` of them."""
    at = timezone.now()
    if subject.body is None or name not in (*impacts.CHANGES, *PAST_SETS):
        raise Http404
    seen = Lead.objects.visible_to(request.user)
    seen = seen.select_related("owner", "company", "standing__stage", "score")
    sampled: dict[str, Any] = {}
    if name in PAST_SETS:
        sampled["past"] = past = predictions.past(subject.body, at=at)
        ids, title, total = past.sets[name], predictions.TITLES[name], len(past.sets[name])
        rows = [{"lead": lead} for lead in seen.filter(pk__in=ids).order_by("-pk")]
    else:
        look = impacts.look(subject.body, at=at)
        sampled = {"look": look, "about": look.count([name]), "population": Lead.objects.count()}
        shifts, title = look.of(name), Crossing.Change(name).label
        total = len(shifts)
        by_id = seen.in_bulk([each.lead for each in shifts])
        rows = [_row(subject.body, each, by_id[each.lead]) for each in shifts if each.lead in by_id]
    context = {
        "subject": subject,
        "title": title,
        "name": name,
        "total": total,
        "many": len(rows),
        "rows": rows[:ROWS],
        "changes": name in impacts.CHANGES,
    } | sampled
    return render(request, "feedback/impact/leads.html", context)


def _row(body: Body, shift: Any, lead: Lead) -> dict[str, Any]:
    lost = shift.change == Crossing.Change.LOST
    stage = "" if lost else impacts.stage_name(body, shift.stage)
    return {"lead": lead, "stage": stage, "total": shift.points.total}
