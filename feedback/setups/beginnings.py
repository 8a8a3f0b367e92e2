"""The rows an installation begins with: two teams, who leads them, hours, a pool."""

from __future__ import annotations

from datetime import datetime, time

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from feedback import clocks
from feedback.models import Calendar, Pool, PoolMember, WorkingHours
from feedback.setups import codes
from leads import events, invitations
from leads.models import Side, Team, User
from leads.refusals import Refused

SIDES = (Side.MARKETING, Side.SALES)
WEEK = range(5)


def begin(
    *,
    code: str,
    email: str,
    password: str,
    first_name: str,
    last_name: str,
    side: str,
    at: datetime,
) -> User:
    """The first person: leads a side, signs for it, and administers. Raises Refused `wrong_code`
    and `somebody_here` (409)."""
    if not codes.fits(code):
        message = _("This is not the code that the terminal shows.")
        remedy = _("It stands where Baton was started; starting it again shows a new one.")
        raise Refused("wrong_code", message, remedy, field="code")
    with transaction.atomic():
        if User.objects.exists():
            raise _somebody_here()
        team = Team.objects.create(name=Side(side).label, side=side)
        user = User.objects.create_superuser(
            email,
            password,
            first_name=first_name,
            last_name=last_name,
            team=team,
            leads_team=True,
        )
        events.write("setup.begun", at=at, actor=user, data={"user": user.pk})
        # Last: of two people at once one has the code, and the other leaves no row.
        if not codes.use_up():
            raise _somebody_here()
    return user


def name_teams(names: dict[str, str], *, by: User) -> None:
    """Name the team of each side, as `names` has them by side; the missing one is made. Raises
    Refused `same_name`."""
    try:
        with transaction.atomic():
            for side in SIDES:
                team = _team(side) or Team(side=side)
                team.name = names[side]
                team.save()
    except IntegrityError:
        message = _("Two teams cannot have the same name.")
        raise Refused(
            "same_name", message, _("Name one of them otherwise."), field="sales"
        ) from None


def set_hours(
    *, starts: time, ends: time, time_zone: str, country: str, by: User, at: datetime
) -> Pool:
    """Monday to Friday, and the pool that handoffs go to; deadlines that run follow. Raises
    ValidationError for a zone or a country nobody knows."""
    with clocks.rewriting(at=at):
        pool = Pool.objects.select_related("calendar").order_by("position", "pk").first()
        calendar = pool.calendar if pool else Calendar(name=_("Working hours"))
        calendar.time_zone, calendar.country, calendar.region = time_zone, country, ""
        calendar.clean()
        calendar.save()
        calendar.hours.all().delete()
        for weekday in WEEK:
            WorkingHours.objects.create(
                calendar=calendar, weekday=weekday, starts=starts, ends=ends
            )
        pool = pool or Pool.objects.create(
            name=_("Everybody"), team=_team(Side.SALES), calendar=calendar
        )
        _staff(pool)
    return pool


def invite_other_side(
    *, email: str, first_name: str, last_name: str, by: User, at: datetime
) -> User:
    """Who leads the other side, and signs for it. Raises Refused `already_here` and `invited`
    (409)."""
    other = next(side for side in SIDES if side != by.side)
    with transaction.atomic():
        if signatory(other):
            message = _("%(name)s signs for that side already.") % {"name": signatory(other)}
            raise Refused("invited", message, _("Hand over the link below."), status=409)
        user = invitations.invite(
            email,
            first_name=first_name,
            last_name=last_name,
            team=_team(other),
            leads_team=True,
            by=by,
            at=at,
        )
        for pool in Pool.objects.all():
            _staff(pool)
    return user


def take_back(*, by: User, at: datetime) -> None:
    """The person who was invited for the other side is not invited any more; nothing of their
    account is left, so that the address can be invited anew. Raises Refused `came_in` (409) where
    they are in already, or nobody is invited."""
    other = next(side for side in SIDES if side != by.side)
    with transaction.atomic():
        invited = signatory(other)
        user = User.objects.select_for_update().filter(pk=invited.pk if invited else None).first()
        if user is None or not invitations.waits(user):
            message = _("Nobody of the other side is waiting to come in.")
            raise Refused("came_in", message, _("Look at the page again."), status=409)
        events.write("person.uninvited", at=at, actor=by, data={"user": user.pk})
        user.delete()


def signatory(side: str) -> User | None:
    """Who signs for a side, first come."""
    people = User.objects.filter(team__side=side, leads_team=True, is_active=True)
    return people.select_related("team").order_by("pk").first()


def _staff(pool: Pool) -> None:
    """Somebody must be there to answer: until there are reps, who leads sales."""
    lead = signatory(Side.SALES)
    if lead and not pool.members.exists():
        PoolMember.objects.create(pool=pool, user=lead)


def _team(side: str) -> Team | None:
    return Team.objects.filter(side=side).order_by("pk").first()


def _somebody_here() -> Refused:
    message = _("Somebody has set up this Baton meanwhile.")
    return Refused("somebody_here", message, _("Ask them to invite you."), status=409)
