"""The one writer of what leads did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from leads import channels, machines, quarantines, stale, trails, values
from leads.folding import fold_texts
from leads.models import NEVER_KNOWN, Activity, ActivityType, Campaign, Channel, Lead
from leads.refusals import Refused

BATCH = 500
TRIES = 5
LONGEST_ID = 120
LONGEST_SOURCE = 60
LONGEST_WORDS = 20_000

Row = TypeVar("Row", ActivityType, Channel, Campaign)


@dataclass(frozen=True, slots=True)
class NewActivity:
    """One dated thing a lead did. Type, channel and campaign are rows, or keys or names;
    those nobody knows are added, a channel as unclassified. `source` and `external_id`, if
    there is one, make a repeat harmless."""

    lead_id: int
    type: ActivityType | str
    occurred_at: datetime
    known_at: datetime
    channel: Channel | str | None = None
    campaign: Campaign | str | None = None
    properties: Mapping[str, object] = field(default_factory=dict)
    source: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an activity: `status` is created, unchanged or refused."""

    status: str
    activity: Activity | None = None
    refusal: Refused | None = None


def record(
    lead: Lead,
    *,
    type: ActivityType | str,
    occurred_at: datetime,
    known_at: datetime,
    channel: Channel | str | None = None,
    campaign: Campaign | str | None = None,
    properties: Mapping[str, object] | None = None,
    source: str = "",
    external_id: str = "",
) -> tuple[Activity, bool]:
    """One activity, and whether it is new. Raises Refused for one that was known before it
    happened, or whose id another lead's activity has."""
    new = NewActivity(
        lead.pk,
        type,
        occurred_at,
        known_at,
        channel=channel,
        campaign=campaign,
        properties=properties or {},
        source=source,
        external_id=external_id,
    )
    outcome = record_many([new], at=known_at)[0]
    if outcome.refusal:
        raise outcome.refusal
    return outcome.activity, outcome.status == "created"


def record_many(
    new: Sequence[NewActivity], *, at: datetime, dormant_since: datetime | None = None
) -> list[Outcome]:
    """`record` for many, an outcome each, in sets of 500: each set is written whole or not at
    all, a refused one leaves the others in. With `dormant_since`, their leads are not handed
    over before they do something after it."""
    names = _Names(new)
    outcomes = []
    for start in range(0, len(new), BATCH):
        outcomes += _persist(new[start : start + BATCH], names, at=at, dormant=dormant_since)
    return outcomes


class _Names:
    """The types, channels and campaigns that some activities name, found or added at once."""

    def __init__(self, new: Sequence[NewActivity]) -> None:
        self._types = channels.activity_types(a.type for a in new if isinstance(a.type, str))
        self._channels = channels.channels(a.channel for a in new if isinstance(a.channel, str))
        self._campaigns = channels.campaigns(a.campaign for a in new if isinstance(a.campaign, str))

    def row(self, new: NewActivity) -> Activity:
        properties, mark = machines.agent(_plain(new.properties))
        activity = Activity(
            lead_id=new.lead_id,
            type=_row("type", new.type, self._types),
            channel=_row("channel", new.channel, self._channels),
            campaign=_row("campaign", new.campaign, self._campaigns),
            occurred_at=new.occurred_at,
            known_at=NEVER_KNOWN if mark else new.known_at,
            local_date=local_date(new.occurred_at),
            source=new.source,
            external_id=new.external_id,
            properties=properties,
            properties_folded=fold_texts(properties),
        )
        activity.mark = mark
        return activity


def local_date(moment: datetime) -> date:
    """The date of a moment at the company."""
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def _row(field: str, given: Row | str | None, named: Mapping[str, Row]) -> Row | None:
    if not isinstance(given, str):
        return given
    if given.strip() and given not in named:
        raise Refused("unreadable_value", _("This is not text."), field=field)
    return named.get(given)


def _persist(
    new: Sequence[NewActivity], names: _Names, *, at: datetime, dormant: datetime | None
) -> list[Outcome]:
    for attempt in range(TRIES):
        try:
            return _write(new, names, at=at, dormant=dormant)
        except IntegrityError:
            # Somebody else has recorded one of them meanwhile: now it is known.
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


