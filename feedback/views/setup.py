"""The first hours of an installation, step by step. Not there in the demo, nor afterwards: then
who took part in them is led to the agreement."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from feedback import setups
from feedback.models import Pool
from feedback.setups import Progress
from feedback.views.setup_forms import (
    HoursForm,
    InvitationForm,
    NumbersForm,
    StepForm,
    TeamsForm,
    YouForm,
)
from leads import invitations
from leads.models import Side, Team
from leads.nudges import nudge
from leads.refusals import Refused
from leads.views.invitations import DOOR, link_of, mails_reach_people, tell
from scoring import agreements
from scoring.agreements.locks import Unsaved
from scoring.documents import text
from scoring.models import AgreementVersion
from scoring.shapes import TEMPLATES
from scoring.views import asking
from scoring.views.starting import described

TITLES = {
    "you": gettext_lazy("You"),
    "teams": gettext_lazy("The two teams"),
    "hours": gettext_lazy("Working hours"),
    "template": gettext_lazy("A template"),
    "numbers": gettext_lazy("Five numbers"),
    "invitation": gettext_lazy("The other side"),
    "signature": gettext_lazy("Sign"),
}
View = Callable[..., HttpResponse]


def a_step(name: str) -> Callable[[View], View]:
    """A step for the person who began, at its turn or later. Nobody else finds it."""

    def gate(view: View) -> View:
        @wraps(view)
        @require_http_methods(["GET", "HEAD", "POST"])
        def gated(request: HttpRequest) -> HttpResponse:
            if not setups.may_continue(request.user):
                return _over(request)
            progress = setups.progress(request.user)
            if not progress.may_see(name):
                return redirect(f"setup_{progress.next}")
            return view(request, progress)

        return gated

    return gate


@login_not_required
@never_cache
@require_safe
def setup(request: HttpRequest) -> HttpResponse:
    """To the step that is next. Who has begun comes back by signing in."""
    if setups.nobody_here():
        return redirect("setup_you")
    if setups.may_continue(request.user):
        return redirect(f"setup_{setups.progress(request.user).next}")
    return _over(request)


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def you(request: HttpRequest) -> HttpResponse:
    """The first person comes in with the code of the terminal."""
    if not setups.nobody_here():
        return _begun(request)
    form = YouForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = setups.begin(**form.cleaned_data, at=timezone.now())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            login(request, user, backend=DOOR)
            return redirect("setup")
    context = {"form": form}
    return render(request, "feedback/setup/you.html", context, status=422 if form.errors else 200)


def _begun(request: HttpRequest) -> HttpResponse:
    """Who began goes on, back button or not; who was second with the code is told."""
    if setups.may_continue(request.user):
        return redirect("setup")
    if request.method == "POST" and setups.is_open():
        said = _("Somebody has set up this Baton meanwhile."), _("Ask them to invite you.")
        messages.warning(request, " ".join(said))
        return redirect("sign_in")
    return _over(request)


@a_step("teams")
def teams(request: HttpRequest, progress: Progress) -> HttpResponse:
    known = {team.side: team.name for team in Team.objects.order_by("-pk")}
    usual = {side.value: side.label for side in (Side.MARKETING, Side.SALES)}
    form = TeamsForm(request.POST or None, initial=usual | known)
    if request.method == "POST" and form.is_valid():
        try:
            setups.name_teams(form.cleaned_data, by=request.user)
            return redirect("setup")
        except Refused as refusal:
            form.refuse(refusal)
    return _page(request, "teams", progress, form)


@a_step("hours")
def hours(request: HttpRequest, progress: Progress) -> HttpResponse:
    form = HoursForm(request.POST or None, initial=_hours())
    if request.method == "POST" and form.is_valid():
        try:
            setups.set_hours(**form.cleaned_data, by=request.user, at=timezone.now())
            return redirect("setup")
        except ValidationError as error:
            form.add_error(None, error.messages)
    return _page(request, "hours", progress, form)


@a_step("template")
def template(request: HttpRequest, progress: Progress) -> HttpResponse:
    """One of the five becomes the draft; another one can be chosen until it is signed. Asks
    before a draft that was worked on is laid aside."""
    chosen, worked_on = request.POST.get("template", ""), None
    if request.method == "POST":
        if chosen not in TEMPLATES:
            raise Http404
        aside = request.POST.get("aside", "")
        try:
            setups.start_from(chosen, by=request.user, at=timezone.now(), aside=aside)
            return redirect("setup")
        except Refused as refusal:
            if refusal.code != "worked_on":
                raise
            worked_on = refusal
    shelf = [described(key, make()) for key, make in TEMPLATES.items()]
    context = {"templates": shelf, "chosen": chosen, "refusal": worked_on}
    if progress.version:
        context["title"] = text(progress.version.body["title"])
    return _page(request, "template", progress, status=409 if worked_on else 200, **context)


@a_step("numbers")
@asking.unsaved(gettext_lazy("Propose all the same"))
def numbers(request: HttpRequest, progress: Progress) -> HttpResponse:
    """With these numbers the draft is put before both sides."""
    version, sha256 = progress.version, request.POST.get("sha256", "")
    form = NumbersForm(request.POST or None, read=setups.read(version.body))
    if request.method == "POST" and form.is_valid():
        try:
            given, at = form.cleaned_data, timezone.now()
            despite = request.POST.getlist("despite")
            setups.agree(version, given, by=request.user, at=at, sha256=sha256, despite=despite)
            return redirect("setup")
        except Unsaved:
            raise
        except Refused as refusal:
            form.refuse(refusal, form.field_at(refusal.field))
            sha256 = ""  # Said once: who sends it again means it.
    return _page(request, "numbers", progress, form, sha256=sha256 or version.sha256)


@a_step("invitation")
def invitation(request: HttpRequest, progress: Progress) -> HttpResponse:
    if "take_back" in request.POST:
        setups.take_back(by=request.user, at=timezone.now())
        return redirect("setup_invitation")
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = setups.invite_other_side(**form.cleaned_data, by=request.user, at=timezone.now())
        except Refused as refusal:
            form.refuse(refusal)
        else:
            tell(request, user)
            return redirect("setup_invitation")
    return _page(request, "invitation", progress, form, mails=mails_reach_people())


@a_step("signature")
@asking.unsaved(gettext_lazy("Sign all the same"))
def signature(request: HttpRequest, progress: Progress) -> HttpResponse:
    """Sign for one's own side. With the other signature all of this is over."""
    version = progress.version
    if version.status == AgreementVersion.Status.AGREED:  # It says so itself when it begins.
        return redirect("agreement_version", version.pk)
    if request.method == "POST":
        version = agreements.sign(
            version,
            by=request.user,
            at=timezone.now(),
            sha256=request.POST.get("sha256", ""),
            side=request.user.signs_for,
            despite=request.POST.getlist("despite"),
        )
        if version.status == AgreementVersion.Status.IN_FORCE:
            nudge("scoring.tasks.rescore_all")
            said = _("%(version)s is in force. Baton is set up.") % {"version": version}
            messages.success(request, said)
            return redirect("agreement")
        return redirect("setup_signature")
    numbers = setups.read(version.body)
    said = [(each, numbers[each.key]) for each in setups.NUMBERS if each.key in numbers]
    return _page(request, "signature", progress, numbers=said, title=text(version.body["title"]))


def _page(
    request: HttpRequest,
    step: str,
    progress: Progress,
    form: StepForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    places = [
        (key, title, key in progress.done, progress.may_see(key) and key != "you")
        for key, title in TITLES.items()
    ]
    other = progress.other
    context = more | {
        "step": step,
        "done": progress.done,
        "step_title": TITLES[step],
        "steps": places,
        "form": form,
        "version": progress.version,
        "other": other,
        "link": link_of(other) if other and invitations.waits(other) else "",
    }
    status = 422 if form is not None and form.errors else status
    return render(request, f"feedback/setup/{step}.html", context, status=status)


def _over(request: HttpRequest) -> HttpResponse:
    """Who took part finds the agreement here, and everybody else nothing."""
    if setups.took_part(request.user):
        return redirect("agreement")
    raise Http404


def _hours() -> dict[str, Any]:
    """As they were set; before that, the usual ones."""
    pool = Pool.objects.select_related("calendar").order_by("position", "pk").first()
    first = pool.calendar.hours.first() if pool else None
    if pool is None or first is None:
        return HoursForm.usual()
    calendar = pool.calendar
    return {
        "starts": first.starts,
        "ends": first.ends,
        "time_zone": calendar.time_zone,
        "country": calendar.country,
    }
