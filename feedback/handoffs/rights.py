"""Who may do what to a handoff, and the lock under which it is done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from feedback import calendars, clocks
from feedback.models import Handoff, HandoffEvent
from leads.models import Side, User
from leads.refusals import Refused

# What clocks write after a step, by themselves.
CLOCK_STEPS = ("clock_started", "clock_met", "deadline_moved", "breached", "warned", "escalated")


class Seen(NamedTuple):
    """How a handoff stood on the page that is answered: who had it (the number of a user, 0 for
    nobody), and whether it was accepted."""

    owner: int
    accepted: bool = False


def lock(handoff: Handoff, *, by: User | None) -> Handoff:
    """The present row, locked until the transaction ends, its deadline by the hours of now. `by`
    None is Baton itself.

    Raises Refused (404) if `by` may not see the handoff.
    """
    calendars.hold()
    visible = Handoff.objects.visible_to(by) if by else Handoff.objects.all()
    locked = visible.select_for_update(of=("self",), no_key=True)
    if not locked.filter(pk=handoff.pk).only("pk"):
        raise Refused("not_found", _("There is no such handoff."), status=404)
    # Read after the lock is held: PostgreSQL gives whoever had to wait for the lock the row as
    # it is now, but what is joined to it as it was before.
    related = ("lead__company", "pool__team", "pool__calendar", "version", "entry__stage")
    rows = Handoff.objects.select_related(*related, "owner", "answered_by", "reason")
    rows = rows.prefetch_related("pool__calendar__hours", "pool__calendar__days_off")
    present = rows.get(pk=handoff.pk)
    clocks.settle(present)
    return present


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


def require_offered(handoff: Handoff, *, by: User | None, at: datetime) -> None:
    """The handoff must stand open, unanswered; else Refused (409), saying to `by` who answered."""
    if handoff.answer or handoff.closed_at:
        raise already_answered(handoff, to=by, at=at)
    if handoff.offered_at is None:
        raise Refused(
            "not_offered",
            _("This lead still waits until the team has room for it."),
            _("It is offered as soon as others are answered."),
            status=409,
        )


def require_free(handoff: Handoff, user: User, *, at: datetime, seen: Seen | None = None) -> None:
    """Nobody else took it from the speed lane, or since the page was drawn that is answered;
    else Refused (409), saying who did."""
    given = _given(handoff)
    if is_taken(handoff, user, steps=given):
        remedy = _("Nothing was changed. Go on with the next lead.")
    elif _has_changed_hands(handoff, user, seen):
        remedy = _(
            "Nothing was changed. Go on with the next lead, or answer this one all the same."
        )
    else:
        return
    raise _theirs(handoff, given, remedy, at=at)


def require_as_seen(
    handoff: Handoff, user: User, *, at: datetime, seen: Seen | None = None
) -> None:
    """Nobody else got it or accepted it since the page was drawn that gives it to somebody; else
    Refused (409), saying who did."""
    remedy = _("Nothing was changed. Leave it there, or assign it all the same.")
    if _is_accepted_since(handoff, seen):
        said = already_answered(handoff, to=user, at=at)
        raise Refused(said.code, said.message, remedy, status=409)
    if _has_changed_hands(handoff, user, seen):
        raise _theirs(handoff, _given(handoff), remedy, at=at)


def require_unaccepted(handoff: Handoff, *, by: User, at: datetime, seen: Seen | None) -> None:
    """What is in somebody's hand by now was so on the page; else Refused (409), saying to `by` who
    accepted it."""
    if _is_accepted_since(handoff, seen):
        raise already_answered(handoff, to=by, at=at)


def _is_accepted_since(handoff: Handoff, seen: Seen | None) -> bool:
    accepted = handoff.is_open and handoff.answer == Handoff.Answer.ACCEPTED
    return accepted and seen is not None and not seen.accepted


def _has_changed_hands(handoff: Handoff, user: User, seen: Seen | None) -> bool:
    return seen is not None and handoff.owner_id not in (None, user.pk, seen.owner)


def _given(handoff: Handoff) -> QuerySet[HandoffEvent]:
    return handoff.steps.filter(kind="assigned").select_related("by").order_by("-pk")


def _theirs(
    handoff: Handoff, given: Iterable[HandoffEvent], remedy: str, *, at: datetime
) -> Refused:
    last = next(iter(given), None)
    pattern = _("%(owner)s has this lead now.")
    if last and last.by_id == handoff.owner_id:
        pattern = _("%(owner)s took this lead %(when)s.")
    said = {"owner": handoff.owner, "when": when(last.at, at=at) if last else ""}
    return Refused("already_theirs", pattern % said, remedy, status=409)


def is_taken(handoff: Handoff, user: User, *, steps: Iterable[HandoffEvent]) -> bool:
    """Of the speed lane the first to take it has it: whom it was given by hand, or a manager,
    answers. `steps` are the handoff's, newest first; those of others are passed over."""
    if not handoff.speed_lane or handoff.owner_id in (None, user.pk) or is_manager(user):
        return False
    ours = (each for each in steps if each.handoff_id == handoff.pk and each.kind == "assigned")
    last = next(ours, None)
    return last is not None and last.by_id is not None


