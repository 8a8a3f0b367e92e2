"""The rows of the inbox: what each says about who waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.db.models import (
    DateTimeField,
    ExpressionWrapper,
    JSONField,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    prefetch_related_objects,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, JSONObject
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback import briefings, calendars, clockfaces
from feedback.clockfaces import ClockFace
from feedback.models import Handoff
from feedback.models.handoffs import HandoffQuerySet
from feedback.queues import Queue
from leads.activity_names import ASKING
from leads.models import NEVER_KNOWN, Activity
from scoring.glances import Glance, Readers

# So long a handoff that nobody has answered is marked as new to who got it.
FRESH = timedelta(minutes=10)
WEEK = timedelta(days=7)
# What a row, its clock and its place in the list are made of: a list reads nothing else.
READ = (
    *("lead", "version", "owner", "speed_lane", "claimed", "score", "term_minutes", "attempts"),
    *("opened_at", "offered_at", "assigned_at", "conversation_at", "closed_at"),
    *("answer", "answered_at", "outcome", "clock", "due_at", "rests_until", "paused_at"),
    *("lead__first_name", "lead__last_name", "lead__email", "lead__title", "lead__company_name"),
    *("owner__first_name", "evidence__ledger"),
    *("pool__calendar__time_zone", "pool__calendar__country", "pool__calendar__region"),
)


@dataclass(frozen=True)
class Row:
    """A handoff in the list, in words. `pick` is what its box says, empty where none may be picked;
    `grade` is explained by `said`; `chip` are the few words of its clock; `rests` says until when
    it is put off; `age` whose it is where that differs, how often the lead was tried in vain, and
    for how long it has waited; `fresh` marks what has just come."""

    handoff: Handoff
    pk: int
    number: str
    url: str
    name: str
    company: str
    role: str
    pick: str
    why: str
    age: str
    face: ClockFace | None
    chip: str
    group: str
    glance: Glance | None
    grade: str
    said: str
    rests: str = ""
    lane: bool = False
    claimed: bool = False
    fresh: bool = False
    waits: bool = False

    @property
    def marks(self) -> str:
        """Its classes."""
        return f"row{' unread' * self.fresh}{' claimed' * self.claimed}"


def facts(found: HandoffQuerySet) -> HandoffQuerySet:
    """What a row shows, in one statement: the trigger is read where it stands."""
    found = found.select_related("lead", "owner", "pool__calendar", "evidence").only(*READ)
    return calendars.with_own_calendar(found).annotate(trigger=_trigger())


@cache
def _trigger() -> Coalesce:
    """What asked for a person in the week before the handoff, else what the lead did last; put
    together once. Either is the end of a stretch of the index activity_lead_time."""
    done = Activity.objects.filter(
        lead=OuterRef("lead"),
        occurred_at__lte=OuterRef("trigger_at"),
        known_at__lt=NEVER_KNOWN,
    ).order_by("-occurred_at", "-id")
    week = ExpressionWrapper(OuterRef("trigger_at") - Value(WEEK), DateTimeField())
    lately = done.alias(written=Cast(KT("properties__words"), TextField())).filter(
        occurred_at__gt=week
    )
    asked = lately.filter(Q(type__key__in=sorted(ASKING)) | Q(written__gt=""))
    told = JSONObject(
        key="type__key",
        type="type__name",
        campaign="campaign__name",
        words=KT("properties__words"),
        content=KT("properties__content"),
    )
    first = (Subquery(found.values(told=told)[:1]) for found in (asked, done))
    return Coalesce(*first, output_field=JSONField())


def drawn(
    handoffs: list[Handoff],
    queue: Queue,
    urls: Iterable[str],
    *,
    at: datetime,
    beside: Handoff | None,
    everyones: bool = False,
) -> list[Row]:
    """The rows of loaded handoffs. What clocks and grades ask for is read at once; what is loaded
    with the handoff in hand, `beside` them, is not read again. Among `everyones` each says whose
    it is."""
    for handoff in handoffs:
        if beside and handoff.version_id == beside.version_id:
            handoff.version = beside.version
        if beside and handoff.pk == beside.pk:
            beside.own_calendar = handoff.own_calendar
    prefetch_related_objects(handoffs, "version")
    timed = [*(h for h in handoffs if h.due_at), *([beside] if beside else [])]
    if timed:
        calendars.prepare(timed)
    readers = Readers()
    return [
        _row(handoff, queue, url, readers, at=at, everyones=everyones)
        for handoff, url in zip(handoffs, urls, strict=True)
    ]


def _row(
    handoff: Handoff, queue: Queue, url: str, readers: Readers, *, at: datetime, everyones: bool
) -> Row:
    lead, name = handoff.lead, handoff.lead.name
    rests = handoff.rests_until is not None and handoff.rests_until > at
    face = clockfaces.read(handoff, at=at) if handoff.is_open and not rests else None
    glance = briefings.glance(handoff, readers)
    return Row(
        handoff=handoff,
        pk=handoff.pk,
        number=str(handoff.pk),
        url=url,
        name=name,
        company=lead.company_name,
        role=lead.title,
        pick=_("Select %(name)s") % {"name": name} if queue.returnable else "",
        why=briefings.trigger_line(handoff.trigger),
        age=_age(handoff, queue, at=at, everyones=everyones),
        face=face,
        chip=face.chip if face else "",
        group=_group(handoff, queue, face, at=at),
        glance=glance,
        grade=str(glance.grade if glance else handoff.score),
        said=glance.said if glance else _("Points"),
        rests=_until(handoff.rests_until, at=at) if rests else "",
        lane=handoff.speed_lane,
        claimed=handoff.claimed,
        fresh=_is_fresh(handoff, at=at),
        waits=handoff.state == "waiting",
    )


def _age(handoff: Handoff, queue: Queue, *, at: datetime, everyones: bool) -> str:
    since = handoff.answered_at if queue.order == "latest" else None
    owner = handoff.owner.first_name if everyones and handoff.owner else ""
    age = clockfaces.age((at - (since or handoff.opened_at)).total_seconds())
    return " · ".join(filter(None, [owner, _tried(handoff), age]))


def _group(handoff: Handoff, queue: Queue, face: ClockFace | None, *, at: datetime) -> str:
    if queue.order == "latest":
        return ""
    if queue.order == "rest":
        return _rest_group(handoff.rests_until, at=at)
    if handoff.speed_lane:
        return _("Speed lane")
    if face is None:
        return _("No clock") if queue.key != "waiting" else ""
    if face.state == "over":
        return _("Overdue")
    if face.state == "due":
        return _("Due soon")
    today = timezone.localdate(face.due_at) == timezone.localdate(at)
    return _("Later today") if today else _("Later")


def _rest_group(until: datetime, *, at: datetime) -> str:
    if timezone.localdate(until) == timezone.localdate(at):
        return _("Until today")
    return _("Within a week") if until < at + WEEK else _("After a week")


def _until(moment: datetime, *, at: datetime) -> str:
    """“until 14:30” on the day of `at`, else “until Mon 2 Mar”, with the year where it is
    another."""
    local, now = timezone.localtime(moment), timezone.localtime(at)
    if local.date() == now.date():
        said = date_format(local, "TIME_FORMAT")
    else:
        near = local.year == now.year
        said = date_format(local, "SHORT_DATE_FORMAT" if near else "DATE_FORMAT")
    return _("until %(moment)s") % {"moment": said}


def _tried(handoff: Handoff) -> str:
    if not handoff.is_open or handoff.conversation_at or not handoff.attempts:
        return ""
    pattern = ngettext("%(n)s try", "%(n)s tries", handoff.attempts)
    return pattern % {"n": handoff.attempts}


def _is_fresh(handoff: Handoff, *, at: datetime) -> bool:
    came = handoff.assigned_at or handoff.offered_at
    return not handoff.answer and came is not None and at - came < FRESH
