"""A step of a handoff, in words for people."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.models import Handoff, HandoffEvent
from leads.models import Side
from scoring.models import StageEntry

OF_SALES = {"assigned", "unassigned", "hurried", "taken_back", "resumed"}
UNDONE = {
    "accepted": gettext_lazy("the acceptance"),
    "returned": gettext_lazy("the return"),
    "contacted": gettext_lazy("the contact"),
    "put_off": gettext_lazy("putting it off"),
    "paused": gettext_lazy("putting it off"),
    "assigned": gettext_lazy("taking it"),
    "claimed": gettext_lazy("the claim"),
}
TOLD_TO = {
    "lead": gettext_lazy("who leads the team"),
    "both_leads": gettext_lazy("who leads both teams"),
    "operations": gettext_lazy("operations"),
}


# Steps of which these words say all, before who did it, before a clock.
ALONE = {
    "unassigned": gettext_lazy("Nobody could take it"),
    "hurried": gettext_lazy("Into the speed lane"),
    "taken_back": gettext_lazy("Taken back, for others to answer"),
}
BY_SOMEBODY = {
    "claimed": gettext_lazy("Claimed by"),
    "accepted": gettext_lazy("Accepted by"),
    "qualified": gettext_lazy("Qualified by"),
    "taken_up": gettext_lazy("Taken up again by"),
    "message": gettext_lazy("Message from"),
}
OF_A_CLOCK = {
    "breached": gettext_lazy("Deadline passed"),
    "warned": gettext_lazy("Warned that the time is nearly up"),
}


def words(step: HandoffEvent, reasons: dict[str, str]) -> tuple[str, str, str]:
    """Text, the strong word, the aside."""
    kind, who = step.kind, str(step.by or "")
    if kind in ("taken_up", "resumed") and step.data.get("cause") == "transfer":
        return _("Taken up again, as it changes hands"), "", who
    if kind in ALONE:
        return str(ALONE[kind]), "", ""
    if kind in BY_SOMEBODY:
        return str(BY_SOMEBODY[kind]), who, ""
    if kind in OF_A_CLOCK:
        return str(OF_A_CLOCK[kind]), "", _clock(step)
    return _particular(step, reasons, who)


def _particular(step: HandoffEvent, reasons: dict[str, str], who: str) -> tuple[str, str, str]:
    """Of steps that say something of their own."""
    match step.kind:
        case "opened":
            terms = {"points": step.handoff.score, "number": step.version_number}
            aside = _("%(points)s points under agreement %(number)s") % terms
            return _("Handed over to"), step.handoff.pool.name, aside
        case "assigned":
            if step.by and not step.assigned_to:
                return _("Given back to the pool"), "", who
            return _("Assigned to"), step.assigned_to or _("nobody"), who
        case "returned":
            after = step.data.get("after_contact")
            text = _("Returned after contact:") if after else _("Returned at the door:")
            return text, _reason(step, reasons), who
        case "withdrawn":
            superseded = step.data.get("cause") == "superseded"
            agreement = str(StageEntry.Cause.AGREEMENT.label) if superseded else ""
            return _("Withdrawn"), "", who or agreement
        case "put_off" | "paused":
            return _("Put off until"), _moment(step.data["until"]), who
        case "resumed":
            return (_("Taken up again by"), who, "") if who else (_("The pause is over"), "", "")
        case "deadline_moved":
            return _("Deadline now"), _moment(step.data["new"]), _clock(step)
        case "escalated":
            return _("Told"), str(TOLD_TO.get(step.data["to"], "")), _clock(step)
        case "undone":
            return _("Undone:"), str(UNDONE.get(step.data["kind"], "")), who
    return step.kind, "", who


def side(step: HandoffEvent) -> str:
    """Whom a step that nobody took is about."""
    if clock := step.data.get("clock"):
        return Handoff.Clock(clock).side
    return Side.SALES if step.kind in OF_SALES else Side.MARKETING


def _reason(step: HandoffEvent, reasons: dict[str, str]) -> str:
    """As it was given then: the row forgets it when the return is undone."""
    key, now = step.data["reason"], step.handoff.reason
    return reasons.get(key) or (now.label if now and now.key == key else key)


def _moment(text: str) -> str:
    return date_format(localtime(datetime.fromisoformat(text)), "SHORT_DATETIME_FORMAT")


def _clock(step: HandoffEvent) -> str:
    names = dict(step.handoff.Clock.choices)
    return str(names.get(step.data.get("clock", ""), ""))
