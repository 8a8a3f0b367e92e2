"""The desk: a queue of the inbox, the handoff in hand, and how it may be answered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from feedback import calendars, emptiness, filters, queues, statements, waiting
from feedback.filters import InboxFilter, Terms
from feedback.models import Handoff
from feedback.models.handoffs import HandoffQuerySet
from feedback.queues import Page, Queue
from feedback.statements import Kept, Who
from feedback.views import hands, rows
from feedback.views.hands import Hand
from feedback.views.rows import Row
from feedback.waiting import Waiting
from leads.models import User

# What of a handoff is seen in its row, as far as it may change.
SHOWN = ("pk", "owner_id", "answer", "due_at", "rests_until", "paused_at", "attempts", "speed_lane")
# So many rows a page that was lengthened by “Show more” gets at once when it is brought up to date.
MOST_ROWS = 300


@dataclass(frozen=True)
class View:
    """Which part of the inbox the address asks for, at a moment. `terms` are the filters, as
    they stand in the address; what follows the cursor `after` stands under the heading `under`."""

    queue: Queue
    everyones: bool
    at: datetime
    terms: tuple[tuple[str, str], ...] = ()
    after: str = ""
    under: str = ""

    @property
    def query(self) -> str:
        """What names this view in an address."""
        return self.url().partition("?")[2]

    @property
    def whose(self) -> str:
        return "all" if self.everyones else "mine"

    @property
    def search(self) -> str:
        return dict(self.terms).get("q", "")

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What a form that leads back here sends along."""
        return [("queue", self.queue.key), ("whose", self.whose), *self.terms]

    def url(self, place: str = "inbox", **also: object) -> str:
        """The address of this view; with a handoff or a cursor, or with other terms, if given."""
        query = dict(self.fields) | also
        return f"{reverse(place)}?{urlencode({k: v for k, v in query.items() if v})}"

    def without(self, *names: str) -> str:
        """The address of this view without these filters."""
        return self.url(**dict.fromkeys(names))


@dataclass(frozen=True)
class Tab:
    """A queue to go to, and how many are in it; empty where nobody counts."""

    key: str
    label: str
    url: str
    count: str
    current: bool
    quiet: bool


@dataclass(frozen=True)
class Chip:
    """A filter that is set, and the address of the list without it."""

    words: str
    url: str


@dataclass(frozen=True)
class Desk:
    """The inbox as one person sees it at a moment. `position` counts from 1; 0 means that the
    handoff in hand is not in the list. `count` says how many the list holds; `nothing` says why
    it is empty; `unowned` how many leads of sales have neither owner nor handoff; `state` is what
    a page says it shows when it asks for news."""

    view: View
    rows: list[Row]
    tabs: list[Tab]
    filter: InboxFilter
    hand: Hand | None = None
    count: str = ""
    position: int = 0
    previous: str = ""
    next: str = ""
    more: str = ""
    nothing: str = ""
    unowned: int = 0
    state: str = ""

    @property
    def placed(self) -> bool:
        """Whether its place says something beside a count that stops somewhere."""
        return 0 < self.position <= waiting.MOST

    @property
    def elsewhere(self) -> Tab | None:
        """Another queue in which somebody waits."""
        others = (tab for tab in self.tabs if not tab.current)
        return next((tab for tab in others if tab.count not in ("", "0")), None)

    @property
    def mine(self) -> str:
        return self.view.url(whose="mine")

    @property
    def everyones(self) -> str:
        return self.view.url(whose="all")

    @property
    def back(self) -> str:
        """The list alone."""
        return self.view.url()

    @property
    def back_near(self) -> str:
        """The list alone, at the row of the handoff in hand."""
        number = self.hand.handoff.pk
        return f"{self.view.url(near=number)}#row-{number}"

    @property
    def cleared(self) -> str:
        """The whole queue."""
        return self.view.without(*dict(self.view.terms))

    @property
    def pulse(self) -> str:
        """Where a page that shows this desk asks what has changed."""
        return self.view.url("inbox_pulse")

    @property
    def further(self) -> str:
        """The rows that follow, to be put below these."""
        return f"{self.more}&{urlencode({'under': self.rows[-1].group})}"

    @property
    def narrowing(self) -> str:
        """The address of this view with the filters to choose from unfolded."""
        return self.view.url(narrow=1)

    @property
    def unowned_said(self) -> str:
        return waiting.shown(self.unowned)

    @property
    def narrowed_by(self) -> int:
        """How many filters are set, besides the search."""
        return sum(name != "q" for name, _label, _value in self.active)

    @cached_property
    def active(self) -> list[tuple[str, str, str]]:
        """The filters that are set: name, label, and what is chosen."""
        return self.filter.active if self.view.terms else []

    @property
    def unowned_url(self) -> str:
        return f"{reverse('leads')}?{urlencode(filters.LEFT_ALONE)}"

    @cached_property
    def chips(self) -> list[Chip]:
        return [
            Chip(
                _("“%(value)s”") % {"value": value} if name == "q" else f"{label}: {value}",
                self.view.without(name),
            )
            for name, label, value in self.active
        ]


