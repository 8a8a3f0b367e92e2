"""What a rep is told about a lead before speaking with them. Facts only: nothing is invented."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from feedback import timelines
from feedback.models import Handoff, HandoffEvent
from feedback.timelines import History, Moment
from leads import activity_names, countries
from leads.models import Activity, Lead, Touch, User
from scoring import documents, explanations, ledgers, sentences
from scoring.documents import ItemJSON
from scoring.glances import Glance, Readers
from scoring.models import AgreementVersion

LATEST_SHOWN = 12
MOST_LINES = 30
GROUPS = ledgers.GROUP_NAMES | {
    "undesirable": gettext_lazy("Undesirable"),
    "score": gettext_lazy("Score"),
}


@dataclass(frozen=True)
class Wish:
    """What the lead wants. `how` it is known: they wrote it, they said it (in the words of
    whoever spoke with them), or they merely did something."""

    text: str
    source: str
    at: datetime
    how: str


@dataclass(frozen=True)
class Return:
    """A return: who gave which reason, what they said, and what the agreement says
    to do about that reason. `mine`: the reader gave it; `notes` is what was written down about the
    lead before it, the latest first."""

    handoff: int
    at: datetime
    by: str
    reason: str
    words: str
    after_contact: bool
    back_on: Any
    advice: str = ""
    follows: str = ""
    mine: bool = False
    notes: list[Touch] = field(default_factory=list)


@dataclass(frozen=True)
class Reason:
    """A rule of the frozen ledger with what its cap leaves; `share` (0–100) of the strongest."""

    words: str
    points: int
    share: int

    @property
    def width(self) -> int:
        """Of its bar: to the right of the line there is room for 70, to the left for 36."""
        return round(self.share * (70 if self.points > 0 else 36) / 100)


@dataclass(frozen=True)
class Criterion:
    """A criterion as frozen at the handover, in the reader's language. What was claimed may lack
    it."""

    key: str
    group: str
    words: str
    evidence: str
    at: datetime | None
    holds: bool = True


@dataclass(frozen=True)
class Briefing:
    """Everything the detail of a handoff shows. `returned` is how this handoff came back,
    `returns` are those of earlier ones; all of it is made of `history`."""

    wish: Wish | None
    pros: list[Reason]
    cons: list[Reason]
    criteria: list[Criterion]
    returned: Return | None
    returns: list[Return]
    moments: list[Moment]
    messages: list[HandoffEvent]
    history: History
    more: bool


def brief(handoff: Handoff, reader: User) -> Briefing:
    """The briefing of a handoff whose lead, version and evidence are loaded, with what `reader`
    may see of others. Queries as `timelines.recent`: who answered is known from the steps."""
    history = timelines.recent(handoff.lead, reader, most=LATEST_SHOWN)
    people = {step.by_id: step.by for step in history.steps if step.by_id}
    if handoff.answered_by_id in people:
        handoff.answered_by = people[handoff.answered_by_id]
    evidence = getattr(handoff, "evidence", None)
    pros, cons = strongest(evidence.ledger if evidence else [])
    came_back = returns(history, handoff.version, reader=reader)
    lines = timelines.moments(history, handoff.version.body)
    return Briefing(
        wish=wish(history),
        pros=pros,
        cons=cons,
        criteria=[_criterion(each) for each in (evidence.criteria if evidence else [])],
        returned=next((r for r in came_back if r.handoff == handoff.pk), None),
        returns=[r for r in came_back if r.handoff != handoff.pk],
        moments=lines[:MOST_LINES],
        messages=thread(history, handoff),
        history=history,
        more=history.more or len(lines) > MOST_LINES,
    )


def wish(history: History) -> Wish | None:
    """The latest words of a form or a call; without any, what asks for a person, else the latest
    activity."""
    spoken = [
        Wish(touch.note.text, _conversation(touch), touch.occurred_at, "said")
        for touch in history.touches
        if touch.outcome == Touch.Outcome.CONVERSATION and touch.note
    ]
    written = [_written(a) for a in history.activities if a.properties.get("words")]
    words = sorted(spoken[:1] + written[:1], key=lambda found: found.at)
    if words:
        return words[-1]
    if not history.activities:
        return None
    asked = (each for each in history.activities if each.type.key in activity_names.ASKING)
    latest = next(asked, history.activities[0])
    source = ", ".join(timelines.details(latest))
    return Wish(latest.type.said, source, latest.occurred_at, "did")


def returns(
    history: History, version: AgreementVersion | None, *, reader: User | None = None
) -> list[Return]:
    """What was returned and why, newest first, with the advice of this version; what follows is
    said of what was returned under it. With what `reader` and others noted before."""
    body = version.body if version else {}
    labels = timelines.names(body, "reasons", "label")
    known = {reason["key"]: reason for reason in body.get("reasons", [])}
    number = version.number if version else None
    steps = [step for step in _standing(history) if step.kind == "returned"]
    found = [_returned(each, labels, known, each.version_number == number) for each in steps]
    return [
        replace(back, mine=bool(reader and step.by_id == reader.pk), notes=_noted(history, step))
        for back, step in zip(found, steps, strict=True)
    ]


def strongest(ledger: list[dict[str, Any]]) -> tuple[list[Reason], list[Reason]]:
    """The five rules that speak most for the lead, the three that speak most against; what was
    corrected by hand counts as one."""
    caps: Counter[str] = Counter()
    for line in ledger:
        if line["kind"] == ledgers.RULE_CAP:
            caps[line["key"]] += line["points"]
    net = [
        (documents.text(line["words"]), line["points"] + caps[line["key"]])
        for line in ledger
        if line["kind"] in (ledgers.RULE, ledgers.CORRECTION)
    ]
    widest = max((abs(points) for _words, points in net), default=0) or 1
    shown = [
        Reason(words, points, round(abs(points) * 100 / widest))
        for words, points in sorted(net, key=lambda line: -abs(line[1]))
    ]
    pros = [reason for reason in shown if reason.points > 0]
    return pros[:5], [reason for reason in shown if reason.points < 0][:3]


def thread(history: History, handoff: Handoff) -> list[HandoffEvent]:
    """What both teams said on this handoff, oldest first; not what was undone."""
    spoken = {"accepted", "claimed", "returned", "message"}
    steps = [s for s in _standing(history) if s.handoff_id == handoff.pk and s.note]
    return [step for step in reversed(steps) if step.kind in spoken]


def _standing(history: History) -> list[HandoffEvent]:
    """The steps that nobody has undone."""
    undone = {step.data.get("step") for step in history.steps if step.kind == "undone"}
    return [step for step in history.steps if step.pk not in undone]


def trigger_line(activity: dict[str, Any] | None) -> str:
    """One line of why now: what the lead did, and their words if they left any."""
    if not activity:
        return ""
    did = activity_names.said(activity["key"], activity["type"])
    words = activity.get("words") or activity.get("content") or activity.get("campaign")
    return f"{did}: {words}" if words else did


def bar(body: dict[str, Any]) -> tuple[int | None, str]:
    """The total score that the first handoff stage asks for, and that stage's name."""
    found = explanations.bar(body)
    return found.points, found.stage


