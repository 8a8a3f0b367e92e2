"""Who would get a lead, without giving it to anybody."""

from __future__ import annotations

from datetime import datetime

from feedback.models import Handoff
from feedback.routing import codes, traces
from feedback.routing.placements import Placement, place
from feedback.routing.rosters import Choice, Roster
from feedback.routing.traces import Trace
from leads.models import Lead


def rehearse(lead: Lead, at: datetime) -> Trace:
    """The rule, the pool and the person that the lead would come to if it were handed over at
    `at`. Nothing is written. Raises Refused: no_pool."""
    placement = place(lead, at)
    choice = _choice(lead, placement, at=at)
    user = choice.member.user if choice.member else None
    words = traces.why(choice.rule, user)
    return Trace(placement, user, choice.rule, words, choice.skipped)


def _choice(lead: Lead, placement: Placement, *, at: datetime) -> Choice:
    roster = Roster(placement.pool, at=at)
    if placement.speed_lane:
        code = codes.FIRST_TO_TAKE if roster.there else codes.NOBODY
        return Choice(None, code, roster.missing())
    choice = roster.choose(Handoff(lead=lead, pool=placement.pool, rule=placement.rule))
    return choice if roster.room else Choice(None, codes.WAITS, choice.skipped)