@transaction.atomic
def _write(
    new: Sequence[NewActivity], names: _Names, *, at: datetime, dormant: datetime | None
) -> list[Outcome]:
    # The leads are locked first, so that of two writers the later one sees the other's rows
    # when it works out first and latest channels.
    lead_ids = {a.lead_id for a in new}
    list(Lead.objects.select_for_update().filter(pk__in=lead_ids).order_by("pk").only("pk"))
    refusals = [_refusal(a) for a in new]
    known = _known([a for a, refusal in zip(new, refusals, strict=True) if not refusal])
    outcomes = [
        Outcome("refused", refusal=refusal) if refusal else _outcome(a, names, known)
        for a, refusal in zip(new, refusals, strict=True)
    ]
    created = [o.activity for o in outcomes if o.status == "created"]
    Activity.objects.bulk_create(created)
    _judge(created, at=at)
    touched = sorted({activity.lead_id for activity in created})
    if touched:
        trails.follow(touched, dormant=dormant)
        stale.mark(touched, at=at)
    return outcomes


def _judge(created: Sequence[Activity], *, at: datetime) -> None:
    """Set aside what a machine did."""
    quarantines.recognised({each: each.mark for each in created if each.mark}, at=at)
    found = (
        machines.click(each.pk, each.lead_id, each.occurred_at, each.properties) for each in created
    )
    quarantines.find_bursts([click for click in found if click], at=at)


def _known(new: Sequence[NewActivity]) -> dict[tuple[str, str], Activity]:
    by_source: dict[str, list[str]] = {}
    for a in new:
        if a.external_id:
            by_source.setdefault(a.source, []).append(a.external_id)
    if not by_source:
        return {}
    some = Q()
    for source, ids in by_source.items():
        some |= Q(source=source, external_id__in=ids)
    return {(a.source, a.external_id): a for a in Activity.objects.filter(some)}


def _outcome(new: NewActivity, names: _Names, known: dict[tuple[str, str], Activity]) -> Outcome:
    key = (new.source, new.external_id)
    try:
        if new.external_id and key in known:
            return Outcome("unchanged", _same_lead(known[key], new))
        activity = names.row(new)
    except Refused as refusal:
        return Outcome("refused", refusal=refusal)
    known[key] = activity
    return Outcome("created", activity)


def _same_lead(known: Activity, new: NewActivity) -> Activity:
    if known.lead_id != new.lead_id:
        raise Refused(
            "activity_of_another_lead",
            _("Activity “%(id)s” of %(source)s belongs to lead %(number)s already.")
            % {"id": new.external_id, "source": new.source, "number": known.lead_id},
            _("Give every activity an id of its own."),
            status=409,
            field="external_id",
        )
    return known


def _refusal(new: NewActivity) -> Refused | None:
    try:
        _check(new)
    except Refused as refusal:
        return refusal
    return None


def _check(new: NewActivity) -> None:
    if isinstance(new.type, str) and not new.type.strip():
        raise Refused("no_type", _("An activity needs a type."), field="type")
    if new.occurred_at > new.known_at:
        raise Refused(
            "not_yet",
            _("This activity was known before it happened."),
            _("Report an activity once it has happened."),
            field="occurred_at",
        )
    _check_text("external_id", new.external_id, LONGEST_ID)
    _check_text("source", new.source, LONGEST_SOURCE)


def _check_text(field: str, text: str, most: int) -> None:
    if len(_plain_text(text)) > most:
        message = _("This has more than %(most)s characters.") % {"most": most}
        raise Refused("identity_too_long", message, field=field)


def _plain(properties: Mapping[str, object]) -> dict[str, object]:
    """Properties as they are stored: text, numbers, yes or no; nothing nested."""
    return {
        _plain_text(key): _plain_value(key, value)
        for key, value in properties.items()
        if value is not None
    }


def _plain_value(key: str, value: object) -> values.Value:
    try:
        if isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return values.number(value)
        return values.canonical(value, type="text", length=LONGEST_WORDS)
    except values.Unreadable as problem:
        raise Refused("unreadable_value", str(problem), field=f"properties.{key}") from problem


def _plain_text(key: str) -> str:
    try:
        return values.clean(key)
    except values.Unreadable as problem:
        raise Refused("unreadable_value", str(problem), field="properties") from problem
