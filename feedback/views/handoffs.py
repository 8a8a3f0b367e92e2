"""One handoff: its page, and every way to answer it."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from feedback import (
    contacts,
    handoffs,
    notifications,
    opportunities,
    postponements,
    qualifications,
    routing,
    terms,
)
from feedback.forms import (
    AcceptanceForm,
    AssignmentForm,
    ContactForm,
    ConversationForm,
    LaterForm,
    MessageForm,
    QualificationForm,
    ReturnForm,
    UndoForm,
)
from feedback.handoffs import rights
from feedback.models import Handoff
from feedback.views import answering, hands, stale
from leads.clock import database_now


@require_safe
def handoff(request: HttpRequest, pk: int) -> HttpResponse:
    notifications.read(request.user, handoff=pk, at=timezone.now())
    return answering.page(request, hands.load(request.user, pk))


def acceptance(request: HttpRequest, pk: int) -> HttpResponse:
    """The checklist as a page of its own; POST accepts."""
    taken = hands.load(request.user, pk)
    if request.method != "POST":
        return answering.page(request, taken, ask="acceptance")
    form = AcceptanceForm(taken, request.POST, auto_id="acceptance_%s")
    return answering.answer(
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
            seen=_seen(request),
        ),
        done=_("Accepted: %(lead)s."),
        leaves="next" in request.POST,
    )


def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """The return as a page of its own; POST returns, at the door or after contact."""
    taken = hands.load(request.user, pk)
    if request.method != "POST":
        return answering.page(request, taken, ask="return")
    form = ReturnForm(taken, request.POST, auto_id="return_%s")
    return answering.answer(
        request,
        taken,
        "return",
        form,
        lambda at: handoffs.give_back(
            taken, by=request.user, at=at, seen=_seen(request), **form.cleaned_data
        ),
        done=_("Returned to marketing: %(lead)s."),
        leaves=True,
    )


def _seen(request: HttpRequest) -> rights.Seen | None:
    """How it stood on the page that answers, as far as that says so."""
    return stale.read(request.POST.get("seen", ""))


@require_POST
def log_contact(request: HttpRequest, pk: int) -> HttpResponse:
    taken = hands.load(request.user, pk)
    form = ContactForm(request.POST, auto_id="contact_%s")
    return answering.answer(
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
    return answering.answer(
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
    return answering.answer(request, taken, "qualification", form, verb, done=done)


@require_POST
def write_message(request: HttpRequest, pk: int) -> HttpResponse:
    taken = hands.load(request.user, pk)
    form = MessageForm(request.POST, auto_id="message_%s")
    return answering.answer(
        request,
        taken,
        "message",
        form,
        lambda at: handoffs.reply(taken, by=request.user, at=at, **form.cleaned_data),
        done=_("Message sent."),
    )


def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom to give it to, as a page; POST gives the handoff to somebody of its team, takes it, or
    gives it back to the pool."""
    taken = hands.load(request.user, pk)
    if request.method != "POST":
        form = AssignmentForm(taken, auto_id="assignment_%s")
        return answering.page(request, taken, ask="assignment", bound={"assignment": form})
    if "pool" in request.POST:
        return _release(request, taken)
    form = AssignmentForm(taken, request.POST, auto_id="assignment_%s")
    own = request.POST.get("to") == str(request.user.pk)
    return answering.answer(
        request,
        taken,
        "assignment",
        form,
        lambda at: handoffs.assign(
            taken, to=form.cleaned_data["to"], by=request.user, at=at, seen=_seen(request)
        ),
        done=_("You took %(lead)s.") if own else _("Assigned: %(lead)s."),
    )


def _release(request: HttpRequest, taken: Handoff) -> HttpResponse:
    return answering.answer(
        request,
        taken,
        "release",
        forms.Form(request.POST),
        lambda at: handoffs.assign(taken, to=None, by=request.user, at=at, seen=_seen(request)),
        done=_("Back in the pool: %(lead)s."),
        leaves=True,
    )


def put_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Until when, as a page of its own; POST puts the handoff off."""
    taken = hands.load(request.user, pk)
    if request.method != "POST":
        return answering.page(request, taken, ask="later")
    later = postponements.of(taken, at=database_now())
    form = LaterForm(later, request.POST, auto_id="later_%s")
    return answering.answer(
        request,
        taken,
        "later",
        form,
        lambda at: handoffs.put_off(
            taken,
            by=request.user,
            at=at,
            until=form.chosen,
            reason=form.cleaned_data["reason"],
            pause=form.cleaned_data["pause"],
        ),
        done=_("Put off: %(lead)s."),
        leaves=True,
    )


@require_POST
def take_up(request: HttpRequest, pk: int) -> HttpResponse:
    """What was put off is taken up before its moment."""
    taken = hands.load(request.user, pk)
    return answering.answer(
        request,
        taken,
        "resumption",
        forms.Form(request.POST),
        lambda at: handoffs.take_up(taken, by=request.user, at=at),
        done=_("Taken up: %(lead)s."),
    )


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back the step that was shown, if nothing followed."""
    taken = hands.load(request.user, pk)
    form = UndoForm(request.POST)
    return answering.answer(
        request,
        taken,
        "undo",
        form,
        lambda at: handoffs.undo(taken, by=request.user, at=at, step_id=form.cleaned_data["step"]),
        done=_("Undone: %(lead)s is as before."),
    )


@require_safe
def trace(request: HttpRequest, pk: int) -> HttpResponse:
    """Why the handoff is whose it is, and, for those of sales, who was skipped; to htmx the list
    alone."""
    taken = hands.load(request.user, pk)
    template = "feedback/_trace.html" if request.htmx else "feedback/trace.html"
    ours = rights.is_member(request.user, taken) or rights.is_manager(request.user)
    shown = {"handoff": taken, "trace": routing.explain(taken), "with_skipped": ours}
    return render(request, template, shown)
