"""Every set of leads that a figure of a replay counts, each said once, as a condition.

What sales said is taken from the handovers that really entered their stage within the period, a
rep's own claims among them. A lead is *good* if sales kept it and a conversation came; *returned*
if it came back instead; *open* if nobody knows yet. Who was never handed over is unknown too.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback.funnels.sets import NEVER_OFFERED
from feedback.models import Handoff, Opportunity
from feedback.models.handoffs import HandoffQuerySet
from leads.models import Lead, User
from scoring.models import Crossing, Replay

ANSWER, OUTCOME, Change = Handoff.Answer, Handoff.Outcome, Crossing.Change

KEPT = Q(answer=ANSWER.ACCEPTED, conversation_at__isnull=False) & ~Q(
    outcome__in=[OUTCOME.RETURNED, OUTCOME.WITHDRAWN]
)
CAME_BACK = Q(answer=ANSWER.RETURNED) | Q(outcome=OUTCOME.RETURNED)
ANSWERED = Q(answer__in=[ANSWER.ACCEPTED, ANSWER.RETURNED])
WON = Q(opportunity__status=Opportunity.Status.WON)

CROSSED = Q(change=Change.CROSSED)
BEFORE = Q(change=Change.BEFORE)
OTHER = Q(change="")
# Of those that really were handed over too: a day or more before, or after.
EARLIER, LATER = Q(ahead=1), Q(ahead=-1)
KNOWN = Q(verdict__in=["good", "returned"])
GOOD = Q(verdict="good")

VERDICTS: dict[str, Promise] = {
    "good": _("Kept by sales, conversation held"),
    "returned": _("Returned"),
    "open": _("Handed over, outcome still open"),
    "never": _("Never handed over: nobody knows"),
}
COLUMNS: dict[str, tuple[Q, Promise]] = {
    "crossed": (CROSSED, _("Would have been handed over")),
    "other": (OTHER, _("Would not")),
    "before": (BEFORE, _("Met the criteria before")),
}

SETS: dict[str, Q] = {
    **{column: condition for column, (condition, _title) in COLUMNS.items()},
    **{
        f"{column}_{verdict}": condition & Q(verdict=verdict)
        for column, (condition, _title) in COLUMNS.items()
        for verdict in VERDICTS
    },
    "crossed_answered": CROSSED & Q(answered=True),
    "crossed_accepted": CROSSED & Q(accepted=True),
    "crossed_known": CROSSED & KNOWN,
    "crossed_won": CROSSED & Q(won=True),
    "real": Q(real=True),
    "real_answered": Q(real=True, answered=True),
    "real_accepted": Q(real=True, accepted=True),
    "real_known": Q(real=True) & KNOWN,
    "real_good": Q(real=True) & GOOD,
    "real_won": Q(real=True, won=True),
    "good": GOOD,
    "in_reach": GOOD & ~BEFORE,
    "same": CROSSED & Q(real=True),
    "earlier": CROSSED & EARLIER,
    "about": CROSSED & Q(real=True) & ~EARLIER & ~LATER,
    "later": CROSSED & LATER,
    "only_replay": CROSSED & Q(real=False),
    "only_real": ~CROSSED & Q(real=True),
}

TITLES: dict[str, Promise] = {
    "crossed": _("Would have been handed over"),
    "other": _("Would not have been handed over"),
    "before": _("Met the criteria before the period"),
    "crossed_good": _("Would have been handed over: kept, conversation held"),
    "crossed_returned": _("Would have been handed over: returned"),
    "crossed_open": _("Would have been handed over: outcome still open"),
    "crossed_never": _("Would have been handed over: never were"),
    "other_good": _("Would not have been handed over: kept, conversation held"),
    "other_returned": _("Would not have been handed over: returned"),
    "other_open": _("Would not have been handed over: outcome still open"),
    "other_never": _("Would not have been handed over, and never were"),
    "before_good": _("Met the criteria before: kept, conversation held"),
    "before_returned": _("Met the criteria before: returned"),
    "before_open": _("Met the criteria before: outcome still open"),
    "before_never": _("Met the criteria before: never handed over"),
    "crossed_answered": _("Would have been handed over: answered by sales"),
    "crossed_accepted": _("Would have been handed over: accepted by sales"),
    "crossed_known": _("Would have been handed over: outcome known"),
    "crossed_won": _("Would have been handed over: won"),
    "real": _("Really handed over"),
    "real_answered": _("Really handed over: answered by sales"),
    "real_accepted": _("Really handed over: accepted by sales"),
    "real_known": _("Really handed over: outcome known"),
    "real_good": _("Really handed over: kept, conversation held"),
    "real_won": _("Really handed over: won"),
    "good": _("Kept by sales, conversation held"),
    "in_reach": _("Kept by sales, conversation held, criteria not met before the period"),
    "same": _("Handed over by both"),
    "earlier": _("Handed over by both, by this version a day or more earlier"),
    "about": _("Handed over by both, at about the same time"),
    "later": _("Handed over by both, by this version a day or more later"),
    "only_replay": _("Handed over by this version alone"),
    "only_real": _("Really handed over, not by this version"),
}


def handoffs(user: User, replay: Replay) -> HandoffQuerySet:
    """The handovers and claims that entered their stage within the replay's period, and that
    `user` may see. What was withdrawn before anybody was offered it was never handed over."""
    within = {"entry__at__gt": replay.starts_at, "entry__at__lte": replay.ends_at}
    return Handoff.objects.visible_to(user).filter(**within).exclude(NEVER_OFFERED)


def leads(user: User, replay: Replay) -> QuerySet[Lead]:
    """Leads that `user` may see, handed over by the replay or really, annotated with what `SETS`
    asks for and with `points`, `crossed_at`, `stage_key` and `really_at` (null where not)."""
    ours = replay.crossings.all()
    theirs = handoffs(user, replay)
    found = Lead.objects.visible_to(user).filter(
        Q(pk__in=ours.values("lead")) | Q(pk__in=theirs.values("lead"))
    )
    crossing = Crossing.objects.filter(replay=replay, lead=OuterRef("pk"))
    handoff = theirs.filter(lead=OuterRef("pk"))
    machine = handoff.filter(claimed=False)
    first = machine.order_by("entry__at", "pk")
    return found.annotate(
        change=Coalesce(Subquery(crossing.values("change")[:1]), Value("")),
        points=Subquery(crossing.values("total")[:1]),
        crossed_at=Subquery(crossing.values("at")[:1]),
        stage_key=Coalesce(Subquery(crossing.values("stage")[:1]), Value("")),
        verdict=_verdict(handoff),
        answered=Exists(handoff.filter(ANSWERED)),
        accepted=Exists(handoff.filter(answer=ANSWER.ACCEPTED)),
        won=Exists(handoff.filter(WON)),
        real=Exists(machine),
        really_at=Subquery(first.values("entry__at")[:1]),
    ).annotate(ahead=_ahead())


def _ahead() -> Case:
    """1 where this version is a day or more ahead of what really happened, −1 where behind."""
    day_later, day_earlier = (
        ExpressionWrapper(F("crossed_at") + timedelta(days=days), DateTimeField())
        for days in (1, -1)
    )
    return Case(
        When(really_at__gte=day_later, then=Value(1)),
        When(really_at__lte=day_earlier, then=Value(-1)),
        default=Value(0),
        output_field=IntegerField(),
    )


def _verdict(handoff: HandoffQuerySet) -> Case:
    return Case(
        When(Exists(handoff.filter(KEPT)), then=Value("good")),
        When(Exists(handoff.filter(CAME_BACK)), then=Value("returned")),
        When(Exists(handoff), then=Value("open")),
        default=Value("never"),
        output_field=CharField(),
    )
