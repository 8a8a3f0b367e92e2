"""What a replay comes to: its matrix, precision, recall, lift by score band, and money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.utils.functional import Promise

from feedback.funnels.shares import Share
from feedback.lab import verdicts
from feedback.lab.verdicts import COLUMNS, CROSSED, SETS, VERDICTS
from feedback.models import Opportunity
from feedback.models.handoffs import HandoffQuerySet
from leads.models import User
from scoring.models import Replay

WIDTHS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000)
MOST_BANDS = 5


@dataclass(frozen=True)
class Money:
    """What was won, per currency; `unknown` deals have no amount."""

    won: list[tuple[str, Decimal]]
    deals: int
    unknown: int


@dataclass(frozen=True)
class Band:
    """Leads that crossed with a score from `low` to `high`. `lift` compares their share of good
    ones with that of all that crossed and have an outcome, taken as given: its interval is that
    of the band's share."""

    low: int
    high: int
    leads: int
    good: Share
    overall: Share

    @property
    def span(self) -> str:
        """As addresses say it."""
        return f"{self.low}..{self.high}"

    @property
    def lift(self) -> float | None:
        return None if self._unspoken else self.good.rate / self.overall.rate

    @property
    def interval(self) -> tuple[float, float] | None:
        if self._unspoken:
            return None
        low, high = self.good.interval
        return low / self.overall.rate, high / self.overall.rate

    @property
    def _unspoken(self) -> bool:
        return self.good.few or self.overall.few or not self.overall.part


@dataclass(frozen=True)
class Side:
    """One side of the comparison: the version replayed, or what really happened. `prefix` names
    its sets."""

    prefix: str
    leads: int
    acceptance: Share
    precision: Share
    recall: Share
    won: int
    money: Money

    @property
    def names(self) -> dict[str, str]:
        """The sets behind its figures."""
        own = ("accepted", "answered", "good", "known", "won")
        all_good = "in_reach" if self.prefix == "crossed" else "good"
        return {name: f"{self.prefix}_{name}" for name in own} | {"all_good": all_good}


@dataclass(frozen=True)
class Row:
    """A row of the matrix: a verdict, and the name and size of the set in each column."""

    title: str | Promise
    cells: list[tuple[str, int]]


@dataclass(frozen=True)
class Result:
    counts: dict[str, int]
    replayed: Side
    real: Side
    matrix: list[Row]
    bands: list[Band]

    @property
    def columns(self) -> list[tuple[str, Promise, int]]:
        """Name, title and size of each column of the matrix that holds anybody."""
        return [
            (name, title, self.counts[name])
            for name, (_condition, title) in COLUMNS.items()
            if name != "before" or self.counts[name]
        ]


def result(user: User, replay: Replay) -> Result:
    """The whole result, over the leads `user` may see."""
    leads = verdicts.leads(user, replay)
    counted = leads.aggregate(**{f"n_{name}": Count("pk", filter=q) for name, q in SETS.items()})
    counts = {name: counted[f"n_{name}"] for name in SETS}
    handoffs = verdicts.handoffs(user, replay)
    crossed = replay.crossings.filter(change="crossed").values("lead")
    return Result(
        counts,
        _side(
            "crossed", counts, recalled="crossed_good", handoffs=handoffs.filter(lead__in=crossed)
        ),
        _side("real", counts, recalled="real_good", handoffs=handoffs.filter(claimed=False)),
        _matrix(counts),
        bands(
            leads.filter(CROSSED).order_by().values_list("points", "verdict").annotate(Count("pk"))
        ),
    )


def bands(rows: Iterable[tuple[int, str, int]]) -> list[Band]:
    """Bands of equal width over (score, verdict, leads), at most five, lowest first, none empty."""
    found = list(rows)
    if not found:
        return []
    width = _width([score for score, _verdict, _n in found])
    leads, good, known = defaultdict(int), defaultdict(int), defaultdict(int)
    for score, verdict, n in found:
        low = score // width * width
        leads[low] += n
        good[low] += n * (verdict == "good")
        known[low] += n * (verdict in ("good", "returned"))
    overall = Share(sum(good.values()), sum(known.values()))
    return [
        Band(low, low + width - 1, leads[low], Share(good[low], known[low]), overall)
        for low in sorted(leads)
    ]


def _width(scores: list[int]) -> int:
    low, high = min(scores), max(scores)
    fitting = (w for w in WIDTHS if high // w - low // w < MOST_BANDS)
    return next(fitting, high - low + 1)


def _side(prefix: str, counts: dict[str, int], *, recalled: str, handoffs: HandoffQuerySet) -> Side:
    whole = counts["in_reach"] if prefix == "crossed" else counts["good"]
    return Side(
        prefix,
        counts[prefix],
        Share(counts[f"{prefix}_accepted"], counts[f"{prefix}_answered"]),
        Share(counts[f"{prefix}_good"], counts[f"{prefix}_known"]),
        Share(counts[recalled], whole),
        counts[f"{prefix}_won"],
        _money(handoffs),
    )


def _matrix(counts: dict[str, int]) -> list[Row]:
    columns = [name for name in COLUMNS if name != "before" or counts["before"]]
    return [
        Row(title, [(f"{column}_{verdict}", counts[f"{column}_{verdict}"]) for column in columns])
        for verdict, title in VERDICTS.items()
    ]


def _money(handoffs: HandoffQuerySet) -> Money:
    """An unknown amount is counted, not taken for zero."""
    won = Opportunity.objects.filter(
        status=Opportunity.Status.WON, handoff__in=handoffs.order_by().values("pk")
    ).order_by()
    sums = won.filter(amount__isnull=False).values_list("currency").annotate(sum=Sum("amount"))
    counts = won.aggregate(deals=Count("pk"), unknown=Count("pk", filter=Q(amount=None)))
    return Money(won=list(sums.order_by("-sum")), **counts)
