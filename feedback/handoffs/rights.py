"""Who may do what to a handoff, and the lock under which it is done."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from feedback.models import Handoff
from leads.models import Side, User
from leads.refusals import Refused


def lock(handoff: Handoff, *, by: User | None) -> Handoff:
    """The present row, locked until the transaction ends. `by` None is Baton itself.

    Raises Refused (404) if `by` may not see the handoff.
    """
    visible = Handoff.objects.visible_to(by) if by else Handoff.objects.all()
    locked = visible.select_for_update(of=("self",), no_key=True)
    if not locked.filter(pk=handoff.pk).only("pk"):
        raise Refused("not_found", _("There is no such handoff."), status=404)
    # Read after the lock is held: PostgreSQL gives whoever had to wait for the lock the row as
    # it is now, but what is joined to it as it was before.
    related = ("lead__company", "pool__team", "pool__calendar", "version", "entry__stage")
    rows = Handoff.objects.select_related(*related, "owner", "answered_by", "reason")
    rows = rows.prefetch_related("pool__calendar__hours", "pool__calendar__days_off")
    return rows.get(pk=handoff.pk)


def is_member(user: User, handoff: Handoff) -> bool:
    """Works for the team that the handoff was offered to."""
    return user.side == Side.SALES and user.team_id == handoff.pool.team_id


def is_manager(user: User) -> bool:
    """Settles what sales cannot: leads sales, runs the operation, or administers."""
    return user.is_manager and user.side != Side.MARKETING


def require_member(user: User, handoff: Handoff) -> None:
    """Only the pool's team takes a lead."""
    if not is_member(user, handoff):
        raise Refused(
            "not_yours",
            _("Only the team %(team)s answers this handoff.") % {"team": handoff.pool.team},
            _("Ask them to take it, or write to them in the thread."),
            status=403,
        )


def require_offered(handoff: Handoff, *, at: datetime) -> None:
    """The handoff must stand open, unanswered; else Refused (409), saying who answered."""
    if handoff.answer or handoff.closed_at:
        raise already_answered(handoff, at=at)
    if handoff.offered_at is None:
        raise Refused(
            "not_offered",
            _("This lead still waits until the team has room for it."),
            _("It is offered as soon as others are answered."),
            status=409,
        )


def require_in_hand(handoff: Handoff, user: User, *, at: datetime) -> None:
    """The handoff must be accepted and open, and `user` its owner or a manager."""
    if handoff.closed_at:
        raise already_answered(handoff, at=at)
    if handoff.answer != Handoff.Answer.ACCEPTED:
        raise Refused(
            "not_accepted",
            _("Nobody has accepted this lead yet."),
            _("Accept it first."),
            status=409,
        )
    require_owner(handoff, user)


def require_owner(handoff: Handoff, user: User) -> None:
    """Only the owner or a manager goes on with an accepted lead."""
    if user.pk != handoff.owner_id and not is_manager(user):
        raise Refused(
            "not_yours",
            _("%(owner)s works on this lead.") % {"owner": handoff.owner},
            _("Ask %(owner)s, or whoever leads the team.") % {"owner": handoff.owner},
            status=403,
        )


def already_answered(handoff: Handoff, *, at: datetime) -> Refused:
    """What a second answer is told: who was first, and when."""
    patterns = {
        "accepted": _("%(who)s accepted this lead %(when)s."),
        "returned": _("%(who)s returned this lead %(when)s."),
        "withdrawn": _("This lead was withdrawn %(when)s."),
        "qualified": _("%(who)s qualified this lead %(when)s."),
        "returned_after_contact": _("%(who)s returned this lead after contact %(when)s."),
    }
    moment = handoff.closed_at if handoff.outcome else handoff.answered_at
    return Refused(
        "already_answered",
        patterns[handoff.state] % {"who": _answerer(handoff), "when": when(moment or at, at=at)},
        _("Nothing was changed. Go on with the next lead."),
        status=409,
    )


def _answerer(handoff: Handoff) -> User | None:
    if not handoff.outcome:
        return handoff.answered_by
    last = handoff.steps.filter(kind__in=["qualified", "returned"]).select_related("by").last()
    return last.by if last else handoff.owner


def when(moment: datetime, *, at: datetime) -> str:
    """“at 10:42” on the day of `at`, with the date on other days; in the reader's time zone."""
    local, today = timezone.localtime(moment), timezone.localtime(at).date()
    clock = date_format(local, "H:i")
    if local.date() == today:
        return _("at %(time)s") % {"time": clock}
    return _("on %(date)s at %(time)s") % {"date": date_format(local, "DATE_FORMAT"), "time": clock}
