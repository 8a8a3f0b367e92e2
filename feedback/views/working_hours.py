"""Working hours, edited by who leads: those of pools, and a rep's own."""

from __future__ import annotations

from datetime import time

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from feedback import clocks, pools, rooms, workweeks
from feedback.models import Calendar, PoolMember
from feedback.views import duty
from feedback.views.duty_forms import WeekForm
from feedback.workweeks import Week
from leads.clock import database_now
from leads.nudges import nudge
from leads.refusals import Refused

FORMS = ["GET", "HEAD", "POST"]
OFFICE = tuple((day, time(9), time(17)) for day in range(5))


@require_http_methods(FORMS)
def new_calendar(request: HttpRequest) -> HttpResponse:
    """New hours; for a member of a pool, if one is named, beginning with those they have now."""
    duty.require_manager(request)
    member = _member(request.POST.get("member") or request.GET.get("member", ""))
    if request.method != "POST":
        return _page(request, WeekForm(week=_beginning(member)), member=member)
    form = WeekForm(request.POST)
    if not form.is_valid():
        return _page(request, form, member=member, status=422)
    facts, moved = {"by": request.user, "at": database_now()}, 0
    try:
        if member:
            moved = pools.give_own_hours(member, form.week(), **facts)
        else:
            workweeks.add(form.week(), **facts)
    except Refused as refusal:
        return _refused(request, form, refusal, member=member)
    return _done(request, moved)


@require_http_methods(FORMS)
def calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """Hours that are there already; the deadlines that run in them move along."""
    duty.require_manager(request)
    found = get_object_or_404(Calendar, pk=pk)
    if request.method != "POST":
        return _page(request, WeekForm(week=Week.of(found)), calendar=found)
    form = WeekForm(request.POST)
    if not form.is_valid():
        return _page(request, form, calendar=found, status=422)
    try:
        written = workweeks.change(found, form.week(), by=request.user, at=database_now())
    except Refused as refusal:
        return _refused(request, form, refusal, calendar=found)
    return _done(request, written.moved)


@require_safe
def deadlines(request: HttpRequest) -> HttpResponse:
    """How far running deadlines have followed a change of hours."""
    duty.require_manager(request)
    context = {"following": clocks.pending()}
    return render(request, "feedback/duty/_following.html", context)


def _page(
    request: HttpRequest,
    form: WeekForm,
    *,
    calendar: Calendar | None = None,
    member: PoolMember | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "calendar": calendar, "member": member}
    if calendar:
        context |= {
            "of_pools": list(calendar.pools.all()),
            "of_members": list(calendar.members.select_related("user")),
        }
    return render(request, "feedback/duty/calendar.html", context, status=status)


def _refused(
    request: HttpRequest,
    form: WeekForm,
    refusal: Refused,
    *,
    calendar: Calendar | None = None,
    member: PoolMember | None = None,
) -> HttpResponse:
    if refusal.status != 422:
        raise refusal
    form.refuse(refusal)
    return _page(request, form, calendar=calendar, member=member, status=422)


def _done(request: HttpRequest, moved: int) -> HttpResponse:
    nudge("feedback.tasks.carry_over")
    nudge("feedback.tasks.release_waiting")
    messages.success(request, duty.saved(moved))
    return redirect("duty")


def _beginning(member: PoolMember | None) -> Week:
    """A copy of the hours that a member has now; else office hours as of here."""
    if member is None:
        zone = settings.TIME_ZONE
        return Week("", zone, "DE" if zone == "Europe/Berlin" else "", "", OFFICE, ())
    now = Week.of(member.calendar or member.pool.calendar)
    name = (_("Hours of %(who)s") % {"who": member.user})[:80]
    return Week(name, now.time_zone, now.country, now.region, now.hours, now.days_off)


def _member(number: str) -> PoolMember | None:
    if not number:
        return None
    rooms.only(number.isdecimal() and len(number) < 19)
    related = ("user", "pool__calendar", "calendar")
    return get_object_or_404(PoolMember.objects.select_related(*related), pk=int(number))
