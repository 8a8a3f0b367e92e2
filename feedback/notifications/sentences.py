"""What a notification says, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
    [said] = sentences([notification])
    return said


def sentences(notifications: Iterable[Notification]) -> list[Sentence]:
    """What each of them says. Two queries for all."""
    events = [notification.event for notification in notifications]
    numbers = AgreementVersion.objects.filter(pk__in=_named(events, "version"))
    labels = Reason.objects.filter(key__in=_named(events, "reason"))
    words = _Words(
        dict(numbers.values_list("pk", "number")) if events else {},
        dict(labels.values_list("key", "label")) if events else {},
    )
    return [words.of(event) for event in events]


def _named(events: list[Event], what: str) -> set[int | str]:
    return {event.data[what] for event in events if event.data.get(what)}


@dataclass(frozen=True)
class _Words:
    numbers: dict[int, int]
    reasons: dict[str, str]

    def of(self, event: Event) -> Sentence:
        values = {
            "lead": event.lead or _("a lead"),
            "who": event.actor or "Baton",
            "due": _due(event),
            "clock": dict(Handoff.Clock.choices).get(event.data.get("clock"), ""),
            "reason": self.reasons.get(event.data.get("reason"), ""),
            "number": self.numbers.get(event.data.get("version"), ""),
            "when": _moment(event.data.get("takes_effect_at", "")),
            "leads": _of_yours(event.data.get("number", 0)),
        }
        return Sentence(_PATTERNS[event.kind]() % values, _url(event))


_PATTERNS: dict[str, Callable[[], str]] = {
    "handoff.offered": lambda: _("%(lead)s waits for an answer."),
    "handoff.assigned": lambda: _("%(lead)s is now yours to answer."),
    "handoff.returned": lambda: _("%(who)s returned %(lead)s: %(reason)s."),
    "handoff.replied": lambda: _("%(who)s wrote about %(lead)s."),
    "clock.breached": lambda: _("A deadline passed for %(lead)s: %(clock)s."),
    "clock.warning": lambda: _("The time is nearly up for %(lead)s: %(clock)s by %(due)s."),
    "agreement.proposed": lambda: _("Agreement %(number)s waits for signatures."),
    "agreement.commented": lambda: _("%(who)s wrote about agreement %(number)s."),
    "agreement.objected": lambda: _("%(who)s objects to agreement %(number)s."),
    "agreement.reminder": lambda: _(
        "Agreement %(number)s still waits for your signature, or for your objection."
    ),
    "agreement.agreed": lambda: _(
        "Both sides have signed agreement %(number)s. It takes effect on %(when)s."
    ),
    "agreement.postponed": lambda: _(
        "Agreement %(number)s takes effect later than planned, on %(when)s."
    ),
    "agreement.advanced": lambda: _(
        "Agreement %(number)s takes effect earlier than planned, on %(when)s."
    ),
    "agreement.stuck": lambda: _(
        "Agreement %(number)s could not take effect: something is in the way."
    ),
    "agreement.trial_over": lambda: _(
        "The trial of agreement %(number)s is over: keep it, change it, or go back?"
    ),
    "agreement.trial_reminder": lambda: _(
        "The trial of agreement %(number)s still waits for your answer: keep it, change it, or go "
        "back?"
    ),
    "agreement.trial_answered": lambda: _(
        "%(who)s says what is to become of agreement %(number)s after its trial."
    ),
    "agreement.in_force": lambda: _("Agreement %(number)s is in force."),
    "near_miss.question": lambda: _("%(who)s asks for what is missing about %(leads)s."),
    "calibration.opened": lambda: _("%(who)s asks both teams: is this a lead? Vote, alone."),
}


def _due(event: Event) -> str:
    """When an answer is due, in the reader's time zone; empty where none is."""
    due = event.data.get("due_at")
    return date_format(localtime(datetime.fromisoformat(due)), "DATETIME_FORMAT") if due else ""


def _of_yours(number: int) -> str:
    said = ngettext("one of your leads", "%(n)s of your leads", number)
    return said % {"n": number}


def _moment(value: str) -> str:
    if not value:
        return ""
    return date_format(localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")


def _url(event: Event) -> str:
    if "calibration" in event.data:
        return reverse("agreement_calibration", args=[event.data["code"]])
    if event.kind.startswith("agreement.trial_"):
        return reverse("agreement_trial", args=[event.data["version"]])
    if "thread" in event.data:
        page = reverse("agreement_version", args=[event.data["version"]])
        return f"{page}#thread-{event.data['thread']}"
    if "version" in event.data:
        return reverse("agreement_version", args=[event.data["version"]])
    if "group" in event.data:
        query = urlencode({"group": event.data["group"], "whose": "mine"})
        return f"{reverse('near_miss_leads')}?{query}"
    return reverse("handoff", args=[event.data["handoff"]])
