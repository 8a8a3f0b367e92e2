"""One timeline of a lead: what they did, what we did, and every step of the handoffs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback import statements, step_words
from feedback.models import Handoff, HandoffEvent
from feedback.statements import Kept, Who
from leads import quarantines
from leads.models import NEVER_KNOWN, Activity, Event, Lead, Quarantine, Side, Touch, User
from scoring import documents
from scoring.documents import Body
from scoring.models import Stage, StageEntry

LEAD = "lead"
# Steps that another line tells already, or that are of no use to a reader.
SILENT_STEPS = {"offered", "contacted", "conversation", "clock_started", "clock_met"}
# Steps on sales' side that nobody did.
CAUSES_TOLD_BY_STEPS = {"accepted", "qualified", "returned", "claimed", "undone"}
# A claim tells these of itself.
TOLD_BY_CLAIM = {"opened", "accepted"}


@dataclass(frozen=True)
class Moment:
    """One line of the timeline. `side` is who acted: lead, marketing, sales or operations.

    `text` says what happened, `strong` the one word that matters in it, `aside` the small
    print, `quote` somebody's own words. `activities` are the numbers of the activities it tells;
    `machine` says why they are set aside, if they are.
    """

    at: datetime
    side: str
    text: str
    strong: str = ""
    aside: str = ""
    quote: str = ""
    handoff: int | None = None
    activities: tuple[int, ...] = ()
    machine: str = ""

    @property
    def hue(self) -> str:
        """The class of whose line it is: m for marketing, s for sales."""
        return {Side.MARKETING: "m", Side.SALES: "s"}.get(self.side, "")


@dataclass(frozen=True)
class History:
    """What a timeline is made from, newest first. `more`: older rows were left out. What is
    set aside as a machine's stands apart: nobody takes it for what the lead did."""

    activities: list[Activity]
    touches: list[Touch]
    steps: list[HandoffEvent]
    entries: list[StageEntry] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    set_aside: list[Activity] = field(default_factory=list)
    more: bool = False


def recent(lead: Lead, reader: User, *, most: int) -> History:
    """The latest activities and touches, and all steps of handoffs; of handoffs and their
    contacts only what `reader` may see. Three queries; one more where colleagues of other teams
    may have tried to reach the lead."""
    given = statements.given(reader, lead=lead.pk)
    activities = _first_activities(most + 1).rows(given)
    steps = _steps(statements.kind_of(reader)).rows(given)
    touches = _touches(lead, reader, steps, most=most + 1)
    more = len(activities) > most or len(touches) > most
    return History(activities[:most], touches[:most], steps, more=more)


def whole(lead: Lead, reader: User, *, most: int) -> History:
    """As `recent`, with stages, opportunities and what is set aside. As many queries as
    `recent`, three for these, and one where something is set aside."""
    entries = lead.stage_entries.select_related("stage", "version", "by__team")
    told = Q(kind__startswith="opportunity.") | Q(kind__startswith="activity.")
    events = lead.events.filter(told).select_related("actor__team")
    set_aside = _activities(lead.pk, known_at__gte=NEVER_KNOWN).prefetch_related("quarantines")
    return replace(
        recent(lead, reader, most=most),
        entries=list(entries.order_by("-at", "-id")),
        events=list(events.order_by("-at", "-id")),
        set_aside=list(set_aside[:most]),
    )


def moments(history: History, body: Body, *, whose: str = "") -> list[Moment]:
    """The lines, newest first; only the lead's (`lead`) or only ours (`us`) if asked. Reasons
    and stages are named as in the agreement `body`, in the reader's language."""
    reasons, stages = names(body, "reasons", "label"), names(body, "stages", "name")
    entries = [e for e in history.entries if e.cause not in CAUSES_TOLD_BY_STEPS]
    steps = [s for s in history.steps if _is_told(s)]
    lines = [
        *(_told(event) for event in history.events),
        *(_stepped(step, reasons) for step in steps),
        *(_entered(entry, stages) for entry in entries if entry.kind != Stage.Kind.HANDOFF),
        *(_touched(touch) for touch in history.touches),
        *_gathered(history.activities),
        *_gathered(history.set_aside),
    ]
    if whose:
        lines = [line for line in lines if (line.side == LEAD) == (whose == LEAD)]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _is_told(step: HandoffEvent) -> bool:
    by_claim = step.handoff.claimed and step.kind in TOLD_BY_CLAIM
    return step.kind not in SILENT_STEPS and not by_claim


