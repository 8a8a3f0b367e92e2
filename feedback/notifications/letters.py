"""What a mail says: one thing, or all that a person is to be told at that time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.models import Letter, Notification
from feedback.notifications import groups, wishes
from feedback.notifications.sentences import Telling, tellings
from leads.models import User

MOST_LINES = 20


@dataclass(frozen=True)
class Text:
    """Subject and body, in the language of who reads it."""

    subject: str
    body: str


def write(*, at: datetime, limit: int) -> int:
    """Put what is due at `at` into one letter for each person, of those who work now or asked for
    any hour; what may not go yet is planned anew. Returns how many letters were written."""
    due = Notification.objects.filter(mail_due=True, mail_at__lte=at)
    due.filter(user__is_active=False).update(mail_due=False)
    people = User.objects.filter(pk__in=due.order_by("mail_at").values("user"))[:limit]
    wished = wishes.of(people) if people else {}
    return sum(_write(person, wished[person.pk], at=at) for person in people)


@transaction.atomic
def _write(person: User, wish: wishes.Wish, *, at: datetime) -> bool:
    """Of two workers one writes: a row goes into one letter only. What comes within the next
    minute goes along."""
    soon = Notification.objects.filter(user=person, mail_due=True)
    soon = soon.filter(mail_at__lte=at + wishes.TOGETHER).select_related("event")
    going = []
    for row in soon:
        if wish.may_go(row.event.kind, at=at):
            going.append(row.pk)
        else:
            wishes.postpone(row, wish, at=at)
    if not going:
        return False
    letter = Letter.objects.create(user=person, created_at=at)
    mine = Notification.objects.filter(pk__in=going, mail_due=True)
    if not mine.update(mail_due=False, letter=letter):
        letter.delete()
        return False
    return True


def text(letter: Letter, *, at: datetime) -> Text | None:
    """What the letter says now. None, and the letter is gone or waits, if nothing of it is left to
    say, or it is not to go now."""
    needed = ("event__lead", "event__actor", "event__note")
    rows = list(letter.notifications.select_related(*needed).order_by("pk"))
    wish = wishes.of([letter.user])[letter.user_id]
    if not rows or wish.mode == wishes.Mode.NONE:
        return _drop(letter)
    kinds = {row.event.kind for row in rows}
    if not any(wish.may_go(kind, at=at) for kind in kinds):
        later = min(wish.moment(kind, at=at) or at for kind in kinds)
        Letter.objects.filter(pk=letter.pk, state=Letter.State.WAITING).update(retry_at=later)
        return None
    with translation.override(letter.user.language or settings.LANGUAGE_CODE):
        told = [each for each in tellings(rows, letter.user, at=at) if each.stands]
        told.sort(key=lambda each: each.kind not in wishes.URGENT)  # What cannot wait comes first.
        if not told:
            return _drop(letter)
        return _text(groups.by_kind(told, letter.user), letter.user)


def _drop(letter: Letter) -> None:
    Letter.objects.filter(pk=letter.pk, state=Letter.State.WAITING).delete()


def _text(told: list[groups.Group], reader: User) -> Text:
    parts = [
        _one(group.tellings[0]) if len(group.tellings) == 1 else _many(group) for group in told
    ]
    greeting = _("Hello %(name)s,") % {"name": reader.first_name or reader}
    return Text(_subject(told), "\n\n".join([greeting, *parts, _foot(reader)]) + "\n")


def _subject(told: list[groups.Group]) -> str:
    first, rest = " ".join(told[0].text.split()), sum(len(each.tellings) for each in told[1:])
    if not rest:
        return first
    more = ngettext("%(first)s And %(n)s more.", "%(first)s And %(n)s more.", rest)
    return more % {"first": first, "n": rest}


def _one(telling: Telling) -> str:
    return "\n".join(_lines(telling.text, telling))


def _many(group: groups.Group) -> str:
    lines = [group.text]
    for each in group.tellings[:MOST_LINES]:
        lines += [f"  {line}" for line in _lines(f"- {each.text}", each)]
    rest = len(group.tellings) - MOST_LINES
    if rest > 0:
        more = ngettext("And %(n)s more:", "And %(n)s more:", rest) % {"n": rest}
        lines.append(f"  {more} {settings.BATON_URL}{group.url}")
    return "\n".join(lines)


def _lines(text: str, telling: Telling) -> Iterable[str]:
    yield text
    if telling.why:
        yield _("Above all: %(reason)s.") % {"reason": telling.why.rstrip(".")}
    if telling.due:
        was = _("The answer was due %(due)s.") if telling.late else _("Answer by %(due)s.")
        yield was % {"due": telling.due}
    yield f"{settings.BATON_URL}{telling.url}"


def _foot(reader: User) -> str:
    """Why they get this, and where to choose otherwise; below the mark that mail programs know."""
    page = f"{settings.BATON_URL}{reverse('notification_preferences')}"
    choice = _("Choose when Baton writes to you, or that it does not: %(page)s") % {"page": page}
    return f"-- \n{_because(reader)}\n{choice}"


def _because(reader: User) -> str:
    if reader.team is None:
        return _("You get this because you administer Baton.")
    said = _("You get this because you work for %(team)s.")
    if reader.leads_team:
        said = _("You get this because you lead %(team)s.")
    return said % {"team": reader.team}
