"""Every set of handoffs a figure of the funnel counts, each said once, as a condition.

A figure is the size of a set; the page behind it lists the same set. Claims stand outside:
marketing has not endorsed them.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback.funnels.periods import Period
from feedback.models import Handoff, HandoffEvent
from feedback.models.handoffs import HandoffQuerySet
from leads.models import User

ANSWER, OUTCOME = Handoff.Answer, Handoff.Outcome

SETS: dict[str, Q] = {
    "handed_over": Q(pk__isnull=False),
    "first_time": Q(offered_before=False),
    "offered_again": Q(offered_before=True),
    "waiting": Q(closed_at=None, offered_at=None),
    "unanswered": Q(closed_at=None, offered_at__isnull=False, answer=""),
    "still_open": Q(closed_at=None, answer=""),
    "answered": Q(answer__in=[ANSWER.ACCEPTED, ANSWER.RETURNED]),
    "accepted": Q(answer=ANSWER.ACCEPTED),
    "returned_at_the_door": Q(answer=ANSWER.RETURNED),
    "returned_after_contact": Q(outcome=OUTCOME.RETURNED),
    "returned": Q(answer=ANSWER.RETURNED) | Q(outcome=OUTCOME.RETURNED),
    "withdrawn": Q(answer=ANSWER.WITHDRAWN) | Q(outcome=OUTCOME.WITHDRAWN),
    "withdrawn_unanswered": Q(answer=ANSWER.WITHDRAWN),
    "withdrawn_later": Q(outcome=OUTCOME.WITHDRAWN),
    "contacted": Q(answer=ANSWER.ACCEPTED, first_contact_at__isnull=False),
    "conversation": Q(answer=ANSWER.ACCEPTED, conversation_at__isnull=False),
    "conversation_through": Q(
        answer=ANSWER.ACCEPTED, conversation_at__isnull=False, closed_at__isnull=False
    ),
    "in_talks": Q(answer=ANSWER.ACCEPTED, closed_at=None),
    "qualified": Q(outcome=OUTCOME.QUALIFIED),
    "deal_open": Q(outcome=OUTCOME.QUALIFIED, opportunity__status="open"),
    "won": Q(outcome=OUTCOME.QUALIFIED, opportunity__status="won"),
    "won_amount_known": Q(
        outcome=OUTCOME.QUALIFIED, opportunity__status="won", opportunity__amount__isnull=False
    ),
    "lost": Q(outcome=OUTCOME.QUALIFIED, opportunity__status="lost"),
    "answer_owed": Q(answer__in=[ANSWER.ACCEPTED, ANSWER.RETURNED]) | Q(late_answer=True),
    "answer_kept": Q(answer__in=[ANSWER.ACCEPTED, ANSWER.RETURNED], late_answer=False),
    "first_contact_owed": Q(answer=ANSWER.ACCEPTED)
    & (Q(first_contact_at__isnull=False) | Q(late_first_contact=True)),
    "first_contact_kept": Q(
        answer=ANSWER.ACCEPTED, first_contact_at__isnull=False, late_first_contact=False
    ),
    "qualify_owed": Q(answer=ANSWER.ACCEPTED, first_contact_at__isnull=False)
    & (Q(outcome__in=[OUTCOME.QUALIFIED, OUTCOME.RETURNED]) | Q(late_qualify=True)),
    "qualify_kept": Q(
        answer=ANSWER.ACCEPTED,
        first_contact_at__isnull=False,
        outcome__in=[OUTCOME.QUALIFIED, OUTCOME.RETURNED],
        late_qualify=False,
    ),
    "answer_return_owed": Q(kept_answer_return=True) | Q(late_answer_return=True),
    "answer_return_kept": Q(kept_answer_return=True),
}

NEVER_OFFERED = Q(answer=ANSWER.WITHDRAWN, offered_at=None)

TITLES: dict[str, Promise] = {
    "handed_over": _("Handed over"),
    "first_time": _("Handed over for the first time"),
    "offered_again": _("Offered again"),
    "waiting": _("Waiting for room"),
    "unanswered": _("Not answered yet"),
    "still_open": _("Still open"),
    "answered": _("Answered"),
    "accepted": _("Accepted"),
    "returned_at_the_door": _("Returned at the door"),
    "returned_after_contact": _("Returned after contact"),
    "returned": _("Returned"),
    "withdrawn": _("Withdrawn"),
    "withdrawn_unanswered": _("Withdrawn before an answer"),
    "withdrawn_later": _("Withdrawn after acceptance"),
    "contacted": _("Contacted"),
    "conversation": _("Conversation held"),
    "conversation_through": _("Conversation held, talks over"),
    "in_talks": _("In talks"),
    "qualified": _("Qualified"),
    "deal_open": _("Deal open"),
    "won": _("Won"),
    "won_amount_known": _("Won, amount known"),
    "lost": _("Lost"),
    "answer_owed": _("Answer was due"),
    "answer_kept": _("Answered in time"),
    "first_contact_owed": _("First contact was due"),
    "first_contact_kept": _("Contacted in time"),
    "qualify_owed": _("Qualification was due"),
    "qualify_kept": _("Qualified or returned in time"),
    "answer_return_owed": _("Answer to a return was due"),
    "answer_return_kept": _("Return answered in time"),
}


def handoffs(user: User, *, period: Period, channel: str = "") -> HandoffQuerySet:
    """Handoffs of the period that `user` may see, annotated with what `SETS` asks for. What was
    withdrawn before anybody was offered it was never handed over."""
    found = Handoff.objects.visible_to(user).exclude(NEVER_OFFERED)
    found = found.filter(opened_at__gte=period.since, opened_at__lt=period.until, claimed=False)
    if channel:
        found = found.filter(channel__key=channel)
    earlier = Handoff.objects.exclude(NEVER_OFFERED).filter(
        lead=OuterRef("lead"), opened_at__lt=OuterRef("opened_at")
    )
    return found.annotate(
        offered_before=Exists(earlier),
        late_answer=_late(Handoff.Clock.ANSWER),
        late_first_contact=_late(Handoff.Clock.FIRST_CONTACT),
        late_qualify=_late(Handoff.Clock.QUALIFY),
        late_answer_return=_late(Handoff.Clock.ANSWER_RETURN),
        kept_answer_return=_verdict("clock_met", Handoff.Clock.ANSWER_RETURN),
    )


def _late(clock: str) -> Exists:
    return _verdict("breached", clock)


def _verdict(kind: str, clock: str) -> Exists:
    return Exists(HandoffEvent.objects.filter(handoff=OuterRef("pk"), kind=kind, data__clock=clock))
