"""Who is told of an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import QuerySet

from feedback.models import Handoff, Notification
from feedback.notifications import negotiators
from leads.models import Event, Side, User
from scoring import promises

Recipients = Callable[[Event], Iterable[User]]


def concerns_people(event: Event) -> bool:
    """Whether anybody is ever told of events of this kind."""
    return event.kind in RECIPIENTS


def tell(event: Event, *, at: datetime) -> int:
    """Tell everybody whom the event concerns, once; not who did it. Returns how many it are."""
    people = {user.pk: user for user in RECIPIENTS[event.kind](event)}
    people.pop(event.actor_id, None)
    by_mail = event.kind in BY_MAIL
    Notification.objects.bulk_create(
        [
            Notification(user=user, event=event, created_at=at, mail_due=by_mail)
            for _pk, user in sorted(people.items())
        ],
        ignore_conflicts=True,
    )
    return len(people)


def _active() -> QuerySet[User]:
    return User.objects.filter(is_active=True)


def _handoff(event: Event) -> Handoff:
    related = ("owner", "answered_by", "pool", "version")
    return Handoff.objects.select_related(*related).get(pk=event.data["handoff"])


def _answerers(event: Event) -> Iterable[User]:
    """The owner; without one all members of the pool who are on duty."""
    handoff = _handoff(event)
    return [handoff.owner] if handoff.owner else _on_duty(handoff)


def _on_duty(handoff: Handoff) -> QuerySet[User]:
    duty = handoff.pool.members.filter(on_duty=True).values("user_id")
    return _active().filter(pk__in=duty, team_id=handoff.pool.team_id)


def _new_owner(event: Event) -> Iterable[User]:
    return _active().filter(pk=event.data["to"])


def _marketing(event: Event) -> Iterable[User]:
    return _active().filter(team__side=Side.MARKETING)


def _leads_of_late(event: Event) -> Iterable[User]:
    """Who leads the team that is late: the pool's, or marketing; by the agreement who leads the
    other team too, or those who run the operation. Of a team that nobody leads, always those."""
    handoff, clock = _handoff(event), event.data["clock"]
    leads, operations = (
        _active().filter(leads_team=True),
        _active().filter(team__side=Side.OPERATIONS),
    )
    marketing = leads.filter(team__side=Side.MARKETING)
    sales = leads.filter(team_id=handoff.pool.team_id)
    late, other = sales, marketing
    if Handoff.Clock(clock).side == Side.MARKETING:
        late, other = marketing, sales
    also = {promises.BOTH_LEADS: other, promises.OPERATIONS: operations}
    told = [*(late or operations)]
    return [*told, *also.get(promises.escalation(handoff.version, clock), ())]


def _owing(event: Event) -> Iterable[User]:
    """Who owes the answer: the owner, or the pool; of a return, marketing."""
    if Handoff.Clock(event.data["clock"]).side == Side.MARKETING:
        return _marketing_of_thread(_handoff(event)) or _marketing(event)
    return _answerers(event)


def _everybody(event: Event) -> Iterable[User]:
    return _active().exclude(team=None)


def _other_side(event: Event) -> Iterable[User]:
    """A message of sales is for marketing, one of marketing for those of sales who had the lead
    in hand, or who might take it; one of operations is for both."""
    handoff, side = _handoff(event), event.actor.side if event.actor else ""
    sales = [user for user in (handoff.owner, handoff.answered_by) if user and user.is_active]
    sales = sales or list(_on_duty(handoff))
    if side == Side.MARKETING:
        return sales
    marketing = _marketing_of_thread(handoff) or list(_marketing(event))
    return marketing if side == Side.SALES else [*marketing, *sales]


def _marketing_of_thread(handoff: Handoff) -> list[User]:
    """Those of marketing who wrote on this handoff."""
    authors = handoff.steps.filter(kind="message").values("by_id")
    return list(_active().filter(pk__in=authors, team__side=Side.MARKETING))


def _voters(event: Event) -> Iterable[User]:
    return _active().filter(team__side__in=[Side.MARKETING, Side.SALES])


def _asked_owner(event: Event) -> Iterable[User]:
    return _active().filter(pk=event.data["owner"])


RECIPIENTS: dict[str, Recipients] = {
    "handoff.offered": _answerers,
    "handoff.assigned": _new_owner,
    "handoff.returned": _marketing,
    "handoff.replied": _other_side,
    "clock.breached": _leads_of_late,
    "clock.warning": _owing,
    "agreement.proposed": negotiators.signatories,
    "agreement.commented": negotiators.talkers,
    "agreement.objected": negotiators.negotiators,
    "agreement.reminder": negotiators.reminded,
    "agreement.agreed": negotiators.deciders,
    "agreement.postponed": negotiators.deciders,
    "agreement.advanced": negotiators.deciders,
    "agreement.stuck": negotiators.deciders,
    "agreement.trial_over": negotiators.deciders,
    "agreement.trial_reminder": negotiators.reminded,
    "agreement.trial_answered": negotiators.signatories,
    "agreement.in_force": _everybody,
    "near_miss.question": _asked_owner,
    "calibration.opened": _voters,
}
BY_MAIL = {
    "agreement.agreed",
    "agreement.objected",
    "agreement.postponed",
    "agreement.advanced",
    "agreement.proposed",
    "agreement.reminder",
    "agreement.stuck",
    "agreement.trial_over",
    "agreement.trial_reminder",
    "clock.breached",
    "clock.warning",
}
