"""A lead as a person: what they want, what to say next, the conversation, then the figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from feedback import briefings, checklists, clockfaces, sheets, timelines
from feedback.briefings import Return, Wish
from feedback.clockfaces import ClockFace
from feedback.handoffs import rights
from feedback.models import Handoff, Opportunity
from feedback.sheets import Sheet
from feedback.timelines import Moment
from leads.models import Attribute, Lead, LeadChange, User
from scoring.models import AgreementVersion


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
    sheet: Sheet
    about: list[tuple[str, str]]
    attributes: list[tuple[str, str, bool]]
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
    """The portrait of a lead whose score, with its version, standing and mark as stale are
    loaded."""
    history = timelines.whole(lead, user, most=most)
    body = version.body if version else {}
    returns = briefings.returns(history, version)
    handoff = _open_handoff(lead, user)
    clockfaces.prepare([handoff] if handoff else [])
    return Portrait(
        at=at,
        line=briefings.line(lead),
        wish=briefings.wish(history),
        returned=returns[0] if returns else None,
        moments=timelines.moments(history, body, whose=whose),
        more=history.more,
        whose=whose,
        sheet=sheets.draw(lead, user, version=version, at=at),
        about=briefings.about(lead),
        attributes=_attributes(lead),
        handoff=handoff,
        face=clockfaces.read(handoff, at=at) if handoff else None,
        answerable=bool(handoff) and not handoff.answer and rights.is_member(user, handoff),
        opportunities=_opportunities(lead, user),
    )


def _open_handoff(lead: Lead, user: User) -> Handoff | None:
    found = Handoff.objects.visible_to(user).unclosed().filter(lead=lead)
    return found.select_related("pool__calendar", "owner").first()


def _attributes(lead: Lead) -> list[tuple[str, str, bool]]:
    """The customer's own fields that are known of this lead: label, value in words, and whether
    sales found it out."""
    if not lead.attributes:
        return []
    heard = _from_sales(lead)
    return [
        (field.label, _in_words(field, value), heard.get(field.key) == value)
        for field in Attribute.objects.filter(key__in=lead.attributes)
        for value in [lead.attributes[field.key]]
    ]


def _from_sales(lead: Lead) -> dict[str, Any]:
    """What sales learnt of a lead, by field; of one that was learnt twice, the latest."""
    heard: dict[str, Any] = {}
    rows = LeadChange.objects.filter(lead=lead, source=checklists.SOURCE)
    for values in rows.order_by("known_at", "pk").values_list("values", flat=True):
        heard |= values
    return heard


def _in_words(field: Attribute, value: Any) -> str:
    """A stored value as people write it; as it stands where it does not fit its field."""
    match field.type, value:
        case "boolean", bool():
            return _("Yes") if value else _("No")
        case "date", str() if day := _day(value):
            return date_format(day, "DATE_FORMAT")
        case "number", int() | float():
            return number_format(value, use_l10n=True)
    return str(value)


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _opportunities(lead: Lead, user: User) -> list[Opportunity]:
    found = Opportunity.objects.visible_to(user).filter(contacts__lead=lead)
    return list(found.select_related("owner"))
