"""Where leads really stood, and how long a return let them rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from leads.models import Event
from scoring.documents import item
from scoring.journeys import MACHINE_LEAVES
from scoring.models import AgreementVersion, StageEntry, Standing

Cause = StageEntry.Cause
# Out of these a lead comes back to marketing only to wait for something new.
WAITS_FOR_NEWS = (Cause.RETURNED, Cause.WITHDRAWN, Cause.OPPORTUNITY)


@dataclass(frozen=True, slots=True)
class Place:
    """A stage a lead really entered at `at`. `machine`: its criteria were met. The rest as in
    `Standing`."""

    at: datetime
    stage: str
    kind: str
    machine: bool
    rests_until: datetime | None = None
    rested_since: datetime | None = None


def of(lead_ids: Collection[int]) -> dict[int, list[Place]]:
    """Every place of these leads in the order they came there. Four queries."""
    entries = StageEntry.objects.filter(lead_id__in=lead_ids).order_by("at", "pk")
    columns = ("lead_id", "pk", "at", "stage__key", "kind", "cause", "version_id")
    rows = list(entries.values_list(*columns))
    rests = _Rests(lead_ids, {row[-1] for row in rows})
    places: dict[int, list[Place]] = defaultdict(list)
    for lead_id, pk, at, stage, kind, cause, version_id in rows:
        if cause == Cause.UNDONE:
            rest = _as_before(places[lead_id], stage)
        else:
            rest = rests.of(pk, lead_id, at, kind, cause, version_id)
        places[lead_id].append(Place(at, stage, kind, cause == Cause.CRITERIA, *rest))
    return places


def _as_before(places: list[Place], stage: str) -> tuple[datetime | None, datetime | None]:
    """Back where it stood, a lead rests as it did."""
    last = next((place for place in reversed(places) if place.stage == stage), None)
    return (last.rests_until, last.rested_since) if last else (None, None)


class _Rests:
    """The rests of some leads: as written where they stand now, else by what the return said."""

    def __init__(self, lead_ids: Collection[int], version_ids: Collection[int]) -> None:
        now = Standing.objects.filter(lead_id__in=lead_ids)
        columns = ("entry_id", "rests_until", "rested_since")
        self.now = {entry: rest for entry, *rest in now.values_list(*columns)}
        told = Event.objects.filter(lead_id__in=lead_ids, kind="handoff.returned")
        self.said = {(lead, at): data for lead, at, data in told.values_list("lead", "at", "data")}
        self.bodies = {
            each.pk: each.body for each in AgreementVersion.objects.filter(pk__in=version_ids)
        }

    def of(
        self, entry_id: int, lead_id: int, at: datetime, kind: str, cause: str, version_id: int
    ) -> tuple[datetime | None, datetime | None]:
        """Until when it rested there, and since when it had to do something new."""
        if entry_id in self.now:
            until, since = self.now[entry_id]
            return until, since
        if cause not in WAITS_FOR_NEWS or kind not in MACHINE_LEAVES:
            return None, None
        return self._returned(self.said.get((lead_id, at)), at, version_id)

    def _returned(
        self, said: Mapping[str, Any] | None, at: datetime, version_id: int
    ) -> tuple[datetime | None, datetime | None]:
        if said is None:
            return None, at
        if said.get("back_on"):
            day = datetime.combine(date.fromisoformat(said["back_on"]), time())
            return timezone.make_aware(day), None
        reason = item(self.bodies[version_id]["reasons"], said.get("reason", "")) or {}
        return at + timedelta(days=reason.get("rest_days") or 0), at