def names(body: Body, part: str, field: str) -> dict[str, str]:
    """Key to name of the reasons or stages of an agreement, in the reader's language."""
    return {each["key"]: documents.text(each[field]) for each in body.get(part, [])}


def details(activity: Activity) -> list[str]:
    """What else is known of an activity, most telling first."""
    known = activity.properties
    return [
        str(part)
        for part in (
            known.get("content") or (activity.campaign and activity.campaign.name),
            _measured(_("%(n)s %% watched"), known.get("share_watched")),
            _measured(_("%(n)s min"), known.get("minutes")),
            known.get("follow_up") and _("asked for follow-up"),
            activity.channel and activity.channel.name,
        )
        if part
    ]


def _activities(lead: int, **which: object) -> QuerySet[Activity]:
    found = Activity.objects.filter(lead=lead, **which)
    found = found.select_related("type", "channel", "campaign")
    return found.order_by("-occurred_at", "-id")


@cache
def _first_activities(most: int) -> Kept:
    return Kept(_activities(statements.LEAD, known_at__lt=NEVER_KNOWN)[:most])


def _touches(lead: Lead, reader: User, steps: Sequence[HandoffEvent], *, most: int) -> list[Touch]:
    """The latest, without the contacts of handoffs that `reader` may not see. A person's that no
    step tells of may be one of those: only then it is asked."""
    told = {step.data.get("touch") for step in steps}
    latest = _first_touches(most).rows(statements.given(reader, lead=lead.pk))
    if all(touch.by_id is None or touch.pk in told for touch in latest):
        return latest
    contacts = HandoffEvent.objects.filter(handoff__lead=lead, kind="contacted")
    foreign = contacts.exclude(handoff__in=Handoff.objects.visible_to(reader))
    foreign = foreign.annotate(touch=Cast(KT("data__touch"), BigIntegerField()))
    found = _all_touches(lead.pk).filter(~Exists(foreign.filter(touch=OuterRef("pk"))))
    return list(found[:most])


def _all_touches(lead: int) -> QuerySet[Touch]:
    found = Touch.objects.filter(lead=lead, known_at__lt=NEVER_KNOWN)
    return found.select_related("by__team", "campaign", "note").order_by("-occurred_at", "-id")


@cache
def _first_touches(most: int) -> Kept:
    return Kept(_all_touches(statements.LEAD)[:most])


@cache
def _steps(who: Who) -> Kept:
    """The steps of a lead's handoffs, latest first, for readers like these."""
    lead = statements.LEAD
    visible = Handoff.objects.visible_to(statements.somebody(*who)).filter(lead=lead)
    # The lead is named twice: among so many tables PostgreSQL would join all handoffs first.
    found = HandoffEvent.objects.filter(handoff__lead=lead, handoff__in=visible)
    found = found.select_related("by__team", "note", "handoff__reason", "handoff__pool")
    # In other steps “to” says something else.
    number = Case(When(kind="assigned", then=Cast(KT("data__to"), BigIntegerField())))
    assigned = User.objects.filter(pk=OuterRef("assigned_number")).order_by()
    full = NullIf(Trim(Concat("first_name", Value(" "), "last_name")), Value(""))
    name = Coalesce(full, "email", output_field=CharField())
    found = found.annotate(
        version_number=F("handoff__version__number"),
        assigned_number=number,
        assigned_to=Subquery(assigned.values(name=name)),
    )
    return Kept(found.order_by("-at", "-id"))


