"""Who is told of an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from feedback import steps
from feedback.models import Handoff, HandoffEvent, Notification, Pool
from feedback.notifications import negotiators, readings, wishes
from feedback.notifications.sentences import UNTIL_ANSWERED
from leads.models import Event, Side, User
from scoring import promises
from scoring.models import AgreementVersion

Recipients = Callable[[Event], Iterable[User]]
# After these, those who were told to answer need not, as far as it is not theirs.
SETTLING = frozenset(
    f"handoff.{kind}" for kind in ("accepted", "assigned", "returned", "taken_back", "withdrawn")
)


def concerns_people(event: Event) -> bool:
    """Whether anybody is ever told of events of this kind, or need not answer any more."""
    return event.kind in RECIPIENTS or event.kind in SETTLING


def tell(event: Event, *, at: datetime) -> int:
    """Tell everybody whom the event concerns, once, if they may see what it is about; not who did
    it. The mail waits for the moment that suits each. Returns how many they are."""
    people = {user.pk: user for user in RECIPIENTS.get(event.kind, _nobody)(event)}
    people.pop(event.actor_id, None)
    people = {pk: user for pk, user in people.items() if pk in _seeing(people.values(), event)}
    if event.kind == "handoff.undone":
        # What is undone waits for nobody: not in the counts, nor in the bell.
        _rows_of_undone(event).filter(read_at=None).update(read_at=at)
        readings.reopen(_handoff(event), settled_at=_settled_at(event))
    moments = _moments(people, event, at=at)
    rows = [
        Notification(user=user, event=event, created_at=at, mail_due=pk in moments)
        for pk, user in sorted(people.items())
    ]
    for row in rows:
        row.mail_at = moments.get(row.user_id)
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    if event.kind in SETTLING | UNTIL_ANSWERED:
        readings.settle(_handoff(event), at=at)
    return len(people)


def _seeing(people: Iterable[User], event: Event) -> set[int]:
    """Those of them who may see the handoff that the event is about: asked once for all who have
    the same rights."""
    handoffs = Handoff.objects.filter(pk=event.data.get("handoff"))
    seeing: dict[tuple, bool] = {}
    found = set()
    for user in people:
        rights = (user.team_id, user.leads_team, user.is_superuser)
        if "handoff" in event.data and rights not in seeing:
            seeing[rights] = handoffs.visible_to(user).exists()
        if seeing.get(rights, True):
            found.add(user.pk)
    return found


def _moments(people: dict[int, User], event: Event, *, at: datetime) -> dict[int, datetime]:
    """When a mail may tell each of them; those whom none tells are left out."""
    if event.kind not in wishes.BY_MAIL or not people:
        return {}
    wanted = people.values()
    if event.kind == "handoff.undone":
        wanted = _written_to(people, event)
    planned = {pk: wish.moment(event.kind, at=at) for pk, wish in wishes.of(wanted).items()}
    return {pk: moment for pk, moment in planned.items() if moment}


def _written_to(people: dict[int, User], event: Event) -> list[User]:
    """Those whom a mail told what is undone now. Mails about it that wait have lost their point."""
    told = _rows_of_undone(event).filter(user__in=people)
    told.filter(mail_due=True).update(mail_due=False)
    return [people[pk] for pk in told.exclude(letter=None).values_list("user", flat=True)]


def _nobody(_event: Event) -> Iterable[User]:
    return ()


def _active() -> QuerySet[User]:
    return User.objects.filter(is_active=True).select_related("team")


def _handoff(event: Event) -> Handoff:
    related = ("owner", "answered_by", "pool", "version")
    return Handoff.objects.select_related(*related).get(pk=event.data["handoff"])


def _answerers(event: Event) -> Iterable[User]:
    """The owner; without one all members of the pool who are on duty."""
    handoff = _handoff(event)
    return [handoff.owner] if handoff.owner else _on_duty(handoff.pool)


def _on_duty(pool: Pool) -> QuerySet[User]:
    duty = pool.members.filter(on_duty=True).values("user_id")
    return _active().filter(pk__in=duty, team_id=pool.team_id)


def _offered(event: Event) -> Iterable[User]:
    """In the speed lane, and where nobody can take the lead, an alert says it already."""
    handoff = _handoff(event)
    return () if handoff.speed_lane or handoff.unassigned_since else _answerers(event)


def _alerted(event: Event) -> Iterable[User]:
    """Everybody who may take the lead now."""
    if "people" in event.data:
        return _active().filter(pk__in=event.data["people"])
    return _on_duty(_handoff(event).pool)


def _leads_of_pool(event: Event) -> Iterable[User]:
    """Who leads the team of the pool; of a team that nobody leads, those who run the operation."""
    leads = _active().filter(leads_team=True, team_id=_handoff(event).pool.team_id)
    return list(leads) or _operations()


def _old_owner(event: Event) -> Iterable[User]:
    return _active().filter(pk=event.data["from"])


def _told_before(event: Event) -> Iterable[User]:
    """Who was told of what is undone."""
    return _active().filter(notifications__event__in=_undone(event)).distinct()


def _rows_of_undone(event: Event) -> QuerySet[Notification]:
    return Notification.objects.filter(event__in=_undone(event))


def _undone(event: Event) -> QuerySet[Event]:
    """The events of the step that is undone."""
    step = HandoffEvent.objects.get(pk=event.data["step"])
    name = steps.EVENTS.get(step.kind, f"handoff.{step.kind}")
    found = Event.objects.filter(lead=event.lead_id, kind=name, at=step.at)
    return found.filter(data__handoff=event.data["handoff"])


def _settled_at(event: Event) -> QuerySet[Event, datetime]:
    """When those who were told to answer the handoff were told that they need not, by what has been
    undone."""
    steps = HandoffEvent.objects.filter(handoff=event.data["handoff"])
    undone = list(steps.filter(kind="undone").values_list("data__step", flat=True))
    found = Event.objects.filter(lead=event.lead_id, kind__in=SETTLING, delivered_at__isnull=False)
    found = found.filter(data__handoff=event.data["handoff"])
    found = found.filter(at__in=steps.filter(pk__in=undone).values("at"))
    return found.values_list("delivered_at", flat=True)


def _operations() -> QuerySet[User]:
    return _active().filter(team__side=Side.OPERATIONS)


def _house(event: Event) -> QuerySet[User]:
    """Those who run the operation, and those who administer."""
    return _active().filter(Q(team__side=Side.OPERATIONS) | Q(is_superuser=True))


def _recalled(event: Event) -> Iterable[User]:
    """Who had the lead, or might have taken it, where somebody took it back from sales."""
    offered = _handoff(event).offered_at is not None
    return _answerers(event) if offered and event.data["cause"] == "recalled" else ()


def _new_owner(event: Event) -> Iterable[User]:
    """Given back to the pool it is for everybody on duty."""
    if event.data["to"] is None:
        return _on_duty(_handoff(event).pool)
    return _active().filter(pk=event.data["to"])


def _marketing(event: Event) -> Iterable[User]:
    return _active().filter(team__side=Side.MARKETING)


def _leads_of_late(event: Event) -> Iterable[User]:
    """Who leads the team that is late, and whom else the agreement names."""
    handoff, clock = _handoff(event), event.data["clock"]
    named = promises.escalation(handoff.version, clock)
    return _above(handoff.pool, clock, named)


def _escalated(event: Event) -> Iterable[User]:
    """Whom the agreement names at this level of its chain."""
    return _above(_handoff(event).pool, event.data["clock"], event.data["to"])


def _leads_of_many(event: Event) -> Iterable[User]:
    """Who leads the team that is late, and whom the agreement names: where they are escalated, at
    that level of its chain; else those who are told of each that comes alone."""
    pool, clock = Pool.objects.get(pk=event.data["pool"]), event.data["clock"]
    in_force = AgreementVersion.objects.in_force().first()
    named = promises.escalation(in_force, clock) if in_force else ""
    return _above(pool, clock, event.data.get("to", named))


def _above(pool: Pool, clock: str, to: str) -> list[User]:
    """Who leads the team that is late: the pool's, or marketing; by `to` who leads the other team
    too, or those who run the operation. Of a team that nobody leads, always those."""
    leads = _active().filter(leads_team=True)
    marketing = leads.filter(team__side=Side.MARKETING)
    late, other = leads.filter(team_id=pool.team_id), marketing
    if Handoff.Clock(clock).side == Side.MARKETING:
        late, other = other, late
    also = {promises.BOTH_LEADS: other, promises.OPERATIONS: _operations()}
    return [*(late or _operations()), *also.get(to, ())]


def _owing(event: Event) -> Iterable[User]:
    """Who owes the answer: the owner, or the pool; of a return, marketing."""
    if Handoff.Clock(event.data["clock"]).side == Side.MARKETING:
        return _marketing_of_thread(_handoff(event)) or _marketing(event)
    return _answerers(event)


def _owing_many(event: Event) -> Iterable[User]:
    """Whose leads they are; the pool, of what is nobody's; of returns marketing."""
    if "owner" in event.data:
        return _active().filter(pk=event.data["owner"])
    if "pool" in event.data:
        return _on_duty(Pool.objects.get(pk=event.data["pool"]))
    return _marketing(event)


def _everybody(event: Event) -> Iterable[User]:
    return _active().exclude(team=None)


def _other_side(event: Event) -> Iterable[User]:
    """A message of sales is for marketing, one of marketing for those of sales who had the lead
    in hand, or who might take it; one of operations is for both."""
    handoff, side = _handoff(event), event.actor.side if event.actor else ""
    sales = [user for user in (handoff.owner, handoff.answered_by) if user and user.is_active]
    sales = sales or list(_on_duty(handoff.pool))
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
    "handoff.offered": _offered,
    "handoff.alert": _alerted,
    "handoff.unassigned": _leads_of_pool,
    "handoff.taken_back": _old_owner,
    "handoff.undone": _told_before,
    "handoff.claimed": _marketing,
    "handoff.withdrawn": _recalled,
    "handoff.assigned": _new_owner,
    "handoff.returned": _marketing,
    "handoff.replied": _other_side,
    "clock.breached": _leads_of_late,
    "clock.breached_many": _leads_of_many,
    "clock.escalated": _escalated,
    "clock.escalated_many": _leads_of_many,
    "clock.warning": _owing,
    "clock.warning_many": _owing_many,
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
    "delivery.failed": _house,
    "mail.unsure": _house,
    "mail.failed": _house,
}
