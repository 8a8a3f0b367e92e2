"""The past weeks under a text: how many leads a week, and what became of those really handed
over.

Those really handed over are replayed one by one, where there are not too many; of the others a
sample is. Leads that sales never answered are unknown, not wrong, and so are those that were never
handed over.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback.charts import weeks
from feedback.charts.weeks import Weeks
from feedback.funnels.periods import midnight
from feedback.funnels.sets import NEVER_OFFERED
from feedback.models import Handoff, Opportunity, PoolMember
from leads.models import Activity, Lead
from scoring import replays, samples
from scoring.documents import Body
from scoring.replays import Found
from scoring.samples import Count, Stratum

WEEKS = 13
WEEK = timedelta(days=7)
# So many of the leads really handed over are replayed, and so many of the others.
HANDED, OTHERS = 400, 400
# A replay looks at a lead at each moment at which it did something: at so many together.
MOMENTS_HANDED, MOMENTS_OTHERS = 3_000, 1_500
CHUNK = 500
ANSWER, OUTCOME = Handoff.Answer, Handoff.Outcome
WON = Opportunity.Status.WON

TITLES: dict[str, Promise] = {
    "accepted": _("Sales accepted them"),
    "accepted_kept": _("Sales accepted them, and they would still be handed over"),
    "conversations": _("A conversation was held"),
    "conversations_kept": _("A conversation was held, and they would still be handed over"),
    "won": _("Won"),
    "won_kept": _("Won, and they would still be handed over"),
    "returned": _("Sales returned them"),
    "returned_spared": _("Sales returned them, and would have been spared them"),
    "unknown": _("Sales never answered: nobody knows"),
}


@dataclass
class Week:
    """Seven days from `since`: handed over really, by the text, and answered by sales."""

    since: date
    now: int = 0
    then: float = 0
    answered: int = 0


@dataclass(frozen=True)
class Past:
    """The weeks (since, until] under a text. `became` has by lead the sets it really belongs to,
    `found` whom the text would have handed over."""

    since: datetime
    until: datetime
    weeks: list[Week]
    then: Count
    capacity: int | None
    handed: Stratum = field(repr=False)
    others: list[Stratum] = field(repr=False)
    became: dict[int, set[str]] = field(repr=False)
    found: dict[int, Found] = field(repr=False)

    @property
    def chart(self) -> Weeks | None:
        """None where nobody was handed over, really or by the text."""
        rows = [(week.now, week.then, week.answered) for week in self.weeks]
        return (
            weeks.draw(self.weeks[0].since, rows, self.capacity)
            if self.now or self.then.n
            else None
        )

    @property
    def now(self) -> int:
        return sum(week.now for week in self.weeks)

    @property
    def a_week(self) -> dict[str, float]:
        """On average: now, then, then_from, then_to, answered."""
        then = {"then": self.then.n, "then_from": self.then.low, "then_to": self.then.high}
        every = {"now": self.now, "answered": self.answered} | then
        return {name: round(number / WEEKS, 1) for name, number in every.items()}

    @property
    def answered(self) -> int:
        return sum(week.answered for week in self.weeks)

    @property
    def is_sample(self) -> bool:
        """Is what became of those really handed over known of a sample of them only?"""
        return len(self.handed.ids) < self.handed.size

    @cached_property
    def sets(self) -> dict[str, list[int]]:
        """The leads behind each figure, in order."""
        found: dict[str, list[int]] = {name: [] for name in TITLES}
        for pk in self.handed.ids:
            for name in self.became[pk]:
                found[name].append(pk)
                kept = pk in self.found
                if name == "returned":
                    found["returned_spared"] += [] if kept else [pk]
                elif name != "unknown" and kept:
                    found[f"{name}_kept"].append(pk)
        return found

    def share(self, name: str) -> tuple[int, int]:
        """How many of a set the text keeps, of returned ones spares; and how many there are."""
        part = "returned_spared" if name == "returned" else f"{name}_kept"
        return len(self.sets[part]), len(self.sets[name])


def past(body: Body, *, at: datetime) -> Past:
    """The 13 weeks up to the last midnight. `body` can run (see `scoring.impacts.fault`)."""
    until = midnight(timezone.localdate(at))
    since = midnight(timezone.localdate(until) - WEEKS * WEEK)
    became, entered, answered = _really(since, until)
    handed, others = _sampled(became.keys(), since)
    ids = sorted(pk for each in (handed, *others) for pk in each.ids)
    found = dict(_replayed(ids, body, since, until))
    crossed = {pk: each for pk, each in found.items() if not each.before}
    by_week = [Week(timezone.localdate(since) + n * WEEK) for n in range(WEEKS)]
    number = _numbers(since)
    for moment in entered:
        by_week[number(moment)].now += 1
    for moment in answered:
        by_week[number(moment)].answered += 1
    strata = [handed, *others]
    for stratum in strata:
        for pk in stratum.ids:
            if pk in crossed:
                share = stratum.size / len(stratum.ids)
                by_week[number(crossed[pk].at)].then += share
    then = samples.count(crossed.keys(), strata)
    return Past(since, until, by_week, then, capacity(), handed, others, became, found)


def _sampled(handed: Collection[int], since: datetime) -> tuple[Stratum, list[Stratum]]:
    """Of those handed over and of the others, as many as can be replayed at once."""
    some, others = samples.spread(list(handed), HANDED), samples.free(OTHERS, but=handed)
    ids = [pk for each in (some, *others) for pk in each.ids]
    done = Activity.objects.filter(lead__in=ids, occurred_at__gt=since).order_by()
    cost = dict(done.values_list("lead").annotate(models.Count("pk")))
    share = MOMENTS_OTHERS // max(len(others), 1)
    return (
        samples.thinned(some, cost, MOMENTS_HANDED),
        [samples.thinned(each, cost, share) for each in others],
    )


def capacity() -> int | None:
    """How many unanswered handoffs those on duty take at a time; None without any."""
    on_duty = PoolMember.objects.filter(on_duty=True, user__is_active=True)
    return on_duty.aggregate(sum=models.Sum("capacity"))["sum"]


def in_hand() -> int:
    """Leads offered to sales, answered or not: they keep the version they were offered under."""
    return Handoff.objects.unclosed().exclude(offered_at=None).count()


def _really(
    since: datetime, until: datetime
) -> tuple[dict[int, set[str]], list[datetime], list[datetime]]:
    """By lead what became of it, the moments of handing over, and those of answers."""
    ours = Handoff.objects.filter(claimed=False).exclude(NEVER_OFFERED)
    rows = ours.filter(entry__at__gt=since, entry__at__lte=until).order_by("pk")
    columns = ("lead_id", "entry__at", "answer", "outcome", "conversation_at")
    became: dict[int, set[str]] = defaultdict(set)
    entered = []
    for lead, at, *said in rows.values_list(*columns, "opportunity__status"):
        became[lead].update(_sets(*said))
        entered.append(at)
    for names in became.values():
        if not names & {"accepted", "returned"}:
            names.add("unknown")
    given = ours.filter(answer__in=[ANSWER.ACCEPTED, ANSWER.RETURNED])
    given = given.filter(answered_at__gt=since, answered_at__lte=until)
    return dict(became), entered, list(given.values_list("answered_at", flat=True))


def _sets(
    answer: str, outcome: str, conversation_at: datetime | None, deal: str | None
) -> Iterator[str]:
    if answer == ANSWER.ACCEPTED:
        yield "accepted"
        if conversation_at:
            yield "conversations"
    if answer == ANSWER.RETURNED or outcome == OUTCOME.RETURNED:
        yield "returned"
    if deal == WON:
        yield "won"


def _replayed(
    ids: list[int], body: Body, since: datetime, until: datetime
) -> Iterator[tuple[int, Found]]:
    for start in range(0, len(ids), CHUNK):
        leads = Lead.objects.filter(pk__in=ids[start : start + CHUNK])
        found, _failed = replays.crossings(leads, body, since, until, anew=False)
        yield from found.items()


def _numbers(since: datetime) -> Callable[[datetime], int]:
    """The week of a moment, by local days: where the clock changes, a day has 23 or 25 hours."""
    first = timezone.localdate(since)
    ends = [midnight(first + n * WEEK) for n in range(1, WEEKS)]
    return lambda moment: bisect_left(ends, moment)
