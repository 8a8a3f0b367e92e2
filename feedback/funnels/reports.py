"""Reports on handoffs: tallies of the named sets, times, promises kept, reasons, money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Case, Count, F, Min, Q, Sum, When
from django.db.models.functions import TruncWeek
from django.utils import timezone
from django.utils.formats import date_format

from feedback.funnels import sets
from feedback.funnels.periods import Period
from feedback.funnels.shares import Difference, Share
from feedback.models import Handoff
from feedback.models.handoffs import HandoffQuerySet
from leads.models import User
from scoring import documents, sentences

COLUMNS = (
    "handed_over",
    "accepted",
    "returned_at_the_door",
    "returned_after_contact",
    "still_open",
    "conversation",
    "qualified",
    "won",
)


@dataclass(frozen=True)
class Tally:
    """How many handoffs of a group are in each set, and how long answers took.

    `counts` maps a name of `sets.SETS` to its size. `working` and `felt` are medians in
    seconds: working time to the answer, wall-clock time from trigger to answer; None without
    an answer.
    """

    counts: dict[str, int]
    working: float | None = None
    felt: float | None = None

    def __getitem__(self, name: str) -> int:
        return self.counts[name]

    @property
    def acceptance(self) -> Share:
        return Share(self["accepted"], self["answered"])

    @property
    def conversations(self) -> Share:
        return Share(self["conversation"], self["accepted"])


@dataclass(frozen=True)
class Group:
    """A tally of one week or one channel. `key` is a Monday or a channel's key."""

    key: date | str
    label: str
    tally: Tally

    @property
    def figures(self) -> list[tuple[str, int]]:
        """The sets a row of the table shows, with their sizes."""
        return [(name, self.tally[name]) for name in COLUMNS]


@dataclass(frozen=True)
class Promise:
    """A clock of the agreement: of those that were due, how many were kept."""

    clock: str
    term: str
    kept: Share

    @property
    def label(self) -> str:
        return Handoff.Clock(self.clock).label

    @property
    def side(self) -> str:
        return Handoff.Clock(self.clock).side

    @property
    def kept_set(self) -> str:
        return f"{self.clock}_kept"

    @property
    def owed_set(self) -> str:
        return f"{self.clock}_owed"


@dataclass(frozen=True)
class ReasonCount:
    """How often leads came back for a reason, at the door and after contact."""

    key: str
    label: str
    at_the_door: int
    after_contact: int

    @property
    def all(self) -> int:
        return self.at_the_door + self.after_contact


@dataclass(frozen=True)
class Overdue:
    """What one person of sales, the pool (nobody yet) or marketing owes and is late with."""

    owner: User | None
    owner_id: int | None
    clock: str
    late: int
    oldest: datetime

    @property
    def owes(self) -> str:
        return Handoff.Clock(self.clock).label

    @property
    def side(self) -> str:
        return Handoff.Clock(self.clock).side


@dataclass(frozen=True)
class Money:
    """What was won, per currency, with the number of deals whose amount nobody knows."""

    won: list[tuple[str, Decimal]]
    deals: int
    unknown: int


@dataclass(frozen=True)
class VersionShare:
    """Acceptance of the handoffs made under one version, within the period."""

    version_id: int
    number: int
    acceptance: Share


def tally(handoffs: HandoffQuerySet) -> Tally:
    """Counts every set over `handoffs`."""
    counts = handoffs.aggregate(**_counters())
    times = handoffs.filter(sets.SETS["answered"]).values_list(
        "answer_seconds", "answered_at", "trigger_at"
    )
    return Tally(counts, *_medians(times))


def by_week(handoffs: HandoffQuerySet, *, period: Period) -> list[Group]:
    """A tally for every week of the period, empty weeks too."""
    found = grouped(
        handoffs.annotate(group=TruncWeek("opened_at", tzinfo=timezone.get_current_timezone()))
    )
    tallies = {timezone.localdate(moment): each for moment, each in found.items()}
    return [
        Group(monday, date_format(monday, "MONTH_DAY_FORMAT"), tallies.get(monday, _NOTHING))
        for monday in period.mondays()
    ]


def by_channel(handoffs: HandoffQuerySet) -> list[Group]:
    """A tally for every channel that handed over in the period, the largest first."""
    names = dict(handoffs.order_by().values_list("channel__key", "channel__name").distinct())
    groups = [
        Group(key or "", names[key] or "", each)
        for key, each in grouped(handoffs.annotate(group=F("channel__key"))).items()
    ]
    return sorted(groups, key=lambda group: (-group.tally["handed_over"], group.label))