def _measured(pattern: str, value: object) -> str:
    return pattern % {"n": number_format(value)} if value else ""


def _gathered(activities: list[Activity]) -> Iterator[Moment]:
    """Wordless activities of one kind on one day become one line that counts them."""
    run: list[Activity] = []
    for activity in activities:
        if run and not _alike(run[-1], activity):
            yield _did(run)
            run = []
        run.append(activity)
    if run:
        yield _did(run)


def _alike(one: Activity, other: Activity) -> bool:
    def kind(activity: Activity) -> tuple[object, ...]:
        why = _why(activity) if activity.is_set_aside else ""
        return activity.type_id, activity.campaign_id, activity.local_date, why

    return kind(one) == kind(other) and not (
        one.properties.get("words") or other.properties.get("words")
    )


def _did(run: list[Activity]) -> Moment:
    latest = run[0]
    parts = details(latest)
    if len(run) > 1:
        times = ngettext("%(n)s time", "%(n)s times", len(run)) % {"n": len(run)}
        parts.insert(0, times)
    words = str(latest.properties.get("words", ""))
    return Moment(
        latest.occurred_at,
        LEAD,
        latest.type.said,
        aside=", ".join(parts),
        quote=words,
        activities=tuple(activity.pk for activity in run),
        machine=_why(latest) if latest.is_set_aside else "",
    )


def _why(activity: Activity) -> str:
    """Why it is set aside: the latest of its entries says so."""
    entries = sorted(activity.quarantines.all(), key=lambda entry: entry.pk)
    return quarantines.words(entries[-1]) if entries else str(Quarantine.Cause.HAND.label)


def _touched(touch: Touch) -> Moment:
    if touch.by:
        names = {"who": str(touch.by), "what": touch.get_kind_display()}
        text = _("%(who)s: %(what)s") % names
    else:
        text = touch.get_kind_display()
    asides = [touch.get_outcome_display(), touch.campaign.name if touch.campaign else ""]
    return Moment(
        touch.occurred_at,
        _side(touch.by),
        text,
        aside=", ".join(filter(None, asides)),
        quote=touch.note.text if touch.note else "",
    )


def _entered(entry: StageEntry, stages: dict[str, str]) -> Moment:
    who = str(entry.by) if entry.by else entry.get_cause_display()
    name = stages.get(entry.stage.key, entry.stage.name)
    return Moment(entry.at, entry.stage.side, _("Stage"), strong=name, aside=who)


def _told(event: Event) -> Moment:
    return _judged(event) if event.kind.startswith("activity.") else _dealt(event)


def _judged(event: Event) -> Moment:
    """What a machine did was set aside, or somebody let it go."""
    number = len(event.data.get("activities", ()))
    if event.kind == "activity.released":
        text = ngettext("Let go: %(n)s activity", "Let go: %(n)s activities", number)
    else:
        text = ngettext("Set aside: %(n)s activity", "Set aside: %(n)s activities", number)
    cause = dict(Quarantine.Cause.choices).get(event.data.get("cause"), "")
    who = str(event.actor or "") or str(cause)
    return Moment(event.at, _side(event.actor), text % {"n": number}, aside=who)


def _dealt(event: Event) -> Moment:
    texts = {
        "opportunity.opened": _("Opportunity opened"),
        "opportunity.won": _("Won"),
        "opportunity.lost": _("Lost"),
    }
    text = texts.get(event.kind, event.kind)
    return Moment(event.at, Side.SALES, text, aside=str(event.actor or ""))


def _stepped(step: HandoffEvent, reasons: dict[str, str]) -> Moment:
    text, strong, aside = step_words.words(step, reasons)
    return Moment(
        step.at,
        _side(step.by, default=step_words.side(step)),
        text,
        strong=strong,
        aside=aside,
        quote=step.note.text if step.note else "",
        handoff=step.handoff_id,
    )


def _side(user: User | None, *, default: str = Side.MARKETING) -> str:
    return (user.side if user else "") or default