def view_of(request: HttpRequest, params: Mapping[str, str]) -> View:
    """The view that `params` name; a manager sees everybody's unless asked otherwise."""
    queue = queues.QUEUES.get(params.get("queue", ""), queues.QUEUES["answer"])
    whose = params.get("whose", "")
    everyones = request.user.is_manager if whose not in ("mine", "all") else whose == "all"
    given = ((name, params.get(name, "").strip()) for name in InboxFilter.base_filters)
    return View(
        queue=queue,
        everyones=everyones,
        at=timezone.now(),
        terms=tuple((name, value) for name, value in given if value),
        after=params.get("after", ""),
        under=params.get("under", ""),
    )


def filter_of(user: User, view: View) -> InboxFilter:
    """Made as soon as somebody asks for it: most pages are of whole queues."""

    def made() -> InboxFilter:
        found = queues.handoffs(view.queue, user, everyones=view.everyones, at=view.at)
        return InboxFilter(dict(view.terms), queryset=found, user=user, at=view.at)

    return SimpleLazyObject(made)


def listed(user: User, view: View) -> HandoffQuerySet:
    """The handoffs of the view, without order."""
    return filter_of(user, view).qs


def open_desk(
    user: User,
    view: View,
    *,
    counted: Waiting,
    pk: int | None = None,
    size: int | None = None,
    near: int | None = None,
) -> Desk:
    """The desk with the handoff `pk` in hand, else the first of the queue. Its list goes down to
    that handoff, or to the one that one was `near`, as far as a list is ever lengthened. `counted`
    are the sizes of the queues. 404 for a handoff this person may not know of."""
    narrowed = filter_of(user, view)
    page = _page(user, narrowed, view, size=size)
    reach = _reach(narrowed, view, page, pk or near)
    if reach > len(page.rows):
        page = _page(user, narrowed, view, size=reach)
    chosen = pk or (page.rows[0].pk if page.rows else None)
    taken = hands.load(user, chosen) if chosen else None
    drawn = _drawn(page, view, beside=taken)
    hand = hands.hold(taken, user, at=view.at) if taken else None
    numbers = [row.pk for row in page.rows]
    desk = _desk(user, narrowed, view, page, drawn, counted=counted)
    return replace(desk, hand=hand, **steps(view, numbers, taken.pk if taken else None))


def lay_out(user: User, view: View, *, counted: Waiting, size: int | None = None) -> Desk:
    """The list alone, with so many rows, else a page of them."""
    narrowed = filter_of(user, view)
    page = _page(user, narrowed, view, size=size)
    return _desk(user, narrowed, view, page, _drawn(page, view), counted=counted)


def hold(user: User, view: View, pk: int) -> Desk:
    """The handoff in hand alone, and where in the list it stands, as far as that is counted."""
    narrowed = filter_of(user, view)
    ordered = queues.in_order(narrowed.qs, view.queue)
    numbers = list(ordered.values_list("pk", flat=True)[: waiting.MOST + 1])
    taken = hands.load(user, pk)
    calendars.prepare([taken])
    hand, count = hands.hold(taken, user, at=view.at), waiting.shown(len(numbers))
    return Desk(view, [], [], narrowed, hand=hand, count=count, **steps(view, numbers, pk))


def bare(user: User, view: View) -> Desk:
    """Nothing but the filters to choose from."""
    return Desk(view, [], [], filter_of(user, view))


