"""“Is this a lead?”: the rounds, the wall, the vote, the result."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from leads.models import Side
from leads.nudges import nudge
from leads.refusals import Refused
from scoring import calibrations, sentences
from scoring.agreements import Edit
from scoring.calibrations import Choice
from scoring.forms.calibrations import OpeningForm
from scoring.models import Calibration
from scoring.views.gates import readers
from scoring.views.results import result, stage_name
from scoring.views.squares import square

A_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@readers
def rounds(request: HttpRequest) -> HttpResponse:
    """What a round is, the open one, and the earlier ones. POST opens one."""
    if request.method != "POST":
        return _rounds(request, OpeningForm())
    calibrations.refuse_open(request.user)
    form = OpeningForm(request.POST)
    if not form.is_valid():
        return _rounds(request, form, status=422)
    version, stage = form.chosen()
    try:
        calibration, choice = calibrations.open_round(
            version,
            by=request.user,
            at=timezone.now(),
            stage=stage,
            hides_names=form.cleaned_data["hides_names"],
            most=form.cleaned_data["most"],
        )
    except Refused as refusal:
        return _rounds(request, form, refusal=refusal, status=refusal.status)
    nudge("feedback.tasks.deliver_events")
    for said in _said_of(choice):
        messages.info(request, said)
    return redirect("agreement_calibration_wall", calibration.code)


@require_safe
@readers
def room(request: HttpRequest, code: str) -> HttpResponse:
    """Behind the link: the vote to those who vote, the wall to others, then the result."""
    calibration = _round(request, code)
    if calibration.closed_at:
        return result(request, calibration)
    if not calibrations.may_vote(request.user):
        return redirect("agreement_calibration_wall", code)
    return _ballot(request, calibration, _position(request.GET.get("lead", "")))


@require_POST
@readers
def vote(request: HttpRequest, code: str, position: int) -> HttpResponse:
    """One answer; then the next lead that waits for one."""
    calibration = _round(request, code)
    try:
        is_lead = {"yes": True, "no": False}.get(request.POST.get("is_lead", ""))
        if is_lead is None:
            raise Refused("yes_or_no", _("Say yes or no."), field="is_lead")
        calibrations.vote(
            calibration, position, is_lead=is_lead, by=request.user, at=timezone.now()
        )
    except Refused as refusal:
        if refusal.status in (403, 404):
            raise
        context = {"calibration": calibration, "refusal": refusal}
        page = "scoring/calibration/%s.html" % ("_over" if request.htmx else "over")
        return render(request, page, context, status=refusal.status)
    if not request.htmx:
        return redirect("agreement_calibration", code)
    return _ballot(request, calibration, None, after=position)


@require_safe
@readers
def wall(request: HttpRequest, code: str) -> HttpResponse:
    """The link in large, and how many have finished; to htmx only that, until it is closed."""
    calibration = _round(request, code)
    if calibration.closed_at:
        address = reverse("agreement_calibration", args=[code])
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    return _wall(request, calibration)


@require_POST
@readers
def closing(request: HttpRequest, code: str) -> HttpResponse:
    calibration = _round(request, code)
    try:
        calibrations.close(calibration, by=request.user, at=timezone.now())
    except Refused as refusal:
        if refusal.code != "one_sided":
            raise
        return _wall(request, calibration, refusal=refusal, status=refusal.status)
    messages.success(request, _("The vote is closed."))
    return redirect("agreement_calibration", code)


@require_POST
@readers
def suggestion(request: HttpRequest, code: str) -> HttpResponse:
    """Take a suggested change into the draft, and land on its criterion there."""
    calibration = _round(request, code)
    at, key = timezone.now(), request.POST.get("change", "")
    taken = calibrations.take(calibration, key, by=request.user, at=at)
    _say(request, taken.edit)
    place = f"criterion-{taken.stage}-{taken.criterion}"
    anchor = place if taken.criterion else f"stage-{taken.stage}"
    return redirect(f"{reverse('agreement_section', args=['stages'])}#{anchor}")


def _round(request: HttpRequest, code: str) -> Calibration:
    found = calibrations.visible_to(request.user).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def _position(given: str) -> int | None:
    return int(given) if given.isdecimal() and len(given) < 4 else None


def _rounds(
    request: HttpRequest,
    form: OpeningForm,
    *,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    visible = calibrations.visible_to(request.user)
    page = Paginator(visible.exclude(closed_at=None), A_PAGE).get_page(request.GET.get("page"))
    agreed = calibrations.agreements_of(page.object_list)
    context = {
        "form": form,
        "refusal": refusal,
        "unclosed": calibrations.unclosed(),
        "may_open": calibrations.may_open(request.user),
        "page": page,
        "rounds": [(each, stage_name(each), agreed[each.pk]) for each in page],
    }
    return render(request, "scoring/calibration/rounds.html", context, status=status)


def _wall(
    request: HttpRequest,
    calibration: Calibration,
    *,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"calibration": calibration} | _turnout(request, calibration)
    if request.htmx:
        # Swapped without need, the button would lose the press that is under way.
        shown = {"1": True, "0": False}.get(request.GET.get("finished", ""))
        context["turned"] = context["all_finished"] is not shown
        return render(request, "scoring/calibration/_turned_out.html", context)
    path = reverse("agreement_calibration", args=[calibration.code])
    context |= {
        "leads": calibration.leads.count(),
        "stage": stage_name(calibration),
        "address": request.get_host() + path,
        "square": square(request.build_absolute_uri(path)),
        "may_vote": calibrations.may_vote(request.user),
        "refusal": refusal,
    }
    return render(request, "scoring/calibration/wall.html", context, status=status)


def _turnout(request: HttpRequest, calibration: Calibration) -> dict[str, object]:
    """How far the sides are, and whether this person may close the vote: the thing to do when
    everybody who began, on both sides, has finished."""
    turnouts = calibrations.turnout(calibration)
    return {
        "turnouts": turnouts,
        "may_close": calibrations.may_close(request.user, calibration),
        "all_finished": all(0 < each.begun == each.finished for each in turnouts),
    }


@dataclass(frozen=True)
class Pip:
    """One lead in the row that shows how far one is. `answer` is yes, no, or empty."""

    position: int
    number: int
    answer: str
    current: bool


def _ballot(
    request: HttpRequest, calibration: Calibration, wanted: int | None, *, after: int = 0
) -> HttpResponse:
    """The wanted lead, else the next without an answer, else that everything is answered."""
    answers = calibrations.answers_of(calibration, request.user)
    subjects = list(calibration.leads.all())
    here = next((each for each in subjects if each.position == wanted), None)
    if here is None:
        waiting = [each for each in subjects if each.position not in answers]
        here = next((e for e in waiting if e.position > after), next(iter(waiting), None))
    pips = [_pip(n, each.position, answers, each == here) for n, each in enumerate(subjects, 1)]
    at = next((n for n, pip in enumerate(pips) if pip.current), None)
    context = {
        "calibration": calibration,
        "pips": pips,
        "answered": len(answers),
    }
    if here is None:
        context |= _turnout(request, calibration)
    if here is not None:
        here.calibration = calibration
        context |= {
            "sheet": calibrations.draw(here),
            "here": pips[at],
            "previous": pips[at - 1] if at else None,
            "next": pips[at + 1] if at + 1 < len(pips) else None,
        }
    page = "_ballot" if request.htmx else "room"
    return render(request, f"scoring/calibration/{page}.html", context)


def _pip(number: int, position: int, answers: dict[int, bool], current: bool) -> Pip:
    answer = {True: "yes", False: "no"}.get(answers.get(position), "")
    return Pip(position, number, answer, current)


def _said_of(choice: Choice) -> list[str]:
    """What the one who opened the round should know of its leads."""
    found, said = len(choice.leads), []
    if found < choice.wanted:
        short = ngettext(
            "There is only %(n)s lead to vote on: no two of one company are put to the vote.",
            "There are only %(n)s leads to vote on: no two of one company are put to the vote.",
            found,
        )
        said.append(short % {"n": found})
    if not choice.near:
        said.append(_("No lead is near the bar: these are the nearest there are."))
    return said


def _say(request: HttpRequest, edit: Edit) -> None:
    changes = sentences.changes(edit.before, edit.version.body)
    for signature in edit.lapsed:
        message = _("The signature of %(name)s for %(side)s lapsed: %(change)s.")
        side = Side(signature.side).label
        words = {"name": signature.user, "side": side, "change": changes[0]}
        messages.warning(request, message % words)
    messages.success(request, _("Taken into %(version)s.") % {"version": edit.version})
