"""The board both teams look at: each goal with its figure and what keeps it honest, what marketing
promised to supply, and the numbers each side watches for itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.funnels.shares import FEW, Share
from feedback.goals import spans
from feedback.goals.measures import SHARES, Measured
from feedback.goals.spans import Span
from leads.models import User
from leads.templatetags.baton import money, number, working
from scoring.documents import Body, ItemJSON, text
from scoring.sentences import phrases as said
from scoring.sentences import values

SIDES = ("marketing", "sales")


@dataclass(frozen=True)
class Figure:
    """A figure in words, the address of what is behind it (empty: there is no such list), and
    what it leaves out. `value` is None where there is nothing to speak of."""

    words: str
    url: str = ""
    value: float | None = None
    asides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counter:
    """What keeps a goal honest. `holds` is None where there are too few to say."""

    label: str
    bound: str
    share: Share
    url: str
    holds: bool | None


@dataclass(frozen=True)
class Goal:
    """A goal against its figure. `state` is reached, on_course, behind, or empty where nothing is
    measured; `percent` of the way to it, 100 at most."""

    key: str
    label: str
    target: str
    words: str
    span: Span | None = None
    figure: Figure | None = None
    percent: int = 0
    state: str = ""
    counter: Counter | None = None


@dataclass(frozen=True)
class Supply:
    """What marketing supplied this month of what it promised."""

    span: Span
    promised: int
    supplied: int
    quality: str
    url: str
    percent: int
    state: str
    accepted: Counter | None


@dataclass(frozen=True)
class Watch:
    side: str
    figures: list[tuple[str, Figure]]


@dataclass(frozen=True)
class Board:
    goals: list[Goal] = field(default_factory=list)
    supply: Supply | None = None
    watches: list[Watch] = field(default_factory=list)


def board(user: User, body: Body, *, at: datetime) -> Board:
    """All of it, as far as `user` may see; the own side's numbers first. The numbers that a side
    watches are those of the running quarter."""
    measured: dict[str, tuple[Span, Measured]] = {}

    def of(kind: str) -> tuple[Span, Measured]:
        if kind not in measured:
            span = spans.running(kind, at=at)
            measured[kind] = span, Measured(user, span.period)
        return measured[kind]

    goals = [_goal(goal, *of(goal.get("period") or "month")) for goal in body["goals"]]
    supply = body.get("supply")
    watches = list(_watches(user, body, *of("quarter"))) if body.get("watches") else []
    return Board(goals, _supply(supply, *of("month")) if supply else None, watches)


def _goal(goal: ItemJSON, span: Span, measured: Measured) -> Goal:
    plain = Goal(goal["key"], text(goal["label"]), said.target(goal), _in_words(goal))
    if not goal.get("metric"):
        return plain
    figure = _METRICS[goal["metric"]](measured, span.kind, goal.get("currency", ""))
    percent, state = _progress(goal, figure, span)
    counter = _counter(goal, measured, span.kind) if goal.get("counter_metric") else None
    facts = {"span": span, "figure": figure, "percent": percent, "state": state}
    return Goal(**vars(plain) | facts | {"counter": counter})


def _in_words(goal: ItemJSON) -> str:
    """What is said of it beside what is measured."""
    target = text(goal["target"]) if goal.get("metric") else ""
    return "; ".join(filter(None, [target, text(goal["counter"])]))


def _progress(goal: ItemJSON, figure: Figure, span: Span) -> tuple[int, str]:
    """How far it is, and whether that is far enough by now."""
    if figure.value is None:
        return 0, "" if goal["metric"] in values.AT_MOST else _state(0, span)
    if goal["metric"] in values.AT_MOST:
        return 0, "reached" if figure.value <= goal["amount"] else "behind"
    percent = int(100 * figure.value / goal["amount"])
    return min(percent, 100), _state(percent, span)


def _state(percent: int, span: Span) -> str:
    if percent >= 100:
        return "reached"
    return "on_course" if percent >= span.passed else "behind"


def _counter(goal: ItemJSON, measured: Measured, kind: str) -> Counter:
    metric, bound = goal["counter_metric"], goal["counter_amount"]
    return _kept(metric, bound, measured.share(metric), kind)


def _kept(metric: str, bound: int, share: Share, kind: str) -> Counter:
    at_most = metric in values.AT_MOST
    pattern = _("at most %(n)s %%") if at_most else _("at least %(n)s %%")
    holds = None
    if not share.few:
        rate = 100 * share.part
        holds = rate <= bound * share.whole if at_most else rate >= bound * share.whole
    url = _behind(SHARES[metric][0], kind)
    return Counter(str(values.COUNTER_METRICS[metric]), pattern % {"n": bound}, share, url, holds)


def _supply(supply: ItemJSON, span: Span, measured: Measured) -> Supply:
    least = supply.get("least_score")
    count = measured.supplied(least).count()
    percent = int(100 * count / supply["handoffs"])
    accepted = supply.get("accepted")
    share = measured.share("acceptance")
    return Supply(
        span,
        supply["handoffs"],
        count,
        "; ".join(said.quality(supply)),
        _behind("supplied", span.kind),
        min(percent, 100),
        _state(percent, span),
        _kept("acceptance", accepted, share, span.kind) if accepted else None,
    )


def _watches(user: User, body: Body, span: Span, measured: Measured) -> Iterator[Watch]:
    own = sorted(SIDES, key=lambda side: side != user.side)
    for side in own:
        names = body["watches"].get(side) or []
        figures = [(str(values.WATCHES[n]), _watched(n, measured, span.kind)) for n in names]
        if figures:
            yield Watch(side, figures)


def _watched(name: str, measured: Measured, kind: str) -> Figure:
    if name in SHARES:
        share = measured.share(name)
        return Figure(_of(share), _behind(SHARES[name][0], kind), share.part)
    return _NUMBERS[name](measured, kind, "EUR")


def _of(share: Share) -> str:
    if not share.whole:
        return _("none yet")
    part = {"part": number(share.part), "whole": number(share.whole), "percent": share.percent}
    if share.percent is None:
        return _("%(part)s of %(whole)s") % part
    return _("%(percent)s %% of %(whole)s") % part


def _money(name: str) -> Any:
    def figure(measured: Measured, kind: str, currency: str) -> Figure:
        found = measured.money(name, currency)
        asides = []
        if found.unknown:
            said = ngettext(
                "%(n)s deal of unknown amount", "%(n)s deals of unknown amount", found.unknown
            )
            asides.append(said % {"n": found.unknown})
        if found.other:
            said = ngettext(
                "%(n)s deal in another currency", "%(n)s deals in other currencies", found.other
            )
            asides.append(said % {"n": found.other})
        words = money(found.amount, currency)
        return Figure(words, _behind(name, kind), float(found.amount), tuple(asides))

    return figure


def _conversations(measured: Measured, kind: str, _currency: str) -> Figure:
    count = measured.conversations()
    return Figure(number(count), _behind("conversations_held", kind), count)


def _velocity(measured: Measured, kind: str, _currency: str) -> Figure:
    found = measured.velocity()
    if found.days is None:
        return Figure(_("no deal yet"))
    pattern = _("median of %(n)s deals won")
    if found.until == "qualified_then":
        pattern = _("median of %(n)s qualifications: no deal is won yet")
    asides = [pattern % {"n": found.of}]
    if found.of < FEW:
        asides.append(_("few, so it may change much"))
    words = values.days(found.days) if found.days else _("under a day")
    return Figure(words, _behind(found.until, kind), found.days, tuple(asides))


def _handoffs(measured: Measured, kind: str, _currency: str) -> Figure:
    count = measured.tally["handed_over"]
    return Figure(number(count), _behind("handed_over", kind), count)


def _answer_time(measured: Measured, kind: str, _currency: str) -> Figure:
    seconds = measured.tally.working
    if seconds is None:
        return Figure(_("no answer yet"))
    return Figure(working(seconds), _behind("answered", kind), seconds)


def _cost(measured: Measured, kind: str, _currency: str) -> Figure:
    cost, count = measured.cost()
    if not cost or not count:
        return Figure(_("no cost recorded"))
    aside = _("%(cost)s for campaigns begun, by %(n)s handoffs")
    named = {"cost": money(cost), "n": number(count)}
    return Figure(money(round(cost / count)), "", float(cost / count), (aside % named,))


_METRICS = {
    "revenue": _money("won_deals"),
    "pipeline": _money("opened_deals"),
    "velocity": _velocity,
    "conversations": _conversations,
}
_NUMBERS = _METRICS | {
    "handoffs": _handoffs,
    "answer_time": _answer_time,
    "cost_per_handoff": _cost,
}


def _behind(name: str, kind: str) -> str:
    return f"{reverse('goal_leads')}?{urlencode({'set': name, 'in': kind})}"
