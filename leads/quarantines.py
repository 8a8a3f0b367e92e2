"""What machines did is set aside, and let go again: the single writer of `Quarantine`.

Set aside, an activity is known at no moment (`NEVER_KNOWN`): it gives no points, hands nobody
over and says nothing about a channel. Let go, it is known from that moment on. Both are entries
with date and author; what somebody has let go is never set aside again but by hand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from leads import events, machines, stale, trails
from leads.machines import Click
from leads.models import NEVER_KNOWN, Activity, Lead, Quarantine, Side, Touch, User
from leads.refusals import Refused

Cause = Quarantine.Cause
DELIVERED = (Touch.Outcome.SENT, Touch.Outcome.DELIVERED)
# So many days of clicks are asked for in a statement.
DAYS = 100


def may_judge(user: User) -> bool:
    """Marketing, operations and those who lead a team say what was a machine's doing."""
    return user.is_active and (user.side == Side.MARKETING or user.is_manager)


def words(entry: Quarantine) -> str:
    """Why something was set aside, or that it was let go."""
    match entry.cause:
        case Cause.AGENT:
            return _("A known scanner: %(mark)s") % {"mark": entry.detail}
        case Cause.BURST:
            links, _slash, seconds = entry.detail.partition("/")
            terms = {"links": links, "seconds": seconds}
            return _("%(links)s links within %(seconds)s s of delivery") % terms
        case Cause.HAND:
            return _("Set aside by hand")
    return _("Let go")


@transaction.atomic
def set_aside(activities: QuerySet[Activity], *, by: User, at: datetime) -> list[int]:
    """Set aside by hand those of the activities that are not yet. Returns their ids.

    Raises Refused `may_not_judge`.
    """
    _require_judge(by)
    known = _locked(activities).filter(known_at__lt=NEVER_KNOWN)
    return _judged([_entry(each, Cause.HAND, at=at, by=by) for each in known], at=at, by=by)


@transaction.atomic
def release(activities: QuerySet[Activity], *, by: User, at: datetime) -> list[int]:
    """Let go those of the activities that are set aside: they count from `at` on. Returns their
    ids. Raises Refused `may_not_judge`.
    """
    _require_judge(by)
    held = _locked(activities).filter(known_at__gte=NEVER_KNOWN)
    entries = [Quarantine(activity=each, cause=Cause.RELEASED, at=at, by=by) for each in held]
    return _judged(entries, at=at, by=by)


def recognised(marks: Mapping[Activity, str], *, at: datetime) -> None:
    """Activities just recorded as never known: these marks in their user agents gave them away.
    The caller holds their leads and brings them up to date."""
    entries = [
        Quarantine(activity=each, cause=Cause.AGENT, detail=mark, known_at=at, at=at)
        for each, mark in marks.items()
    ]
    _write(entries, at=at)


def find_bursts(clicks: Sequence[Click], *, at: datetime) -> None:
    """Set aside every burst that one of these clicks, just recorded, belongs to: all of it, also
    what came in before. The caller holds their leads and brings them up to date."""
    if clicks:
        _set_bursts_aside(_around(clicks), at=at, fresh={each.id for each in clicks})


def mailed(touch: Touch, *, at: datetime) -> None:
    """We wrote to a lead: what was clicked in the seconds after may have come in before."""
    if touch.kind != Touch.Kind.MAIL or touch.outcome not in DELIVERED:
        return
    # A click in the seconds after it, and those that make a burst with such a click.
    near = (touch.occurred_at - machines.SOON, touch.occurred_at + 2 * machines.SOON)
    with transaction.atomic():
        _lock([touch.lead_id])
        clicks = _clicks(Activity.objects.filter(lead=touch.lead_id, occurred_at__range=near))
        if _set_bursts_aside(clicks, at=at):
            trails.follow([touch.lead_id])


def _require_judge(user: User) -> None:
    if not may_judge(user):
        raise Refused(
            "may_not_judge",
            _("%(user)s may not say what was a machine’s doing.") % {"user": user},
            _("Ask somebody in marketing or operations."),
            status=403,
        )


def _locked(activities: QuerySet[Activity]) -> QuerySet[Activity]:
    """The activities, their leads locked: nobody records or judges any of theirs meanwhile."""
    rows = dict(activities.values_list("pk", "lead_id"))
    _lock(rows.values())
    return Activity.objects.filter(pk__in=list(rows)).order_by("pk")


