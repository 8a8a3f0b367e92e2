"""Days on which a rep is not there: entered by themselves, or by who leads the team.

The only writer of `Absence`. Why somebody is away is not asked.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from feedback.handoffs import rights
from feedback.models import Absence
from leads.models import Side, User
from leads.refusals import Refused


def may_enter(by: User, user: User) -> bool:
    """For oneself, where one sells; for anybody of sales, where one leads."""
    return user.side == Side.SALES and (by.pk == user.pk or rights.is_manager(by))


@transaction.atomic
def enter(user: User, *, first_day: date, last_day: date, by: User, at: datetime) -> Absence:
    """Away from `first_day` to `last_day`, both included. Raises Refused: not_yours, wrong_days,
    over, overlaps."""
    _require_say(by, user)
    _require_days(user, first_day, last_day, at=at)
    return Absence.objects.create(
        user=user, first_day=first_day, last_day=last_day, entered_by=by, entered_at=at
    )


@transaction.atomic
def change(absence: Absence, *, first_day: date, last_day: date, by: User, at: datetime) -> Absence:
    """Other days. Raises Refused as `enter` does, and not_found where it was deleted meanwhile."""
    _require_say(by, absence.user)
    _require_days(absence.user, first_day, last_day, at=at, but=absence.pk)
    facts = {"first_day": first_day, "last_day": last_day, "entered_by": by, "entered_at": at}
    if not Absence.objects.filter(pk=absence.pk).update(**facts):
        raise Refused("not_found", _("These days have been deleted."), status=404)
    absence.refresh_from_db()
    return absence


def delete(absence: Absence, *, by: User) -> None:
    """There after all. Raises Refused: not_yours."""
    _require_say(by, absence.user)
    absence.delete()


def days(absence: Absence) -> str:
    """From when to when, as people write it."""
    first = date_format(absence.first_day, "SHORT_DATE_FORMAT")
    last = date_format(absence.last_day, "SHORT_DATE_FORMAT")
    return first if first == last else f"{first} – {last}"


def _require_say(by: User, user: User) -> None:
    if not may_enter(by, user):
        raise Refused(
            "not_yours",
            _("Only %(who)s and who leads the team say when %(who)s is away.") % {"who": user},
            _("Ask one of them."),
            status=403,
        )


def _require_days(
    user: User, first_day: date, last_day: date, *, at: datetime, but: int | None = None
) -> None:
    if last_day < first_day:
        raise Refused(
            "wrong_days",
            _("The last day is before the first."),
            _("Swap the two days."),
            field="last_day",
        )
    if last_day < timezone.localdate(at):
        raise Refused(
            "over",
            _("These days are over."),
            _("Routing looks at today and later: give days to come."),
            field="last_day",
        )
    # One at a time for a person: two entries at once would not see each other.
    User.objects.select_for_update(of=("self",), no_key=True).filter(pk=user.pk).first()
    others = Absence.objects.filter(user=user, first_day__lte=last_day, last_day__gte=first_day)
    if other := others.exclude(pk=but).first():
        raise Refused(
            "overlaps",
            _("%(who)s is away on %(days)s already.") % {"who": user, "days": days(other)},
            _("Change those days instead."),
            field="first_day",
        )
