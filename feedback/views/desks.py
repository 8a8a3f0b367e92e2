"""The desk: a queue of the inbox, the handoff in hand, and how it may be answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import OuterRef, Q, Subquery, prefetch_related_objects
from django.db.models.fields.json import KT
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from feedback import briefings, clockfaces, queues
from feedback.clockfaces import ClockFace
from feedback.models import Handoff, Pool
from feedback.models.handoffs import HandoffQuerySet
from feedback.queues import Queue
from feedback.views import hands
from feedback.views.hands import Hand
from leads.folding import fold
from leads.models import NEVER_KNOWN, Activity, User
from scoring.glances import Glance, Readers
from scoring.models import AgreementVersion


@dataclass(frozen=True)
class View:
    """Which part of the inbox the address asks for."""

    queue: Queue
    everyones: bool
    search: str = ""
    after: str = ""

    @property
    def query(self) -> str:
        """What names this view in an address."""
        return self.url().partition("?")[2]

    @property
    def whose(self) -> str:
        return "all" if self.everyones else "mine"

    def url(self, **also: object) -> str:
        """The address of this view; with a handoff or a cursor, or with other terms, if given."""
        query = {"queue": self.queue.key, "whose": self.whose, "q": self.search} | also
        return f"{reverse('inbox')}?{urlencode({k: v for k, v in query.items() if v})}"


@dataclass(frozen=True)
class Row:
    """A handoff in the list."""

    handoff: Handoff
    url: str
    why: str
    age: str
    face: ClockFace | None
    group: str
    glance: Glance | None


@dataclass(frozen=True)
class Tab:
    """A queue to go to, and how many are in it; None where nobody counts."""

    label: str
    url: str
    count: int | None
    current: bool


@dataclass(frozen=True)
class Desk:
    """The inbox as one person sees it at a moment. `position` counts from 1; 0 means that the
    handoff in hand is not in the list. `nothing` says why the list is empty."""

    view: View
    rows: list[Row]
    tabs: list[Tab]
    hand: Hand | None
    position: int = 0
    previous: str = ""
    next: str = ""
    more: str = ""
    nothing: str = ""

    @property
    def count(self) -> int:
        """How many the queue holds."""
        here = next(tab for tab in self.tabs if tab.current)
        return max(here.count or 0, len(self.rows))

    @property
    def elsewhere(self) -> Tab | None:
        """Another queue in which somebody waits."""
        return next((tab for tab in self.tabs if tab.count and not tab.current), None)

    @property
    def mine(self) -> str:
        return self.view.url(whose="mine")

    @property
    def everyones(self) -> str:
        return self.view.url(whose="all")


def view_of(request: HttpRequest, params: Any) -> View:
    """The view that `params` name; a manager sees everybody's unless asked otherwise."""
    queue = queues.QUEUES.get(params.get("queue", ""), queues.QUEUES["answer"])
    whose = params.get("whose", "")
    everyones = request.user.is_manager if whose not in ("mine", "all") else whose == "all"
    return View(
        queue=queue,
        everyones=everyones,
        search=params.get("q", "").strip(),
        after=params.get("after", ""),
    )


def listed(user: User, view: View) -> HandoffQuerySet:
    """The handoffs of the view, without order."""
    found = queues.handoffs(view.queue, user, everyones=view.everyones)
    for word in view.search.split():
        folded = fold(word)
        found = found.filter(
            Q(lead__name_folded__contains=folded) | Q(lead__company_name_folded__contains=folded)
        )
    return found


def open_desk(
    user: User, view: View, *, sizes: dict[str, int], at: datetime, pk: int | None = None
) -> Desk:
    """The desk with the handoff `pk` in hand, else the first of the queue. `sizes` are those
    of the queues. 404 for a handoff this person may not know of."""
    page = queues.page(_row_data(listed(user, view)), view.queue, after=view.after)
    chosen = pk or (page.rows[0].pk if page.rows else None)
    taken = hands.load(user, chosen) if chosen else None
    handoffs = [*page.rows, taken] if taken else page.rows
    prefetch_related_objects([h for h in handoffs if h.clock], *clockfaces.CALENDARS)
    numbers, readers = [row.pk for row in page.rows], Readers()
    index = numbers.index(taken.pk) if taken and taken.pk in numbers else None
    return Desk(
        view=view,
        rows=[_row(row, view, readers, at=at) for row in page.rows],
        tabs=_tabs(view, sizes),
        hand=hands.hold(taken, user, at=at) if taken else None,
        position=0 if index is None else index + 1,
        previous=_step(view, numbers, index, -1),
        next=_step(view, numbers, index, 1),
        more=view.url(after=page.cursor) if page.cursor else "",
        nothing="" if page.rows else _nothing(view),
    )


def _row_data(found: HandoffQuerySet) -> HandoffQuerySet:
    """What a row shows, in one statement: the trigger is read where it stands."""
    trigger = Activity.objects.filter(
        lead=OuterRef("lead"),
        occurred_at__lte=OuterRef("trigger_at"),
        known_at__lt=NEVER_KNOWN,
    ).order_by("-occurred_at", "-id")
    told = JSONObject(
        key="type__key",
        type="type__name",
        campaign="campaign__name",
        words=KT("properties__words"),
        content=KT("properties__content"),
    )
    shown = ("lead", "owner", "answered_by", "reason", "pool__calendar", "evidence")
    found = found.select_related(*shown).defer("evidence__criteria").prefetch_related("version")
    return found.annotate(trigger=Subquery(trigger.values(told=told)[:1]))


def _row(handoff: Handoff, view: View, readers: Readers, *, at: datetime) -> Row:
    face = clockfaces.read(handoff, handoff.pool.calendar, at=at) if handoff.is_open else None
    since = handoff.answered_at if view.queue.latest_first else handoff.opened_at
    return Row(
        handoff=handoff,
        url=view.url(handoff=handoff.pk),
        why=briefings.trigger_line(handoff.trigger),
        age=clockfaces.age((at - (since or handoff.opened_at)).total_seconds()),
        face=face,
        group=_group(handoff, view, face, at=at),
        glance=briefings.glance(handoff, readers),
    )


def _group(handoff: Handoff, view: View, face: ClockFace | None, *, at: datetime) -> str:
    if view.queue.latest_first or face is None:
        return ""
    if face.state == "over":
        return _("Overdue")
    if face.state == "due":
        return _("Due soon")
    today = timezone.localdate(face.due_at) == timezone.localdate(at)
    return _("Later today") if today else _("Later")


def _step(view: View, numbers: list[int], index: int | None, by: int) -> str:
    if index is None or not 0 <= index + by < len(numbers):
        return ""
    return view.url(handoff=numbers[index + by])


def _nothing(view: View) -> str:
    """Why the list is empty: filtered, no_agreement, no_pool or done."""
    if view.search:
        return "filtered"
    if not AgreementVersion.objects.in_force().exists():
        return "no_agreement"
    if not Pool.objects.exists():
        return "no_pool"
    return "done"


def _tabs(view: View, sizes: dict[str, int]) -> list[Tab]:
    return [
        Tab(
            label=str(queue.label),
            url=View(queue, view.everyones).url(),
            count=sizes.get(queue.key),
            current=queue.key == view.queue.key,
        )
        for queue in queues.QUEUES.values()
    ]
