"""Who of some pools is there at a moment, and with how much in hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, prefetch_related_objects

from feedback import calendars
from feedback.models import Absence, Calendar, Handoff, Pool, PoolMember
from feedback.routing import codes

DAY = timedelta(days=1)

# Handoffs by pool and owner.
Load = Counter[tuple[int, int | None]]


@dataclass(frozen=True)
class Known:
    """All there is to know of some pools at a moment, in six queries, however many they are.

    `away` says by member why they are not there: inactive, not_in_pool, off_duty, absent or
    after_hours; empty for who is. `today` has those who have a limit a day, by member: how many
    they got since their midnight. `absences` are by user, those that are not over yet."""

    members: list[PoolMember]
    absences: dict[int, list[Absence]]
    away: dict[int, str]
    today: dict[int, int]
    unanswered: Load
    open: Load


def know(pools: Collection[Pool], *, at: datetime) -> Known:
    """Their calendars are loaded. One that several use becomes one and the same for all."""
    members = _members(pools)
    working = _working(pools, members, at=at)
    absences = _absences({member.user_id for member in members}, at=at)
    unanswered, all_open = _loads(pools)
    return Known(
        members,
        absences,
        {each.pk: _why_away(each, absences, working, at=at) for each in members},
        _given_today(members, at=at),
        unanswered,
        all_open,
    )


def hours_of(member: PoolMember) -> Calendar:
    """The hours of a member: their own, else the pool's."""
    return member.calendar or member.pool.calendar


def _members(pools: Collection[Pool]) -> list[PoolMember]:
    by_pk = {pool.pk: pool for pool in pools}
    found = PoolMember.objects.select_related("user", "calendar").filter(pool__in=by_pk)
    members = list(found.order_by("pk"))
    for member in members:
        member.pool = by_pk[member.pool_id]
    return members


def _working(
    pools: Iterable[Pool], members: Iterable[PoolMember], *, at: datetime
) -> dict[int, bool]:
    """By calendar, whether it works now."""
    shared: dict[int, Calendar] = {}
    for row in (*pools, *members):
        if row.calendar:
            row.calendar = shared.setdefault(row.calendar_id, row.calendar)
    prefetch_related_objects(list(shared.values()), "hours", "days_off")
    return {pk: calendars.is_working(calendar, at) for pk, calendar in shared.items()}


def _absences(users: Collection[int], *, at: datetime) -> dict[int, list[Absence]]:
    """What is not over yet, anywhere on earth."""
    rows = Absence.objects.filter(user__in=users, last_day__gte=at.date() - DAY)
    found: dict[int, list[Absence]] = {}
    for row in rows.order_by("first_day"):
        found.setdefault(row.user_id, []).append(row)
    return found


def _why_away(
    member: PoolMember,
    absences: dict[int, list[Absence]],
    working: dict[int, bool],
    *,
    at: datetime,
) -> str:
    if not member.user.is_active:
        return codes.INACTIVE
    if member.user.team_id != member.pool.team_id:
        return codes.NOT_IN_POOL
    if not member.on_duty:
        return codes.OFF_DUTY
    if _is_absent(absences.get(member.user_id, ()), _local(hours_of(member), at).date()):
        return codes.ABSENT
    return "" if working[hours_of(member).pk] else codes.AFTER_HOURS


def _is_absent(absences: Iterable[Absence], today: date) -> bool:
    """Away on the day that it is where they are."""
    return any(each.first_day <= today <= each.last_day for each in absences)


def _given_today(members: Iterable[PoolMember], *, at: datetime) -> dict[int, int]:
    """Turns given back do not count, nor what they claimed. At most one query."""
    limited = [member for member in members if member.daily_capacity is not None]
    since = {(m.pool_id, m.user_id): _midnight(hours_of(m), at) for m in limited}
    if not since:
        return {}
    pools, owners = {m.pool_id for m in limited}, {m.user_id for m in limited}
    given = Handoff.objects.filter(pool__in=pools, owner__in=owners, credited=False, claimed=False)
    given = given.filter(assigned_at__gte=min(since.values())).order_by()
    counts = dict.fromkeys(since, 0)
    for pool_id, owner_id, moment in given.values_list("pool_id", "owner_id", "assigned_at"):
        if since.get((pool_id, owner_id), moment + DAY) <= moment:
            counts[pool_id, owner_id] += 1
    return {member.pk: counts[member.pool_id, member.user_id] for member in limited}


def _loads(pools: Collection[Pool]) -> tuple[Load, Load]:
    """Unanswered handoffs, and all open ones. What is nobody's because whoever wants it takes it,
    in the speed lane or given back to the pool, takes no room."""
    found = Handoff.objects.unclosed().filter(pool__in=pools).exclude(offered_at=None)
    found = found.exclude(owner=None, speed_lane=True)
    found = found.exclude(owner=None, unassigned_since=None).order_by()
    found = found.values_list("pool_id", "owner_id")
    rows = list(found.annotate(unanswered=Count("pk", filter=Q(answer="")), all=Count("pk")))
    return (
        Counter({(pool, owner): n for pool, owner, n, _all in rows}),
        Counter({(pool, owner): n for pool, owner, _unanswered, n in rows}),
    )


def _midnight(calendar: Calendar, at: datetime) -> datetime:
    local = _local(calendar, at)
    return datetime.combine(local.date(), time(), local.tzinfo)


def _local(calendar: Calendar, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(calendar.time_zone))
