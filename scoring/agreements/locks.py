"""Who is writing which section of the open version, and what they have not saved yet.

The single writer of `SectionLock`. One person at a time writes a section: whoever opens its form
first, until they save, cancel or fall silent, or until somebody takes it over. What stood in a
form is kept for the person who wrote it, whoever writes the section now.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.models import Event, Side, User
from leads.refusals import Refused
from scoring.agreements import words
from scoring.agreements.sections import section_sha256
from scoring.models import AgreementVersion, SectionLock

Status = AgreementVersion.Status

# A page gives a sign of life three times in this time. After it, whoever opens the form has it.
ALIVE = timedelta(seconds=90)


class Unsaved(Refused):
    """Somebody has input that would be no part of what is proposed, signed or laid aside: `seats`,
    all such. Whoever is told (`asked`, where it is known) may go on all the same: the next draft
    offers it again."""

    def __init__(self, seats: list[SectionLock], *, asked: User | None = None) -> None:
        self.seats = seats
        if asked and {each.user_id for each in seats} == {asked.pk}:
            message = _("You have input in the draft that is not saved yet.")
            remedy = _("Save it first, or go on without it: it is kept for you.")
        else:
            message = self._who()
            remedy = _("Ask them to save it first, or go on without it: it is kept for them.")
        super().__init__("unsaved_input", message, remedy, status=409)

    def _who(self) -> str:
        names = list(dict.fromkeys(str(each.user) for each in self.seats))
        message = ngettext(
            "%(names)s has input in the draft that is not saved yet.",
            "%(names)s have input in the draft that is not saved yet.",
            len(names),
        )
        return message % {"names": get_text_list(names, _("and"))}


def take(version: AgreementVersion, section: str, *, by: User, at: datetime) -> SectionLock | None:
    """Write this section from now on; None while somebody else is writing it."""
    with transaction.atomic():
        _one_at_a_time(version)
        other = writer(version, section, at=at)
        return None if other and other.user_id != by.pk else _seat(version, section, by, at)


def take_over(
    version: AgreementVersion, section: str, *, of: int, by: User, at: datetime
) -> SectionLock:
    """Write this section instead of the person (by id) who is writing it. What they have not
    saved is kept for them. Raises Refused `taken_meanwhile` (409) where it is somebody else by
    now."""
    with transaction.atomic():
        _one_at_a_time(version)
        other = writer(version, section, at=at)
        if other and other.user_id not in (of, by.pk):
            raise Refused(
                "taken_meanwhile", _writes(other), _("Ask them, or look again."), status=409
            )
        return _seat(version, section, by, at)


def keep(
    version: AgreementVersion,
    section: str,
    *,
    by: User,
    at: datetime,
    input: str,
    sha256: str,
    seen: str = "",
    says: str = "",
) -> bool:
    """A sign of life, sent at `at`: `input` stands in this person's form, made on the text with
    this hash; empty where they changed nothing. It is kept in any case; False: this person does
    not write the section now.

    The text may have been saved meanwhile. `seen` is the hash of the text, or the section, that
    the page shows: an older one takes nothing. `says` is the hash of the section as the input has
    it: what is saved is kept no more, and neither is what somebody sent before they saved this
    section. Nobody writes a version that was signed or withdrawn meanwhile: the next draft offers
    the input (see `carry_over`).
    """
    with transaction.atomic():
        now = _one_at_a_time(version)
        if at < now.edited_at and _saved_since(now, section, by, at):
            return True
        text = section_sha256(now.body, section)
        input = "" if says == text else input
        held = _writes_on(now, section, by, at, is_new=seen in ("", text, now.sha256))
        said = {"seen_at": at, "input": input, "sha256": sha256 if input else ""}
        if held or input:
            SectionLock.objects.update_or_create(
                version=version,
                section=section,
                user=by,
                defaults=said,
                create_defaults=said | {"held": False, "since": at},
            )
    return held


def carry_over(version: AgreementVersion) -> None:
    """What people typed into the versions before this draft and never saved is offered in it, as
    far as they still write the agreement. Call it once, while nobody has a place at it yet."""
    before = SectionLock.objects.exclude(version=version)
    writes = {"user__is_active": True, "user__team__side__in": (Side.MARKETING, Side.SALES)}
    waiting = before.filter(**writes).exclude(input="").order_by("seen_at")
    latest = {(each.section, each.user_id): each.pk for each in waiting}
    before.filter(pk__in=latest.values()).update(version=version, held=False)
    before.delete()


def leave(version: AgreementVersion, section: str, *, by: User) -> None:
    """The page was closed: others may write. What was not saved is kept."""
    mine = version.locks.filter(section=section, user=by)
    mine.filter(input="").delete()
    mine.update(held=False)


def release(version: AgreementVersion, section: str, *, by: User) -> None:
    """This person has saved, or does not want what they wrote."""
    version.locks.filter(section=section, user=by).delete()


def mine(version: AgreementVersion, section: str, by: User) -> SectionLock | None:
    """This person's place at the section."""
    return version.locks.filter(section=section, user=by).first()


