"""One handoff: its page, and every way to answer it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from feedback import (
    contacts,
    handoffs,
    notifications,
    opportunities,
    qualifications,
    queues,
    rooms,
    terms,
)
from feedback.forms import (
    AcceptanceForm,
    AssignmentForm,
    ContactForm,
    ConversationForm,
    MessageForm,
    QualificationForm,
    ReturnForm,
)
from feedback.models import Handoff
from feedback.views import desks, hands
from feedback.views.inbox import context_of, open_desk
from leads.nudges import nudge
from leads.refusals import Refused

Verb = Callable[[datetime], object]


@require_safe
def handoff(request: HttpRequest, pk: int) -> HttpResponse:
    notifications.read(request.user, handoff=pk, at=timezone.now())
    return _page(request, hands.load(request.user, pk))


def acceptance(request: HttpRequest, pk: int) -> HttpResponse:
    """The checklist as a page of its own; POST accepts."""
    taken = hands.load(request.user, pk)
    if request.method != "POST":
        return _page(request, taken, ask="acceptance")
    form = AcceptanceForm(taken, request.POST, auto_id="acceptance_%s")
    return _answer(
        request,
        taken,
        "acceptance",
        form,
        lambda at: handoffs.accept(
            taken,
            by=request.user,
            at=at,
            confirmed=set(form.cleaned_data["confirmed"]),
            answers=form.answers(),
            next_step=form.cleaned_data["next_step"],
        ),
        done=_("Accepted: %(lead)s."),
        leaves="next" in request.POST,
    )


def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """The return as a page of its own; POST returns, at the door or after contact."""
    taken = hands.load(request.user, pk)
    if request.method != "POST":
        return _page(request, taken, ask="return")
    form = ReturnForm(taken, request.POST, auto_id="return_%s")
    return _answer(
        request,
        taken,
        "return",
        form,
        lambda at: handoffs.give_back(taken, by=request.user, at=at, **form.cleaned_data),
        done=_("Returned to marketing: %(lead)s."),
        leaves=True,
    )


@require_POST
def log_contact(request: HttpRequest, pk: int) -> HttpResponse:
    taken = hands.load(request.user, pk)
    form = ContactForm(request.POST, auto_id="contact_%s")
    return _answer(
        request,
        taken,
        "contact",
        form,
        lambda at: contacts.log(taken, by=request.user, at=at, **form.cleaned_data),
        done=_("Contact logged: %(lead)s."),
    )


@require_POST
def hold_conversation(request: HttpRequest, pk: int) -> HttpResponse:
    taken = hands.load(request.user, pk)
    form = ConversationForm(request.POST, auto_id="conversation_%s")
    return _answer(
        request,
        taken,
        "conversation",
        form,
        lambda at: contacts.hold_conversation(taken, by=request.user, at=at, **form.cleaned_data),
        done=_("Conversation held: %(lead)s."),
    )


@require_POST
def qualify(request: HttpRequest, pk: int) -> HttpResponse:
    """Complete the qualification checklist; without one, open the opportunity oneself."""
    taken = hands.load(request.user, pk)
    form = QualificationForm(taken, request.POST, auto_id="qualification_%s")

    def verb(at: datetime) -> object:
        facts = {"by": request.user, "at": at, "amount": form.cleaned_data["amount"]}
        if not terms.checklist(taken.version, terms.QUALIFICATION):
            return opportunities.open_from(taken, **facts)
        return qualifications.qualify(taken, answers=form.answers(), **facts)

    done = _("Qualified, opportunity opened: %(lead)s.")
    return _answer(request, taken, "qualification", form, verb, done=done)


@require_POST
def write_message(request: HttpRequest, pk: int) -> HttpResponse:
    taken = hands.load(request.user, pk)
    form = MessageForm(request.POST, auto_id="message_%s")
    return _answer(
        request,
        taken,
        "message",
        form,
        lambda at: handoffs.reply(taken, by=request.user, at=at, **form.cleaned_data),
        done=_("Message sent."),
    )


def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom to give it to, as a page; POST gives the handoff to somebody of its team, or takes
    it."""
    taken = hands.load(request.user, pk)
    if request.method != "POST":
        form = AssignmentForm(taken, auto_id="assignment_%s")
        return _page(request, taken, ask="assignment", bound={"assignment": form})
    form = AssignmentForm(taken, request.POST, auto_id="assignment_%s")
    return _answer(
        request,
        taken,
        "assignment",
        form,
        lambda at: handoffs.assign(taken, to=form.cleaned_data["to"], by=request.user, at=at),
        done=_("Assigned: %(lead)s."),
    )


def _answer(
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
            verb(timezone.now())
            notifications.read(request.user, handoff=taken.pk, at=timezone.now())
            nudge("feedback.tasks.deliver_events")
            nudge("feedback.tasks.release_waiting")
            nudge("scoring.tasks.rescore_stale")
            messages.success(request, done % {"lead": taken.lead})
            return _onward(request, view, taken, following, leaves=leaves)
        refusal = None
    except Refused as refused:
        if refused.status == 404:
            raise
        refusal = refused
        if refused.code == "checklist_incomplete":
            form.mark_missing()
    return _again(request, taken, {name: form}, refusal)


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
) -> HttpResponse:
    """The inbox for those who have one, unless they came from the returns."""
    if "back" in request.POST or not rooms.has_inbox(request.user):
        return redirect(_way_back(request, taken))
    chosen = following if leaves else taken
    url = view.url(handoff=chosen.pk if chosen else None)
    if not request.htmx:
        return redirect(url)
    pk = chosen.pk if chosen else None
    desk = open_desk(request, view, at=timezone.now(), pk=pk)
    context = context_of(desk) | {"in_hand": True, "answered": True}
    response = render(request, "feedback/inbox.html", context)
    response["HX-Push-Url"] = url
    return response


def _way_back(request: HttpRequest, taken: Handoff) -> str:
    if request.POST.get("back") == "returns" and rooms.has_returns(request.user):
        return f"{reverse('returns')}?handoff={taken.pk}"
    return reverse("handoff", args=[taken.pk])


def _again(
    request: HttpRequest, taken: Handoff, bound: dict[str, Any], refusal: Refused | None
) -> HttpResponse:
    """The answer once more, as things stand now, with what was filled in."""
    status = refusal.status if refusal else 422
    present = hands.load(request.user, taken.pk)
    ask = next(iter(bound))
    if not request.htmx:
        return _page(request, present, ask=ask, bound=bound, refusal=refusal, status=status)
    hand = hands.hold(present, request.user, at=timezone.now(), bound=bound, refusal=refusal)
    context = {"hand": hand, "parts": hand.parts, "ask": ask, "view": _view(request)}
    response = render(request, "feedback/_answer.html", context, status=status)
    response["HX-Retarget"] = response["HX-Reselect"] = "#answer"
    return response


def _page(
    request: HttpRequest,
    taken: Handoff,
    *,
    ask: str = "",
    bound: dict[str, Any] | None = None,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    hand = hands.hold(taken, request.user, at=timezone.now(), bound=bound, refusal=refusal)
    context = {
        "hand": hand,
        "parts": hand.alone(ask) if ask else hand.parts,
        "ask": ask,
        "view": _view(request),
        "back": request.POST.get("back"),
    }
    return render(request, "feedback/handoff.html", context, status=status)


def _view(request: HttpRequest) -> desks.View | None:
    """The part of the inbox that an answer leads back to, for those who have one."""
    if not rooms.has_inbox(request.user):
        return None
    return desks.view_of(request, request.POST or request.GET)
