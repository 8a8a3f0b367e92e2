"""Who is there, and with how much in hand: what the pages of duty show of pools and people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, prefetch_related_objects
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from feedback import absences, pools, workweek_words
from feedback.models import Absence, Calendar, Pool, PoolMember
from feedback.routing import Roster, codes, duty, traces
from feedback.workweek_words import FreeDay
from leads.models import User

SOON = timedelta(days=7)


@dataclass(frozen=True)
class Presence:
    """A member as they are now: `state` is empty for who is there, else one of the routing's
    codes, and `label` says it. `today` is None where there is no limit a day."""

    member: PoolMember
    hours: Calendar
    state: str
    label: str
    unanswered: int
    today: int | None
    away: list[Absence]

    @property
    def is_away(self) -> bool:
        """Has the person said that they are away today?"""
        return self.state == codes.ABSENT

    @property
    def week(self) -> str:
        return workweek_words.week(self.hours)

    @property
    def place(self) -> str:
        return workweek_words.place(self.hours)


@dataclass(frozen=True)
class Table:
    """A pool with everybody in it, and who of its team is not."""

    pool: Pool
    rows: list[Presence]
    others: list[User]
    is_first: bool

    @property
    def week(self) -> str:
        return workweek_words.week(self.pool.calendar)

    @property
    def place(self) -> str:
        return workweek_words.place(self.pool.calendar)


@dataclass(frozen=True)
class Week:
    """Working hours, and what they are used for: pools, and members whose own they are."""

    calendar: Calendar
    used_by: list[Pool | User]


@dataclass(frozen=True)
class Held:
    """Somebody is away, or will be soon, and holds leads that nobody has answered, of which others
    could take so many now (`taken`). `others` says whether anybody else of their pools is at work.
    """

    user: User
    number: int
    since: str
    others: bool
    taken: int

    @property
    def waits(self) -> int:
        """How many nobody could take now."""
        return self.number - self.taken


def tables(*, at: datetime) -> list[Table]:
    """All pools with everybody in them, in eight queries."""
    found = list(Pool.objects.select_related("team", "calendar").order_by("position", "pk"))
    people = list(User.objects.filter(team__pools__in=found, is_active=True).distinct())
    return [
        Table(roster.pool, _rows(roster, at=at), _others(roster, people), place == 0)
        for place, roster in enumerate(Roster.of(found, at=at))
    ]


def of_pool(pool: Pool, *, at: datetime) -> list[Presence]:
    """Everybody in a pool, by name."""
    return _rows(Roster(pool, at=at), at=at)


def of_user(user: User, *, at: datetime) -> list[Presence]:
    """Somebody in each of their pools."""
    theirs = Pool.objects.filter(members__user=user).select_related("team", "calendar")
    rosters = Roster.of(list(theirs), at=at)
    return [_presence(each, each.members[user.pk], at=at) for each in rosters]


def among(tables: Iterable[Table], user: User) -> list[Presence]:
    """Somebody in each of these pools that they are in."""
    return [row for table in tables for row in table.rows if row.member.user_id == user.pk]


def weeks(tables: Collection[Table]) -> list[Week]:
    """All working hours by name, with what of these pools uses them. At most two queries."""
    used: dict[int, list[Pool | User]] = {}
    known: dict[int, Calendar] = {}
    for calendar, whose in _uses(tables):
        used.setdefault(calendar.pk, []).append(whose)
        known[calendar.pk] = calendar
    found = [known.get(each.pk, each) for each in Calendar.objects.order_by("name")]
    prefetch_related_objects(found, "hours")
    return [Week(calendar, used.get(calendar.pk, [])) for calendar in found]


def _uses(tables: Collection[Table]) -> Iterator[tuple[Calendar, Pool | User]]:
    for table in tables:
        yield table.pool.calendar, table.pool
    for member in (row.member for table in tables for row in table.rows):
        if member.calendar:
            yield member.calendar, member.user


def free_days(presences: Iterable[Presence], *, at: datetime) -> list[FreeDay]:
    """The next days off in somebody's hours, those of the first pool they are in."""
    first = next(iter(presences), None)
    return workweek_words.next_free_days(first.hours, at=at) if first else []


def upcoming(user: User, *, at: datetime) -> QuerySet[Absence]:
    """Days away that are not over yet, anywhere on earth."""
    ended = (at - timedelta(days=1)).date()
    return Absence.objects.filter(user=user, last_day__gte=ended).select_related("user")


def held(by: User, user: User, *, at: datetime) -> Held | None:
    """What somebody who is away now, or within days, has not answered yet, as far as `by` sees."""
    unanswered = pools.unanswered(by, of=user)
    since = _away(user, at=at) if unanswered.exists() else ""
    if not since:
        return None
    related = ("lead__company", "rule", "pool__calendar")
    handoffs = list(unanswered.select_related(*related).in_order_of_loss())
    rosters = Roster.of(list({each.pool_id: each.pool for each in handoffs}.values()), at=at)
    there = {each.user_id for roster in rosters for each in roster.there}
    taken = (
        roster.taken([h for h in handoffs if h.pool_id == roster.pool.pk]) for roster in rosters
    )
    others = bool(there - {user.pk})
    return Held(user, len(handoffs), since, others, taken=sum(taken))


def _away(user: User, *, at: datetime) -> str:
    near = (at + SOON).date()
    if soon := upcoming(user, at=at).filter(first_day__lte=near).first():
        return _("away on %(days)s") % {"days": absences.days(soon)}
    on_duty = set(user.pool_memberships.values_list("on_duty", flat=True))
    return "" if True in on_duty else _("off duty")


def _others(roster: Roster, people: Iterable[User]) -> list[User]:
    team = [user for user in people if user.team_id == roster.pool.team_id]
    return [user for user in team if user.pk not in roster.members]


def _rows(roster: Roster, *, at: datetime) -> list[Presence]:
    members = sorted(roster.members.values(), key=lambda each: str(each.user).casefold())
    return [_presence(roster, member, at=at) for member in members]


def _presence(roster: Roster, member: PoolMember, *, at: datetime) -> Presence:
    state = roster.away[member.user_id]
    label = _("at work") if not state else str(traces.WHY_NOT[state])
    hours, away = duty.hours_of(member), roster.absences.get(member.user_id, [])
    if state == codes.ABSENT:
        today = at.astimezone(ZoneInfo(hours.time_zone)).date()
        now = next(each for each in away if each.first_day <= today <= each.last_day)
        label = _("away on %(days)s") % {"days": absences.days(now)}
    return Presence(
        member,
        hours,
        state,
        capfirst(label),
        roster.unanswered[member.user_id],
        roster.today.get(member.user_id),
        away,
    )