def writer(version: AgreementVersion, section: str, *, at: datetime) -> SectionLock | None:
    """Who is writing the section, if anybody is and still gives signs of life."""
    held = version.locks.filter(section=section, held=True, seen_at__gt=at - ALIVE)
    return held.select_related("user").first()


def holders(version: AgreementVersion, *, at: datetime) -> dict[str, SectionLock]:
    """Who is writing, by section."""
    return {each.section: each for each in seats(version) if each.held and lives(each, at=at)}


def unsaved(version: AgreementVersion) -> list[SectionLock]:
    """Everybody's input that is not saved yet, by section, in the order in which it came."""
    return [each for each in seats(version) if each.input]


def place(lock: SectionLock) -> str:
    """The name of a person's place at a section: "clocks:12"."""
    return f"{lock.section}:{lock.user_id}"


def refuse_unsaved(version: AgreementVersion, *, despite: Collection[str] = ()) -> None:
    """Raises Unsaved `unsaved_input` (409) where somebody has input that is not saved, unless it
    is all at places (see `place`) `despite` which one goes on, whatever was typed there since."""
    found = unsaved(version)
    if not {place(each) for each in found} <= set(despite):
        raise Unsaved(found)


def seats(version: AgreementVersion) -> list[SectionLock]:
    """Everybody's place at the sections of a version. One query."""
    return list(version.locks.select_related("user").order_by("section", "pk"))


def lives(lock: SectionLock, *, at: datetime) -> bool:
    """Does the page of this person still give signs of life?"""
    return lock.seen_at > at - ALIVE


def refuse_taken(version: AgreementVersion, section: str, *, by: User, at: datetime) -> None:
    """Raises Refused `section_locked` (409) while somebody else is writing the section."""
    other = writer(version, section, at=at)
    if other and other.user_id != by.pk:
        raise Refused(
            "section_locked",
            _writes(other),
            _("Nothing of yours is lost: it is kept for you. Ask them, or take the section over."),
            status=409,
        )


def _one_at_a_time(version: AgreementVersion) -> AgreementVersion:
    """Of two who take a section, the second sees the first. The version as it is now."""
    return AgreementVersion.objects.select_for_update(no_key=True).get(pk=version.pk)


def _saved_since(version: AgreementVersion, section: str, by: User, at: datetime) -> bool:
    """Has this person saved the section after `at`? The event of it says so. (Of no lead, since
    then: by the index on lead and time.)"""
    said = {"data__version": version.pk, "data__section": section}
    edits = Event.objects.filter(kind="agreement.edited", lead=None, at__gt=at, actor=by, **said)
    return edits.exists()


def _writes_on(
    now: AgreementVersion, section: str, by: User, at: datetime, *, is_new: bool
) -> bool:
    """Does this person write the section of the version as it is `now`? Who shows the text as it
    is (`is_new`) takes it where it is free."""
    if now.status not in (Status.DRAFT, Status.PROPOSED):
        return False
    if is_new:
        return take(now, section, by=by, at=at) is not None
    other = writer(now, section, at=at)
    return other is not None and other.user_id == by.pk


def _seat(version: AgreementVersion, section: str, by: User, at: datetime) -> SectionLock:
    others = version.locks.filter(section=section, held=True).exclude(user=by)
    others.filter(input="").delete()
    others.update(held=False)
    lock, is_new = version.locks.get_or_create(
        section=section, user=by, defaults={"since": at, "seen_at": at}
    )
    if not is_new:
        was_away = not lock.held or lock.seen_at <= at - ALIVE
        lock.held, lock.seen_at, lock.since = True, at, at if was_away else lock.since
        lock.save(update_fields=["held", "seen_at", "since"])
    return lock


def _writes(other: SectionLock) -> str:
    said = {"name": other.user, "time": words.moment(other.since)}
    return _("%(name)s is writing this section since %(time)s.") % said
