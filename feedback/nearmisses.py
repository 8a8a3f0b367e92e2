"""What marketing does about leads one step below a bar: find out what is missing, ask who knows
them, nurture them. Each lead gets an event that says so, and whoever was asked about today is not
asked about again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from feedback import rooms
from leads import events
from leads.models import Event, Lead, User
from leads.refusals import Refused
from scoring import journeys, stages
from scoring.journeys import StageJSON
from scoring.models import AgreementVersion, Stage, StageEntry, Standing
from scoring.nearmisses import Lack

ENRICHED, ASKED = "near_miss.enriched", "near_miss.asked"
NURTURED, ADDRESSED = "near_miss.nurtured", "near_miss.addressed"
KINDS = (ENRICHED, ASKED, NURTURED, ADDRESSED)
# For the owner of the leads: `number` of theirs.
QUESTION = "near_miss.question"
MOST = 2000
MOST_MOVED = 300
AGAIN = timedelta(days=1)
REMEMBERED = timedelta(days=90)


@dataclass(frozen=True)
class Done:
    """Something was done about `leads`: `owners` were told, `unowned` of them have none."""

    leads: int
    owners: int = 0
    unowned: int = 0


@dataclass(frozen=True)
class Action:
    """What was last done about a group, and how many of its leads have since come further."""

    kind: str
    at: datetime
    by: User | None
    leads: int
    further: int


def may_act(user: User) -> bool:
    """Marketing and those who manage."""
    return rooms.has_returns(user)


def nurture_stage(version: AgreementVersion, lack: Lack) -> StageJSON | None:
    """Where the arrows lead to nurture, out of the open stage in which the leads stand; None for
    those who are in nurture."""
    if lack.start["kind"] != Stage.Kind.OPEN:
        return None
    key = journeys.next_of_kind(version.body, lack.start["key"], Stage.Kind.NURTURE)
    return journeys.stage(version.body, key) if key else None


@transaction.atomic
def enrich(lack: Lack, leads: QuerySet[Lead], *, by: User, at: datetime) -> list[Lead]:
    """Somebody finds out what is missing about these leads, the strongest first, at most MOST:
    returns all of them, to be written into a file. Raises Refused `may_not_act`."""
    return _take(ENRICHED, lack, leads, by=by, at=at)


@transaction.atomic
def address(lack: Lack, leads: QuerySet[Lead], *, by: User, at: datetime) -> list[Lead]:
    """Somebody takes the addresses of these leads, to write to them outside of Baton: as
    `enrich`."""
    return _take(ADDRESSED, lack, leads, by=by, at=at)


@transaction.atomic
def ask(lack: Lack, leads: QuerySet[Lead], *, by: User, at: datetime) -> Done:
    """Ask the owners of these leads, the strongest first, at most MOST, for what is missing:
    each gets one notification. Raises Refused `may_not_act`."""
    _require(by)
    ids = list(strongest(leads).values_list("pk", flat=True)[:MOST])
    rows = Lead.objects.filter(pk__in=_fresh(ASKED, lack, ids, at)).order_by("pk")
    fresh = dict(rows.values_list("pk", "owner"))
    owners = Counter(fresh.values())
    unowned = owners.pop(None, 0)
    for owner, number in sorted(owners.items()):
        data = {"group": lack.key, "owner": owner, "number": number}
        events.write(QUESTION, at=at, actor=by, data=data)
    _tell(ASKED, lack, [pk for pk, owner in fresh.items() if owner], by=by, at=at)
    return Done(len(fresh), len(owners), unowned)


@transaction.atomic
def nurture(lack: Lack, leads: QuerySet[Lead], *, by: User, at: datetime) -> Done:
    """Move these leads, the strongest first, at most MOST_MOVED, into the nurture stage that the
    arrows lead to: somebody wants it, whatever its criteria say. Who has moved on meanwhile
    stays there. Raises Refused: may_not_act, no_nurture."""
    _require(by)
    version = stages.held_version()
    target = nurture_stage(version, lack) if version else None
    if target is None:
        raise Refused(
            "no_nurture",
            _("No arrow leads from here to nurture."),
            _("Add one to the agreement."),
            status=409,
        )
    ids = _locked(list(strongest(leads).values_list("pk", flat=True)[:MOST_MOVED]))
    here = Standing.objects.filter(lead__in=ids, stage__key=lack.start["key"])
    moved = [standing.lead for standing in here.select_related("lead").order_by("lead_id")]
    cause = StageEntry.Cause.NURTURED
    for lead in moved:
        stages.enter(lead, target["key"], cause=cause, at=at, version=version, by=by)
    _tell(NURTURED, lack, [lead.pk for lead in moved], by=by, at=at)
    return Done(len(moved))


def strongest(leads: QuerySet[Lead]) -> QuerySet[Lead]:
    """The most points first."""
    return leads.order_by("-score__total", "-pk")


def last_actions(keys: Collection[str], *, at: datetime) -> dict[str, Action]:
    """What was last done about each group, by its key. A statement, and one for each group that
    something was done about."""
    told = Event.objects.filter(lead=None, kind__in=KINDS, at__gt=at - REMEMBERED)
    latest: dict[str, Event] = {}
    for event in told.select_related("actor").order_by("-at", "-pk"):
        if event.data["group"] in keys:
            latest.setdefault(event.data["group"], event)
    return {key: _action(event) for key, event in latest.items()}


def _action(event: Event) -> Action:
    """How many came further is how many have entered the stage ahead since."""
    concerned = Event.objects.filter(
        lead=OuterRef("lead"), kind=event.kind, at=event.at, data__group=event.data["group"]
    )
    entered = StageEntry.objects.filter(at__gt=event.at, stage__key=event.data["target"])
    further = entered.filter(Exists(concerned)).values("lead").distinct().count()
    return Action(event.kind, event.at, event.actor, event.data["leads"], further)


def _require(user: User) -> None:
    if not may_act(user):
        raise Refused(
            "may_not_act",
            _("%(user)s does not work on leads below the bar.") % {"user": user},
            _("Ask somebody in marketing or operations."),
            status=403,
        )


def _take(kind: str, lack: Lack, leads: QuerySet[Lead], *, by: User, at: datetime) -> list[Lead]:
    _require(by)
    chosen = list(strongest(leads)[:MOST])
    _tell(kind, lack, _fresh(kind, lack, [lead.pk for lead in chosen], at), by=by, at=at)
    return chosen


def _locked(ids: Sequence[int]) -> list[int]:
    """The leads, locked: of two who press at the same time one waits for the other."""
    rows = Lead.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    return list(rows.values_list("pk", flat=True))


def _fresh(kind: str, lack: Lack, ids: Sequence[int], at: datetime) -> list[int]:
    """Those of the leads about which this was not done today, locked."""
    done = Event.objects.filter(
        lead=OuterRef("pk"), kind=kind, data__group=lack.key, at__gt=at - AGAIN
    )
    rows = Lead.objects.filter(pk__in=_locked(ids)).exclude(Exists(done))
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _tell(kind: str, lack: Lack, ids: Sequence[int], *, by: User, at: datetime) -> None:
    """An event for each lead, and one for the group."""
    if not ids:
        return
    data = {"group": lack.key, "target": lack.target["key"]}
    events.write_many(kind, ((pk, data) for pk in ids), at=at, actor=by)
    events.write(kind, at=at, actor=by, data=data | {"leads": len(ids)})
