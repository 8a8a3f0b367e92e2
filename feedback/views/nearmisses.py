"""Leads one step below a bar: how many lack what, who they are, and what is done about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from feedback import glances, nearmisses, rooms
from feedback.nearmisses import Action, Done
from feedback.views import files
from leads.models import Lead
from leads.nudges import nudge
from scoring import agreements, documents, ledgers
from scoring import nearmisses as near
from scoring.models import AgreementVersion
from scoring.nearmisses import Group, Lack
from scoring.rulebooks import Rulebook

PAGE_SIZE = 50
ADDRESSED = ("owner", "score", "standing")


@dataclass(frozen=True)
class Offer:
    """What can be done about a group in one click, what was done last, and how long `ago`.
    `nurture` is the name of the stage for it, where arrows lead to one: elsewhere their addresses
    can be taken."""

    key: str
    enrich: bool
    ask: bool
    nurture: str
    last: Action | None
    ago: str


@dataclass(frozen=True)
class Line:
    """A sentence with a count, and what can be done about its leads."""

    text: str
    count: int
    url: str
    offer: Offer


@dataclass(frozen=True)
class Arrow:
    """The leads one step from a stage."""

    start: str
    target: str
    count: int
    lines: list[Line]


@require_safe
def near_misses(request: HttpRequest) -> HttpResponse:
    rooms.only(nearmisses.may_act(request.user))
    version, at = agreements.in_force(), timezone.now()
    visible = Lead.objects.visible_to(request.user)
    groups = near.groups(version, visible, at=at) if version else []
    lacks = {group.lack.key: group.lack for group in groups}
    last = nearmisses.last_actions(lacks.keys(), at=at)
    offers = {key: _offer(version, lack, last.get(key), at=at) for key, lack in lacks.items()}
    lines = [(group, _line(group, offers[group.lack.key])) for group in groups]
    arrows = [
        _arrow(ends, [line for _group, line in of])
        for ends, of in groupby(lines, lambda each: _ends(each[0].lack))
    ]
    context = {
        "arrows": arrows,
        "enrich": any(offer.enrich for offer in offers.values()),
        "nothing": "" if arrows else _nothing(version),
    }
    return render(request, "feedback/near_misses.html", context)


@require_safe
def near_miss_leads(request: HttpRequest) -> HttpResponse:
    """The leads behind a sentence; a rep sees those that are theirs to see."""
    rooms.only(rooms.has_leads(request.user))
    version, lack, leads = _asked_for(request, request.GET)
    if lack is None:
        return _gone(request)
    rows = nearmisses.strongest(leads).select_related("score", "owner", "standing__stage")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    glances.of_leads(page)
    acts, at = nearmisses.may_act(request.user), timezone.now()
    last = nearmisses.last_actions({lack.key}, at=at).get(lack.key) if acts else None
    context = {
        "page": page,
        "sentence": lack.sentence(page.paginator.count),
        "rows": _rows(page, version, lack),
        "offer": _offer(version, lack, last, at=at) if acts else None,
        "query": _query(lack, request.GET.get("whose", "")),
        "mine": request.GET.get("whose") == "mine",
    }
    return render(request, "feedback/near_miss_leads.html", context)


@require_safe
def addresses(request: HttpRequest) -> HttpResponse:
    """How to reach the leads of a group; of those whom nobody owns, if asked."""
    rooms.only(nearmisses.may_act(request.user))
    _version, lack, leads = _asked_for(request, request.GET)
    if lack is None:
        return _gone(request)
    if request.GET.get("whose") == "nobody":
        leads = leads.filter(owner=None)
    found = nearmisses.strongest(leads).select_related(*ADDRESSED)
    return files.addresses(found[: nearmisses.MOST], lack, name="addresses")


@require_POST
def enrichment(request: HttpRequest) -> HttpResponse:
    """The group as a file in which what is missing can be filled in."""
    rooms.only(nearmisses.may_act(request.user))
    _version, lack, leads = _asked_for(request, request.POST)
    if lack is None:
        return _gone(request)
    found = leads.prefetch_related("identities")
    chosen = nearmisses.enrich(lack, found, by=request.user, at=timezone.now())
    return files.to_fill_in(chosen, lack.unknown, name="enrich")


@require_POST
def question(request: HttpRequest) -> HttpResponse:
    """The owners of the leads are asked; the page of the group has files for the others."""
    rooms.only(nearmisses.may_act(request.user))
    _version, lack, leads = _asked_for(request, request.POST)
    if lack is None:
        return _gone(request)
    done = nearmisses.ask(lack, leads, by=request.user, at=timezone.now())
    nudge("feedback.tasks.deliver_events")
    messages.success(request, _asked_words(done))
    return redirect(f"{reverse('near_miss_leads')}?{_query(lack)}")


@require_POST
def nurturing(request: HttpRequest) -> HttpResponse:
    """The leads go to nurture; where no arrow leads there, their addresses are taken, for whoever
    writes to them."""
    rooms.only(nearmisses.may_act(request.user))
    version, lack, leads = _asked_for(request, request.POST)
    if lack is None:
        return _gone(request)
    if nearmisses.nurture_stage(version, lack) is None:
        found = leads.select_related(*ADDRESSED)
        chosen = nearmisses.address(lack, found, by=request.user, at=timezone.now())
        return files.addresses(chosen, lack, name="addresses")
    done = nearmisses.nurture(lack, leads, by=request.user, at=timezone.now())
    nudge("scoring.tasks.rescore_stale")
    said = ngettext("%(n)s lead went to nurture.", "%(n)s leads went to nurture.", done.leads)
    messages.success(request, said % {"n": done.leads})
    return redirect("near_misses")


def _asked_for(
    request: HttpRequest, params: Any
) -> tuple[AgreementVersion | None, Lack | None, QuerySet[Lead]]:
    """The version in force, what the group asked for lacks, and its leads; None for a group
    that this version does not know."""
    version, visible = agreements.in_force(), Lead.objects.visible_to(request.user)
    if params.get("whose") == "mine":
        visible = visible.filter(owner=request.user)
    key = params.get("group", "")
    found = near.find(version, key, visible, at=timezone.now()) if version else None
    lack, leads = found or (None, Lead.objects.none())
    return version, lack, leads


def _gone(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("The agreement in force does not ask for this any more."))
    return redirect("near_misses" if nearmisses.may_act(request.user) else "leads")


def _query(lack: Lack, whose: str = "") -> str:
    return urlencode({"group": lack.key} | ({"whose": whose} if whose else {}))


def _ends(lack: Lack) -> tuple[str, str]:
    return documents.text(lack.start["name"]), documents.text(lack.target["name"])


def _arrow(ends: tuple[str, str], lines: list[Line]) -> Arrow:
    return Arrow(*ends, sum(line.count for line in lines), lines)


def _line(group: Group, offer: Offer) -> Line:
    url = f"{reverse('near_miss_leads')}?{_query(group.lack)}"
    return Line(group.sentence, group.count, url, offer)


def _offer(version: AgreementVersion, lack: Lack, last: Action | None, *, at: datetime) -> Offer:
    nurture = nearmisses.nurture_stage(version, lack)
    return Offer(
        lack.key,
        enrich=bool(lack.unknown),
        ask=lack.is_of_profile,
        nurture=documents.text(nurture["name"]) if nurture else "",
        last=last,
        ago=_ago((at - last.at).total_seconds()) if last else "",
    )


def _ago(seconds: float) -> str:
    minutes = int(seconds) // 60
    hours, days = minutes // 60, minutes // 1440
    if days:
        return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}
    if hours:
        return ngettext("%(n)s hour ago", "%(n)s hours ago", hours) % {"n": hours}
    if minutes:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes) % {"n": minutes}
    return _("just now")


def _rows(page: Any, version: AgreementVersion, lack: Lack) -> list[dict[str, Any]]:
    """The leads of a page, what each lacks, and what speaks for it most."""
    rulebook = Rulebook(version.body)
    found = []
    for lead in page:
        pros, _cons = ledgers.strongest(ledgers.lines(lead.score, version, rulebook), most=1)
        found.append({"lead": lead, "lacks": lack.of(lead), "reason": pros[0] if pros else None})
    return found


def _asked_words(done: Done) -> str:
    if not done.leads:
        return _("They were asked about already.")
    owned = done.leads - done.unowned
    said = ngettext(
        "%(owners)s owner is asked about %(leads)s.",
        "%(owners)s owners are asked about %(leads)s.",
        done.owners,
    ) % {
        "owners": done.owners,
        "leads": ngettext("%(n)s lead", "%(n)s leads", owned) % {"n": owned},
    }
    if not done.unowned:
        return said
    more = ngettext(
        "%(n)s lead has no owner: take its address from the file.",
        "%(n)s leads have no owner: take their addresses from the file.",
        done.unowned,
    ) % {"n": done.unowned}
    return f"{said} {more}" if done.owners else more


def _nothing(version: AgreementVersion | None) -> str:
    """Why nobody is near: nothing is agreed, no data reaches us, or nobody is."""
    if version is None:
        return "no_agreement"
    if not any(stage["criteria"] for stage in version.body["stages"]):
        return "no_bar"
    return "nobody" if Lead.objects.exists() else "no_leads"
