"""The funnel's pictures, from its reports."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from feedback import clockfaces
from feedback.charts import flow as flows
from feedback.charts import lines
from feedback.charts.flow import Flow, Link, Node
from feedback.charts.lines import Lines, Sample
from feedback.funnels.periods import Period
from feedback.funnels.reports import Group, Tally
from feedback.funnels.shares import Share
from feedback.funnels.stages import StageCount
from scoring.models import AgreementVersion

FULL = 200.0


@dataclass(frozen=True)
class Bar:
    """A bar of the stages; `cut` says that it is longer than drawn."""

    width: float
    side: str
    cut: bool


@dataclass(frozen=True)
class Trend:
    title: str
    now: str
    chart: Lines
    note: str


def stage_bars(counts: list[StageCount]) -> list[tuple[StageCount, Bar]]:
    """Bars to one scale. The first stage alone may be far larger: then it is cut."""
    rest = [count.entered for count in counts[1:]]
    full = max([*rest, 1] if max(rest, default=0) else [count.entered for count in counts] + [1])
    return [
        (
            count,
            Bar(round(FULL * min(count.entered / full, 1), 1), count.side, count.entered > full),
        )
        for count in counts
    ]


def flow(total: Tally) -> Flow:
    """From the two ways in to where every handoff stands now."""
    n = total.counts
    nodes = [
        Node("first_time", 0, n["first_time"], _("first time"), "m"),
        Node("offered_again", 0, n["offered_again"], _("offered again"), "m"),
        Node("handed_over", 1, n["handed_over"], _("handed over"), "m"),
        Node("accepted", 2, n["accepted"], _("accepted"), "s"),
        Node("returned_at_the_door", 2, n["returned_at_the_door"], _("at the door"), "m"),
        Node("still_open", 2, n["still_open"], _("still open"), settled=False),
        Node("withdrawn_unanswered", 2, n["withdrawn_unanswered"], _("withdrawn")),
        Node("qualified", 3, n["qualified"], _("qualified"), "s"),
        Node("in_talks", 3, n["in_talks"], _("in talks"), settled=False),
        Node("withdrawn_later", 3, n["withdrawn_later"], _("withdrawn")),
        Node("returned", 3, n["returned"], _("returned"), "m"),
        Node("won", 4, n["won"], _("won"), "s"),
        Node("deal_open", 4, n["deal_open"], _("open deals"), settled=False),
        Node("lost", 4, n["lost"], _("lost")),
    ]
    links = [
        Link("first_time", "handed_over", n["first_time"], "m"),
        Link("offered_again", "handed_over", n["offered_again"], "m"),
        Link("handed_over", "accepted", n["accepted"], "s"),
        Link("handed_over", "returned_at_the_door", n["returned_at_the_door"], "m"),
        Link("handed_over", "still_open", n["still_open"]),
        Link("handed_over", "withdrawn_unanswered", n["withdrawn_unanswered"]),
        Link("accepted", "qualified", n["qualified"], "s"),
        Link("accepted", "in_talks", n["in_talks"]),
        Link("accepted", "withdrawn_later", n["withdrawn_later"]),
        Link("accepted", "returned", n["returned_after_contact"], "m"),
        Link("returned_at_the_door", "returned", n["returned_at_the_door"], "m"),
        Link("qualified", "won", n["won"], "s"),
        Link("qualified", "deal_open", n["deal_open"]),
        Link("qualified", "lost", n["lost"]),
    ]
    return flows.draw(nodes, links, loop=("returned", "offered_again", n["offered_again"]))


def trends(
    weeks: list[Group], *, total: Tally, marks: list[tuple[float, str]], answer_minutes: int | None
) -> list[Trend]:
    """Acceptance, conversations and time to the answer, week by week."""
    return [
        _rate(
            _("Accepted, of answered"),
            [(week, week.tally.acceptance, week.tally["still_open"]) for week in weeks],
            marks,
            total.acceptance,
            behind="accepted",
        ),
        _rate(
            _("Conversation, of accepted"),
            [(week, week.tally.conversations, week.tally["in_talks"]) for week in weeks],
            marks,
            total.conversations,
            behind="conversation",
        ),
        _answers(weeks, marks, total, answer_minutes),
    ]


def marks(period: Period) -> list[tuple[float, str]]:
    """Where in the period, 0..1, which version came into force."""
    length = (period.until - period.since).total_seconds()
    versions = AgreementVersion.objects.filter(
        in_force_at__gt=period.since, in_force_at__lt=period.until
    ).order_by("in_force_at")
    return [
        ((each.in_force_at - period.since).total_seconds() / length, f"v{each.number}")
        for each in versions
    ]


def _rate(
    title: str,
    weeks: list[tuple[Group, Share, int]],
    marks: list[tuple[float, str]],
    total: Share,
    *,
    behind: str,
) -> Trend:
    """`weeks` holds a week, its share, and how many of it may still change that share."""
    chart = lines.draw(
        [_sample(week, share, young=undecided > 0) for week, share, undecided in weeks],
        title=_("%(title)s, week by week") % {"title": title},
        scale=[(0, "0 %"), (0.5, "50 %"), (1, "100 %")],
        marks=marks,
        behind=behind,
    )
    note = _("%(part)s of %(whole)s in the period.") % {"part": total.part, "whole": total.whole}
    return Trend(title, "" if total.few else f"{total.percent} %", chart, note)


def _sample(week: Group, share: Share, *, young: bool) -> Sample:
    low, high = share.interval if share.whole else (None, None)
    said = {"part": share.part, "whole": share.whole, "week": week.label}
    words = _("%(part)s of %(whole)s, week of %(week)s") % said
    return Sample(week.label, share.rate, low, high, young, str(week.key), words)


def _answers(
    weeks: list[Group], marks: list[tuple[float, str]], total: Tally, minutes: int | None
) -> Trend:
    hours = [week.tally.working / 3600 for week in weeks if week.tally.working is not None]
    top = max(2.0, *(hour * 1.15 for hour in hours), (minutes or 0) / 60 * 1.25) if hours else 8.0
    agreed = clockfaces.working_time(minutes * 60) if minutes else ""
    chart = lines.draw(
        [_duration(week) for week in weeks],
        title=_("Median working time to the answer, week by week"),
        scale=[(0, "0 h"), (round(top / 2, 1), f"{top / 2:.1f} h"), (top, f"{top:.1f} h")],
        marks=marks,
        promise=(minutes / 60, _("agreed: %(term)s") % {"term": agreed}) if minutes else None,
        behind="answered",
    )
    return Trend(_("Median answer"), _span(total.working), chart, _felt(total))


def _duration(week: Group) -> Sample:
    working, answers = week.tally.working, week.tally["answered"]
    value = None if working is None else working / 3600
    said = {"n": answers, "time": _span(working), "week": week.label}
    words = _("%(n)s answers, median %(time)s, week of %(week)s") % said
    young = week.tally["still_open"] > 0
    return Sample(week.label, value, young=young, key=str(week.key), words=words)


def _span(seconds: float | None) -> str:
    return "" if seconds is None else clockfaces.working_time(int(seconds))


def _felt(total: Tally) -> str:
    if total.felt is None:
        return _("Nothing was answered.")
    waited = clockfaces.wall_time(int(total.felt))
    return _("In working time. The buyer waited %(time)s on the clock on the wall.") % {
        "time": waited
    }
