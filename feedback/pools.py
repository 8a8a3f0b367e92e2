"""Pools and who is in them, on duty or not: written by who leads; a rep says of themselves.

The only writer of what people enter of `Pool` and `PoolMember`; turns are `feedback.routing`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from feedback import clocks, workweeks
from feedback.handoffs import rights
from feedback.models import Calendar, Handoff, Pool, PoolMember
from feedback.workweeks import Week
from leads.models import Side, Team, User
from leads.refusals import Refused


@dataclass(frozen=True)
class Terms:
    """What a member takes: handoffs at a time and a day, their share of the turns, their hours
    (None: those of the pool)."""

    capacity: int
    daily_capacity: int | None
    weight: int
    calendar: Calendar | None


def candidates(pool: Pool) -> QuerySet[User]:
    """People of the pool's team who are not in it."""
    people = User.objects.filter(team_id=pool.team_id, is_active=True)
    return people.exclude(pool_memberships__pool=pool)


@transaction.atomic
def create(*, name: str, team: Team, calendar: Calendar, by: User, at: datetime) -> Pool:
    """A pool after the others. Raises Refused: not_yours, same_name, not_sales."""
    _require_manager(by)
    _require_name(name)
    if team.side != Side.SALES:
        raise Refused("not_sales", _("Only sales has pools."), field="team")
    last = Pool.objects.aggregate(Max("position"))["position__max"] or 0
    pool = Pool(name=name, team=team, calendar=calendar, position=last + 1)
    _write(pool, by=by, at=at)
    return pool


@transaction.atomic
def change(pool: Pool, *, name: str, calendar: Calendar, by: User, at: datetime) -> int:
    """Another name, other hours. Returns how many running deadlines moved. Raises Refused:
    not_yours, same_name."""
    _require_manager(by)
    with clocks.rewriting(at=at) as rewritten:
        pool = Pool.objects.select_for_update(of=("self",), no_key=True).get(pk=pool.pk)
        _require_name(name, but=pool)
        if (pool.name, pool.calendar_id) == (name, calendar.pk):
            return 0
        pool.name, pool.calendar = name, calendar
        _write(pool, by=by, at=at, only=["name", "calendar"])
    return rewritten.moved


@transaction.atomic
def move_up(pool: Pool, *, by: User) -> None:
    """Before the pool above it: the first gets what no rule sends elsewhere. Raises Refused:
    not_yours."""
    _require_manager(by)
    pools = list(Pool.objects.select_for_update(of=("self",), no_key=True).order_by("pk"))
    pools.sort(key=lambda each: (each.position, each.pk))
    place = next((n for n, each in enumerate(pools) if each.pk == pool.pk), 0)
    if place:
        pools.insert(place - 1, pools.pop(place))
    for position, each in enumerate(pools, 1):
        Pool.objects.filter(pk=each.pk).exclude(position=position).update(position=position)


@transaction.atomic
def add_member(pool: Pool, user: User, *, by: User, at: datetime) -> PoolMember:
    """In the pool from now on, on duty. Raises Refused: not_yours, not_in_team, there_already."""
    _require_manager(by)
    if user.team_id != pool.team_id or not user.is_active:
        raise Refused(
            "not_in_team",
            _("%(who)s does not work for %(team)s.") % {"who": user, "team": pool.team},
            _("Choose somebody of that team."),
            field="user",
        )
    member, created = PoolMember.objects.get_or_create(
        pool=pool, user=user, defaults={"turn": pool.turn}
    )
    if not created:
        raise Refused(
            "there_already",
            _("%(who)s is in this pool already.") % {"who": user},
            status=409,
            field="user",
        )
    return member


@transaction.atomic
def change_member(member: PoolMember, terms: Terms, *, by: User, at: datetime) -> int:
    """Other terms. Returns how many running deadlines moved. Raises Refused: not_yours."""
    _require_manager(by)
    with clocks.rewriting(at=at) as rewritten:
        member = _locked(member)
        member.capacity, member.daily_capacity = terms.capacity, terms.daily_capacity
        member.weight, member.calendar = terms.weight, terms.calendar
        _write(member, by=by, at=at, only=["capacity", "daily_capacity", "weight", "calendar"])
    return rewritten.moved


@transaction.atomic
def give_own_hours(member: PoolMember, week: Week, *, by: User, at: datetime) -> int:
    """Hours of their own, made for them. Returns how many running deadlines moved. Raises Refused
    as `workweeks.add` does."""
    calendar = workweeks.add(week, by=by, at=at)
    terms = Terms(member.capacity, member.daily_capacity, member.weight, calendar)
    return change_member(member, terms, by=by, at=at)


@transaction.atomic
def remove_member(member: PoolMember, *, by: User, at: datetime) -> int:
    """Out of the pool: nothing new comes. What they have in hand stays theirs. Returns how many
    running deadlines moved. Raises Refused: not_yours."""
    _require_manager(by)
    with clocks.rewriting(at=at) as rewritten:
        member = _locked(member)
        member._history_user, member._history_date = by, at
        member.delete()
    return rewritten.moved


@transaction.atomic
def set_duty(member: PoolMember, *, on: bool, by: User, at: datetime) -> bool:
    """On duty or off, from now on; False where that is so already. Raises Refused: not_yours."""
    if by.pk != member.user_id:
        _require_manager(by)
    elif by.team_id != member.pool.team_id:
        raise Refused("not_yours", _("You do not work for this pool’s team."), status=403)
    member = _locked(member)
    if member.on_duty == on:
        return False
    member.on_duty = on
    _write(member, by=by, at=at, only=["on_duty"])
    return True


def unanswered(user: User, *, of: User) -> QuerySet[Handoff]:
    """What `of` has been offered and has not answered, as far as `user` may see it."""
    return Handoff.objects.visible_to(user).awaiting_answer().filter(owner=of)


def _locked(member: PoolMember) -> PoolMember:
    rows = PoolMember.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("pool", "user").filter(pk=member.pk).first()
    if found is None:
        message = _("%(who)s is not in this pool any more.") % {"who": member.user}
        raise Refused("not_found", message, status=404)
    return found


def _require_manager(by: User) -> None:
    if not rights.is_manager(by):
        raise Refused(
            "not_yours",
            _("Who leads sales or runs the operation says who is in a pool, and how."),
            _("Ask one of them."),
            status=403,
        )


def _require_name(name: str, but: Pool | None = None) -> None:
    if Pool.objects.filter(name__iexact=name).exclude(pk=but.pk if but else None).exists():
        raise _same_name()


def _same_name() -> Refused:
    return Refused(
        "same_name",
        _("Another pool has this name."),
        _("Name one of them otherwise."),
        field="name",
    )


def _write(
    row: Pool | PoolMember, *, by: User, at: datetime, only: list[str] | None = None
) -> None:
    row._history_user, row._history_date = by, at
    try:
        with transaction.atomic():
            row.save(update_fields=only)
    except IntegrityError:  # Somebody makes a pool of this name at this moment.
        raise _same_name() from None
