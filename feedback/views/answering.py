"""An answer to a handoff: what was filled in calls a verb, then the page shows what comes next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from feedback import notifications, queues, rooms
from feedback.models import Handoff
from feedback.views import desks, hands, places, pulses, toasts
from feedback.views.inbox import context_of, open_desk
from leads.clock import database_now
from leads.models import User
from leads.nudges import nudge
from leads.refusals import Refused

Verb = Callable[[datetime], object]
# Answers that have no form of their own to come back to: refused, all that is possible is shown.
WITHOUT_FORM = {"undo", "resumption", "release"}
# Refused because somebody else did something meanwhile, or has the lead by now.
OVERTAKEN = {403, 409}
# After these the line on top of the inbox, about one's returns, is asked for again.
RETURNING = {"return", "undo"}


def answer(
    request: HttpRequest,
    taken: Handoff,
    name: str,
    form: forms.Form,
    verb: Verb,
    *,
    done: str,
    leaves: bool = False,
) -> HttpResponse:
    """Call the verb, then show the next handoff (`leaves`) or this one as it stands now.
    Refused or incomplete: show what was filled in, with the reason, and the present state."""
    view = desks.view_of(request, request.POST)
    following = _following(request, view, taken) if leaves else None
    try:
        if form.is_valid():
            verb(database_now())
            _follow_up(request.user, taken)
            if name == "undo" and not _is_seen(request.user, taken):
                return _leave(request, view, done % {"lead": taken.lead})
            toasts.done(request, taken, done)
            size = pulses.said(request.POST).size
            if name == "undo":
                view = places.find(request.user, replace(view, at=timezone.now()), taken)
            response = _onward(request, view, taken, following, leaves=leaves, size=size)
            if name in RETURNING:
                trigger_client_event(response, "baton:returned", after="settle")
            return response
        refusal = None
    except Refused as refused:
        if refused.status == 404:
            raise
        refusal = refused
        if refused.code == "checklist_incomplete":
            form.mark_missing()
    return _again(request, taken, {name: form}, refusal)


def page(
    request: HttpRequest,
    taken: Handoff,
    *,
    ask: str = "",
    bound: dict[str, Any] | None = None,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """One handoff; where an answer is asked for (`ask`), its form alone. `bound` replaces forms
    that came back with what was filled in."""
    hand = hands.hold(taken, request.user, at=timezone.now(), bound=bound, refusal=refusal)
    context = {
        "hand": hand,
        "parts": hand.alone(ask) if ask else hand.parts,
        "ask": ask,
        "alone": bool(ask),
        "view": _view(request),
        "back": request.POST.get("back"),
    }
    return render(request, "feedback/handoff.html", context, status=status)


def _follow_up(user: User, taken: Handoff) -> None:
    """What was told of it is read; workers look at what is to do now."""
    notifications.read(user, handoff=taken.pk, at=timezone.now())
    nudge("feedback.tasks.deliver_events")
    nudge("feedback.tasks.release_waiting")
    nudge("scoring.tasks.rescore_stale")


def _is_seen(user: User, taken: Handoff) -> bool:
    return Handoff.objects.visible_to(user).filter(pk=taken.pk).exists()


def _leave(request: HttpRequest, view: desks.View, done: str) -> HttpResponse:
    """A claim that was undone showed a lead that the rep sees no more: back to the inbox."""
    messages.success(request, done)
    return HttpResponseClientRedirect(view.url()) if request.htmx else redirect(view.url())


def _following(request: HttpRequest, view: desks.View, taken: Handoff) -> Handoff | None:
    if not rooms.has_inbox(request.user):
        return None
    return queues.neighbour(desks.listed(request.user, view), view.queue, taken)


def _onward(
    request: HttpRequest,
    view: desks.View,
    taken: Handoff,
    following: Handoff | None,
    *,
    leaves: bool,
    size: int,
) -> HttpResponse:
    """The inbox for those who have one, unless they came from the returns; its list as long as it
    was."""
    if "back" in request.POST or not rooms.has_inbox(request.user):
        return redirect(_way_back(request, taken))
    chosen = following if leaves else taken
    url = view.url(handoff=chosen.pk if chosen else None)
    if not request.htmx:
        return redirect(url)
    if not _from_inbox(request):
        # Another page has not the inbox's sheets and scripts.
        return HttpResponseClientRedirect(url)
    pk = chosen.pk if chosen else None
    desk = open_desk(request, view, at=timezone.now(), pk=pk, size=size)
    context = context_of(desk) | {"in_hand": True, "answered": True}
    response = render(request, "feedback/inbox.html", context)
    response["HX-Push-Url"] = url
    return response


def _from_inbox(request: HttpRequest) -> bool:
    """Whether htmx asks from the inbox itself, as far as it says."""
    page = request.htmx.current_url
    return not page or urlsplit(page).path == reverse("inbox")


def _way_back(request: HttpRequest, taken: Handoff) -> str:
    if request.POST.get("back") == "returns" and rooms.has_returns(request.user):
        return f"{reverse('returns')}?handoff={taken.pk}"
    return reverse("handoff", args=[taken.pk])


def _again(
    request: HttpRequest, taken: Handoff, bound: dict[str, Any], refusal: Refused | None
) -> HttpResponse:
    """The answer once more, as things stand now, with what was filled in; where something else was
    done to the lead meanwhile, all that is shown of it."""
    status = refusal.status if refusal else 422
    present = hands.load(request.user, taken.pk)
    ask = next(iter(bound.keys() - WITHOUT_FORM), "")
    if not request.htmx:
        return page(request, present, ask=ask, bound=bound, refusal=refusal, status=status)
    hand = hands.hold(present, request.user, at=timezone.now(), bound=bound, refusal=refusal)
    context = {"hand": hand, "parts": hand.parts, "ask": ask, "view": _view(request)}
    context["alone"] = urlsplit(request.htmx.current_url or "").path != reverse("inbox")
    part = "hand" if status in OVERTAKEN else "answer"
    if part == "hand":
        context |= {"in_hand": True, "desk": None if context["alone"] else _around(request, hand)}
    response = render(request, f"feedback/_{part}.html", context, status=status)
    response["HX-Retarget"] = response["HX-Reselect"] = f"#{part}"
    return response


def _around(request: HttpRequest, hand: hands.Hand) -> desks.Desk:
    """Where in the inbox a lead stands that was answered in vain; the next one, also where it has
    left the list."""
    view = desks.view_of(request, request.POST)
    desk = desks.hold(request.user, view, hand.handoff.pk)
    following = None if desk.position else _following(request, view, hand.handoff)
    onward = view.url(handoff=following.pk) if following else desk.next
    return replace(desk, hand=hand, next=onward)


def _view(request: HttpRequest) -> desks.View | None:
    """The part of the inbox that an answer leads back to, for those who have one."""
    if not rooms.has_inbox(request.user):
        return None
    return desks.view_of(request, request.POST or request.GET)
