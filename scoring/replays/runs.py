"""Replays as rows: asked for, worked off in chunks of leads, stopped, finished."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from leads.models import Lead, Side, User
from leads.refusals import Refused
from scoring import checks
from scoring.ledgers import ScoreResult
from scoring.models import AgreementVersion, Crossing, Replay
from scoring.replays import past, today
from scoring.replays.trials import Found

logger = logging.getLogger(__name__)

CHUNK = 500
LONGEST = timedelta(days=731)
Status, Change = AgreementVersion.Status, Crossing.Change
Period = tuple[datetime, datetime]


@dataclass(frozen=True)
class Progress:
    """How far a replay has come, in leads."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        return 100 * min(self.done, self.total) // self.total if self.total else 0


def may_replay(user: User) -> bool:
    """Marketing and managers: who sees every lead."""
    return user.is_active and (user.is_manager or user.side == Side.MARKETING)


def request(
    version: AgreementVersion,
    *,
    starts_at: datetime,
    ends_at: datetime,
    by: User,
    at: datetime,
    anew: bool = False,
) -> Replay:
    """The replay of the version's present text over (starts_at, ends_at]: the one at work, else
    the latest finished one, else a new one. `anew` makes one where none is at work.

    Raises Refused: not_yours, period_backwards, period_ahead, period_too_long, unreadable_text.
    """
    _require(version, starts_at, ends_at, by=by, at=at)
    asked = Replay.objects.filter(
        version=version, sha256=version.sha256, starts_at=starts_at, ends_at=ends_at
    )
    known = unfinished(asked).first() or (None if anew else finished(asked).first())
    if known:
        return known
    try:
        with transaction.atomic():
            return _begin(version, starts_at, ends_at, by=by, at=at)
    except IntegrityError:  # Somebody asked for the same at the same moment.
        return unfinished(asked).get()


def request_now(version: AgreementVersion, *, by: User, at: datetime) -> Replay:
    """The replay of the present moment, if one is at work, else a new one; finished ones of this
    version are forgotten. Raises Refused: not_yours, unreadable_text."""
    _require_reader(by)
    _require_readable(version)
    known = unfinished(of_now(version)).filter(sha256=version.sha256).first()
    if known:
        return known
    with transaction.atomic():
        of_now(version).delete()
        return _begin(version, at, at, by=by, at=at)


def of_now(version: AgreementVersion) -> QuerySet[Replay]:
    """Its replays of a present moment."""
    return Replay.objects.filter(version=version, starts_at=F("ends_at"))


def of_the_past() -> QuerySet[Replay]:
    """Replays of a period."""
    return Replay.objects.exclude(starts_at=F("ends_at"))


def stop(replay: Replay, *, by: User, at: datetime) -> bool:
    """Leave it as far as it has come; False when it was finished or stopped already. Raises
    Refused: not_yours."""
    _require_reader(by)
    return bool(unfinished(Replay.objects.filter(pk=replay.pk)).update(stopped_at=at))


def unfinished(replays: QuerySet[Replay]) -> QuerySet[Replay]:
    """Those at work."""
    return replays.filter(finished_at=None, stopped_at=None)


def finished(replays: QuerySet[Replay]) -> QuerySet[Replay]:
    return replays.filter(finished_at__isnull=False)


def progress(replay: Replay) -> Progress:
    return Progress(replay.leads_done, max(replay.leads_total, replay.leads_done))


def step(*, at: datetime, chunk: int = CHUNK) -> bool:
    """Replay the next `chunk` leads of the oldest replay at work.

    True when there is nothing to do here: none is at work, or another worker has it in hand.
    Whoever is killed in a step leaves the replay where it was before that step.
    """
    with _alone():
        replay = _take()
        if replay is None:
            return True
        after = Lead.objects.filter(pk__gt=replay.done_to).order_by("pk")
        ids = list(after.values_list("pk", flat=True)[:chunk])
        if ids:
            _write(replay, ids, *_worked_apart(replay, ids))
        else:
            unfinished(Replay.objects.filter(pk=replay.pk)).update(finished_at=at)
        return False


def _require(
    version: AgreementVersion, starts_at: datetime, ends_at: datetime, *, by: User, at: datetime
) -> None:
    _require_reader(by)
    if starts_at >= ends_at:
        raise Refused(
            "period_backwards",
            _("The period ends before it begins."),
            _("Choose a first day that lies before the last one."),
            field="since",
        )
    if ends_at > at:
        raise Refused(
            "period_ahead",
            _("The period is not over yet."),
            _("Replays look at the past: choose yesterday or an earlier day."),
            field="until",
        )
    if ends_at - starts_at > LONGEST:
        raise Refused(
            "period_too_long",
            _("The period is longer than two years."),
            _("Choose a shorter one."),
            field="since",
        )
    _require_readable(version)


