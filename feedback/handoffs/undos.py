"""The last step is taken back, by a step that says so: nothing is struck out.

What a step changed is put back from what it kept (`befores`): the handoff's row, where the lead
stood, whose it was. The clock before runs on to the same deadline, or to where working hours that
changed since put it (`_replace`); a breach stays recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, Q, QuerySet
from django.utils.translation import gettext as _

from feedback import befores, calendars, checklists, clocks, moves, routing, steps, terms
from feedback.handoffs import rights
from feedback.models import Calendar, ChecklistAnswer, Handoff, HandoffEvent, Opportunity
from leads import access, owners, retractions, touches
from leads.models import NEVER_KNOWN, Lead, Note, Touch, User
from leads.refusals import Refused
from scoring.documents import item
from scoring.models import StageEntry, Standing

UNDOABLE = {"accepted", "returned", "contacted", "put_off", "paused", "assigned", "claimed"}
# What such a step brings with it, at the same moment.
BROUGHT_ALONG = {"conversation", "clock_started", "deadline_moved"}
MOVING = {"accepted", "returned", "claimed"}
# Working hours changed: it happened to the clock, and nobody did anything with the lead.
HOURS_CHANGED = {"kind": "deadline_moved", "data__cause": "calendar"}
ANSWERS = ("accepted", "returned", "withdrawn", "qualified")


def undoable(
    handoff: Handoff, user: User, *, steps: Sequence[HandoffEvent] | None = None
) -> HandoffEvent | None:
    """The step that `user` may undo now: the last one, theirs (or anybody's, for a manager), and
    nothing followed. Two queries at most.

    With the `steps` of all handoffs of the lead, newest first, none: what else happened to the
    lead is only seen by `undo`, which may refuse.
    """
    if steps is None:
        step, following = _last(_latest(handoff))
        followed = following or (step and _since(handoff, step))
    else:
        ours = [s for s in steps if s.handoff_id == handoff.pk and not _is_of_hours(s)]
        ours.sort(key=lambda s: -s.pk)
        step, following = _last(ours)
        followed = following or any(s.handoff_id > handoff.pk for s in steps)
    may = step and not followed and _may(step, user) and not resets(handoff, step)
    return step if may else None


def resets(handoff: Handoff, step: HandoffEvent) -> bool:
    """Whether all points of the lead went back to zero with this step, which stays."""
    if step.kind != "returned":
        return False
    known = item(handoff.version.body["reasons"], step.data["reason"])
    return bool(known and known.get("resets"))


@transaction.atomic
def undo(handoff: Handoff, *, by: User, at: datetime, step_id: int | None = None) -> Handoff:
    """Take back the last step, or refuse if it is no longer the one that was shown (`step_id`).

    Raises Refused: not_found, nothing_to_undo, not_yours, followed, points_reset.
    """
    handoff = rights.lock(handoff, by=by)
    # In the order of `openings`: nobody opens another handoff, or moves the lead, meanwhile.
    Lead.objects.select_for_update(of=("self",), no_key=True).get(pk=handoff.lead_id)
    Standing.objects.select_for_update(of=("self",), no_key=True).filter(
        lead=handoff.lead_id
    ).first()
    step = _wanted(handoff, step_id, by=by, at=at)
    _require_say(step, by)
    _require_last_word(handoff, step, at=at)
    was, worked = clocks.terms(handoff) if handoff.due_at else {}, _worked(handoff, step)
    if step.kind == "claimed":
        _close(handoff, at=at)
    else:
        _put_back(handoff, step, by=by, at=at)
    said = {"step": step.pk, "kind": step.kind} | _moved(handoff, was) | _unmet(handoff, step)
    steps.record(handoff, "undone", at=at, by=by, data=said)
    _replace(handoff, step, worked, at=at)
    _give_lead_back(handoff, step, by=by, at=at)
    return handoff


def _latest(handoff: Handoff) -> list[HandoffEvent]:
    """The last steps, newest first: one that can be undone and what it brought along."""
    taken = handoff.steps.exclude(**HOURS_CHANGED).select_related("by").order_by("-pk")
    return list(taken[: len(BROUGHT_ALONG) + 2])


def _is_of_hours(step: HandoffEvent) -> bool:
    """As `HOURS_CHANGED` asks."""
    return step.kind == "deadline_moved" and step.data["cause"] == "calendar"


def _last(
    latest: Sequence[HandoffEvent],
) -> tuple[HandoffEvent | None, HandoffEvent | None]:
    """The latest step that can be undone at all, and what followed it, if anything did."""
    after: list[HandoffEvent] = []
    for step in latest:
        if step.kind in UNDOABLE and "before" in step.data:
            followed = [each for each in after if each.at != step.at]
            return step, followed[0] if followed else None
        if step.kind not in BROUGHT_ALONG:
            return None, step
        after.append(step)
    return None, None


def _wanted(handoff: Handoff, step_id: int | None, *, by: User, at: datetime) -> HandoffEvent:
    step, following = _last(_latest(handoff))
    asked = step_id is None or (step is not None and step.pk == step_id)
    if step is not None and asked and following is None:
        return step
    last = following or step
    if last is None or (step_id is not None and last.pk == step_id):
        raise _nothing()
    if step_id is not None and not handoff.steps.filter(pk=step_id).exists():
        raise _nothing()
    raise _followed(handoff, last, by=by, at=at)


def _may(step: HandoffEvent, user: User) -> bool:
    return step.by_id == user.pk or rights.is_manager(user)


def _require_say(step: HandoffEvent, user: User) -> None:
    if _may(step, user):
        return
    raise Refused(
        "not_yours",
        _("%(who)s did that.") % {"who": step.by},
        _("Ask %(who)s, or whoever leads the team, to undo it.") % {"who": step.by},
        status=403,
    )


def _require_last_word(handoff: Handoff, step: HandoffEvent, *, at: datetime) -> None:
    if _entries_of(handoff, step).filter(resets=True).exists():
        raise Refused(
            "points_reset",
            _("With this reason all points went back to zero, which stays."),
            _("Claim the lead to go on with it."),
            status=409,
        )
    due_at = step.data["before"].get("due_at")
    if step.kind == "paused" and due_at and datetime.fromisoformat(due_at) < at:
        raise Refused(
            "overdue",
            _("Without the pause the deadline would have passed by now."),
            _("Take the lead up instead: its time goes on from there."),
            status=409,
        )
    if since := _since(handoff, step):
        raise Refused("followed", since, _("Nothing was changed."), status=409)


def _entries_of(handoff: Handoff, step: HandoffEvent) -> QuerySet[StageEntry]:
    """The moves of the lead that came with this step."""
    before = step.data["before"].get("entry", 0)
    after = StageEntry.objects.filter(lead=handoff.lead_id, pk__gt=before)
    return after.filter(at=step.at, by=step.by_id) if step.kind in MOVING else after.none()


def _since(handoff: Handoff, step: HandoffEvent) -> str:
    """What happened to the lead, beside this handoff, since the step; empty if nothing did."""
    lead, before = handoff.lead_id, step.data["before"]
    moved = StageEntry.objects.filter(lead=lead, pk__gt=before.get("entry", 0))
    if step.kind in MOVING:
        moved = moved.exclude(at=step.at, by=step.by_id)
    touched = Touch.objects.filter(lead=lead, known_at__gt=step.at, known_at__lt=NEVER_KNOWN)
    dealt = Opportunity.objects.filter(contacts__lead=lead)
    dealt = dealt.filter(Q(opened_at__gt=step.at) | Q(closed_at__gt=step.at))
    again = Handoff.objects.filter(lead=lead, pk__gt=handoff.pk)
    found = Lead.objects.filter(pk=lead).values_list(
        Exists(again), Exists(dealt), Exists(moved), Exists(touched)
    )
    sentences = (
        _("The lead was handed over again since."),
        _("The lead has an opportunity since."),
        _("The lead has gone on to another stage since."),
        _("Somebody has turned to the lead since."),
    )
    happened = zip(found.first() or (), sentences, strict=False)
    return next((sentence for true, sentence in happened if true), "")


def _nothing() -> Refused:
    return Refused(
        "nothing_to_undo",
        _("There is nothing to undo here."),
        _("What followed it, or was undone already, stays."),
        status=409,
    )


def _followed(handoff: Handoff, last: HandoffEvent, *, by: User, at: datetime) -> Refused:
    """Who did what since: a stale page learns it from here, also of `by` themselves."""
    if last.kind in ANSWERS and (handoff.answer or handoff.closed_at):
        return rights.already_answered(handoff, to=by, at=at)
    patterns = {
        "undone": _("%(who)s has undone this %(when)s."),
        "claimed": _("%(who)s claimed this lead %(when)s."),
        "contacted": _("%(who)s wrote down a contact %(when)s."),
        "conversation": _("%(who)s wrote down a conversation %(when)s."),
        "message": _("%(who)s wrote in the thread %(when)s."),
        "put_off": _("%(who)s put this lead off %(when)s."),
        "paused": _("%(who)s put this lead off %(when)s."),
        "taken_up": _("%(who)s took this lead up again %(when)s."),
        "resumed": _("The pause ended %(when)s."),
        "assigned": _("The lead got another owner %(when)s."),
        "taken_back": _("The lead was taken back and offered to others %(when)s."),
        "breached": _("The deadline passed %(when)s."),
    }
    if last.by_id == by.pk:
        patterns |= {
            "undone": _("You have undone this %(when)s."),
            "claimed": _("You claimed this lead %(when)s."),
            "contacted": _("You wrote down a contact %(when)s."),
            "conversation": _("You wrote down a conversation %(when)s."),
            "message": _("You wrote in the thread %(when)s."),
            "put_off": _("You put this lead off %(when)s."),
            "paused": _("You put this lead off %(when)s."),
            "taken_up": _("You took this lead up again %(when)s."),
        }
    pattern = patterns.get(last.kind, _("Something followed %(when)s."))
    terms_of = {"who": last.by or _("Baton"), "when": rights.when(last.at, at=at)}
    return Refused("followed", pattern % terms_of, _("Nothing was changed."), status=409)


def _close(handoff: Handoff, *, at: datetime) -> None:
    """A claim that is undone was a handoff all the same: it closes, withdrawn instead of
    accepted, so that those to whom it showed the lead see it no more (`visible_to`)."""
    clocks.stop(handoff, at=at, met=False)
    handoff.answer, handoff.closed_at = Handoff.Answer.WITHDRAWN, at
    handoff.save(update_fields=["answer", "closed_at"])


def _put_back(handoff: Handoff, step: HandoffEvent, *, by: User, at: datetime) -> None:
    before = step.data["before"]
    if step.kind == "accepted":
        _forget_answers(handoff, step, by=by, at=at)
    if step.kind == "contacted":
        touches.set_aside(Touch.objects.get(pk=step.data["touch"]), at=at)
    if step.kind == "returned":
        routing.take_turn_back(handoff)
    befores.restore(handoff, before)
    if handoff.due_at and handoff.breached_at is None and _is_breached(handoff):
        # The answer recorded the breach itself; undoing the answer does not undo that.
        handoff.breached_at = handoff.due_at
        handoff.save(update_fields=["breached_at"])


def _is_breached(handoff: Handoff) -> bool:
    """Whether it is recorded that this clock was late. Else that is left to the sweep."""
    breaches = handoff.steps.filter(kind="breached", at=handoff.due_at)
    return breaches.filter(data__clock=handoff.clock).exists()


def _moved(handoff: Handoff, was: Mapping[str, object]) -> dict[str, object]:
    """What to say of a clock whose deadline is another now (`was`: its terms before)."""
    now = clocks.terms(handoff) if handoff.due_at else {}
    if was.get("clock") != now.get("clock") or was == now:
        return {}
    return {"old": was["due_at"], "new": now["due_at"]}


def _unmet(handoff: Handoff, step: HandoffEvent) -> dict[str, object]:
    """What to say of a clock that the step had met: it has no verdict any more, and is late if
    its deadline passes, or has passed."""
    met = handoff.steps.filter(kind="clock_met", at=step.at, pk__lt=step.pk).last()
    return {"unmet": met.data["clock"]} if met else {}


class Worked(NamedTuple):
    """The working time of `calendar` that a clock took from a step until hours last changed."""

    calendar: Calendar
    until: datetime
    seconds: float


def _worked(handoff: Handoff, step: HandoffEvent) -> Worked | None:
    """Hours that are gone cannot be asked, but the clock that runs was running in them: what it
    has left tells what it took. None where hours did not move it, or it stands still."""
    changed = handoff.steps.filter(**HOURS_CHANGED, pk__gt=step.pk).last()
    if changed is None or handoff.paused_at or not handoff.due_at:
        return None
    calendar = calendars.of(handoff)
    left = calendars.hours(calendar).between(changed.at, handoff.due_at).total_seconds()
    had = step.data["before"].get("left", {}).get("due_at", 0)
    if handoff.clock_started_at == step.at:
        had = handoff.term_minutes * 60
    return Worked(calendar, changed.at, had - left)


def _replace(handoff: Handoff, step: HandoffEvent, worked: Worked | None, *, at: datetime) -> None:
    """Working hours may have changed since the step: then the deadline of before is none. Where
    the clock that ran since tells what was worked until then, it lies where it would had the step
    not been taken; else as if the hours of now had begun with the step."""
    left, since, ran_at = step.data["before"].get("left", {}), step.at, at
    if worked and worked.calendar == calendars.of(handoff):
        since, ran_at = worked.until, step.at
        left = {name: had - worked.seconds for name, had in left.items() if had > worked.seconds}
    said = clocks.replace(handoff, left, since=since, at=ran_at)
    if said:
        steps.record(handoff, "deadline_moved", at=at, data=said | {"cause": "calendar"})


def _forget_answers(handoff: Handoff, step: HandoffEvent, *, by: User, at: datetime) -> None:
    """The checklist of an acceptance that is none: nobody confirmed it, nobody said it."""
    said = ChecklistAnswer.objects.filter(handoff=handoff, checklist=terms.ACCEPTANCE)
    notes = list(said.exclude(value=None).values_list("value", flat=True))
    said.delete()
    Note.objects.filter(pk__in=notes).delete()
    retractions.retract(
        handoff.lead,
        source=checklists.SOURCE,
        said_by=step.by,
        said_at=step.at,
        by=by,
        at=at,
    )


def _give_lead_back(handoff: Handoff, step: HandoffEvent, *, by: User, at: datetime) -> None:
    """To whose it was, if it is still theirs who took the step, and to where it stood."""
    before, lead = step.data["before"], handoff.lead
    if step.kind in MOVING | {"assigned"} and lead.owner_id == step.by_id:
        owners.assign(lead, befores.lead_owner(before))
    if step.kind == "claimed" and not before.get("shown"):
        access.hide(lead, team=handoff.pool.team)
    if step.kind in MOVING and "entry" in before:
        moves.undone(lead, before, by=by, at=at)
