"""What is ready before a checklist is answered: what a machine can check is ticked, what is known
of the lead already is filled in. Nothing of it is an answer before somebody gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from feedback import terms
from feedback.models import Handoff
from leads import fields
from leads.models import Lead, LeadChange
from scoring import journeys, promises, statements

Item = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """A value that the lead has already, and since when and from whom, in words."""

    value: Any
    said: str


@dataclass(frozen=True)
class Readiness:
    """By an item's key: what a machine found to be true, as a sentence; and what is known."""

    ticked: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Known] = field(default_factory=dict)


def of(handoff: Handoff, checklist: str, *, at: datetime) -> Readiness:
    """Of a handoff with its lead, version and stage. Two queries where the agreement ticks
    criteria, one where something that is asked for is known, none otherwise; and those of
    `promises.ticked`."""
    items = terms.checklist(handoff.version, checklist)
    if not items:
        return Readiness()
    asks = any(item.get("criteria") for item in items)
    ticked = promises.ticked(
        handoff.version,
        items,
        lead=handoff.lead,
        at=at,
        criteria_hold=asks and criteria_hold(handoff, at=at),
    )
    return Readiness(ticked, _known(handoff.lead, items))


def criteria_hold(handoff: Handoff, *, at: datetime) -> bool:
    """Does every criterion that the handoff was made by still hold? Asked by the statement that
    moves leads, which is read from a version once in a process."""
    key = handoff.entry.stage.key
    if not journeys.stage(handoff.version.body, key):
        return True
    return bool(statements.meeting([handoff.lead_id], handoff.version, key, at=at))


def _known(lead: Lead, items: list[Item]) -> dict[str, Known]:
    """What is known of the lead of all that the items collect."""
    asked = {item["key"]: item["collects"]["attribute"] for item in items if item.get("collects")}
    values = {key: _value(lead, attribute) for key, attribute in asked.items()}
    known = {key: value for key, value in values.items() if value not in ("", None)}
    if not known:
        return {}
    said = _sources(lead, {asked[key] for key in known})
    return {key: Known(_as_typed(value), said.get(asked[key], "")) for key, value in known.items()}


def _value(lead: Lead, attribute: str) -> Any:
    built_in = fields.built_in().get(attribute)
    if built_in and built_in.column:
        return getattr(lead, built_in.column)
    return lead.attributes.get(attribute)


def _as_typed(value: Any) -> Any:
    """As the input of its kind takes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value


def _sources(lead: Lead, attributes: set[str]) -> dict[str, str]:
    """Since when each is known and from where, in words: of its latest change."""
    found: dict[str, str] = {}
    rows = LeadChange.objects.filter(lead=lead, values__has_any_keys=sorted(attributes))
    for change in rows.order_by("known_at", "pk"):
        day = date_format(timezone.localtime(change.known_at), "DATE_FORMAT")
        words = _("Known since %(day)s, from %(source)s.") % {"day": day, "source": change.source}
        found |= dict.fromkeys(attributes & change.values.keys(), words)
    return found
