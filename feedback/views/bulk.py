"""Several leads of the inbox are returned at once: shown first, then each for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from feedback import briefings, bulk, clockfaces, handoffs, notifications, rooms
from feedback.clockfaces import ClockFace
from feedback.forms import UndoForm
from feedback.models import Handoff
from feedback.views import desks, hands, stale
from leads.clock import database_now
from leads.models import User
from leads.nudges import nudge
from leads.refusals import Refused
from scoring.glances import Glance, Readers

MOST = 100
MOST_DIGITS = 18


class BulkReturnForm(forms.Form):
    """One reason and one sentence for all. Whether a lead may come back on that day is the verb's
    business."""

    reason = forms.ChoiceField(widget=forms.RadioSelect, label=_("Reason"))
    text = forms.CharField(
        max_length=4000,
        label=_("What should marketing know?"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    back_on = forms.DateField(
        required=False,
        label=_("Back to me on"),
        help_text=_("If wished: each comes back to you that day, with what you write here."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, reasons: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = reasons


@dataclass(frozen=True)
class Row:
    """A lead that is chosen, as it stands: its clock, if one runs, and its grade; what keeps it
    from being returned, if anything does. `seen` is what the page showed first of whose it is."""

    handoff: Handoff
    seen: str
    face: ClockFace | None
    glance: Glance | None
    refused: Refused | None


@require_http_methods(["GET", "HEAD", "POST"])
def returns(request: HttpRequest) -> HttpResponse:
    """Whom it concerns, and the reason to give; POST returns them, and says what became of each."""
    rooms.only(rooms.has_inbox(request.user))
    params, at = request.POST or request.GET, database_now()
    stays = params.getlist("stays")
    chosen = _chosen(request.user, [*params.getlist("handoff"), *stays])
    hindered = {h.pk: bulk.hindrance(h, by=request.user, at=at) for h in chosen}
    for handoff in chosen:
        if str(handoff.pk) in stays:
            hindered[handoff.pk] = hindered[handoff.pk] or _freed()
    free = [handoff for handoff in chosen if not hindered[handoff.pk]]
    reasons = bulk.reasons(handoff.version for handoff in free)
    form = BulkReturnForm(reasons, request.POST if request.method == "POST" else None)
    view = desks.view_of(request, params)
    if request.method != "POST" or not form.is_valid():
        rows = _rows(chosen, hindered, params, at=at)
        context = {"view": view, "rows": rows, "free": free, "form": form}
        status = 422 if form.is_bound else 200
        return render(request, "feedback/bulk_returns.html", context, status=status)
    meant = [handoff for handoff in chosen if str(handoff.pk) not in stays]
    seen = {h.pk: known for h in meant if (known := stale.read(_said(params, h)))}
    outcomes = bulk.give_back(meant, by=request.user, at=at, seen=seen, **form.cleaned_data)
    outcomes += [bulk.Outcome(h, hindered[h.pk]) for h in chosen if h not in meant]
    _follow_up(request.user, outcomes)
    stay = sum(1 for outcome in outcomes if outcome.refused)
    context = {"view": view, "outcomes": outcomes, "returned": len(outcomes) - stay, "stay": stay}
    return render(request, "feedback/bulk_returned.html", context)


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """One of several has been returned by mistake: its row, as it stands now."""
    rooms.only(rooms.has_inbox(request.user))
    handoff, form = hands.load(request.user, pk), UndoForm(request.POST)
    rooms.only(form.is_valid())
    refusal, step = None, form.cleaned_data["step"]
    try:
        handoffs.undo(handoff, by=request.user, at=database_now(), step_id=step)
        nudge("feedback.tasks.deliver_events")
        nudge("feedback.tasks.release_waiting")
        nudge("scoring.tasks.rescore_stale")
    except Refused as refused:
        refusal = refused
    context = {"row": bulk.Outcome(handoff, refusal), "undoing": True}
    status = refusal.status if refusal else 200
    return render(request, "feedback/_bulk_outcome.html", context, status=status)


def _freed() -> Refused:
    """The page said of it that it stays, and so it does, whatever has changed since."""
    return Refused(
        "changed",
        gettext("This lead has changed meanwhile."),
        gettext("Nothing was changed. It can be returned now, if you still want to."),
        status=409,
    )


def _said(params: Mapping[str, str], handoff: Handoff) -> str:
    """What the page that comes back showed of this one."""
    return params.get(f"seen-{handoff.pk}", "")


def _rows(
    chosen: list[Handoff],
    hindered: dict[int, Refused | None],
    params: Mapping[str, str],
    *,
    at: datetime,
) -> list[Row]:
    clockfaces.prepare(chosen)
    readers = Readers()
    return [
        Row(
            handoff,
            _said(params, handoff) or stale.mark(handoff),
            clockfaces.read(handoff, at=at) if handoff.is_open else None,
            briefings.glance(handoff, readers),
            hindered[handoff.pk],
        )
        for handoff in chosen
    ]


def _chosen(user: User, numbers: list[str]) -> list[Handoff]:
    """Those that this person may know of, in the order of the list they were ticked in. Raises
    Refused `too_many`."""
    asked = [int(n) for n in numbers if n.isdecimal() and len(n) < MOST_DIGITS]
    if len(set(asked)) > MOST:
        raise Refused(
            "too_many",
            gettext("At most %(n)s leads are returned at once.") % {"n": MOST},
            gettext("Nothing was changed. Go back and select fewer."),
        )
    related = ("lead", "version", "owner", "answered_by", "evidence")
    related += ("pool__team", "pool__calendar")
    found = Handoff.objects.visible_to(user).select_related(*related).in_bulk(asked)
    return [found[number] for number in dict.fromkeys(asked) if number in found]


def _follow_up(user: User, outcomes: list[bulk.Outcome]) -> None:
    returned = [outcome.handoff for outcome in outcomes if not outcome.refused]
    for handoff in returned:
        notifications.read(user, handoff=handoff.pk, at=timezone.now())
    if returned:
        nudge("feedback.tasks.deliver_events")
        nudge("feedback.tasks.release_waiting")
        nudge("scoring.tasks.rescore_stale")
