"""Several handoffs returned at once: each for itself, so that none waits for another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from feedback import handoffs
from feedback.handoffs import returns, rights
from feedback.models import Handoff, HandoffEvent
from leads.models import User
from leads.refusals import Refused
from scoring import documents
from scoring.models import AgreementVersion


@dataclass(frozen=True)
class Outcome:
    """What became of one handoff: returned, by the step of that number if it can be undone, or
    refused with what is said about it."""

    handoff: Handoff
    refused: Refused | None = None
    step: int | None = None


def hindrance(handoff: Handoff, *, by: User, at: datetime) -> Refused | None:
    """Why `by` could not return this handoff now, as far as its row tells."""
    try:
        returns.require_turn(handoff, by, at=at)
    except Refused as refused:
        return refused
    return None


def reasons(versions: Iterable[AgreementVersion]) -> list[tuple[str, str]]:
    """The reasons that all these versions have, as the latest of them says them: key, label."""
    known = sorted(set(versions), key=lambda version: version.number)
    if not known:
        return []
    keys = [{reason["key"] for reason in version.body["reasons"]} for version in known]
    common = set.intersection(*keys)
    latest = known[-1].body["reasons"]
    return [
        (each["key"], documents.text(each["label"])) for each in latest if each["key"] in common
    ]


def give_back(
    chosen: Iterable[Handoff],
    *,
    by: User,
    at: datetime,
    reason: str,
    text: str,
    back_on: date | None = None,
    seen: Mapping[int, rights.Seen] | None = None,
) -> list[Outcome]:
    """Return each in a transaction of its own: what is refused to one changes nothing for the
    others. `seen` is how they stood on the page that returns them, as far as it says so."""
    outcomes, known = [], seen or {}
    facts = {"by": by, "at": at, "reason": reason, "text": text, "back_on": back_on}
    for handoff in chosen:
        try:
            handoffs.give_back(handoff, seen=known.get(handoff.pk), **facts)
            outcomes.append(Outcome(handoff))
        except Refused as refused:
            outcomes.append(Outcome(handoff, refused))
    return _with_steps(outcomes)


def _with_steps(outcomes: list[Outcome]) -> list[Outcome]:
    """With the numbers of the steps that returned them, by which they can be undone."""
    returned = [outcome.handoff.pk for outcome in outcomes if not outcome.refused]
    steps = HandoffEvent.objects.filter(handoff__in=returned, kind="returned").order_by("pk")
    latest = {step.handoff_id: step for step in steps}
    return [
        replace(outcome, step=latest[outcome.handoff.pk].pk)
        if not outcome.refused and not handoffs.resets(outcome.handoff, latest[outcome.handoff.pk])
        else outcome
        for outcome in outcomes
    ]
