"""How each person wishes to be told by mail, and when a mail may go.

At once: after a minute, so that what happens together is told together, and in the person's own
hours, unless they asked for any hour. Once a day: at the hour they chose, on days on which they
work. What cannot wait (`URGENT`) goes at once in either case, in their hours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.db import transaction

from feedback.models import Notification, NotificationPreference
from feedback.notifications import hours
from leads.models import User

Mode = NotificationPreference.Mode

URGENT = frozenset(
    {
        "clock.breached",
        "clock.breached_many",
        "clock.escalated",
        "clock.escalated_many",
        "clock.warning",
        "clock.warning_many",
        "handoff.alert",
        "handoff.taken_back",
        "handoff.unassigned",
    }
)
BY_MAIL = URGENT | {
    "agreement.advanced",
    "agreement.agreed",
    "agreement.objected",
    "agreement.postponed",
    "agreement.proposed",
    "agreement.reminder",
    "agreement.stuck",
    "agreement.trial_over",
    "agreement.trial_reminder",
    "calibration.opened",
    "delivery.failed",
    "handoff.assigned",
    "handoff.offered",
    "handoff.replied",
    "handoff.returned",
    "handoff.undone",
    "near_miss.question",
}
# Who comes on duty gets it: a minute later it may need nobody any more.
SOLVED_OFTEN = frozenset({"handoff.unassigned"})
TOGETHER = timedelta(minutes=1)
SETTLED = timedelta(minutes=2)  # In the morning what waited is given out first.
LATE = timedelta(hours=1)


@dataclass(frozen=True)
class Wish:
    """What one person wishes, and the hours they work in."""

    mode: str = Mode.IMMEDIATE
    digest_hour: int = 8
    any_hour: bool = False
    hours: hours.Hours = field(default_factory=hours.Hours)

    def moment(self, kind: str, *, at: datetime) -> datetime | None:
        """When a mail about an event of this kind may go, if it happened at `at`; None: never."""
        if self.mode == Mode.NONE or kind not in BY_MAIL:
            return None
        if self.mode == Mode.DIGEST and kind not in URGENT:
            return self._digest(at)
        alone = kind in URGENT and kind not in SOLVED_OFTEN
        soon = at if alone else at + TOGETHER
        opening = soon if self.any_hour else self.hours.opening(soon)
        return opening if opening == soon else opening + SETTLED

    def may_go(self, kind: str, *, at: datetime) -> bool:
        """Whether a mail that is due may go at `at`: a stopped worker, or an absence entered since,
        may have brought it out of the person's hours."""
        if self.any_hour or self.hours.is_open(at):
            return True
        if self.mode != Mode.DIGEST or kind in URGENT or not self.hours.works_on(_day(self, at)):
            return False
        chosen = datetime.combine(_day(self, at), time(self.digest_hour), self.hours.zone)
        return chosen <= at < chosen + LATE

    def _digest(self, at: datetime) -> datetime:
        """The next time the daily mail goes."""
        day = _day(self, at)
        for _turn in range(400):
            moment = datetime.combine(day, time(self.digest_hour), self.hours.zone)
            if moment > at and (self.any_hour or self.hours.works_on(day)):
                break
            day += timedelta(days=1)
        return moment


def _day(wish: Wish, at: datetime) -> datetime.date:
    return wish.hours.day(at)


def of(people: Iterable[User]) -> dict[int, Wish]:
    """The wish of each, by their ids."""
    people = list(people)
    rows = NotificationPreference.objects.filter(user__in=[person.pk for person in people])
    wished = {row.user_id: row for row in rows}
    return {
        pk: _wish(wished.get(pk) or NotificationPreference(), there)
        for pk, there in hours.of(people).items()
    }


def _wish(row: NotificationPreference, there: hours.Hours) -> Wish:
    return Wish(row.mode, row.digest_hour, row.any_hour, there)


@transaction.atomic
def choose(
    user: User, *, mode: str, digest_hour: int, any_hour: bool, at: datetime
) -> NotificationPreference:
    """From now on `user` is told like this; mails that still wait go by it too."""
    chosen = {"mode": mode, "digest_hour": digest_hour, "any_hour": any_hour}
    row, _new = NotificationPreference.objects.update_or_create(user=user, defaults=chosen)
    replan(user, at=at)
    return row


def replan(user: User, *, at: datetime) -> None:
    """Say anew when the mails that wait for `user` may go."""
    wish = of([user])[user.pk]
    rows = Notification.objects.filter(user=user, mail_due=True).select_related("event")
    for row in rows:
        postpone(row, wish, at=at)


def postpone(row: Notification, wish: Wish, *, at: datetime) -> None:
    """The mail about `row` goes when `wish` says, counted from `at`, if at all."""
    moment = wish.moment(row.event.kind, at=at)
    mine = Notification.objects.filter(pk=row.pk, mail_due=True)
    mine.update(mail_due=moment is not None, mail_at=moment)