def tabs(view: View, sizes: dict[str, int]) -> list[Tab]:
    return [
        Tab(
            key=queue.key,
            label=str(queue.label),
            url=View(queue, view.everyones, view.at).url(),
            count=waiting.shown(sizes[queue.key]) if queue.key in sizes else "",
            current=queue.key == view.queue.key,
            quiet=queue.quiet,
        )
        for queue in queues.QUEUES.values()
    ]


def state(shown: Iterable[Handoff], sizes: Mapping[str, int], *, at: datetime) -> str:
    """What a list shows, and its counts, each as a digest. Clocks and ages go on by the minute."""
    minute = at.replace(second=0, microsecond=0)
    listed = [str([getattr(row, name) for name in SHOWN]) for row in shown]
    return f"{_digest(minute, *listed) if listed else '0'}~{_digest(*sorted(sizes.items()))}"


def steps(view: View, numbers: list[int], pk: int | None) -> dict[str, Any]:
    """Where the handoff in hand stands, and the addresses of its neighbours."""
    if pk not in numbers:
        return {}
    index = numbers.index(pk)
    before, behind = numbers[:index][-1:], numbers[index + 1 :][:1]
    return {
        "position": index + 1,
        "previous": view.url(handoff=before[0]) if before else "",
        "next": view.url(handoff=behind[0]) if behind else "",
    }


def _digest(*facts: object) -> str:
    return hashlib.blake2s(repr(facts).encode(), digest_size=6).hexdigest()


def _page(user: User, narrowed: InboxFilter, view: View, *, size: int | None = None) -> Page:
    usual = queues.PAGE_SIZE
    if view.after or size not in (None, usual) or (view.terms and not narrowed.recurring):
        return queues.page(rows.facts(narrowed.qs), view.queue, after=view.after, size=size)
    given = narrowed.given if view.terms else ()
    who = statements.kind_of(user)
    first = _first_rows(who, view.queue.key, view.everyones, given, usual + 1)
    return queues.cut(first.rows(statements.given(user, at=view.at)), view.queue, usual)


@lru_cache(maxsize=256)
def _first_rows(who: Who, key: str, everyones: bool, given: Terms, most: int) -> Kept:
    """The first rows of a queue as these filters leave it, for people like these."""
    user, queue, at = statements.somebody(*who), queues.QUEUES[key], statements.AT
    found = queues.handoffs(queue, user, everyones=everyones, at=at)
    left = InboxFilter(queryset=found, user=user, at=at).narrow(found, given)
    return Kept(queues.in_order(rows.facts(left), queue)[:most])


def _reach(narrowed: InboxFilter, view: View, page: Page, pk: int | None) -> int:
    """How many rows the list needs so that this handoff is among them, in whole pages; 0 where it
    has it already, or never will."""
    if pk is None or view.after or not page.cursor or any(row.pk == pk for row in page.rows):
        return 0
    ordered = queues.in_order(narrowed.qs, view.queue)
    numbers = list(ordered.values_list("pk", flat=True)[:MOST_ROWS])
    place = numbers.index(pk) + 1 if pk in numbers else 0
    return -(-place // queues.PAGE_SIZE) * queues.PAGE_SIZE


def _drawn(page: Page, view: View, *, beside: Handoff | None = None) -> list[Row]:
    place = view.url()
    urls = [f"{place}&handoff={row.pk}" for row in page.rows]
    facts = {"at": view.at, "everyones": view.everyones}
    return rows.drawn(page.rows, view.queue, urls, beside=beside, **facts)


def _desk(
    user: User,
    narrowed: InboxFilter,
    view: View,
    page: Page,
    drawn: list[Row],
    *,
    counted: Waiting,
) -> Desk:
    active = bool(view.terms and narrowed.given)
    whole = not active and not view.after
    known = counted.queues.get(view.queue.key) if whole else None
    return Desk(
        view=view,
        rows=drawn,
        tabs=tabs(view, counted.queues),
        filter=narrowed,
        count=_count(known, len(page.rows), more=bool(page.cursor)),
        more=view.url(after=page.cursor) if page.cursor else "",
        nothing="" if page.rows else emptiness.why(user, filtered=active),
        unowned=counted.left_alone,
        state=state(page.rows, counted.queues, at=view.at),
    )


def _count(known: int | None, here: int, *, more: bool) -> str:
    if known is not None:
        return waiting.shown(max(known, here))
    return f"{here}+" if more else str(here)
