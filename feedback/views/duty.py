"""Duty: who is there when. Reps say it of themselves, who leads of the whole team."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from feedback import absences, clocks, handoffs, pools, presences, rooms
from feedback.handoffs import rights
from feedback.models import Absence, Handoff, PoolMember
from feedback.presences import Presence
from feedback.views.duty_forms import AbsenceForm, MemberForm, NewMemberForm
from leads.clock import database_now
from leads.models import Side, User
from leads.nudges import nudge
from leads.refusals import Refused

FORMS = ["GET", "HEAD", "POST"]


@dataclass(frozen=True)
class Outcome:
    """What became of one lead that somebody held: `given`, `waits` or `kept`."""

    handoff: Handoff
    words: str
    became: str


@require_safe
def duty(request: HttpRequest) -> HttpResponse:
    rooms.only(rooms.has_duty(request.user))
    return show(request)


@require_POST
def presence(request: HttpRequest) -> HttpResponse:
    """On duty or off, in one pool; takes effect at once."""
    rooms.only(rooms.has_duty(request.user))
    member = _member(request, request.POST.get("member", ""))
    on = request.POST.get("on") == "yes"
    if pools.set_duty(member, on=on, by=request.user, at=database_now()):
        nudge("feedback.tasks.release_waiting")
        said = _("On duty: %(who)s.") if on else _("Off duty: %(who)s. New leads go to others.")
        messages.success(request, said % {"who": member.user})
    # The focus goes to the button that was pressed.
    return redirect(f"{_way_back(request, member.user)}#switch-{member.pk}")


@require_POST
def new_absence(request: HttpRequest) -> HttpResponse:
    """Days away, of oneself or, by who leads, of somebody else."""
    rooms.only(rooms.has_duty(request.user))
    user = _somebody(request, request.POST.get("user", ""))
    form, at = AbsenceForm(request.POST), timezone.now()
    if not form.is_valid():
        return _again(request, user, form)
    try:
        entered = absences.enter(user, by=request.user, at=at, **form.cleaned_data)
    except Refused as refusal:
        if refusal.status != 422:
            raise
        form.refuse(refusal)
        return _again(request, user, form)
    nudge("feedback.tasks.release_waiting")
    said = {"who": user, "days": absences.days(entered)}
    messages.success(request, _("Away on %(days)s: %(who)s.") % said)
    return _back(request, user)


@require_http_methods(FORMS)
def absence(request: HttpRequest, pk: int) -> HttpResponse:
    """Other days for an absence."""
    rooms.only(rooms.has_duty(request.user))
    found = _absence(request, pk)
    shown = {"first_day": found.first_day, "last_day": found.last_day}
    form = AbsenceForm(request.POST or None, initial=shown)
    if request.method == "POST" and form.is_valid():
        try:
            absences.change(found, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refused as refusal:
            if refusal.status != 422:
                raise
            form.refuse(refusal)
        else:
            nudge("feedback.tasks.release_waiting")
            messages.success(request, _("Saved."))
            return _back(request, found.user)
    context = {"absence": found, "form": form, "days": absences.days(found)}
    status = 422 if form.errors else 200
    return render(request, "feedback/duty/absence.html", context, status=status)


@require_POST
def absence_deletion(request: HttpRequest, pk: int) -> HttpResponse:
    rooms.only(rooms.has_duty(request.user))
    found = _absence(request, pk)
    days = absences.days(found)
    absences.delete(found, by=request.user)
    nudge("feedback.tasks.release_waiting")
    said = {"who": found.user, "days": days}
    messages.success(request, _("Not away on %(days)s after all: %(who)s.") % said)
    return _back(request, found.user)


@require_POST
def held_handoffs(request: HttpRequest) -> HttpResponse:
    """Give what somebody has not answered to whoever is there, and say what became of each."""
    rooms.only(rooms.has_duty(request.user))
    user, at = _somebody(request, request.POST.get("user", "")), database_now()
    held = pools.unanswered(request.user, of=user).select_related("lead", "pool")
    outcomes = [_pass_on(request, each, at=at) for each in held.in_order_of_loss()]
    nudge("feedback.tasks.deliver_events")
    nudge("feedback.tasks.release_waiting")
    context = {"person": user, "outcomes": outcomes, "heading": _heading(outcomes)}
    context["back"] = _way_back(request, user)
    return render(request, "feedback/duty/passed_on.html", context)


def saved(moved: int) -> str:
    """What saving hours says: how many running deadlines came along."""
    if not moved:
        return _("Saved.")
    said = ngettext(
        "Saved. %(n)s running deadline moved along.",
        "Saved. %(n)s running deadlines moved along.",
        moved,
    )
    return said % {"n": moved}


def show(
    request: HttpRequest,
    *,
    form: AbsenceForm | None = None,
    adding: dict[int, NewMemberForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    """One's own duty, and for who leads the whole team's; with forms that were not right."""
    user, at = request.user, timezone.now()
    sells, manages = user.side == Side.SALES, rights.is_manager(user)
    tables = presences.tables(at=at) if manages else []
    context: dict[str, Any] = {"sells": sells, "manages": manages}
    if sells:
        own = presences.among(tables, user) if manages else presences.of_user(user, at=at)
        context |= _mine(user, own, at=at) | {"form": form or AbsenceForm()}
    if manages:
        forms = {each.pool.pk: NewMemberForm.among(each.others, pool=each.pool) for each in tables}
        forms |= adding or {}
        context["tables"] = [(each, forms[each.pool.pk]) for each in tables]
        context["weeks"] = presences.weeks(tables)
        context["following"] = clocks.pending()
    return render(request, "feedback/duty/duty.html", context, status=status)


def _mine(user: User, own: list[Presence], *, at: datetime) -> dict[str, Any]:
    """One's own duty; for who has none, whom to ask."""
    lost = not own and not rights.is_manager(user)
    leads = User.objects.filter(team_id=user.team_id, leads_team=True, is_active=True)
    return {
        "own": own,
        "free_days": presences.free_days(own, at=at),
        "absences": own[0].away if own else presences.upcoming(user, at=at),
        "held": presences.held(user, user, at=at),
        "person": user,
        "leads_team": leads.first() if lost else None,
    }