def has_it(owner: User | None, *, to: User) -> Refused:
    """What whoever comes second is told: who has the lead."""
    theirs = _("%(who)s has this lead already.") % {"who": owner}
    return Refused(
        "already_theirs",
        _("You have this lead already.") if owner == to else theirs,
        _("Nothing was changed. Go on with the next lead."),
        status=409,
    )


def require_in_hand(handoff: Handoff, user: User, *, at: datetime) -> None:
    """The handoff must be accepted and open, and `user` its owner or a manager."""
    if handoff.closed_at:
        raise already_answered(handoff, to=user, at=at)
    if handoff.answer != Handoff.Answer.ACCEPTED:
        raise _not_accepted(handoff, to=user, at=at)
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


def already_answered(handoff: Handoff, *, at: datetime, to: User | None = None) -> Refused:
    """What a second answer is told: who was first, and when; `to` whoever was first, that it was
    they themselves."""
    who = _answerer(handoff)
    patterns = _by_themselves() if who and who == to else _by_another()
    moment = handoff.closed_at if handoff.outcome else handoff.answered_at
    claim = handoff.claimed and handoff.state == "accepted"
    pattern = patterns["claimed" if claim else handoff.state]
    return Refused(
        "already_answered",
        pattern % {"who": who, "when": when(moment or at, at=at)},
        _("Nothing was changed. Go on with the next lead."),
        status=409,
    )


def _by_another() -> dict[str, str]:
    return {
        "accepted": _("%(who)s accepted this lead %(when)s."),
        "claimed": _("%(who)s claimed this lead %(when)s."),
        "returned": _("%(who)s returned this lead %(when)s."),
        "withdrawn": _("This lead was withdrawn %(when)s."),
        "qualified": _("%(who)s qualified this lead %(when)s."),
        "returned_after_contact": _("%(who)s returned this lead after contact %(when)s."),
    }


def _by_themselves() -> dict[str, str]:
    return {
        "accepted": _("You accepted this lead %(when)s."),
        "claimed": _("You claimed this lead %(when)s."),
        "returned": _("You returned this lead %(when)s."),
        "withdrawn": _("This lead was withdrawn %(when)s."),
        "qualified": _("You qualified this lead %(when)s."),
        "returned_after_contact": _("You returned this lead after contact %(when)s."),
    }


def _not_accepted(handoff: Handoff, *, to: User, at: datetime) -> Refused:
    """Nobody yet, or nobody any more: then by whom and when it was undone or taken back."""
    last = handoff.steps.exclude(kind__in=CLOCK_STEPS).select_related("by").last()
    undone = _("%(who)s has undone the acceptance %(when)s.")
    if last and last.by_id == to.pk:
        undone = _("You have undone the acceptance %(when)s.")
    patterns = {
        "undone": undone,
        "taken_back": _("The lead was taken back and offered to others %(when)s."),
    }
    pattern = patterns.get(last.kind if last else "", _("Nobody has accepted this lead yet."))
    said = {"who": last.by if last else "", "when": when(last.at, at=at) if last else ""}
    return Refused("not_accepted", pattern % said, _("Accept it first."), status=409)


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
