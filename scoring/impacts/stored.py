"""The impact of a text, worked out for every lead and kept.

A replay of the present moment (see `scoring.replays`), kept as rows, so that its figures can be
opened, and frozen with what is signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from leads.models import Lead, User
from scoring import agreements, explanations, replays
from scoring.documents import item, text
from scoring.models import AgreementVersion, Crossing, Replay

Change = Crossing.Change
CHANGES = (Change.GAINED, Change.LOST, Change.MOVED)
EXAMPLES = 3


@dataclass(frozen=True)
class Impact:
    """How many leads a text would gain, lose, move and leave, as of `at`."""

    replay: Replay
    gained: int
    lost: int
    moved: int
    unchanged: int

    @property
    def at(self) -> datetime:
        return self.replay.ends_at


@dataclass(frozen=True)
class Example:
    """A lead with the reason for its change, in words of the active language."""

    lead: Lead
    total: int
    stage: str
    reasons: list[str]


def request(version: AgreementVersion, *, by: User, at: datetime) -> Replay:
    """The impact of the version's present text, at work; earlier ones of it are forgotten.
    Refusals as `replays.request`."""
    return replays.request_now(version, by=by, at=at)


def latest(version: AgreementVersion) -> Replay | None:
    """The impact of the version's present text, finished or at work, unless another version came
    into force since it was asked for."""
    found = replays.of_now(version).filter(sha256=version.sha256, stopped_at=None)
    in_force = agreements.in_force()
    if in_force:
        found = found.filter(requested_at__gte=in_force.in_force_at)
    return found.order_by("-requested_at", "-pk").first()


def read(replay: Replay, user: User) -> Impact:
    """The impact on the leads that `user` may see."""
    seen = Lead.objects.visible_to(user)
    rows = replay.crossings.filter(lead__in=seen).order_by().values_list("change")
    counts = dict(rows.annotate(n=Count("pk")))
    numbers = [counts.get(change, 0) for change in CHANGES]
    return Impact(replay, *numbers, unchanged=max(seen.count() - sum(numbers), 0))


def examples(replay: Replay, change: str, user: User) -> list[Example]:
    """Up to three leads of a change, the highest scores first, each with what decides it."""
    rows = replay.crossings.filter(change=change, lead__in=Lead.objects.visible_to(user))
    rows = rows.select_related("lead").order_by("-total", "pk")[:EXAMPLES]
    tried = AgreementVersion(pk=replay.version_id, body=replay.body, sha256=replay.sha256)
    return [_example(each, tried, replay.ends_at) for each in rows]


def _example(row: Crossing, tried: AgreementVersion, at: datetime) -> Example:
    lacking = _lacking(row, tried, at)
    reasons = [
        f"{each.words}: {each.evidence}" if each.evidence else str(each.words) for each in lacking
    ]
    return Example(row.lead, row.total, stage_name(tried.body, row.stage), reasons)


def _lacking(row: Crossing, tried: AgreementVersion, at: datetime) -> list[explanations.Criterion]:
    """What a gained lead lacks under the agreement in force, a lost one under the text tried."""
    if row.change == Change.MOVED:
        return []
    judge = agreements.in_force() if row.change == Change.GAINED else tried
    key = replays.handoff_like(judge.body, row.stage) if judge else None
    return explanations.missing(row.lead, judge, key, at) if judge and key else []


def stage_name(body: dict, key: str) -> str:
    """The name of a stage in a text; its key where the text has none."""
    found = item(body["stages"], key)
    return text(found["name"]) if found else key
