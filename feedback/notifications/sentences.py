"""What a notification says, in the reader's language."""

from __future__ import annotations

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
    event = notification.event
    if event.kind.startswith("agreement."):
        return _of_agreement(event)
    who = str(event.actor) if event.actor else _("Baton")
    pattern = _PATTERNS.get(event.kind, lambda: "%(lead)s")()
    words = {"lead": event.lead or _("a lead"), "who": who}
    words |= {"clock": _clock(event), "reason": _reason(event)}
    return Sentence(pattern % words, reverse("handoff", args=[event.data["handoff"]]))


_PATTERNS = {
    "handoff.offered": lambda: _("%(lead)s waits for your answer."),
    "handoff.assigned": lambda: _("%(lead)s is now yours to answer."),
    "handoff.returned": lambda: _("%(who)s returned %(lead)s: %(reason)s."),
    "handoff.replied": lambda: _("%(who)s wrote about %(lead)s."),
    "clock.breached": lambda: _("A deadline passed for %(lead)s: %(clock)s."),
}


def _of_agreement(event: Event) -> Sentence:
    version = AgreementVersion.objects.get(pk=event.data["version"])
    if event.kind == "agreement.in_force":
        pattern = _("Agreement %(number)s is in force.")
    else:
        pattern = _("Agreement %(number)s waits for signatures.")
    url = reverse("agreement_version", args=[version.pk])
    return Sentence(pattern % {"number": version.number}, url)


def _clock(event: Event) -> str:
    names = dict(Handoff.Clock.choices)
    return str(names.get(event.data.get("clock", ""), ""))


def _reason(event: Event) -> str:
    found = Reason.objects.filter(key=event.data.get("reason", "")).first()
    return str(found) if found else ""
