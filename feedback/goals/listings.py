"""What is behind a figure of the board: as many rows as it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback.funnels import sets
from feedback.goals import spans
from feedback.goals.measures import DEALS, HELD, Measured
from feedback.goals.spans import Span
from leads.models import User
from scoring.documents import Body

TITLES: dict[str, str | Promise] = {
    "won_deals": _("Deals won"),
    "closed_deals": _("Deals closed"),
    "opened_deals": _("Deals opened"),
    "conversations_held": _("Conversations held"),
    "qualified_then": _("Qualified"),
    "supplied": _("Handed over, as good as promised"),
}


@dataclass(frozen=True)
class Listing:
    title: str
    rows: QuerySet
    span: Span
    of_deals: bool


def behind(user: User, body: Body, name: str, kind: str, *, at: datetime) -> Listing | None:
    """The rows of the set `name` in the running span of this kind; None where there is no such
    set."""
    known = {*DEALS, *HELD, *sets.SETS, "supplied"}
    if name not in known or kind not in spans.MONTHS:
        return None
    span = spans.running(kind, at=at)
    measured = Measured(user, span.period)
    title = str(TITLES.get(name) or sets.TITLES[name])
    if name in DEALS:
        rows = measured.rows(name).select_related("owner", "company")
        return Listing(title, rows.order_by(f"-{DEALS[name]}", "-id"), span, True)
    if name == "supplied":
        rows = measured.supplied((body.get("supply") or {}).get("least_score"))
    else:
        rows = measured.rows(name)
    related = rows.select_related("lead", "owner", "reason", "channel")
    return Listing(title, related.order_by("-opened_at", "-id"), span, False)
