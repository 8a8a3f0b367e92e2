"""What a notification says, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from feedback.models import Handoff, Notification
from leads.models import Event
from scoring.models import AgreementVersion, Reason


@dataclass(frozen=True)
class Sentence:
    """One sentence and the path of the page it is about."""

    text: str
    url: str


def sentence(notification: Notification) -> Sentence:
    """What happened, in the active language. Load `event__lead` and `event__actor` with it."""
    return sentences([notification])[0]


def sentences(notifications: Sequence[Notification]) -> list[Sentence]:
    """As `sentence`, for many: the versions and reasons they name are read once."""
    events = [notification.event for notification in notifications]
    named = [event.data["version"] for event in events if event.kind.startswith("agreement.")]
    numbers = dict(AgreementVersion.objects.filter(pk__in=named).values_list("pk", "number"))
    keys = {event.data["reason"] for event in events if "reason" in event.data}
    reasons = dict(Reason.objects.filter(key__in=keys).values_list("key", "label"))
    return [_say(event, numbers, reasons) for event in events]


def _say(event: Event, numbers: dict[int, int], reasons: dict[str, str]) -> Sentence:
    if event.kind.startswith("agreement."):
        return _of_agreement(event, numbers[event.data["version"]])
    who = str(event.actor) if event.actor else _("Baton")
    pattern = _PATTERNS.get(event.kind, lambda: "%(lead)s")()
    words = {"lead": event.lead or _("a lead"), "who": who}
    words |= {"clock": _clock(event), "reason": reasons.get(event.data.get("reason"), "")}
    return Sentence(pattern % words, reverse("handoff", args=[event.data["handoff"]]))


_PATTERNS = {
    "handoff.offered": lambda: _("%(lead)s waits for your answer."),
    "handoff.assigned": lambda: _("%(lead)s is now yours to answer."),
    "handoff.returned": lambda: _("%(who)s returned %(lead)s: %(reason)s."),
    "handoff.replied": lambda: _("%(who)s wrote about %(lead)s."),
    "clock.breached": lambda: _("A deadline passed for %(lead)s: %(clock)s."),
}


def _of_agreement(event: Event, number: int) -> Sentence:
    if event.kind == "agreement.in_force":
        pattern = _("Agreement %(number)s is in force.")
    else:
        pattern = _("Agreement %(number)s waits for signatures.")
    url = reverse("agreement_version", args=[event.data["version"]])
    return Sentence(pattern % {"number": number}, url)


def _clock(event: Event) -> str:
    names = dict(Handoff.Clock.choices)
    return str(names.get(event.data.get("clock", ""), ""))
