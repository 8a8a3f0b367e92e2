"""The lab: versions tried out on the past, and on the leads of today."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from feedback import rooms
from feedback.lab import forms, pictures, reports, verdicts
from leads.models import Lead, User
from leads.nudges import nudge
from leads.refusals import Refused
from scoring import agreements, impacts, journeys, replays
from scoring.models import AgreementVersion, Crossing, Replay

ROWS = 50
EARLIER = 20
RELATED = ("owner", "standing__stage")


@require_http_methods(["GET", "HEAD", "POST"])
def lab(request: HttpRequest) -> HttpResponse:
    """What to replay, and the replays there are. POST asks for one."""
    user, at = _reader(request), timezone.now()
    if request.method != "POST":
        return _lab_page(request, forms.ReplayForm(at=at, initial=_chosen(request)))
    form = forms.ReplayForm(request.POST, at=at)
    if not form.is_valid():
        return _lab_page(request, form, status=422)
    starts_at, ends_at = form.period()
    anew = bool(request.POST.get("anew"))
    version = form.cleaned_data["version"]
    try:
        replay = replays.request(
            version, starts_at=starts_at, ends_at=ends_at, by=user, at=at, anew=anew
        )
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _lab_page(request, form, status=refusal.status)
    nudge("scoring.tasks.replay")
    return redirect("lab_replay", replay.pk)


@require_safe
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    """A replay: how far it is, or what it says. htmx asks for the progress alone, and loads the
    page anew when there is a result."""
    user, found = _reader(request), _past(pk)
    if request.htmx and found.is_at_work:
        return render(request, "feedback/lab/_progress.html", _progress(found))
    if request.htmx:
        return _again()
    return render(request, "feedback/lab/replay.html", _result(request, user, found))


@require_POST
def replay_stop(request: HttpRequest, pk: int) -> HttpResponse:
    user, found = _reader(request), get_object_or_404(Replay, pk=pk)
    replays.stop(found, by=user, at=timezone.now())
    return redirect("lab_impact") if found.is_impact else redirect("lab_replay", pk)


@require_safe
def replay_leads(request: HttpRequest, pk: int) -> HttpResponse:
    """The leads behind one figure of a replay: as many rows as the figure says."""
    user, found = _reader(request), _past(pk)
    name = request.GET.get("set", "")
    if name not in verdicts.SETS:
        raise Http404
    rows = verdicts.leads(user, found).filter(verdicts.SETS[name])
    if band := request.GET.get("band", ""):
        rows = rows.filter(points__range=_span(band))
    page = _page(request, rows.select_related(*RELATED).order_by("-points", "pk"))
    _name_stages(page, found.body)
    context = {"replay": found, "title": verdicts.TITLES[name], "page": page}
    context["many_stages"] = _many_handoffs(found.body)
    query = request.GET.copy()
    query.pop("page", None)
    return render(request, "feedback/lab/leads.html", context | {"query": query.urlencode()})


@require_http_methods(["GET", "HEAD", "POST"])
def impact(request: HttpRequest) -> HttpResponse:
    """What the text being written would change today. POST works it out."""
    user, at = _reader(request), timezone.now()
    version = agreements.unsettled()
    if request.method == "POST":
        if version is None:
            raise Http404
        impacts.request(version, by=user, at=at)
        starts_at, ends_at = forms.last_days(at)
        replays.request(version, starts_at=starts_at, ends_at=ends_at, by=user, at=at)
        nudge("scoring.tasks.replay")
        return redirect("lab_impact")
    found = impacts.latest(version) if version else None
    if request.htmx and found and found.is_at_work:
        return render(request, "feedback/lab/_progress.html", _progress(found))
    if request.htmx:
        return _again()
    return render(request, "feedback/lab/impact.html", _impact(version, found, user))


@require_safe
def impact_leads(request: HttpRequest) -> HttpResponse:
    """The leads an impact gains, loses or moves."""
    user, version = _reader(request), agreements.unsettled()
    found = impacts.latest(version) if version else None
    change = request.GET.get("change", "")
    if found is None or change not in impacts.CHANGES:
        raise Http404
    seen = Lead.objects.visible_to(user)
    rows = found.crossings.filter(change=change, lead__in=seen).order_by("-total", "pk")
    page = _page(request, rows.select_related("lead__owner", "lead__standing__stage"))
    for row in page:
        row.stage_name = impacts.stage_name(found.body, row.stage)
    title = Crossing.Change(change).label
    context = {"replay": found, "title": title, "page": page, "query": f"change={change}"}
    return render(request, "feedback/lab/impact_leads.html", context)


def _reader(request: HttpRequest) -> User:
    rooms.only(replays.may_replay(request.user))
    return request.user


def _past(pk: int) -> Replay:
    return get_object_or_404(replays.of_the_past().select_related("version", "requested_by"), pk=pk)


def _chosen(request: HttpRequest) -> dict[str, Any]:
    """The version that the address names."""
    number = request.GET.get("version", "")
    return {"version": int(number)} if number.isdecimal() else {}


def _lab_page(request: HttpRequest, form: forms.ReplayForm, status: int = 200) -> HttpResponse:
    earlier = replays.of_the_past().select_related("version", "requested_by").defer("body")
    rows = [(each, replays.progress(each)) for each in earlier.defer("body")[:EARLIER]]
    context = {"form": form, "earlier": rows, "unsettled": agreements.unsettled()}
    return render(request, "feedback/lab/lab.html", context, status=status)


def _progress(found: Replay) -> dict[str, Any]:
    return {"replay": found, "progress": replays.progress(found)}


def _again() -> HttpResponse:
    response = HttpResponse(status=204)
    response["HX-Refresh"] = "true"
    return response


def _result(request: HttpRequest, user: User, found: Replay) -> dict[str, Any]:
    context = _progress(found)
    if found.is_at_work:
        return context
    result = reports.result(user, found)
    crossed = verdicts.leads(user, found).filter(verdicts.CROSSED)
    page = _page(request, crossed.select_related(*RELATED).order_by("crossed_at", "pk"))
    _name_stages(page, found.body)
    return context | {
        "result": result,
        "sides": (result.replayed, result.real),
        "many_stages": _many_handoffs(found.body),
        "bars": pictures.band_bars(result.bands),
        "page": page,
        "edited": found.version.sha256 != found.sha256,
    }


def _impact(version: AgreementVersion | None, found: Replay | None, user: User) -> dict[str, Any]:
    context: dict[str, Any] = {"version": version, "replay": found}
    if found is None:
        return context
    context |= _progress(found)
    if found.finished_at:
        context["impact"] = impacts.read(found, user)
        context["examples"] = [
            (change, Crossing.Change(change).label, impacts.examples(found, change, user))
            for change in impacts.CHANGES
        ]
    context["past"] = _last_days(version)
    if context["past"] and context["past"].finished_at:
        context["result"] = reports.result(user, context["past"])
    return context


def _last_days(version: AgreementVersion) -> Replay | None:
    """The latest replay of the version's present text over the days before it was asked for."""
    asked = replays.of_the_past().filter(version=version, sha256=version.sha256, stopped_at=None)
    for each in asked.defer("body"):
        if (each.starts_at, each.ends_at) == forms.last_days(each.requested_at):
            return each
    return None


def _page(request: HttpRequest, rows: Any) -> Any:
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))


def _name_stages(page: Any, body: dict[str, Any]) -> None:
    for lead in page:
        lead.stage_name = impacts.stage_name(body, lead.stage_key) if lead.stage_key else ""


def _many_handoffs(body: dict[str, Any]) -> bool:
    return len(journeys.stages_of_kind(body, "handoff")) > 1


def _span(band: str) -> tuple[int, int]:
    low, _dash, high = band.partition("..")
    try:
        return int(low), int(high)
    except ValueError as error:
        raise Http404 from error