def member_page(
    request: HttpRequest,
    found: PoolMember,
    *,
    form: MemberForm | None = None,
    absence_form: AbsenceForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Somebody in a pool, with what they take and when they are away."""
    at = timezone.now()
    rows = presences.of_pool(found.pool, at=at)
    context = {
        "member": found,
        "person": found.user,
        "terms": form or MemberForm(member=found),
        "row": next(each for each in rows if each.member.pk == found.pk),
        "absences": presences.upcoming(found.user, at=at),
        "form": absence_form or AbsenceForm(),
        "held": presences.held(request.user, found.user, at=at),
    }
    return render(request, "feedback/duty/member.html", context, status=status)


def _again(request: HttpRequest, user: User, form: AbsenceForm) -> HttpResponse:
    """The page the days were entered on, with what was wrong about them."""
    if user.pk == request.user.pk:
        return show(request, form=form, status=422)
    first = PoolMember.objects.filter(user=user).values_list("pk", flat=True).first()
    if first is None:
        raise Http404
    return member_page(request, known_member(first), absence_form=form, status=422)


def _pass_on(request: HttpRequest, handoff: Handoff, *, at: datetime) -> Outcome:
    try:
        passed = handoffs.pass_on(handoff, by=request.user, at=at)
    except Refused as refusal:
        return Outcome(handoff, str(refusal), "kept")
    if passed.owner:
        return Outcome(handoff, _("Now with %(who)s.") % {"who": passed.owner}, "given")
    if passed.unassigned_since is None:
        return Outcome(
            handoff, _("Everybody at work is asked. Who takes it first has it."), "given"
        )
    return Outcome(handoff, _("Nobody can take it now: it waits as unassigned."), "waits")


def _heading(outcomes: list[Outcome]) -> str:
    """What happened to how many; without a number where all went to others."""
    numbers = Counter(each.became for each in outcomes)
    if numbers["given"] == len(outcomes):
        return _("Given to others") if outcomes else _("Nothing to give to others")
    said = {
        "given": ngettext("%(n)s given to others", "%(n)s given to others", numbers["given"]),
        "waits": ngettext("%(n)s waits for somebody", "%(n)s wait for somebody", numbers["waits"]),
        "kept": ngettext("%(n)s stayed as it was", "%(n)s stayed as they were", numbers["kept"]),
    }
    parts = [pattern % {"n": numbers[became]} for became, pattern in said.items()]
    return ", ".join(part for part, n in zip(parts, map(numbers.get, said), strict=True) if n)


def _absence(request: HttpRequest, pk: int) -> Absence:
    """One that this person may change; others have none for them."""
    found = get_object_or_404(Absence.objects.select_related("user__team"), pk=pk)
    rooms.only(absences.may_enter(request.user, found.user))
    return found


def _somebody(request: HttpRequest, number: str) -> User:
    """Oneself, or, for who leads, somebody of sales."""
    if not number or number == str(request.user.pk):
        rooms.only(request.user.side == Side.SALES)
        return request.user
    rooms.only(rights.is_manager(request.user) and _is_number(number))
    people = User.objects.filter(team__side=Side.SALES).select_related("team")
    return get_object_or_404(people, pk=int(number))


def _member(request: HttpRequest, number: str) -> PoolMember:
    rooms.only(_is_number(number))
    found = known_member(int(number))
    rooms.only(found.user_id == request.user.pk or rights.is_manager(request.user))
    return found


def known_member(pk: int) -> PoolMember:
    """With all that pages say of a member."""
    related = ("user__team", "pool__team", "pool__calendar", "calendar")
    return get_object_or_404(PoolMember.objects.select_related(*related), pk=pk)


def require_manager(request: HttpRequest) -> None:
    """Whom it is not for, but who has a duty, is told so."""
    rooms.only(rooms.has_duty(request.user))
    if not rights.is_manager(request.user):
        raise Refused(
            "not_yours",
            _("Who leads sales or runs the operation says who is in a pool, and how."),
            _("Ask one of them."),
            status=403,
        )


def _back(request: HttpRequest, user: User) -> HttpResponse:
    return redirect(_way_back(request, user))


def _way_back(request: HttpRequest, user: User) -> str:
    """One's own page, or that of the member it was about."""
    number = request.POST.get("member_page", "")
    if user.pk != request.user.pk and _is_number(number):
        return reverse("duty_member", args=[int(number)])
    return reverse("duty")


def _is_number(given: str) -> bool:
    return given.isdecimal() and len(given) < 19
