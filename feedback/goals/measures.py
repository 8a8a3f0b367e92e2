"""What is measured in a span of time, each set said once: its figure, and the rows behind it.

What happened counts in the span in which it happened: money when it was won, a pipeline when it
was opened, a conversation when it was held. Shares are of what was handed over in the span.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from statistics import median

from django.db.models import QuerySet

from feedback.funnels import reports, sets
from feedback.funnels.periods import Period
from feedback.funnels.reports import Tally
from feedback.funnels.shares import Share
from feedback.models import Handoff, Opportunity
from feedback.models.handoffs import HandoffQuerySet
from feedback.models.opportunities import OpportunityQuerySet
from leads.models import Campaign, User

DAY = 86400
# A counter-metric is a part of a whole: the names of both sets.
SHARES = {
    "acceptance": ("accepted", "answered"),
    "qualification": ("qualified", "accepted"),
    "returned_at_door": ("returned_at_the_door", "answered"),
    "answered_in_time": ("answer_kept", "answer_owed"),
    "won": ("won_deals", "closed_deals"),
}


@dataclass(frozen=True)
class Money:
    """A sum in one currency, of how many deals; what it leaves out: deals of unknown amount, and
    in other currencies."""

    amount: Decimal
    deals: int
    unknown: int
    other: int


@dataclass(frozen=True)
class Span:
    """Days from the handover, in the middle of how many."""

    days: int | None
    of: int
    until: str


class Measured:
    """All that is measured in one period, as far as `user` may see; each set is asked for once."""

    def __init__(self, user: User, period: Period) -> None:
        self.user, self.period = user, period

    @cached_property
    def tally(self) -> Tally:
        return reports.tally(sets.handoffs(self.user, period=self.period))

    def rows(self, name: str) -> QuerySet:
        """The rows that a set's figure counts: deals, or handoffs."""
        if name in DEALS:
            return self.deals(name)
        if name in HELD:
            return self.held(name)
        return sets.handoffs(self.user, period=self.period).filter(sets.SETS[name])

    def deals(self, name: str) -> OpportunityQuerySet:
        """Each deal once, whoever and however many took part in it."""
        bounds = {"gte": self.period.since, "lt": self.period.until}
        within = {f"{DEALS[name]}__{bound}": moment for bound, moment in bounds.items()}
        found = Opportunity.objects.filter(**within)
        if name == "won_deals":
            found = found.filter(status=Opportunity.Status.WON)
        # Seen through a subquery: what is joined to find it may not count it twice.
        return found.filter(pk__in=Opportunity.objects.visible_to(self.user).values("pk"))

    def held(self, name: str) -> HandoffQuerySet:
        bounds = {f"{HELD[name]}__gte": self.period.since, f"{HELD[name]}__lt": self.period.until}
        found = Handoff.objects.visible_to(self.user).filter(claimed=False, **bounds)
        return (
            found.filter(outcome=Handoff.Outcome.QUALIFIED) if name == "qualified_then" else found
        )

    def money(self, name: str, currency: str) -> Money:
        rows = list(self.deals(name).values_list("amount", "currency"))
        known = [(amount, own) for amount, own in rows if amount is not None]
        ours = [amount for amount, own in known if own == currency]
        return Money(
            sum(ours, Decimal()), len(ours), len(rows) - len(known), len(known) - len(ours)
        )

    def conversations(self) -> int:
        return self.held("conversations_held").count()

    def velocity(self) -> Span:
        """From the handover to the deal won then; without one, to the qualification."""
        won = self.deals("won_deals").filter(handoff__isnull=False)
        pairs = list(won.values_list("handoff__opened_at", "closed_at"))
        until = "won_deals"
        if not pairs:
            until = "qualified_then"
            pairs = list(self.held(until).values_list("opened_at", "closed_at"))
        spent = [(closed - opened).total_seconds() / DAY for opened, closed in pairs]
        return Span(round(median(spent)) if spent else None, len(spent), until)

    def share(self, metric: str) -> Share:
        if metric == "won":
            closed = self.deals("closed_deals").values_list("status", flat=True)
            won = [status for status in closed if status == Opportunity.Status.WON]
            return Share(len(won), len(closed))
        part, whole = SHARES[metric]
        return Share(self.tally[part], self.tally[whole])

    def supplied(self, least_score: int | None) -> HandoffQuerySet:
        """What was handed over, with at least so many points."""
        found = sets.handoffs(self.user, period=self.period)
        return found if least_score is None else found.filter(score__gte=least_score)

    def cost(self) -> tuple[Decimal, int]:
        """What the campaigns that began then cost, and how many handoffs there were."""
        since, until = self.period.since.date(), self.period.until.date()
        begun = Campaign.objects.filter(starts_on__gte=since, starts_on__lte=until)
        costs = begun.exclude(cost=None).values_list("cost", flat=True)
        return sum(costs, Decimal()), self.tally["handed_over"]


# Which moment of a deal, or of a handoff, lies in the period.
DEALS = {"won_deals": "closed_at", "closed_deals": "closed_at", "opened_deals": "opened_at"}
HELD = {"conversations_held": "conversation_at", "qualified_then": "closed_at"}
