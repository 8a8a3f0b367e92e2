"""What happened under each version of the agreement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import F, Sum

from feedback.funnels import reports, sets
from feedback.funnels.periods import Period
from feedback.funnels.reports import Tally
from feedback.funnels.shares import Difference, Share
from leads.models import User
from scoring.models import AgreementVersion

# What a record says of a version.
COUNTED = (
    "handed_over",
    "answered",
    "unanswered",
    "waiting",
    "accepted",
    "conversation",
    "conversation_through",
    "in_talks",
    "won",
)


@dataclass(frozen=True)
class Record:
    """The handoffs made under a version: their tally, and what they won, by currency."""

    version: AgreementVersion
    tally: Tally
    won: tuple[tuple[str, Decimal], ...] = ()

    @property
    def handed_over(self) -> int:
        return self.tally["handed_over"]

    @property
    def answered(self) -> int:
        return self.tally["answered"]

    @property
    def unanswered(self) -> int:
        return self.tally["unanswered"]

    @property
    def waiting(self) -> int:
        """Not offered yet: they wait until sales has room for them."""
        return self.tally["waiting"]

    @property
    def in_talks(self) -> int:
        return self.tally["in_talks"]

    @property
    def through(self) -> Share:
        """Conversations among those accepted whose talks are over, one way or the other."""
        return Share(self.tally["conversation_through"], self.tally["accepted"] - self.in_talks)

    @property
    def deals(self) -> int:
        return self.tally["won"]

    @property
    def query(self) -> str:
        """Of the list of leads behind a figure."""
        return urlencode({"version": self.version.number, "since_version": self.version.pk})


@dataclass(frozen=True)
class Compared:
    """A record beside that of the version before, if there was one with handoffs."""

    now: Record
    before: Record | None

    @property
    def acceptance(self) -> Difference | None:
        return self.before and _difference(self.now.tally.acceptance, self.before.tally.acceptance)

    @property
    def conversations(self) -> Difference | None:
        """Of those that are through: who is still in talks is no failure."""
        return self.before and _difference(self.now.through, self.before.through)

    @property
    def some_in_talks(self) -> bool:
        return bool(self.now.in_talks or (self.before and self.before.in_talks))


def compared(
    versions: Iterable[AgreementVersion], user: User, *, at: datetime
) -> dict[int, Compared]:
    """By version, what `user` may see of what happened under it until `at`, beside what happened
    under its base; versions without a handoff are left out. Three queries for all."""
    versions = [each for each in versions if each.in_force_at]
    shown = {each.pk: each for each in versions}
    shown |= {each.base_id: each.base for each in versions if each.base and each.base.in_force_at}
    records = _records(shown, user, at)
    return {
        each.pk: Compared(records[each.pk], records.get(each.base_id))
        for each in versions
        if each.pk in records
    }


def _records(versions: dict[int, AgreementVersion], user: User, at: datetime) -> dict[int, Record]:
    if not versions:
        return {}
    period = Period(min(each.in_force_at for each in versions.values()), at)
    handoffs = sets.handoffs(user, period=period).filter(version__in=versions)
    tallies = reports.grouped(handoffs.annotate(group=F("version_id")), COUNTED)
    money = defaultdict(list)
    won = handoffs.filter(sets.SETS["won_amount_known"]).order_by()
    sums = won.values_list("version_id", "opportunity__currency")
    for version, currency, amount in sums.annotate(sum=Sum("opportunity__amount")):
        money[version].append((currency, amount))
    return {
        pk: Record(versions[pk], tally, tuple(sorted(money[pk]))) for pk, tally in tallies.items()
    }


def _difference(now: Share, before: Share) -> Difference | None:
    """None where either has too few cases to speak of a rate."""
    return None if now.few or before.few else Difference(now, before)
