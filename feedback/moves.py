"""Where a lead goes next on the journey of the agreement its handoff was made under."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from feedback.models import Handoff
from leads import stale
from leads.models import Channel, Lead, User
from scoring import journeys, stages
from scoring.documents import item
from scoring.models import AgreementVersion, Stage, StageEntry

Kind = Stage.Kind
CUSTOMERS = (Kind.WON, Kind.CUSTOMER)
IN_SALES_HANDS = (Kind.HANDOFF, Kind.ACCEPTED, Kind.QUALIFIED)


def forward(handoff: Handoff, kind: str, *, cause: str, by: User | None, at: datetime) -> None:
    """Into the stage of this kind ahead of the lead. An agreement without one leaves it be."""
    key = journeys.next_of_kind(handoff.version.body, stage_key(handoff.lead), kind)
    if key:
        stages.enter(
            handoff.lead,
            key,
            cause=cause,
            at=at,
            version=handoff.version,
            by=by,
            channel=handoff.channel,
        )


def returned(
    handoff: Handoff,
    reason: str,
    *,
    by: User,
    at: datetime,
    rests_until: datetime,
    asked: bool = False,
) -> None:
    """Where the agreement's reason says, to rest there until `rests_until`, and then until it
    does something new; `asked`: sales wants it back on that day, whether it does or not. A reason
    that resets is kept with the entry: what the lead did before counts no more."""
    body = handoff.version.body
    key = journeys.place_for_return(body, stage_key(handoff.lead), reason)
    cause = StageEntry.Cause.RETURNED
    since = None if asked else at
    resets = bool(item(body["reasons"], reason).get("resets"))
    rest = {"rests_until": rests_until, "rested_since": since, "resets": resets}
    _rest(handoff, key, cause=cause, by=by, at=at, **rest)


def recalled(handoff: Handoff, *, by: User | None, at: datetime) -> None:
    """Back to marketing, until the lead does something new."""
    body = handoff.version.body
    nurture = journeys.next_of_kind(body, stage_key(handoff.lead), Kind.NURTURE)
    key = nurture or journeys.first_stage(body)
    _rest(handoff, key, cause=StageEntry.Cause.WITHDRAWN, by=by, at=at, rested_since=at)


def superseded(entry: StageEntry, *, at: datetime) -> None:
    """Back to where the lead came from, for the version in force by now to decide anew; to its
    first stage where it has no such place. A lead that has gone on meanwhile stays there."""
    version, standing = stages.held_version(), stages.standing(entry.lead)
    if version is None or standing is None or standing.entry_id != entry.pk:
        return
    before = journeys.stage(version.body, entry.previous.key) if entry.previous else None
    waits_there = before and before["kind"] in journeys.MACHINE_LEAVES
    stages.enter(
        entry.lead,
        before["key"] if waits_there else journeys.first_stage(version.body),
        cause=StageEntry.Cause.AGREEMENT,
        at=at,
        version=version,
        channel=entry.channel,
    )
    # The rescoring under the new version may have come by already, and left the lead alone.
    stale.mark([entry.lead_id], at=at)


def undone(
    lead: Lead, before: Mapping[str, object], *, by: User | None, at: datetime
) -> StageEntry | None:
    """Back to where the lead stood `before` (`befores.place`), to rest there as it did."""
    standing = stages.standing(lead)
    if standing is None or standing.entry_id == before["entry"]:
        return None
    was = StageEntry.objects.select_related("stage", "version", "channel").get(pk=before["entry"])
    rest = {name: before.get(f"lead_{name}") for name in ("rests_until", "rested_since")}
    entry = stages.enter(
        lead,
        was.stage.key,
        cause=StageEntry.Cause.UNDONE,
        at=at,
        version=was.version,
        by=by,
        channel=was.channel,
        **{name: moment and datetime.fromisoformat(moment) for name, moment in rest.items()},
    )
    # Conditions that look at its way through the stages see neither step any more.
    stale.mark([lead.pk], at=at)
    return entry


def won(
    lead: Lead,
    version: AgreementVersion,
    *,
    at: datetime,
    by: User | None = None,
    cause: str = StageEntry.Cause.OPPORTUNITY,
) -> StageEntry | None:
    """The lead becomes a customer, if it is none yet."""
    standing = stages.standing(lead)
    if standing and standing.kind in CUSTOMERS:
        return None
    key = _place_of_customers(version, standing.stage.key if standing else None)
    if key is None:
        return None
    return stages.enter(lead, key, cause=cause, at=at, version=version, by=by)


def lost(
    lead: Lead,
    version: AgreementVersion,
    *,
    at: datetime,
    by: User | None = None,
    cause: str = StageEntry.Cause.OPPORTUNITY,
) -> None:
    """The way the agreement draws for a lost deal. A customer stays one, and whoever has gone
    on meanwhile stays there."""
    standing = stages.standing(lead)
    busy = lead.handoffs.unclosed().exists()
    if standing is None or standing.kind not in IN_SALES_HANDS or busy:
        return
    for key in journeys.way_after_loss(version.body, standing.stage.key):
        stages.enter(lead, key, cause=cause, at=at, version=version, by=by, rested_since=at)


def stage_key(lead: Lead) -> str:
    """Where the lead stands now."""
    return stages.standing(lead).stage.key


def _rest(
    handoff: Handoff,
    key: str,
    *,
    cause: str,
    by: User | None,
    at: datetime,
    rests_until: datetime | None = None,
    rested_since: datetime | None,
    resets: bool = False,
) -> None:
    channel: Channel | None = handoff.channel
    stages.enter(
        handoff.lead,
        key,
        cause=cause,
        at=at,
        version=handoff.version,
        by=by,
        channel=channel,
        rests_until=rests_until,
        rested_since=rested_since,
        resets=resets,
    )


def _place_of_customers(version: AgreementVersion, after: str | None) -> str | None:
    """The nearest ahead, else the first there is: `won`, in an agreement without it `customer`."""
    for kind in CUSTOMERS:
        ahead = journeys.next_of_kind(version.body, after, kind) if after else None
        found = ahead or stages.stage_of_kind(version, kind)
        if found:
            return found
    return None
