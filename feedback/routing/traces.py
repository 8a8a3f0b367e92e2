"""Why a handoff is whose it is, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.models import Handoff, HandoffEvent, Pool, RoutingRule
from feedback.routing import codes
from leads.models import User


@dataclass(frozen=True)
class Skipped:
    """Somebody who did not get it, and why."""

    user: User
    why: str


class Placed(Protocol):
    """A handoff, or where one would come to."""

    rule: RoutingRule | None
    pool: Pool


@dataclass(frozen=True)
class Trace:
    """What was placed by which rule in which pool, whose it became, by which code and in words.
    `rows` are those who were skipped, as steps keep them."""

    placed: Placed
    user: User | None
    code: str
    why: str
    rows: Sequence[Mapping[str, Any]] = ()

    @property
    def rule(self) -> str:
        """The name of the routing rule; without one the lead came as all others do."""
        rule = self.placed.rule
        return rule.name if rule else _("All others")

    @property
    def pool(self) -> Pool:
        return self.placed.pool

    @cached_property
    def skipped(self) -> list[Skipped]:
        """Those who were skipped, in words. One query, when first asked for."""
        users = User.objects.in_bulk({row["user"] for row in self.rows}) if self.rows else {}
        return [
            Skipped(users[row["user"]], str(WHY_NOT.get(row["why"], row["why"])))
            for row in self.rows
            if row["user"] in users
        ]


WHY = {
    codes.KEEP_OWNER: gettext_lazy("%(who)s looks after this lead."),
    codes.COMPANY_OWNER: gettext_lazy("%(who)s looks after the company."),
    codes.SAME_REP: gettext_lazy("%(who)s returned it, and by the agreement gets it again."),
    codes.ASKED_BACK: gettext_lazy("%(who)s asked for it back on this day."),
    codes.ROUND_ROBIN: gettext_lazy("It was %(who)s’s turn."),
    codes.TURN_OWED: gettext_lazy(
        "%(who)s was owed a turn for a lead that came back through no fault of theirs."
    ),
    codes.LEAST_LOADED: gettext_lazy("%(who)s had least to do."),
    codes.BY_HAND: gettext_lazy("It was given to %(who)s by hand."),
    codes.FIRST_TO_TAKE: gettext_lazy(
        "Speed lane: offered to everybody on duty, the first to take it has it."
    ),
    codes.GIVEN_BACK: gettext_lazy("It was given back to the pool: whoever takes it has it."),
    codes.WAITS: gettext_lazy("It waits until the pool has room."),
    codes.NOBODY: gettext_lazy("Nobody can take it now."),
}
TAKEN = gettext_lazy("%(who)s took it.")
LEFT = gettext_lazy("Nobody could take it then.")
WHY_NOT = {
    codes.NOT_IN_POOL: gettext_lazy("not in this pool"),
    codes.INACTIVE: gettext_lazy("account closed"),
    codes.OFF_DUTY: gettext_lazy("off duty"),
    codes.ABSENT: gettext_lazy("absent"),
    codes.AFTER_HOURS: gettext_lazy("outside of working hours"),
    codes.NO_ROOM: gettext_lazy("no room for more"),
    codes.DAY_FULL: gettext_lazy("has got enough for today"),
    codes.RETURNED_IT: gettext_lazy("returned it last time"),
    codes.TAKEN_BACK: gettext_lazy("did not answer in time"),
    codes.PASSED_ON: gettext_lazy("had it before"),
}
STEPS = ("assigned", "unassigned", "claimed", "taken_back")


def explain(handoff: Handoff, *, steps: Iterable[HandoffEvent] | None = None) -> Trace:
    """Why the handoff is whose it is now, by the last of its steps of the kinds STEPS. `steps`
    are those of the lead's handoffs, newest first, if they are loaded: no query then. The `owner`
    of the handoff is best loaded; for the rule, also `rule` and `pool`."""
    found = _last(handoff, steps)
    said: Mapping[str, Any] = found.data if found else {}
    user = handoff.owner
    code = said.get("rule") or _waits_for(handoff)
    words = str(LEFT) if code == codes.NOBODY else _taken(found, user) or why(code, user)
    rows = said.get("skipped") or ()
    return Trace(handoff, user, code, words, rows)


def why(code: str, user: User | None) -> str:
    """The sentence of a code, about whoever got the lead."""
    return str(WHY.get(code, "")) % {"who": user or ""}


def _last(handoff: Handoff, steps: Iterable[HandoffEvent] | None) -> HandoffEvent | None:
    """What gave it to somebody, where nobody has it any more, was undone: it says nothing now."""
    if steps is None:
        steps = handoff.steps.filter(kind__in=STEPS).order_by("-id")
    ours = (s for s in steps if s.handoff_id == handoff.pk and s.kind in STEPS)
    return next((s for s in ours if handoff.owner_id or not s.data.get("to")), None)


def _waits_for(handoff: Handoff) -> str:
    """For room, or, in the speed lane, for somebody to take it."""
    if handoff.offered_at is None:
        return codes.WAITS if handoff.is_open else ""
    return codes.FIRST_TO_TAKE if handoff.speed_lane and handoff.owner_id is None else ""


def _taken(step: HandoffEvent | None, user: User | None) -> str:
    """Where no rule decided: somebody took it, if only by answering."""
    if user is None:
        return ""
    took = step is None or step.by_id == user.pk or step.data.get("to") != user.pk
    return str(TAKEN) % {"who": user} if took else ""
