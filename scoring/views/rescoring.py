"""How far the rescoring of all leads is, and what could not be scored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from leads import stale
from leads.models import Lead, User
from leads.nudges import nudge
from leads.templatetags.baton import duration
from scoring import rescoring as runs
from scoring.models import RescoreRun
from scoring.rescoring import Progress
from scoring.views.gates import readers

MOST_LISTED = 100
LONGEST_ID = 19


@dataclass(frozen=True)
class Figures:
    """A run in words. `left` is empty where nobody can say."""

    done: str
    total: str
    pace: str
    left: str


@dataclass(frozen=True)
class SetAside:
    """A lead that could not be scored, if this person may know of it."""

    lead: Lead
    problem: str
    since: datetime


@require_safe
@readers
def rescoring(request: HttpRequest) -> HttpResponse:
    """The page; to htmx, only the figures, which count ranges and not leads."""
    progress = runs.progress(at=timezone.now())
    context = {
        "progress": progress,
        "figures": _figures(progress) if progress else None,
        "may_steer": runs.may_steer(request.user),
    }
    if request.htmx:
        return render(request, "scoring/_rescoring.html", context)
    context |= {"count": stale.set_aside().count(), "leads": _set_aside(request.user)}
    return render(request, "scoring/rescoring.html", context)


@require_POST
@readers
def pause(request: HttpRequest) -> HttpResponse:
    runs.pause(_run(), by=request.user, at=timezone.now())
    messages.success(request, _("Rescoring is paused."))
    return redirect("agreement_rescoring")


@require_POST
@readers
def resumption(request: HttpRequest) -> HttpResponse:
    runs.resume(_run(), by=request.user, at=timezone.now())
    nudge("scoring.tasks.rescore_all")
    messages.success(request, _("Rescoring goes on."))
    return redirect("agreement_rescoring")


@require_POST
@readers
def retries(request: HttpRequest) -> HttpResponse:
    """Try leads again that were set aside: the one the form names, or all."""
    named = request.POST.getlist("lead")
    if not all(number.isdecimal() and len(number) < LONGEST_ID for number in named):
        raise Http404
    ids = [int(number) for number in named] or None
    count = runs.retry(ids, by=request.user, at=timezone.now())
    nudge("scoring.tasks.rescore_stale")
    said = ngettext("%(n)d lead is tried again.", "%(n)d leads are tried again.", count)
    messages.success(request, said % {"n": count})
    return redirect("agreement_rescoring")


def _run() -> RescoreRun:
    progress = runs.progress(at=timezone.now())
    if progress is None:
        raise Http404
    return progress.run


def _figures(progress: Progress) -> Figures:
    return Figures(
        done=_grouped(progress.done),
        total=_grouped(progress.total),
        pace=_pace(progress.per_second),
        left=_left(progress.seconds_left),
    )


def _pace(per_second: float | None) -> str:
    if not per_second:
        return ""
    said = _grouped(per_second) if per_second >= 10 else number_format(round(per_second, 1), 1)
    return _("%(n)s leads per second") % {"n": said}


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return duration(seconds) if seconds >= 60 else _("less than a minute")


def _grouped(value: float) -> str:
    return number_format(round(value), 0, use_l10n=True, force_grouping=True)


def _set_aside(user: User) -> list[SetAside]:
    """Those this person may see, longest waiting first."""
    rows = stale.set_aside().filter(lead__in=Lead.objects.visible_to(user))
    rows = rows.select_related("lead")[:MOST_LISTED]
    return [SetAside(row.lead, row.problem, row.since) for row in rows]
