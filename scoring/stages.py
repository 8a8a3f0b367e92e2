"""Where leads stand: the single writer of `StageEntry` and `Standing`.

`enter` is for verbs that move one lead, `begin` and `advance` for `scoring.machine`, which moves
many. A move locks the lead's standing first, so that of two workers one moves the lead and the
other sees that it has moved. The event `stage.entered` {entry, stage, kind, cause} is written in
the same transaction; a lead that only comes in (`begin`) writes none, for nobody is to be told.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from leads import events, stale
from leads.models import Channel, Lead, User
from scoring import formulas, journeys, machine, relocations, statements
from scoring.models import AgreementVersion, Score, StageEntry, Standing
from scoring.moves import Move
from scoring.successions import Succession

# Sales gave the lead back, or its deal was closed.
RECYCLES = (StageEntry.Cause.RETURNED, StageEntry.Cause.OPPORTUNITY)


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
    resets: bool = False,
) -> StageEntry:
    """Move one lead into a stage of `version`. Entry and event name `by`; `resets` is kept with
    the entry: what the lead did before counts no more. Where a text in force since then took the
    stage away, the lead goes where that text sent the others.

    Without `score` and `channel` the stored score and the latest channel are kept with the entry.
    Raises Refused `unknown_stage` where the version has no such stage.
    """
    with transaction.atomic():
        where = Move.into(
            *_present(stage_key, version),
            cause=cause,
            at=at,
            by=by,
            rests_until=rests_until,
            rested_since=rested_since,
            resets=resets,
        )
        entry = _write(where, lead, channel.pk if channel else lead.latest_channel_id, score)
        if rests_until or resets or cause in RECYCLES or formulas.looks_at_entries(where.version):
            # Rescored, the lead knows when its rest ends, and the sweep finds it then; and what
            # looks at its way through the stages sees this step.
            stale.mark([lead.pk], at=at)
        events.write("stage.entered", at=at, lead=lead, actor=by, data=where.told(entry))
    return entry


def begin(lead_ids: Iterable[int], *, version: AgreementVersion, at: datetime) -> int:
    """Put leads that stand nowhere yet into the first stage. Returns how many.

    What came in as history began when the lead came to be; everything else begins now.
    A version no longer in force places nobody.
    """
    with transaction.atomic():
        return machine.arrive(list(lead_ids), version, at=at) if _runs(version) else 0


def advance(
    lead_ids: Iterable[int], *, version: AgreementVersion, at: datetime
) -> list[StageEntry]:
    """Move leads on whose next stage's criteria hold, as far as arrows and criteria carry them.

    Only out of open and nurture stages, along the arrows, the first that holds; never before a
    rest is over and something new was done. Scores must be those of `version`, and a version
    no longer in force moves nobody. Returns the entries written.
    """
    with transaction.atomic():
        if not _runs(version):
            return []
        formula = formulas.of(version)
        waiting = statements.waiting(sorted(lead_ids), formula, at=at)
        return machine.carry(waiting, version, at=at, formula=formula)


def relocate(version: AgreementVersion, *, at: datetime) -> dict[str, int]:
    """Move the leads whose stage this version takes away to where its text says. Returns how many
    left each stage, by its key. Called once, as it comes into force."""
    with transaction.atomic():
        return relocations.relocate(version, at=at)


def _write(where: Move, lead: Lead, channel_id: int | None, score: int | None) -> StageEntry:
    """The entry, and the standing that is its projection."""
    before = Standing.objects.select_for_update(no_key=True).filter(lead=lead).first()
    if score is None:
        score = Score.objects.filter(lead=lead).values_list("total", flat=True).first()
    entry = where.entry(lead.pk, channel_id, score, before)
    entry.save()
    # A lead without a standing has nothing to lock: of two who place it first, the second meets
    # the primary key and is rolled back.
    Standing.objects.filter(lead=lead).update(entry=entry, **where.place()) or (
        Standing.objects.create(lead=lead, entry=entry, **where.place())
    )
    return entry


def _present(key: str, version: AgreementVersion) -> tuple[str, AgreementVersion]:
    """A stage of a version as it is under the version in force, which it stays meanwhile. A place
    in sales' hands stays with the version the lead was handed over under."""
    place, now = journeys.stage(version.body, key), held_version()
    if place is None or place["kind"] in journeys.IN_HAND or now is None or now.pk == version.pk:
        return key, version
    found, since = Succession.load().follow(version, key)
    return found["key"], since


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
