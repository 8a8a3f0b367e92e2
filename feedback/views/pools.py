"""Pools and who is in them: made, changed, staffed by who leads."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from feedback import pools
from feedback.models import Calendar, Handoff, Pool
from feedback.views import duty
from feedback.views.duty_forms import MemberForm, NewMemberForm, PoolForm
from leads.clock import database_now
from leads.nudges import nudge
from leads.refusals import Refused

FORMS = ["GET", "HEAD", "POST"]


@require_http_methods(FORMS)
def new_pool(request: HttpRequest) -> HttpResponse:
    duty.require_manager(request)
    form = PoolForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            pools.create(by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refused as refusal:
            if refusal.status != 422:
                raise
            form.refuse(refusal)
        else:
            nudge("feedback.tasks.deliver_events")
            messages.success(request, _("Added. Now say who is in it."))
            return redirect("duty")
    context = {"form": form, "no_hours": not Calendar.objects.exists()}
    status = 422 if form.errors else 200
    return render(request, "feedback/duty/pool.html", context, status=status)


@require_http_methods(FORMS)
def pool(request: HttpRequest, pk: int) -> HttpResponse:
    duty.require_manager(request)
    found = get_object_or_404(Pool.objects.select_related("calendar", "team"), pk=pk)
    form = PoolForm(request.POST or None, pool=found)
    if request.method == "POST" and form.is_valid():
        try:
            moved = pools.change(found, by=request.user, at=database_now(), **form.cleaned_data)
        except Refused as refusal:
            if refusal.status != 422:
                raise
            form.refuse(refusal)
        else:
            nudge("feedback.tasks.carry_over")
            nudge("feedback.tasks.release_waiting")
            messages.success(request, duty.saved(moved))
            return redirect("duty")
    context = {"form": form, "pool": found}
    status = 422 if form.errors else 200
    return render(request, "feedback/duty/pool.html", context, status=status)


@require_POST
def pool_position(request: HttpRequest, pk: int) -> HttpResponse:
    """Before the pool above it."""
    duty.require_manager(request)
    found = get_object_or_404(Pool, pk=pk)
    pools.move_up(found, by=request.user)
    return redirect("duty")


@require_POST
def new_member(request: HttpRequest, pk: int) -> HttpResponse:
    duty.require_manager(request)
    found = get_object_or_404(Pool.objects.select_related("team"), pk=pk)
    form = NewMemberForm(request.POST, pool=found)
    if not form.is_valid():
        return duty.show(request, adding={found.pk: form}, status=422)
    member = pools.add_member(found, form.cleaned_data["user"], by=request.user, at=timezone.now())
    nudge("feedback.tasks.release_waiting")
    said = {"who": member.user, "pool": found}
    messages.success(request, _("%(who)s is in %(pool)s from now on.") % said)
    return redirect("duty")


@require_http_methods(FORMS)
def member(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody in a pool: what they take, their hours, when they are away."""
    duty.require_manager(request)
    found = duty.known_member(pk)
    if request.method != "POST":
        return duty.member_page(request, found)
    form = MemberForm(request.POST, member=found)
    if not form.is_valid():
        return duty.member_page(request, found, form=form, status=422)
    moved = pools.change_member(found, form.terms(), by=request.user, at=database_now())
    nudge("feedback.tasks.carry_over")
    nudge("feedback.tasks.release_waiting")
    messages.success(request, duty.saved(moved))
    return redirect("duty")


@require_http_methods(FORMS)
def member_deletion(request: HttpRequest, pk: int) -> HttpResponse:
    """Out of the pool: the question, and the deed."""
    duty.require_manager(request)
    found = duty.known_member(pk)
    if request.method == "POST":
        pools.remove_member(found, by=request.user, at=database_now())
        nudge("feedback.tasks.carry_over")
        nudge("feedback.tasks.release_waiting")
        said = {"who": found.user, "pool": found.pool}
        messages.success(request, _("%(who)s is not in %(pool)s any more.") % said)
        return redirect("duty")
    in_hand = Handoff.objects.unclosed().filter(owner=found.user_id, pool=found.pool_id)
    context = {"member": found, "in_hand": in_hand.count()}
    return render(request, "feedback/duty/member_deletion.html", context)
