"""Who is told of what happens to a version on its way to being signed, and after."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from leads.models import Event, Side, User
from scoring.models import AgreementVersion, Comment

SIDES = (Side.MARKETING, Side.SALES)


def signatories(event: Event) -> QuerySet[User]:
    """Who signs for marketing and for sales."""
    return _active().filter(_signs(SIDES))


def reminded(event: Event) -> QuerySet[User]:
    """Who signs for the sides that have not answered."""
    return _active().filter(_signs(event.data["sides"]))


def negotiators(event: Event) -> QuerySet[User]:
    """Who signs, and who opened, edited last or proposed the version."""
    return _active().filter(_signs(SIDES) | Q(pk__in=_authors(event)))


def deciders(event: Event) -> QuerySet[User]:
    """Who signs, and those who run the operation."""
    return _active().filter(_signs(SIDES) | Q(team__side=Side.OPERATIONS))


def talkers(event: Event) -> Iterable[User]:
    """Who negotiates the version, and who has said something in the thread."""
    said = Q(pk__in=_said(event.data["thread"]))
    return _active().filter(_signs(SIDES) | Q(pk__in=_authors(event)) | said)


def _active() -> QuerySet[User]:
    return User.objects.filter(is_active=True)


def _signs(sides: Iterable[str]) -> Q:
    return Q(leads_team=True, team__side__in=list(sides))


def _authors(event: Event) -> set[int]:
    version = AgreementVersion.objects.filter(pk=event.data["version"])
    authors = version.values_list("created_by", "edited_by", "proposed_by")
    return {each for row in authors for each in row if each}


def _said(thread: int) -> QuerySet[Comment]:
    return Comment.objects.filter(thread=thread).values("by")
