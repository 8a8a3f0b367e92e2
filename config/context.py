"""What the navigation says on every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from feedback import rooms, waiting
from scoring import replays


@dataclass(frozen=True)
class Navigation:
    """The rooms this person has, and what waits in them (0 says nothing, “99+” is as far as it is
    counted). `unsettled` is the
    number of the version that is being written or signed, `unsettled_as` its status."""

    has_inbox: bool = False
    has_returns: bool = False
    has_leads: bool = False
    has_lab: bool = False
    has_routing: bool = False
    has_duty: bool = False
    waiting: int | str = 0
    overdue: int | str = 0
    returns: int | str = 0
    notifications: int | str = 0
    unsettled: int = 0
    unsettled_as: str = ""


def navigation(request: HttpRequest) -> dict[str, Any]:
    """`navigation` for templates; asks the database once, and only when a template asks.

    A view that has counted already leaves its count as `request.waiting`."""
    return {"navigation": SimpleLazyObject(lambda: _navigation(request))}


def _navigation(request: HttpRequest) -> Navigation:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Navigation()
    counted = getattr(request, "waiting", None) or waiting.count(user, at=timezone.now())
    return Navigation(
        has_inbox=rooms.has_inbox(user),
        has_returns=rooms.has_returns(user),
        has_leads=rooms.has_leads(user),
        has_lab=replays.may_replay(user),
        has_routing=rooms.has_routing(user),
        has_duty=rooms.has_duty(user),
        waiting=_shown(counted.answers),
        overdue=_shown(counted.overdue),
        returns=_shown(counted.returns),
        notifications=_shown(counted.notifications),
        unsettled=counted.unsettled,
        unsettled_as=counted.unsettled_as,
    )


def _shown(number: int) -> int | str:
    return waiting.shown(number) if number else 0
