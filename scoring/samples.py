"""Leads that stand for all of them, where looking at every one would take too long.

Those whom a change is likely to concern are looked at one by one: who waits for sales, and the
free ones with the highest scores. Of all others every n-th is, by its number, so that the same
leads are looked at each time. What is found in each part counts for the whole part: that stays
an honest estimate however the parts are chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt

from django.db.models import Exists, F, OuterRef, QuerySet

from leads.models import Lead
from scoring.journeys import MACHINE_LEAVES
from scoring.models import Score, Standing

Z95 = 1.959964
# Of what may be looked at, the part that goes to those a change is likely to concern.
WAITING, NEAREST = 0.3, 0.3


@dataclass(frozen=True)
class Stratum:
    """`ids`, in order, stand for `size` leads."""

    ids: list[int]
    size: int


@dataclass(frozen=True)
class Count:
    """So many leads; where they are estimated, from `low` to `high` of them (95 %)."""

    n: int
    low: int
    high: int

    @property
    def is_exact(self) -> bool:
        return self.low == self.high


def interval(part: int, whole: int) -> tuple[float, float]:
    """95 % interval of a rate (Wilson 1927, score interval without continuity correction);
    (0, 1) for no case."""
    if not whole:
        return 0.0, 1.0
    n, p, z = whole, part / whole, Z95
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def count(found: Collection[int], strata: Iterable[Stratum]) -> Count:
    """How many leads the found ones stand for."""
    n, low, high = 0.0, 0, 0
    for each in strata:
        seen, part = len(each.ids), sum(1 for pk in each.ids if pk in found)
        unseen = each.size - seen
        least, most = interval(part, seen) if unseen else (0.0, 0.0)
        n += part * each.size / seen if seen else 0
        low += part + max(0, floor(least * each.size) - part if unseen else 0)
        high += part + min(unseen, max(0, ceil(most * each.size) - part))
    return Count(round(n), low, high)


def movable(most: int) -> list[Stratum]:
    """The leads whom an agreement may move, or `most` of them. Up to five queries."""
    waiting = Standing.objects.filter(kind="handoff")
    free = Standing.objects.filter(kind__in=MACHINE_LEAVES)
    sizes = waiting.count(), free.count()
    if not any(sizes):
        return _newcomers(most)
    if sum(sizes) <= most:
        both = Standing.objects.filter(kind__in=["handoff", *MACHINE_LEAVES])
        return [_whole(_ids(both.order_by("lead_id")))]
    some = _spread(waiting, sizes[0], max(int(WAITING * most), most - sizes[1]))
    return [some, *_free(most - len(some.ids), set())]


def free(most: int, *, but: Collection[int]) -> list[Stratum]:
    """The leads that nobody in sales has in hand, or about `most` of them, without some. Up to
    four queries."""
    return _free(most, set(but))


def spread(ids: Sequence[int], most: int) -> Stratum:
    """`most` of some leads at most, evenly."""
    step = ceil(len(ids) / most) if ids else 1
    return Stratum(sorted(ids)[::step], len(ids))


def thinned(stratum: Stratum, cost: Mapping[int, int], most: int) -> Stratum:
    """Every lead of it, or every n-th, so that they cost `most` together at most; a lead costs
    one besides what `cost` says."""
    step = 1
    while step < len(stratum.ids) and _sum(stratum.ids[::step], cost) > most:
        step += 1
    return Stratum(stratum.ids[::step], stratum.size)


def _sum(ids: Iterable[int], cost: Mapping[int, int]) -> int:
    return sum(1 + cost.get(pk, 0) for pk in ids)


def _free(most: int, but: set[int]) -> list[Stratum]:
    rows = Standing.objects.filter(kind__in=MACHINE_LEAVES)
    size = rows.count()
    if not size and not but:
        return _newcomers(most)
    if size <= most:
        return [_whole([pk for pk in _ids(rows.order_by("lead_id")) if pk not in but])]
    near = _nearest(rows, int(NEAREST * most), but)
    rest = _spread(rows, size, most - len(near.ids))
    others = {*but, *near.ids}
    beyond = rows.filter(lead_id__in=others).count()
    return [near, Stratum([pk for pk in rest.ids if pk not in others], size - beyond)]


def _newcomers(most: int) -> list[Stratum]:
    """Where no agreement placed anybody yet, everybody is new."""
    if Standing.objects.exists():
        return []
    return [spread(list(Lead.objects.order_by("pk").values_list("pk", flat=True)), most)]


def _whole(ids: list[int]) -> Stratum:
    return Stratum(ids, len(ids))


def _nearest(free: QuerySet[Standing], most: int, but: Collection[int]) -> Stratum:
    """Those with the highest scores: a change of the bar, or of what is asked besides, concerns
    them first."""
    theirs = free.filter(lead_id=OuterRef("lead_id"))
    # In the order of the index on scores: nobody sorts a hundred thousand.
    by_score = Score.objects.filter(Exists(theirs)).order_by("-total", "lead_id")
    ids = [pk for pk in _ids(by_score[: most + len(but)]) if pk not in but]
    return _whole(sorted(ids[:most]))


def _spread(rows: QuerySet[Standing], size: int, most: int) -> Stratum:
    """About `most` of them, evenly by number."""
    if size <= most:
        return _whole(_ids(rows.order_by("lead_id")))
    # An odd step, so that no pattern of two in the numbers comes through.
    step = ceil(size / max(most, 1)) | 1
    some = rows.annotate(rest=F("lead_id") % step).filter(rest=0)
    return Stratum(_ids(some.order_by("lead_id")), size)


def _ids(rows: QuerySet[Standing] | QuerySet[Score]) -> list[int]:
    return list(rows.values_list("lead_id", flat=True))