def _require_reader(user: User) -> None:
    if not may_replay(user):
        raise Refused("not_yours", _("The lab is for marketing and those who lead."), status=403)


def _require_readable(version: AgreementVersion) -> None:
    """A text still being written must be able to run; one that ran is replayed as it reads now."""
    settled = version.status in (Status.IN_FORCE, Status.SUPERSEDED)
    problems = (checks.unreadable if settled else checks.validate)(version.body)
    if problems:
        raise Refused(
            "unreadable_text",
            _("%(version)s could not run: %(problem)s")
            % {"version": version, "problem": problems[0].message},
            _("Put it right in the draft, then try it out again."),
            field="version",
        )


def _begin(
    version: AgreementVersion, starts_at: datetime, ends_at: datetime, *, by: User, at: datetime
) -> Replay:
    return Replay.objects.create(
        version=version,
        body=version.body,
        sha256=version.sha256,
        starts_at=starts_at,
        ends_at=ends_at,
        requested_at=at,
        requested_by=by,
        leads_total=Lead.objects.count(),
    )


def _alone() -> transaction.Atomic | nullcontext[None]:
    """Where rows can be locked, the one at work is ours until the chunk is done. SQLite has one
    writer: there the chunk is tried without holding it up, and written only if nobody else did."""
    locks = connection.features.has_select_for_update_skip_locked
    return transaction.atomic() if locks else nullcontext()


def _take() -> Replay | None:
    rows = unfinished(Replay.objects.order_by("requested_at", "pk"))
    if connection.in_atomic_block and connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return rows.first()


def _worked_apart(replay: Replay, ids: Sequence[int]) -> tuple[list[Crossing], list[int]]:
    """`_worked`; where these fail together, halved until those at fault stand alone."""
    try:
        with _alone():
            return _worked(replay, ids)
    except OperationalError:
        raise
    except Exception:
        if len(ids) == 1:
            logger.exception("Lead %s could not be replayed.", ids[0])
            return [], [ids[0]]
    middle = len(ids) // 2
    some, failed = _worked_apart(replay, ids[:middle])
    others, also = _worked_apart(replay, ids[middle:])
    return some + others, failed + also


def _worked(replay: Replay, ids: Sequence[int]) -> tuple[list[Crossing], list[int]]:
    """What is to be written of these leads, and which of them could not be replayed."""
    if not replay.is_impact:
        return _tried(replay, ids)
    base = AgreementVersion.objects.in_force().first()
    found = today.shifts(ids, replay, base, at=replay.ends_at)
    at = replay.ends_at
    return [_crossing(replay, s.lead, s.change, s.stage, at, s.points) for s in found], []


def _tried(replay: Replay, ids: Sequence[int]) -> tuple[list[Crossing], list[int]]:
    leads = Lead.objects.filter(pk__gte=ids[0], pk__lte=ids[-1])
    found, failed = past.crossings(leads, replay.body, replay.starts_at, replay.ends_at)
    return [
        _crossing(replay, pk, _change(each), each.stage, each.at, each.score)
        for pk, each in found.items()
    ], failed


def _change(found: Found) -> str:
    return Change.BEFORE if found.before else Change.CROSSED


def _write(
    replay: Replay, ids: Sequence[int], rows: Sequence[Crossing], failed: Sequence[int]
) -> None:
    """In one transaction, unless the replay was stopped or another worker was here first."""
    with transaction.atomic():
        ours = unfinished(Replay.objects.filter(pk=replay.pk, done_to=replay.done_to))
        named = ", ".join([*filter(None, [replay.problem]), *map(str, failed)])[:200]
        done = F("leads_done") + len(ids)
        if ours.update(done_to=ids[-1], leads_done=done, problem=named):
            Crossing.objects.bulk_create(rows, batch_size=500)


def _crossing(
    replay: Replay,
    lead_id: int,
    change: str,
    stage: str,
    at: datetime,
    score: ScoreResult | today.Points,
) -> Crossing:
    return Crossing(
        replay=replay,
        lead_id=lead_id,
        change=change,
        stage=stage,
        at=at,
        fit=score.fit,
        engagement=score.engagement,
        total=score.total,
    )
