"""What the navigation says on every page: counts of what waits for this person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, IntegerField, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from feedback import rooms
from feedback.models import Handoff, Notification
from leads.models import User
from scoring.models import AgreementVersion


@dataclass(frozen=True)
class Navigation:
    """Rooms this person has, and what waits in them. `unsettled` is the number of the version
    that is being written or signed, 0 if none is."""

    has_inbox: bool = False
    has_returns: bool = False
    has_leads: bool = False
    waiting: int = 0
    overdue: int = 0
    returns: int = 0
    notifications: int = 0
    unsettled: int = 0
    unsettled_status: str = ""


def navigation(request: HttpRequest) -> dict[str, Any]:
    """`navigation` for templates; asks the database once, and only when a template asks."""
    return {"navigation": SimpleLazyObject(lambda: _navigation(request))}


def _navigation(request: HttpRequest) -> Navigation:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Navigation()
    return Navigation(
        has_inbox=rooms.has_inbox(user),
        has_returns=rooms.has_returns(user),
        has_leads=rooms.has_leads(user),
        **_counts(user),
    )


def _counts(user: User) -> dict[str, Any]:
    """All counts in one statement, each from an index of its own."""
    unanswered = Handoff.objects.visible_to(user).awaiting_answer()
    if not user.is_manager:
        unanswered = unanswered.filter(owner=user)
    unread = Notification.objects.filter(user=user, read_at=None)
    unsettled = AgreementVersion.objects.unsettled()
    counted = {
        "waiting": _count(unanswered),
        "overdue": _count(unanswered.filter(due_at__lt=timezone.now())),
        "returns": _count(unread.filter(event__kind="handoff.returned")),
        "notifications": _count(unread),
        "unsettled": Subquery(unsettled.values("number")[:1]),
        "unsettled_status": Subquery(unsettled.values("status")[:1]),
    }
    # Names of their own: some of these are relations of User already.
    wanted = {f"counted_{name}": query for name, query in counted.items()}
    found = User.objects.filter(pk=user.pk).values(**wanted)[0]
    return {name: found[f"counted_{name}"] or getattr(Navigation, name) for name in counted}


def _count(rows: QuerySet) -> Subquery:
    counted = rows.order_by().annotate(n=Func(F("pk"), function="COUNT"))
    return Subquery(counted.values("n"), output_field=IntegerField())
