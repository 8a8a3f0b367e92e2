"""The pulse of the inbox: what has changed since a page was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import ngettext

from feedback import queues
from feedback.handoffs import rights
from feedback.models import Handoff
from feedback.views import desks, hands, stale
from feedback.views.desks import Desk, View
from feedback.waiting import Waiting
from leads.models import User

# More numbers than a page can show are nobody's page.
MOST_DIGITS = 18


@dataclass(frozen=True)
class Said:
    """What a page says it shows: the state of its list and counts, its rows, and the handoff in
    hand with its standing."""

    state: str
    shown: list[int]
    handoff: int | None
    standing: str

    @property
    def size(self) -> int:
        """How many rows it wants: as many as it has, at least a page."""
        return max(queues.PAGE_SIZE, min(len(self.shown), desks.MOST_ROWS))


@dataclass(frozen=True)
class Beat:
    """What is true now, beside what the page said; `moved` is the handoff in hand if somebody has
    done something to it."""

    state: str
    list_changed: bool
    counts_changed: bool
    moved: Handoff | None

    @property
    def changed(self) -> bool:
        return self.list_changed or self.counts_changed or self.moved is not None


@dataclass(frozen=True)
class Moved:
    """A handoff that has gone on since it was taken in hand: as it stands, who answered it, and
    whether whoever reads this may take it."""

    handoff: Handoff
    said: str
    may_take: bool

    @property
    def standing(self) -> str:
        return hands.standing(self.handoff)

    @property
    def seen(self) -> str:
        """What a form brings along of what it shows."""
        return stale.mark(self.handoff)


def said(params: Mapping[str, str]) -> Said:
    return Said(
        state=params.get("state", ""),
        shown=_numbers(params.get("shown", ""))[: desks.MOST_ROWS],
        handoff=next(iter(_numbers(params.get("handoff", ""))), None),
        standing=params.get("standing", ""),
    )


def feel(user: User, view: View, said: Said, counted: Waiting) -> Beat:
    """Two cheap queries: the rows as far as they may change, and the handoff in hand."""
    view = replace(view, after="")
    ordered = queues.in_order(desks.listed(user, view), view.queue)
    rows = ordered.only(*(name.removesuffix("_id") for name in desks.SHOWN))[: said.size]
    state = desks.state(rows, counted.queues, at=view.at)
    (listed, counts), (listed_then, counts_then) = _halves(state), _halves(said.state)
    return Beat(
        state=state,
        list_changed=listed != listed_then,
        counts_changed=counts != counts_then,
        moved=_moved(user, said) if said.handoff else None,
    )


def news(user: User, view: View, said: Said, beat: Beat, counted: Waiting) -> dict[str, Any]:
    """What the page needs to show what is true now."""
    context: dict[str, Any] = {"view": view, "beat": beat, "current": said.handoff}
    if beat.list_changed:
        desk = desks.lay_out(user, replace(view, after=""), counted=counted, size=said.size)
        numbers = [row.handoff.pk for row in desk.rows]
        desk = replace(desk, **desks.steps(desk.view, numbers, said.handoff))
        context |= {"desk": desk, "sentence": _sentence(said, desk)}
    if beat.counts_changed:
        context["tabs"] = desks.tabs(view, counted.queues)
    if beat.moved:
        context["hand"] = _gone_on(user, beat.moved, at=view.at)
    return context


def _gone_on(user: User, handoff: Handoff, *, at: datetime) -> Moved:
    answered = rights.already_answered(handoff, to=user, at=at) if handoff.answer else None
    free = handoff.state == "offered" and handoff.owner_id is None
    said = answered.message if answered else ""
    return Moved(handoff, said, may_take=free and rights.is_member(user, handoff))


def _moved(user: User, said: Said) -> Handoff | None:
    known = Handoff.objects.visible_to(user).select_related("owner", "answered_by", "pool")
    present = known.filter(pk=said.handoff).first()
    return present if present and hands.standing(present) != said.standing else None


def _sentence(said: Said, desk: Desk) -> str:
    """What to tell whoever does not look at the list."""
    now = [row.handoff.pk for row in desk.rows]
    new = len(set(now) - set(said.shown))
    gone = 0 if desk.more else len(set(said.shown) - set(now))
    told = []
    if new:
        told.append(
            ngettext("%(n)s new in this list.", "%(n)s new in this list.", new) % {"n": new}
        )
    if gone:
        told.append(ngettext("%(n)s has left it.", "%(n)s have left it.", gone) % {"n": gone})
    return " ".join(told)


def _halves(state: str) -> tuple[str, str]:
    listed, _sep, counts = state.partition("~")
    return listed, counts


def _numbers(text: str) -> list[int]:
    return [int(n) for n in text.split(",") if n.isdecimal() and len(n) < MOST_DIGITS]
