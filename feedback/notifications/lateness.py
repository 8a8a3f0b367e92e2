"""What is said of a clock: who owes what to whom, and by when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from feedback.models import Handoff
from leads.models import Event, User

Clock = Handoff.Clock
BREACHES = frozenset({"clock.breached", "clock.escalated"})


def by_when(moment: datetime, *, at: datetime) -> str:
    """“13:00” on the day of `at`, else “2 Mar, 13:00”."""
    local = localtime(moment)
    same_day = local.date() == localtime(at).date()
    return date_format(local, "TIME_FORMAT" if same_day else "SHORT_DATETIME_FORMAT")


def due_at(event: Event, handoff: Handoff | None) -> datetime | None:
    """When it was due: what the event says, or the clock that it is about, while it runs."""
    if said := event.data.get("due_at"):
        return datetime.fromisoformat(said)
    return handoff.due_at if handoff and runs(event, handoff) else None


def runs(event: Event, handoff: Handoff) -> bool:
    """Whether what the event says was due still is owed, and by then."""
    said = event.data.get("due_at")
    same = said is None or handoff.due_at == datetime.fromisoformat(said)
    return same and handoff.due_at is not None and handoff.clock == event.data.get("clock")


def pattern(event: Event, handoff: Handoff, reader: User, *, at: datetime) -> str:
    """The sentence about a breach or a warning, in the active language, with places for `lead`,
    `owner`, `due` and `clock`. Empty where nothing better is known than that it happened."""
    due = due_at(event, handoff)
    if due is None:
        return ""
    if event.kind == "clock.warning":
        return "" if at <= due else _("The time for %(lead)s is up: %(clock)s was due %(due)s.")
    if event.kind not in BREACHES:
        return ""
    clock = event.data["clock"]
    said = _owed(clock, handoff, reader) if runs(event, handoff) else _WAS_LATE[clock]()
    if event.kind == "clock.escalated" and said:
        return _("Long after the deadline: %(sentence)s").replace("%(sentence)s", said)
    return said


def _owed(clock: str, handoff: Handoff, reader: User) -> str:
    if clock == Clock.ANSWER_RETURN:
        return _("Marketing has not answered the return of %(lead)s, due %(due)s.")
    if handoff.owner_id is None:
        unanswered = _("Nobody has answered %(lead)s yet, due %(due)s.")
        return unanswered if clock == Clock.ANSWER else ""
    return (_YOU_OWE if handoff.owner_id == reader.pk else _THEY_OWE)[clock]()


_Patterns = dict[str, Callable[[], str]]
_THEY_OWE: _Patterns = {
    Clock.ANSWER: lambda: _("%(owner)s has not answered %(lead)s, due %(due)s."),
    Clock.FIRST_CONTACT: lambda: _("%(owner)s has not been in touch with %(lead)s, due %(due)s."),
    Clock.QUALIFY: lambda: _("%(owner)s has neither qualified nor returned %(lead)s, due %(due)s."),
}
_YOU_OWE: _Patterns = {
    Clock.ANSWER: lambda: _("You have not answered %(lead)s, due %(due)s."),
    Clock.FIRST_CONTACT: lambda: _("You have not been in touch with %(lead)s, due %(due)s."),
    Clock.QUALIFY: lambda: _("You have neither qualified nor returned %(lead)s, due %(due)s."),
}
# Of what has been done since nobody is named: it may have been another's at that time.
_WAS_LATE: _Patterns = {
    Clock.ANSWER: lambda: _("Nobody had answered %(lead)s by %(due)s."),
    Clock.FIRST_CONTACT: lambda: _("Nobody had been in touch with %(lead)s by %(due)s."),
    Clock.QUALIFY: lambda: _("Nobody had qualified or returned %(lead)s by %(due)s."),
    Clock.ANSWER_RETURN: lambda: _("The return of %(lead)s had no answer by %(due)s."),
}
