"""Where leads stand: the single writer of `StageEntry` and `Standing`.

`enter` is for verbs that move one lead, `begin` and `advance` for the machine, which moves many.
A move locks the lead's standing first, so that of two workers one moves the lead and the other
sees that it has moved. The event `stage.entered` {entry, stage, kind, cause} is written in the
same transaction; a lead that only comes in (`begin`) writes none, for nobody is to be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from leads import events, stale
from leads.models import Activity, Channel, Lead, User
from leads.refusals import Refused
from scoring import journeys, statements
from scoring.journeys import StageJSON
from scoring.models import AgreementVersion, Score, Stage, StageEntry, Standing

BATCH = 500
Cause = StageEntry.Cause


@dataclass(frozen=True)
class _Move:
    """What all leads of one move have in common."""

    stage: StageJSON
    stage_id: int
    version: AgreementVersion
    cause: str
    at: datetime
    by: User | None = None
    rests_until: datetime | None = None
    rested_since: datetime | None = None

    def entry(
        self, lead_id: int, channel_id: int | None, score: int | None, before: Standing | None
    ) -> StageEntry:
        spent = max(0, int((self.at - before.since).total_seconds())) if before else None
        return StageEntry(
            lead_id=lead_id,
            stage_id=self.stage_id,
            kind=self.stage["kind"],
            previous_id=before.stage_id if before else None,
            version=self.version,
            cause=self.cause,
            channel_id=channel_id,
            by=self.by,
            score=score,
            at=self.at,
            seconds_in_previous=spent,
        )

    def place(self) -> dict[str, object]:
        """The columns of a standing after this move, but for its lead and entry."""
        return {
            "stage_id": self.stage_id,
            "kind": self.stage["kind"],
            "since": self.at,
            "rests_until": self.rests_until,
            "rested_since": self.rested_since,
        }


def standing(lead: Lead) -> Standing | None:
    """Where the lead stands now; None before it was first scored."""
    return Standing.objects.select_related("stage", "entry").filter(lead=lead).first()


def held_version() -> AgreementVersion | None:
    """The version in force, which it stays until our transaction ends."""
    while (version := AgreementVersion.objects.in_force().first()) and not _runs(version):
        pass  # Another came into force while we waited for the lock.
    return version


def stage_of_kind(version: AgreementVersion, kind: str, after: str | None = None) -> str | None:
    """Key of the nearest stage of a kind along the arrows from `after`; without it, the first."""
    if after is not None:
        return journeys.next_of_kind(version.body, after, kind)
    return next(iter(journeys.stages_of_kind(version.body, kind)), None)


def enter(
    lead: Lead,
    stage_key: str,
    *,
    cause: str,
    at: datetime,
    version: AgreementVersion,
    by: User | None = None,
    score: int | None = None,
    rests_until: datetime | None = None,
    rested_since: datetime | None = None,
    channel: Channel | None = None,
) -> StageEntry:
    """Move one lead into a stage of `version`. Entry and event name `by`.

    Without `score` and `channel` the stored score and the latest channel are kept with the entry.
    Raises Refused `unknown_stage` where the version has no such stage.
    """
    where = _move(version, stage_key, cause, at, by, rests_until, rested_since)
    with transaction.atomic():
        before = Standing.objects.select_for_update(no_key=True).filter(lead=lead).first()
        if score is None:
            score = Score.objects.filter(lead=lead).values_list("total", flat=True).first()
        channel_id = channel.pk if channel else lead.latest_channel_id
        entry = where.entry(lead.pk, channel_id, score, before)
        entry.save()
        # A lead without a standing has nothing to lock: of two who place it first, the second
        # meets the primary key and is rolled back.
        Standing.objects.filter(lead=lead).update(entry=entry, **where.place()) or (
            Standing.objects.create(lead=lead, entry=entry, **where.place())
        )
        if rests_until:
            # Rescored, the lead knows when its rest ends, and the sweep finds it then.
            stale.mark([lead.pk], at=at)
        events.write("stage.entered", at=at, lead=lead, actor=by, data=_told(entry, stage_key))
    return entry


def begin(lead_ids: Iterable[int], *, version: AgreementVersion, at: datetime) -> int:
    """Put leads that stand nowhere yet into the first stage. Returns how many.

    What came in as history began when the lead came to be; everything else begins now.
    A version no longer in force places nobody.
    """
    where = _move(version, journeys.first_stage(version.body), Cause.ARRIVED, at)
    with transaction.atomic():
        leads = _placeless(lead_ids) if _runs(version) else []
        entries = [_arrival(where, lead) for lead in leads]
        StageEntry.objects.bulk_create(entries, batch_size=BATCH)
        places = [
            Standing(lead_id=entry.lead_id, entry=entry, **where.place() | {"since": entry.at})
            for entry in entries
        ]
        Standing.objects.bulk_create(places, batch_size=BATCH)
    return len(entries)


def advance(
    lead_ids: Iterable[int], *, version: AgreementVersion, at: datetime
) -> list[StageEntry]:
    """Move leads on whose next stage's criteria hold, as far as arrows and criteria carry them.

    Only out of open and nurture stages, along the arrows, the first that holds; never before a
    rest is over and something new was done. Scores must be those of `version`, and a version
    no longer in force moves nobody. Returns the entries written.
    """
    entries: list[StageEntry] = []
    ids = list(lead_ids)
    with transaction.atomic():
        while ids and _runs(version):
            moved = _advance_once(ids, version, at)
            entries += moved
            ids = [entry.lead_id for entry in moved]
    return entries


def _move(
    version: AgreementVersion,
    key: str,
    cause: str,
    at: datetime,
    by: User | None = None,
    rests_until: datetime | None = None,
    rested_since: datetime | None = None,
) -> _Move:
    stage = journeys.stage(version.body, key)
    row = Stage.objects.filter(key=key).first()
    if stage is None or row is None:
        raise Refused(
            "unknown_stage",
            _("%(version)s has no stage “%(stage)s”.") % {"version": version, "stage": key},
            _("Choose one of its stages."),
        )
    return _Move(stage, row.pk, version, cause, at, by, rests_until, rested_since)


def _runs(version: AgreementVersion) -> bool:
    """Is it in force, and does it stay so until our transaction ends?

    Bringing another into force takes the full lock on this row first. Sharing its key makes us
    wait for that, or that for us. SQLite has one writer at a time anyway.
    """
    in_force = AgreementVersion.objects.in_force().filter(pk=version.pk)
    if connection.vendor != "postgresql":
        return in_force.exists()
    query, params = in_force.values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"{query} FOR KEY SHARE", params)
        return cursor.fetchone() is not None


def _placeless(lead_ids: Iterable[int]) -> list[Lead]:
    """Those of the leads that stand nowhere, locked: no other worker places them meanwhile."""
    new = Lead.objects.filter(pk__in=list(lead_ids), standing=None).order_by("pk")
    ids = list(new.values_list("pk", flat=True))
    locked = Lead.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    ids = list(locked.values_list("pk", flat=True))
    # Asked again in a statement of its own: it sees what was placed while we waited for the lock.
    return list(Lead.objects.filter(pk__in=ids, standing=None).order_by("pk"))


def _arrival(where: _Move, lead: Lead) -> StageEntry:
    entry = where.entry(lead.pk, lead.first_channel_id, None, None)
    if lead.dormant_since:
        entry.cause, entry.at = Cause.IMPORT, min(lead.created_at, where.at)
    return entry


def _advance_once(ids: list[int], version: AgreementVersion, at: datetime) -> list[StageEntry]:
    """One step for each lead at most."""
    entries: list[StageEntry] = []
    for start, target in journeys.steps(version.body):
        moved = {entry.lead_id for entry in entries}
        free = _free(start, target, at).filter(lead_id__in=[pk for pk in ids if pk not in moved])
        meeting = _meeting(free, target, version, at)
        if meeting:
            where = _move(version, target["key"], Cause.CRITERIA, at)
            entries += _move_all(meeting, start, where)
    return entries


def _free(start: StageJSON, target: StageJSON, at: datetime) -> QuerySet[Standing]:
    """Standings at `start` that no rest holds there.

    Into a handoff, a lead that came in as history goes only for something done since.
    """
    rested = Q(rested_since=None) | Q(_active_after("rested_since", at))
    places = Standing.objects.filter(stage__key=start["key"]).exclude(rests_until__gt=at)
    places = places.filter(rested)
    if target["kind"] == Stage.Kind.HANDOFF:
        awake = Q(lead__dormant_since=None) | Q(_active_after("lead__dormant_since", at))
        places = places.filter(awake)
    return places


def _active_after(moment: str, at: datetime) -> Exists:
    """Did the lead do anything after `moment` (a column of the standing), known by `at`?"""
    done = Activity.objects.filter(lead_id=OuterRef("lead_id"), occurred_at__lte=at)
    return Exists(done.filter(known_at__lte=at, occurred_at__gt=OuterRef(moment)))


def _meeting(
    places: QuerySet[Standing], target: StageJSON, version: AgreementVersion, at: datetime
) -> list[int]:
    """Ids of the leads standing there that meet all criteria of `target`."""
    ids = sorted(places.values_list("lead_id", flat=True))
    return statements.meeting(ids, version, target["key"], at=at) if ids else []


def _move_all(ids: Sequence[int], start: StageJSON, where: _Move) -> list[StageEntry]:
    """Move those of the leads that still stand at `start`, locked in the order of their ids."""
    standings = Standing.objects.select_for_update(of=("self",), no_key=True).order_by("lead_id")
    before = {each.pk: each for each in standings.filter(pk__in=ids, stage__key=start["key"])}
    rows = Lead.objects.filter(pk__in=before).order_by("pk")
    entries = [
        where.entry(*row, before[row[0]])
        for row in rows.values_list("pk", "latest_channel_id", "score__total")
    ]
    StageEntry.objects.bulk_create(entries, batch_size=BATCH)
    newest = StageEntry.objects.filter(lead_id=OuterRef("lead_id")).order_by("-id").values("pk")
    moved = Standing.objects.filter(pk__in=before)
    moved.update(entry_id=Subquery(newest[:1]), **where.place())
    key = where.stage["key"]
    rows = ((entry.lead_id, _told(entry, key)) for entry in entries)
    events.write_many("stage.entered", rows, at=where.at)
    return entries


def _told(entry: StageEntry, stage_key: str) -> dict[str, object]:
    return {"entry": entry.pk, "stage": stage_key, "kind": entry.kind, "cause": entry.cause}
