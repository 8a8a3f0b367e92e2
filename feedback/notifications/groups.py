"""What happened together is told together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import ngettext

from feedback import rooms
from feedback.notifications.sentences import Telling
from feedback.notifications.wishes import SOLVED_OFTEN, TOGETHER
from leads.models import Side, User

NIGHT = timedelta(hours=16)
# What many events of a kind have in common; kinds without such a sentence are told one by one.
_TOGETHER: dict[str, Callable[[int], str]] = {
    "handoff.offered": lambda n: ngettext(
        "%(n)s lead waits for an answer.", "%(n)s leads wait for an answer.", n
    ),
    "handoff.assigned": lambda n: ngettext(
        "%(n)s lead is now yours to answer.", "%(n)s leads are now yours to answer.", n
    ),
    "handoff.alert": lambda n: ngettext(
        "%(n)s lead asks for somebody now.", "%(n)s leads ask for somebody now.", n
    ),
    "handoff.unassigned": lambda n: ngettext(
        "Nobody can take %(n)s lead now.", "Nobody can take %(n)s leads now.", n
    ),
    "handoff.taken_back": lambda n: ngettext(
        "%(n)s lead was offered to others: the time to answer was over.",
        "%(n)s leads were offered to others: the time to answer was over.",
        n,
    ),
    "handoff.returned": lambda n: ngettext(
        "%(n)s lead was returned.", "%(n)s leads were returned.", n
    ),
    "handoff.replied": lambda n: ngettext(
        "%(n)s message about your leads.", "%(n)s messages about your leads.", n
    ),
    "handoff.claimed": lambda n: ngettext(
        "%(n)s lead was taken below the bar.", "%(n)s leads were taken below the bar.", n
    ),
    "clock.warning": lambda n: ngettext(
        "The time is nearly up for %(n)s lead.", "The time is nearly up for %(n)s leads.", n
    ),
    "clock.breached": lambda n: ngettext(
        "A deadline passed for %(n)s lead.", "Deadlines passed for %(n)s leads.", n
    ),
    "clock.escalated": lambda n: ngettext(
        "%(n)s lead still waits, long after the deadline.",
        "%(n)s leads still wait, long after the deadlines.",
        n,
    ),
    "mail.unsure": lambda n: ngettext(
        "%(n)s mail may not have arrived.", "%(n)s mails may not have arrived.", n
    ),
    "mail.failed": lambda n: ngettext(
        "%(n)s mail could not be sent.", "%(n)s mails could not be sent.", n
    ),
}


@dataclass(frozen=True)
class Group:
    """One or several tellings, newest first, in one sentence that leads to one page."""

    tellings: list[Telling]
    text: str
    url: str

    @property
    def newest(self) -> Telling:
        return self.tellings[0]

    @property
    def rows(self) -> list[int]:
        return [telling.row for telling in self.tellings]

    @property
    def at(self) -> datetime:
        return self.newest.at

    @property
    def read(self) -> bool:
        return self.newest.read


def fold(told: Iterable[Telling], user: User) -> list[Group]:
    """Tellings (newest first) of one kind that came within a minute become one, what was read apart
    from what was not; it stands where its newest stood. What solves itself in the morning is one
    for a whole night."""
    found: list[list[Telling]] = []
    latest: dict[tuple[str, bool], list[Telling]] = {}
    for telling in told:
        key = (telling.kind, telling.read)
        group = latest.get(key)
        if telling.settled or telling.kind not in _TOGETHER:
            found.append([telling])
            continue
        together = NIGHT if telling.kind in SOLVED_OFTEN else TOGETHER
        if group is None or group[0].at - telling.at > together:
            group = latest[key] = []
            found.append(group)
        group.append(telling)
    return [_group(each, user) for each in found]


def by_kind(told: Iterable[Telling], user: User) -> list[Group]:
    """All tellings, one group a kind, in the order in which the kinds come; what has no sentence
    for many stands alone."""
    kinds: dict[object, list[Telling]] = {}
    for telling in told:
        key = telling.kind if telling.kind in _TOGETHER else telling.row
        kinds.setdefault(key, []).append(telling)
    return [_group(each, user) for each in kinds.values()]


def _group(told: list[Telling], user: User) -> Group:
    if len(told) == 1:
        return Group(told, told[0].text, told[0].url)
    n = len(told)
    return Group(told, _TOGETHER[told[0].kind](n) % {"n": n}, _page(told[0].kind, user))


def _page(kind: str, user: User) -> str:
    """Where all of them are found."""
    if kind.startswith("mail."):
        return reverse("notifications") + "#mails"
    if rooms.has_inbox(user) and user.side != Side.MARKETING and kind != "handoff.returned":
        return reverse("inbox")
    return reverse("returns" if rooms.has_returns(user) else "notifications")