def glance(handoff: Handoff, readers: Readers) -> Glance | None:
    """The score a handoff was made with, as frozen; None where none was. The handoff's evidence
    and version are loaded."""
    evidence = getattr(handoff, "evidence", None)
    if evidence is None or not evidence.ledger:
        return None
    return readers.of(handoff.version).frozen(evidence.ledger, handoff.score)


def line(lead: Lead) -> str:
    """Role, company and place in one line."""
    return ", ".join(filter(None, [lead.title, lead.company_name, lead.city]))


def about(lead: Lead) -> list[tuple[str, str]]:
    """Who the lead is, field by field; what is not known is left out."""
    size = ngettext("%(n)s person", "%(n)s people", lead.company_size or 0)
    people = {"n": number_format(lead.company_size or 0, force_grouping=True)}
    country = countries.name(lead.country) if lead.country else ""
    place = ", ".join(filter(None, [lead.city, country]))
    rows = [
        (_("Company"), lead.company_name),
        (_("Industry"), lead.industry),
        (_("Company size"), size % people if lead.company_size else ""),
        (_("Place"), place),
        (_("Seniority"), lead.seniority),
        (_("Function"), lead.function),
    ]
    return [(label, value) for label, value in rows if value]


def _noted(history: History, step: HandoffEvent) -> list[Touch]:
    """What was written down about the lead while it was handed over, until it was returned."""
    during = (t for t in history.touches if step.handoff.opened_at <= t.occurred_at <= step.at)
    return [touch for touch in during if touch.by_id and touch.note]


def _criterion(frozen: dict[str, Any]) -> Criterion:
    return Criterion(
        key=frozen["key"],
        group=str(GROUPS.get(frozen["group"], "")),
        words=documents.text(frozen["words"]),
        evidence=documents.text(frozen["evidence"]),
        at=datetime.fromisoformat(frozen["at"]) if frozen["at"] else None,
        holds=frozen.get("holds", True),
    )


def _written(activity: Activity) -> Wish:
    words = str(activity.properties["words"])
    return Wish(words, activity.type.said, activity.occurred_at, "wrote")


def _conversation(touch: Touch) -> str:
    """How and with whom the lead spoke."""
    return ", ".join(filter(None, [touch.get_kind_display(), str(touch.by or "")]))


def _returned(
    step: HandoffEvent, labels: dict[str, str], known: dict[str, ItemJSON], under_it: bool
) -> Return:
    handoff, reason = step.handoff, step.handoff.reason
    agreed = known.get(reason.key, {}) if reason else {}
    if agreed and handoff.back_on:
        agreed = agreed | {"rest_days": 0}  # The day that was asked for takes its place.
    return Return(
        handoff=handoff.pk,
        at=step.at,
        by=str(step.by or ""),
        reason=labels.get(reason.key, reason.label) if reason else "",
        words=step.note.text if step.note else "",
        after_contact=handoff.answer == Handoff.Answer.ACCEPTED,
        back_on=handoff.back_on,
        advice=documents.text(agreed.get("advice", "")),
        follows=sentences.following(agreed) if under_it else "",
    )
