"""When a version takes effect: at once, at a time it names, or when a freeze is over.

A version that waits is brought into force by a sweep; what keeps it from that is kept with it,
told once, and tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from leads import events
from leads.refusals import Refused
from scoring.agreements import drafts, freezes
from scoring.agreements.activation import bring_into_force, refuse_unfit
from scoring.checks import Problem
from scoring.documents import Body
from scoring.models import AgreementVersion, Freeze

Status = AgreementVersion.Status


@dataclass(frozen=True)
class Effect:
    """When a text signed now would take effect. `freeze` holds it up, if one does; `at_once` says
    that nothing does."""

    at: datetime
    at_once: bool
    freeze: Freeze | None = None

    @property
    def frozen_until(self) -> date | None:
        """The last day of the freeze."""
        return timezone.localdate(self.at) - freezes.DAY if self.freeze else None


def starts_at(body: Body) -> datetime | None:
    """The time the text names, in the local time of the installation."""
    starts = (body.get("effect") or {}).get("starts")
    return timezone.make_aware(datetime.fromisoformat(starts)) if starts else None


def effect(body: Body, *, at: datetime) -> Effect:
    """When `body` would take effect if both had signed at `at`. One query."""
    return _effect(max(at, starts_at(body) or at), at)


def past(body: Body, *, at: datetime, proposed: bool = False) -> list[Problem]:
    """What stands against proposing `body` at `at`, or, once it is `proposed`, against signing it:
    a time or a day it names that is over, or will be when a freeze is. Of what is proposed, a time
    that passes meanwhile means: at once."""
    found, starts = [], starts_at(body)
    if starts and starts <= at and not proposed:
        message = _("The time it takes effect lies in the past. Choose a later one.")
        found.append(Problem("effect.starts", message))
    until = (body.get("effect") or {}).get("trial_until")
    if until and (message := _over_before(date.fromisoformat(until), body, at)):
        found.append(Problem("effect.trial_until", message))
    return found


def refuse_past(body: Body, *, at: datetime, proposed: bool = False) -> None:
    """Raises Refused `in_the_past`, with its field, where something of `past` is found."""
    for problem in past(body, at=at, proposed=proposed):
        remedy = _("It stands in the section “When it takes effect”.")
        raise Refused("in_the_past", problem.message, remedy, field=problem.path)


def conclude(version: AgreementVersion, *, at: datetime) -> None:
    """Both have signed the locked `version`: it takes effect, or waits for its time."""
    planned = effect(version.body, at=at)
    if planned.at_once:
        bring_into_force(version, at=at)
        return
    refuse_unfit(version)
    version.status, version.takes_effect_at = Status.AGREED, planned.at
    version.save(update_fields=["status", "takes_effect_at"])
    _tell("agreement.agreed", version, at, takes_effect_at=planned.at.isoformat())


def take_effect(*, at: datetime | None = None) -> AgreementVersion | None:
    """Bring the version into force whose time has come by `at`, by default by the database's now.

    Returns it, or None: nothing waits, another worker has it in hand, its time has not come (where
    freezes were set or lifted meanwhile it is another time, which is told), or it cannot run, or
    its trial would be over before it begins (`problem` says why; it is tried again by the next
    call).
    """
    waiting = AgreementVersion.objects.filter(status=Status.AGREED)
    found = waiting.annotate(clock=Now()).first()
    if found is None:
        return None
    moment = at or found.clock
    try:
        return _take_effect(found, moment)
    except Refused as refusal:
        _keep_problem(found, refusal, moment)
        return None


def refuse_other_base(version: AgreementVersion) -> None:
    """Raises Refused `base_changed` (409) where another version came into force since this one
    was opened: both sides signed a change of a text that no longer runs."""
    running = drafts.in_force()
    if version.base_id != (running.pk if running else None):
        raise Refused(
            "base_changed",
            _("%(running)s came into force after %(version)s was opened, which changes another.")
            % {"running": running or _("Another version"), "version": version},
            _("Withdraw it and open a new draft: signatures on it count no more."),
            status=409,
        )


def _over_before(until: date, body: Body, at: datetime) -> str:
    """Why a trial until this day would be over before it begins; empty where it would not."""
    day = date_format(until, "DATE_FORMAT")
    if until <= timezone.localdate(at):
        return _("The day the trial ends, %(day)s, lies in the past.") % {"day": day}
    planned = effect(body, at=at)
    if planned.freeze is None or until > timezone.localdate(planned.at):
        return ""
    last = date_format(planned.frozen_until, "DATE_FORMAT")
    said = {"day": day, "last": last, "freeze": planned.freeze}
    message = _(
        "Until %(last)s nothing takes effect (%(freeze)s): the trial until %(day)s would be over "
        "before it begins."
    )
    return message % said


def _effect(wanted: datetime, at: datetime) -> Effect:
    known = freezes.known()
    free = freezes.free_from(wanted, known)
    held_up = free != wanted
    freeze = freezes.freeze_on(timezone.localdate(wanted), known) if held_up else None
    return Effect(free, at_once=free <= at, freeze=freeze)


@transaction.atomic
def _take_effect(found: AgreementVersion, at: datetime) -> AgreementVersion | None:
    version = drafts.locked(found)
    if version.status != Status.AGREED:
        return None
    refuse_past(version.body, at=at, proposed=True)
    planned = effect(version.body, at=at)
    if not planned.at_once:
        _plan_anew(version, planned, at)
        return None
    if version.problem:  # Nothing of it may change once it is in force.
        version.problem = ""
        version.save(update_fields=["problem"])
    refuse_other_base(version)
    bring_into_force(version, at=at)
    return version


def _plan_anew(version: AgreementVersion, planned: Effect, at: datetime) -> None:
    before = version.takes_effect_at
    if planned.at == before and not version.problem:
        return
    version.takes_effect_at, version.problem = planned.at, ""
    version.save(update_fields=["takes_effect_at", "problem"])
    if planned.at != before:
        kind = "agreement.postponed" if planned.at > before else "agreement.advanced"
        _tell(kind, version, at, takes_effect_at=planned.at.isoformat())


@transaction.atomic
def _keep_problem(found: AgreementVersion, refusal: Refused, at: datetime) -> None:
    """Told when it first gets stuck; the pages say what is in the way as it is now."""
    version = drafts.locked(found)
    if version.status != Status.AGREED:
        return
    before = version.problem
    with override(settings.LANGUAGE_CODE):
        version.problem = str(refusal.message)[:300]
    if version.problem != before:
        version.save(update_fields=["problem"])
    if not before:
        _tell("agreement.stuck", version, at, code=refusal.code)


def _tell(kind: str, version: AgreementVersion, at: datetime, **data: str) -> None:
    events.write(kind, at=at, data={"version": version.pk} | data)
