"""A lead as a person: what they want, what to say next, the conversation, then the figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import prefetch_related_objects

from feedback import briefings, clockfaces, timelines
from feedback.briefings import Return, Wish
from feedback.clockfaces import ClockFace
from feedback.handoffs import rights
from feedback.models import Handoff, Opportunity
from feedback.timelines import Moment
from leads.models import Attribute, Lead, User
from scoring import ledgers
from scoring.models import AgreementVersion


@dataclass(frozen=True)
class Group:
    """The lines of one group of the ledger and what they sum to."""

    label: str
    lines: list[Any]
    points: int


@dataclass(frozen=True)
class Bar:
    """The score on a scale: fit and engagement as drawn, the bar that hands over, the end.
    All in points; `bar` is None where no stage asks for a score."""

    fit: int
    engagement: int
    bar: int | None
    stage: str
    end: int


@dataclass(frozen=True)
class Portrait:
    """Everything the page of a lead shows, at the moment `at`."""

    at: datetime
    line: str
    wish: Wish | None
    returned: Return | None
    moments: list[Moment]
    more: bool
    whose: str
    groups: list[Group]
    bar: Bar | None
    about: list[tuple[str, str]]
    attributes: list[tuple[str, Any]]
    handoff: Handoff | None
    face: ClockFace | None
    answerable: bool
    opportunities: list[Opportunity]


def draw(
    lead: Lead,
    user: User,
    *,
    version: AgreementVersion | None,
    at: datetime,
    whose: str = "",
    most: int,
) -> Portrait:
    """The portrait of a lead whose score, with its version, and standing are loaded."""
    history = timelines.whole(lead, user, most=most)
    body = version.body if version else {}
    returns = briefings.returns(history, body)
    score = getattr(lead, "score", None)
    handoff = _open_handoff(lead, user)
    return Portrait(
        at=at,
        line=briefings.line(lead),
        wish=briefings.wish(history),
        returned=returns[0] if returns else None,
        moments=timelines.moments(history, body, whose=whose),
        more=history.more,
        whose=whose,
        groups=_groups(score) if score else [],
        bar=_bar(score, body) if score else None,
        about=briefings.about(lead),
        attributes=_attributes(lead),
        handoff=handoff,
        face=clockfaces.read(handoff, handoff.pool.calendar, at=at) if handoff else None,
        answerable=bool(handoff) and not handoff.answer and rights.is_member(user, handoff),
        opportunities=_opportunities(lead, user),
    )


def _open_handoff(lead: Lead, user: User) -> Handoff | None:
    found = Handoff.objects.visible_to(user).unclosed().filter(lead=lead)
    handoff = found.select_related("pool__calendar", "owner").first()
    if handoff and handoff.clock:
        calendars = ("pool__calendar__hours", "pool__calendar__days_off")
        prefetch_related_objects([handoff], *calendars)
    return handoff


def _groups(score: Any) -> list[Group]:
    """The ledger as stored, group by group; the total's own lines come last."""
    lines = [line for line in ledgers.lines(score, score.version) if line.points]
    return [
        Group(str(ledgers.GROUP_NAMES.get(key, "")), found, sum(line.points for line in found))
        for key, rows in groupby(lines, key=lambda line: line.group)
        for found in [list(rows)]
    ]


def _bar(score: Any, body: dict[str, Any]) -> Bar:
    asked, stage = briefings.bar(body)
    caps = (body.get("score") or {}).get("caps") or {}
    ceiling = sum(cap or 0 for cap in caps.values()) if caps else 0
    end = max(ceiling, score.total, asked or 0, 1)
    return Bar(max(score.fit, 0), max(score.engagement, 0), asked, stage, end)


def _attributes(lead: Lead) -> list[tuple[str, Any]]:
    """The customer's own fields that are known of this lead, by label."""
    if not lead.attributes:
        return []
    labels = Attribute.objects.filter(key__in=lead.attributes)
    return [(field.label, lead.attributes[field.key]) for field in labels]


def _opportunities(lead: Lead, user: User) -> list[Opportunity]:
    found = Opportunity.objects.visible_to(user).filter(contacts__lead=lead)
    return list(found.select_related("owner"))
