"""How far the setup is, read from the rows it left."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from feedback.models import Pool
from feedback.setups.beginnings import SIDES, signatory
from leads.models import Event, Team, User
from scoring import agreements
from scoring.models import AgreementVersion

Status = AgreementVersion.Status
STEPS = ("you", "teams", "hours", "template", "numbers", "invitation", "signature")


@dataclass(frozen=True)
class Progress:
    """The steps that are done, the one to do next, and the version that is on its way."""

    done: frozenset[str]
    version: AgreementVersion | None
    other: User | None

    @property
    def next(self) -> str:
        return next((step for step in STEPS if step not in self.done), STEPS[-1])

    def may_see(self, step: str) -> bool:
        """Steps that are done can be come back to; the next one can be taken."""
        return step in self.done or step == self.next


def is_open() -> bool:
    """Is there still something to set up here? Not in the demo, nor once an agreement ran."""
    return not settings.DEMO and not AgreementVersion.objects.exclude(in_force_at=None).exists()


def nobody_here() -> bool:
    """Does the installation wait for its first person?"""
    return not settings.DEMO and not User.objects.exists()


def may_continue(user: User) -> bool:
    """The person who began goes on: who administers and signs for a side."""
    begun = user.is_authenticated and user.is_superuser and bool(user.signs_for)
    return begun and is_open()


def took_part(user: User) -> bool:
    """Is the setup over, and did this person begin it, or sign what came of it?"""
    if settings.DEMO or not user.is_authenticated:
        return False
    ran = AgreementVersion.objects.exclude(in_force_at=None)
    first = ran.order_by("in_force_at").first()
    if first is None:
        return False
    begun = Event.objects.filter(kind="setup.begun", actor=user).exists()
    return begun or first.signatures.filter(user=user).exists()


def progress(user: User) -> Progress:
    version = agreements.unsettled()
    other = signatory(next(side for side in SIDES if side != user.side))
    proposed = version is not None and version.status != Status.DRAFT
    done = {
        "you": True,
        "teams": Team.objects.filter(side__in=SIDES).values("side").distinct().count() == 2,
        "hours": Pool.objects.exists(),
        "template": version is not None,
        "numbers": proposed,
        "invitation": other is not None,
        "signature": proposed and _signed(user, version),
    }
    return Progress(frozenset(step for step, is_done in done.items() if is_done), version, other)


def _signed(user: User, version: AgreementVersion) -> bool:
    return any(each.side == user.signs_for for each in agreements.counting(version))
