"""The same again: a button that is pressed twice does its work once, and the second time finds it
done. What was done since by others, or differently, is not the same."""

from __future__ import annotations

from leads.models import Event, User
from scoring.agreements import drafts
from scoring.models import AgreementVersion

Status = AgreementVersion.Status


def proposed(version: AgreementVersion, *, by: User, sha256: str) -> bool:
    """Is the version proposed, by this person, with this text?"""
    now = _now(version)
    said = (now.status, now.proposed_by_id, now.sha256)
    return said == (Status.PROPOSED, by.pk, sha256)


def signed(version: AgreementVersion, *, by: User, sha256: str, reservation: str) -> bool:
    """Does this person's signature on this text, with this reservation or none, count?"""
    now = _now(version)
    if now.status not in (Status.PROPOSED, Status.AGREED, Status.IN_FORCE):
        return False
    said = (by.pk, sha256, " ".join(reservation.split()))
    return said in {(s.user_id, s.sha256, s.reservation) for s in drafts.counting(now)}


def withdrawn(version: AgreementVersion, *, by: User) -> bool:
    """Did this person withdraw the version? The event of it says so."""
    if _now(version).status != Status.WITHDRAWN:
        return False
    told = Event.objects.filter(kind="agreement.withdrawn", lead=None, actor=by)
    return told.filter(at__gte=version.created_at, data__version=version.pk).exists()


def _now(version: AgreementVersion) -> AgreementVersion:
    return AgreementVersion.objects.get(pk=version.pk)