def _lock(lead_ids: Iterable[int]) -> None:
    leads = Lead.objects.filter(pk__in=set(lead_ids)).order_by("pk").only("pk")
    # No key: who has just written of a lead holds its key, and two such would wait for ever.
    list(leads.select_for_update(no_key=True))


def _around(clicks: Sequence[Click]) -> list[Click]:
    """The clicks, and all others of their leads that may belong to a burst with them."""
    return [
        each
        for near in _near(clicks, after=machines.SOON)
        for each in _clicks(Activity.objects.filter(near))
    ]


def _near(clicks: Sequence[Click], *, after: timedelta = timedelta()) -> Iterator[Q]:
    """What happened to the leads about the time of their clicks, up to `after` later, day by day
    and some days at a time: the clicks of years do not ask for all that was between them."""
    days: dict[date, list[Click]] = defaultdict(list)
    for each in clicks:
        days[each.at.date()].append(each)
    within = [_within(day, after) for day in days.values()]
    for first in range(0, len(within), DAYS):
        yield reduce(or_, within[first : first + DAYS])


def _within(day: Sequence[Click], after: timedelta) -> Q:
    moments = [each.at for each in day]
    span = (min(moments) - machines.SOON, max(moments) + after)
    return Q(lead__in={each.lead_id for each in day}, occurred_at__range=span)


def _clicks(activities: QuerySet[Activity]) -> list[Click]:
    """Those that followed a link, but for what somebody has let go."""
    clicked = activities.filter(properties__has_any_keys=["link", "url"])
    rows = clicked.exclude(quarantines__cause=Cause.RELEASED)
    found = rows.values_list("pk", "lead_id", "occurred_at", "properties")
    return [each for row in found if (each := machines.click(*row))]


def _set_bursts_aside(
    clicks: Sequence[Click], *, at: datetime, fresh: Collection[int] = ()
) -> bool:
    """Nothing ever saw what is `fresh`: it was known from now on and is not known from now on."""
    found = machines.bursts(clicks, _mails(clicks))
    known = Activity.objects.filter(pk__in=list(found), known_at__lt=NEVER_KNOWN)
    entries = [_entry(each, Cause.BURST, at=at) for each in known.order_by("pk")]
    for entry in entries:
        burst = found[entry.activity_id]
        entry.detail = f"{burst.links}/{burst.seconds}"
        if entry.activity_id in fresh:
            entry.known_at = max(entry.known_at, at)
    _write(entries, at=at)
    return bool(entries)


def _mails(clicks: Sequence[Click]) -> dict[int, list[datetime]]:
    """When we wrote to the leads, as far as it matters to the clicks."""
    mails: dict[int, list[datetime]] = defaultdict(list)
    sent = Touch.objects.filter(kind=Touch.Kind.MAIL, outcome__in=DELIVERED)
    for near in _near(clicks):
        for lead_id, moment in sent.filter(near).values_list("lead_id", "occurred_at"):
            mails[lead_id].append(moment)
    return mails


def _entry(activity: Activity, cause: Cause, *, at: datetime, by: User | None = None) -> Quarantine:
    return Quarantine(activity=activity, cause=cause, known_at=activity.known_at, at=at, by=by)


def _judged(entries: Sequence[Quarantine], *, at: datetime, by: User) -> list[int]:
    _write(entries, at=at, by=by)
    trails.follow({entry.activity.lead_id for entry in entries})
    return [entry.activity_id for entry in entries]


def _write(entries: Sequence[Quarantine], *, at: datetime, by: User | None = None) -> None:
    """Entries of one cause with what follows from them, and an event for each lead."""
    if not entries:
        return
    Quarantine.objects.bulk_create(entries, batch_size=500)
    cause = entries[0].cause
    released = cause == Cause.RELEASED
    judged = Activity.objects.filter(pk__in=[entry.activity_id for entry in entries])
    judged.update(known_at=at if released else NEVER_KNOWN)
    by_lead: dict[int, list[int]] = defaultdict(list)
    for entry in entries:
        by_lead[entry.activity.lead_id].append(entry.activity_id)
    told = [(lead, {"cause": cause, "activities": ids}) for lead, ids in by_lead.items()]
    kind = "activity.released" if released else "activity.set_aside"
    events.write_many(kind, told, at=at, actor=by)
    stale.mark(by_lead, at=at)
