"""One clock on one locked row: it starts, is paused and goes on, moves, and stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from feedback import calendars, steps
from feedback.calendars import WorkingTime
from feedback.models import Calendar, Handoff
from scoring import promises
from scoring.promises import Step

FIELDS = (
    *("clock", "clock_started_at", "term_minutes", "due_at", "breached_at"),
    *("warn_at", "warned_at", "rests_until", "paused_at", "pauses"),
    *("escalations", "escalate_at"),
)
# What lies ahead while a clock runs.
AHEAD = ("due_at", "warn_at", "escalate_at")
TAKE_BACK = "take_back"


def start(handoff: Handoff, clock: str, *, at: datetime) -> None:
    """Let `clock` run from `at` on, if the agreement has such a clock: for as long as it says for
    a lead of whom this is known by now. The term, its warning and what follows a breach stay as
    they are from then on; the step names the condition that decided."""
    term = promises.term(handoff.version, clock, lead=handoff.lead, at=at)
    handoff.breached_at = handoff.warned_at = None
    handoff.pauses = handoff.escalations = 0
    if term is None:
        _clear(handoff)
        return
    handoff.clock = clock
    handoff.clock_started_at = at
    handoff.term_minutes = term.minutes
    hours, warn_after = WorkingTime(calendars.of(handoff)), term.warn_after
    handoff.due_at = hours.after(at, timedelta(minutes=term.minutes))
    handoff.warn_at = hours.after(at, timedelta(minutes=warn_after)) if warn_after else None
    handoff.escalate_at = next_escalation(handoff, hours)
    _save(handoff)
    said = terms(handoff) | ({"term": term.key} if term.key else {})
    steps.record(handoff, "clock_started", at=at, data=said)


def stop(handoff: Handoff, *, at: datetime, met: bool) -> None:
    """End the running clock, and the rest that its owner gave the handoff. Later than the deadline
    is a breach, recorded at its true moment unless a sweep was faster; in time is kept, if what
    was owed was done (`met`)."""
    wake_up(handoff, at=at)
    handoff.paused_at = None
    # Until when a returned lead rests is not marketing's to end by an answer.
    if handoff.clock != Handoff.Clock.ANSWER_RETURN:
        handoff.rests_until = None
    if handoff.due_at and handoff.breached_at is None and at > handoff.due_at:
        handoff.breached_at = handoff.due_at
        steps.record(handoff, "breached", at=handoff.due_at, data=terms(handoff))
    elif handoff.due_at and handoff.breached_at is None and met:
        steps.record(handoff, "clock_met", at=at, data=terms(handoff))
    _clear(handoff)


def may_pause(handoff: Handoff, *, at: datetime) -> int | None:
    """For how many days at most the clock may be paused at `at`; None: not, or not any more."""
    if not runs(handoff, at=at) or handoff.pauses:
        return None
    return promises.pause_days(handoff.version, handoff.clock)


def pause(handoff: Handoff, *, at: datetime, until: datetime) -> dict[str, str]:
    """Let the clock stand still until `until`; what is left of its time runs from then on. Returns
    what its step says. Once for each clock: `may_pause`."""
    handoff.rests_until, handoff.paused_at = until, at
    handoff.pauses += 1
    said = _rewrite(handoff, _from(calendars.of(handoff), at, until))
    _save(handoff)
    return said


def resume(handoff: Handoff, *, at: datetime) -> dict[str, str]:
    """Let a paused clock go on before its pause is over: what is left of its time runs from `at`.
    Returns what its step says."""
    until = handoff.rests_until
    handoff.rests_until = handoff.paused_at = None
    said = _rewrite(handoff, _from(calendars.of(handoff), until, at))
    _save(handoff)
    return said


def wake_up(handoff: Handoff, *, at: datetime) -> bool:
    """End a pause that is over by `at`, at its true moment. Its clock has stood on the right
    deadline since it was paused. False where there is no such pause. Leaves the row to be saved.
    """
    if handoff.paused_at is None or handoff.rests_until > at:
        return False
    due = handoff.due_at.isoformat()
    said = {"clock": handoff.clock, "old": due, "new": due}
    steps.record(handoff, "resumed", at=handoff.rests_until, data=said)
    handoff.paused_at = handoff.rests_until = None
    return True


def moved(handoff: Handoff, *, at: datetime, was: Calendar | None = None) -> None:
    """The handoff has another owner, whose hours may be others than those of before (`was`; None:
    it was nobody's, and in the pool's hours). What was worked stays worked, the rest of the time
    runs in the new hours. What is over stays over."""
    old, new = was or handoff.pool.calendar, calendars.of(handoff)
    if old.pk == new.pk:
        return
    hours = WorkingTime(old), WorkingTime(new)
    said = carry_over(handoff, *hours, at=at)
    if said is not None:
        _save(handoff)
    if said:
        steps.record(handoff, "deadline_moved", at=at, data=said | {"cause": "transfer"})


def carry_over(
    handoff: Handoff, old: WorkingTime, new: WorkingTime, *, at: datetime
) -> dict[str, str] | None:
    """Let the rest of the running time pass in `new` hours instead of `old`. Returns what the step
    says of it, nothing where only its warning moves, or what follows a breach; None where no clock
    runs or all of it stays. Leaves the row to be saved."""
    if not runs(handoff, at=at) or old == new:
        return None
    since, before = _since(handoff, at), _ahead(handoff)
    said = _rewrite(handoff, lambda moment: new.after(since, old.between(since, moment)))
    if _ahead(handoff) == before:
        return None
    return said if said["old"] != said["new"] else {}


def left(handoff: Handoff, *, at: datetime) -> dict[str, float]:
    """The seconds of working time from `at`, or from the end of a pause, to the deadline of the
    running clock and to what depends on it; to be kept for `replace`."""
    if not runs(handoff, at=at):
        return {}
    since, hours = _since(handoff, at), calendars.hours(calendars.of(handoff))
    return {
        name: hours.between(since, moment).total_seconds()
        for name, moment in _ahead(handoff).items()
        if moment and moment > since
    }


def replace(
    handoff: Handoff, seconds: Mapping[str, float], *, since: datetime, at: datetime
) -> dict[str, str] | None:
    """Put a clock that was put back to how it stood at `since`, with so much time `left`, where it
    ends in the hours of now; nobody is late by that alone. Returns what the step says of it,
    nothing where the deadline itself stays; None where working time is what it was."""
    if not runs(handoff, at=at) or "due_at" not in seconds:
        return None
    since, hours = _since(handoff, since), WorkingTime(calendars.of(handoff))
    before, spans = _ahead(handoff), {k: timedelta(seconds=value) for k, value in seconds.items()}
    others = {
        name: hours.after(since, span)
        for name, span in spans.items()
        if before[name] and hours.between(since, before[name]) != span
    }
    old, new = before["due_at"], others.get("due_at", before["due_at"])
    if not others or new < at:
        return None
    for name, moment in others.items():
        setattr(handoff, name, moment)
    _save(handoff)
    if old == new:
        return {}
    return {"clock": str(handoff.clock), "old": old.isoformat(), "new": new.isoformat()}


def runs(handoff: Handoff, *, at: datetime) -> bool:
    """Is there a clock whose deadline is still ahead at `at`?"""
    return handoff.due_at is not None and handoff.breached_at is None and at <= handoff.due_at


def ladder(handoff: Handoff) -> list[Step]:
    """What follows a breach of the running clock, in order: the handoff is taken back at once, if
    so agreed, and others are told."""
    version, clock = handoff.version, handoff.clock
    taken = promises.takes_back(version, clock) and clock == Handoff.Clock.ANSWER
    return [Step(0, TAKE_BACK)] * taken + promises.chain(version, clock)


def climb(handoff: Handoff) -> Step:
    """Take the step of the ladder that is due, and see when the next one is. Leaves the rest of it
    to whoever asked."""
    step = ladder(handoff)[handoff.escalations]
    handoff.escalations += 1
    handoff.escalate_at = next_escalation(handoff, WorkingTime(calendars.of(handoff)))
    _save(handoff)
    return step


def next_escalation(handoff: Handoff, hours: WorkingTime) -> datetime | None:
    """When the next step of the ladder is due, if the clock still runs by then."""
    left = ladder(handoff)[handoff.escalations :]
    return hours.after(handoff.due_at, timedelta(minutes=left[0].minutes)) if left else None


def terms(handoff: Handoff) -> dict[str, str | int | None]:
    return {
        "clock": handoff.clock,
        "due_at": handoff.due_at.isoformat(),
        "term_minutes": handoff.term_minutes,
    }


def _since(handoff: Handoff, at: datetime) -> datetime:
    """From when on the clock runs: a pause comes first."""
    return max(at, handoff.rests_until) if handoff.paused_at else at


def _from(calendar: Calendar, before: datetime, after: datetime) -> Callable[[datetime], datetime]:
    """Moments seen from `before`, as far away in working time from `after`."""
    hours = WorkingTime(calendar)
    return lambda moment: hours.after(after, hours.between(before, moment))


def _ahead(handoff: Handoff) -> dict[str, datetime | None]:
    return {name: getattr(handoff, name) for name in AHEAD}


def _rewrite(handoff: Handoff, place: Callable[[datetime], datetime]) -> dict[str, str]:
    """Put the deadline, and what depends on it, elsewhere. A warning that was sent stays sent."""
    old = handoff.due_at
    handoff.due_at = place(old)
    if handoff.warn_at and handoff.warned_at is None:
        handoff.warn_at = place(handoff.warn_at)
    if handoff.escalate_at:
        handoff.escalate_at = place(handoff.escalate_at)
    moments = {"old": old.isoformat(), "new": handoff.due_at.isoformat()}
    return {"clock": str(handoff.clock)} | moments


def _clear(handoff: Handoff) -> None:
    handoff.clock, handoff.clock_started_at = "", None
    handoff.term_minutes, handoff.due_at = None, None
    handoff.warn_at = handoff.warned_at = None
    handoff.escalate_at = None
    _save(handoff)


def _save(handoff: Handoff) -> None:
    handoff.save(update_fields=FIELDS)