def promises(total: Tally, *, body: dict[str, Any]) -> list[Promise]:
    """The clocks of the agreement `body`: of the answers, contacts, qualifications and answers to
    returns due, how many came in time. `term` is the working time promised now, in words."""
    terms = {clock: documents.minutes(body, clock) for clock in Handoff.Clock.values}
    return [
        Promise(
            clock, sentences.duration(term), Share(total[f"{clock}_kept"], total[f"{clock}_owed"])
        )
        for clock, term in terms.items()
        if term is not None
    ]


def reasons(handoffs: HandoffQuerySet, *, body: dict[str, Any]) -> list[ReasonCount]:
    """Why leads came back, the most frequent first, in the words of the agreement `body`; reasons
    it no longer has in the words they last had."""
    words = {reason["key"]: documents.text(reason["label"]) for reason in body["reasons"]}
    rows = (
        handoffs.filter(sets.SETS["returned"])
        .order_by()
        .values_list("reason__key", "reason__label")
        .annotate(
            door=Count("pk", filter=sets.SETS["returned_at_the_door"]),
            after=Count("pk", filter=sets.SETS["returned_after_contact"]),
        )
    )
    counts = [
        ReasonCount(key, words.get(key, label), door, after) for key, label, door, after in rows
    ]
    return sorted(counts, key=lambda count: (-count.all, count.label))


def money(handoffs: HandoffQuerySet) -> Money:
    """What the won deals brought in. An unknown amount is counted, not taken for zero."""
    won = handoffs.filter(sets.SETS["won"]).order_by()
    sums = (
        won.filter(opportunity__amount__isnull=False)
        .values_list("opportunity__currency")
        .annotate(sum=Sum("opportunity__amount"))
        .order_by("-sum")
    )
    counts = won.aggregate(
        deals=Count("pk"), unknown=Count("pk", filter=Q(opportunity__amount=None))
    )
    return Money(won=list(sums), **counts)


def overdue_handoffs(user: User, *, at: datetime) -> HandoffQuerySet:
    """Handoffs whose running clock is over. `late_owner` is the id of the owner who owes it; None
    if nobody owns it yet, and where marketing owes the answer to a return."""
    late_owner = Case(When(closed_at=None, then=F("owner_id")))
    found = Handoff.objects.visible_to(user).filter(due_at__lt=at)
    return found.annotate(late_owner=late_owner)


def overdue(user: User, *, at: datetime) -> list[Overdue]:
    """Who is late with what right now, the oldest first."""
    rows = list(
        overdue_handoffs(user, at=at)
        .order_by()
        .values_list("late_owner", "clock")
        .annotate(late=Count("pk"), oldest=Min("due_at"))
        .order_by("oldest")
    )
    people = User.objects.select_related("team").in_bulk([row[0] for row in rows if row[0]])
    return [Overdue(people.get(row[0]), *row) for row in rows]


def by_version(handoffs: HandoffQuerySet) -> list[VersionShare]:
    """Acceptance under each version, the newest first."""
    rows = (
        handoffs.order_by()
        .values_list("version_id", "version__number")
        .annotate(
            accepted=Count("pk", filter=sets.SETS["accepted"]),
            answered=Count("pk", filter=sets.SETS["answered"]),
        )
        .order_by("-version__number")
    )
    return [VersionShare(pk, number, Share(part, whole)) for pk, number, part, whole in rows]


def latest_change(versions: list[VersionShare]) -> Difference | None:
    """Acceptance under the newest version against the one before, where both have answers."""
    answered = [each.acceptance for each in versions if each.acceptance.whole]
    return Difference(answered[0], answered[1]) if len(answered) > 1 else None


def _counters(names: Iterable[str] = sets.SETS) -> dict[str, Count]:
    return {name: Count("pk", filter=sets.SETS[name]) for name in names}


def grouped(handoffs: HandoffQuerySet, names: Iterable[str] = sets.SETS) -> dict[Any, Tally]:
    """Tallies by the annotation `group`, of the sets of these names: what looks at other handoffs
    or at events costs ten times the rest."""
    times = defaultdict(list)
    answered = handoffs.filter(sets.SETS["answered"]).order_by()
    for group, *moments in answered.values_list(
        "group", "answer_seconds", "answered_at", "trigger_at"
    ):
        times[group].append(moments)
    rows = handoffs.order_by().values("group").annotate(**_counters(names))
    return {
        group: Tally(counts, *_medians(times[group]))
        for group, counts in ((row.pop("group"), row) for row in rows)
    }


def _medians(times: Iterable[Any]) -> tuple[float | None, float | None]:
    """Medians in seconds of (answer_seconds, answered_at, trigger_at): working, felt."""
    rows = list(times)
    working = [seconds for seconds, _, _ in rows if seconds is not None]
    felt = [(answered - trigger).total_seconds() for _, answered, trigger in rows]
    return (median(working) if working else None), (median(felt) if felt else None)


_NOTHING = Tally(dict.fromkeys(sets.SETS, 0))
