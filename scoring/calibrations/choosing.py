"""Which leads are put to the vote: those around the bar, of many channels and companies."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Exists, F, OuterRef, QuerySet

from leads import fields, stale
from leads.models import Lead, LeadChange
from scoring import scores, statements
from scoring.conditions.scores import ScoreAtLeast
from scoring.facts import Facts, Points, histories
from scoring.formulas import Text
from scoring.rulebooks import Criterion, Rulebook

# So many leads are scored anew, and so many of them looked at closely.
SCORED, CLOSE = 3000, 400
# A criterion that does not hold is as far from the bar as so many points.
STEP = 10
# Further off than this nobody would think of arguing.
FURTHEST = 30
# Whom sales has not taken yet: nobody knows the answer beforehand.
UNTAKEN = ("open", "nurture", "handoff")


@dataclass(frozen=True)
class Chosen:
    """A lead, whether it meets every criterion, its score, and how far from the bar it is."""

    lead: int
    handed_over: bool
    total: int
    distance: int
    channel: int | None
    company: str


@dataclass(frozen=True)
class Choice:
    """The leads in the order of the vote. `wanted` is how many were asked for; of these, `near`
    are near the bar: the others are the nearest there were."""

    leads: list[Chosen]
    wanted: int
    near: int


def choose(text: Text, stage: str, *, at: datetime, most: int) -> Choice:
    """Up to `most` leads around the bar of a stage as of `at`: half of them just above (every
    criterion holds, the score is little above the bar), half just below (a criterion or two do
    not hold, or some points are missing), whichever there are. The same data and moment give the
    same leads.

    No two are of one company. First channels take turns. Leads that sales has not taken come
    first; erased ones, and those that cannot be scored, never. The order tells nothing of the bar.
    """
    at = at.astimezone(UTC)
    found = _measured(text, stage, at)
    near = [each for each in found if each.distance <= FURTHEST]
    rest = [each for each in found if each.distance > FURTHEST]
    companies: set[str] = set()
    chosen = _halves(near, most, companies)
    close = len(chosen)
    chosen += _spread(rest, most - close, companies)
    return Choice(sorted(chosen, key=lambda each: _lot(each, at)), most, close)


def _halves(found: Iterable[Chosen], most: int, companies: set[str]) -> list[Chosen]:
    """As many above the bar as below; where one side has too few, more of the other."""
    above, below = [], []
    for each in found:
        (above if each.handed_over else below).append(each)
    first = _spread(above, most // 2, companies)
    second = _spread(below, most - len(first), companies)
    return first + second + _spread(above, most - len(first) - len(second), companies, first)


def _spread(
    found: Iterable[Chosen],
    most: int,
    companies: set[str],
    taken: Collection[Chosen] = (),
) -> list[Chosen]:
    """The nearest ones, channels taking turns, of companies not in `companies`, which grows."""
    waiting = sorted(
        (each for each in found if each not in taken), key=lambda each: (each.distance, each.lead)
    )
    turns, chosen = Counter(each.channel for each in taken), []
    while len(chosen) < most:
        free = [each for each in waiting if each.company not in companies]
        if not free:
            break
        pick = min(free, key=lambda each: (turns[each.channel], each.distance, each.lead))
        waiting.remove(pick)
        turns[pick.channel] += 1
        companies.add(pick.company)
        chosen.append(pick)
    return chosen


def _lot(each: Chosen, at: datetime) -> str:
    """A place in the order that says nothing about the lead."""
    return hashlib.sha256(f"{at.isoformat()} {each.lead}".encode()).hexdigest()


def _measured(text: Text, stage: str, at: datetime) -> list[Chosen]:
    """Candidates with their distance. Scores and criteria are those of the text at `at`."""
    rulebook = Rulebook(text.body)
    criteria = rulebook.criteria[stage]
    bar = _bar(criteria)
    ids = sorted(_population(bar))
    close = _closest(ids, text, stage, bar, at)
    known, rows = fields.registry(), _rows(close)
    found = []
    for pk, history in histories(close, at, known=known).items():
        facts = history.at(at)
        made = scores.score_of(facts, rulebook)
        facts = facts.with_score(Points(made.fit, made.engagement, made.total, at))
        lacks = list(_lacks(criteria, facts))
        distance = sum(lacks) if lacks else max(0, made.total - bar) if bar is not None else 0
        found.append(Chosen(pk, not lacks, made.total, distance, *rows[pk]))
    return found


def _bar(criteria: Iterable[Criterion]) -> int | None:
    """The score that a stage asks for, if it does: of several the one on the total."""
    bars = [each.when for each in criteria if isinstance(each.when, ScoreAtLeast)]
    totals = [each for each in bars if each.which == "total"]
    return max((each.value for each in totals or bars), default=None)


def _lacks(criteria: Iterable[Criterion], facts: Facts) -> Iterator[int]:
    """Of each criterion that does not hold, how far it is from holding, in points."""
    for when in (each.when for each in criteria):
        if not when.holds(facts):
            is_bar = isinstance(when, ScoreAtLeast)
            yield when.value - when.points(facts) if is_bar else STEP


def _population(bar: int | None) -> list[int]:
    """Ids of leads to look at: those whose stored score is nearest to the bar, else who did
    something last. Those that sales has taken only where there are few others."""
    leads = Lead.objects.filter(Exists(LeadChange.objects.filter(lead=OuterRef("pk"))))
    leads = leads.exclude(pk__in=stale.set_aside().values("lead_id"))
    untaken = leads.filter(standing__kind__in=UNTAKEN)
    found = _nearest(untaken, bar)
    if len(found) < CLOSE:
        found += _nearest(leads.exclude(pk__in=found), bar)[: CLOSE - len(found)]
    return found


def _nearest(leads: QuerySet[Lead], bar: int | None) -> list[int]:
    """The nearest first. Where there are too many, half of them above the bar and half below, as
    far as both have so many; of one score those who did something last. Both ways from the bar in
    the order of the index on scores: nobody sorts a hundred thousand."""
    latest = F("latest_activity_at").desc(nulls_last=True)
    if bar is None:
        return list(leads.order_by(latest, "pk").values_list("pk", flat=True)[:SCORED])
    above = leads.filter(score__total__gte=bar).order_by("score__total", latest, "pk")
    below = leads.filter(score__total__lt=bar).order_by("-score__total", latest, "pk")
    over, under = (list(e.values_list("score__total", "pk")[:SCORED]) for e in (above, below))
    rows = over[: max(SCORED // 2, SCORED - len(under))]
    rows += under[: SCORED - len(rows)]
    found = [pk for _total, pk in sorted(rows, key=lambda row: abs(row[0] - bar))]
    unscored = leads.filter(score=None).order_by(latest, "pk").values_list("pk", flat=True)
    return found + list(unscored[: SCORED - len(found)])


def _closest(ids: list[int], text: Text, stage: str, bar: int | None, at: datetime) -> list[int]:
    """Those worth a close look: half of them meet every criterion, the others are nearest in
    score."""
    if len(ids) <= CLOSE:
        return ids
    points = statements.would_score(ids, text, at=at)
    far = {each.lead: abs(each.total - bar) if bar is not None else -each.total for each in points}
    met = [each.lead for each in statements.would_meet(ids, text, stage, at=at)]
    above = sorted(met, key=lambda pk: (far[pk], pk))[: CLOSE // 2]
    below = sorted(far.keys() - set(met), key=lambda pk: (far[pk], pk))
    return sorted([*above, *below[: CLOSE - len(above)]])


def _rows(ids: list[int]) -> dict[int, tuple[int | None, str]]:
    """First channel, and what tells companies apart: their row, else their name, else the lead."""
    columns = ("pk", "first_channel_id", "company_id", "company_name_folded")
    return {
        pk: (channel, str(company or name or f"lead {pk}"))
        for pk, channel, company, name in Lead.objects.filter(pk__in=ids).values_list(*columns)
    }
