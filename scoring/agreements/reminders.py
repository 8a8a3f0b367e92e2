"""A proposal, or a trial that is over, waits too long: those who have not answered are reminded."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from leads import events
from scoring.agreements import drafts, objections, trials
from scoring.agreements.signing import SIDES
from scoring.models import AgreementVersion


def remind(*, at: datetime | None = None) -> list[str]:
    """Remind the sides that have neither signed nor objected, `settings.AGREEMENT_REMINDER_DAYS`
    after the proposal and after each reminder; by default by the database's clock. Returns them."""
    proposed = AgreementVersion.objects.filter(status=AgreementVersion.Status.PROPOSED)
    version = proposed.annotate(clock=Now()).first()
    if version is None:
        return []
    moment = at or version.clock
    waited_since = moment - timedelta(days=settings.AGREEMENT_REMINDER_DAYS)
    with transaction.atomic():
        version = drafts.locked(version)
        sides = unanswered(version)
        due = AgreementVersion.objects.filter(
            Q(reminded_at=None) | Q(reminded_at__lte=waited_since),
            pk=version.pk,
            status=AgreementVersion.Status.PROPOSED,
            proposed_at__lte=waited_since,
        )
        if not sides or due.update(reminded_at=moment) != 1:
            return []
        data = {"version": version.pk, "sides": sides}
        events.write("agreement.reminder", at=moment, data=data)
    return sides


def remind_of_trial(*, at: datetime | None = None) -> list[str]:
    """Remind the sides that have not said what is to become of a trial that is over,
    `settings.AGREEMENT_REMINDER_DAYS` after both were told and after each reminder; by default by
    the database's clock. Returns them."""
    running = AgreementVersion.objects.in_force().exclude(trial_told_at=None)
    version = running.annotate(clock=Now()).first()
    moment = at or (version.clock if version else None)
    if version is None:
        return []
    waited_since = moment - timedelta(days=settings.AGREEMENT_REMINDER_DAYS)
    with transaction.atomic():
        # Who answers locks the version, too: nobody is reminded who answers at this moment.
        version = drafts.locked(version)
        answered = trials.trial(version).answers
        sides = [side.value for side in SIDES if side not in answered]
        due = running.filter(pk=version.pk, trial_told_at__lte=waited_since)
        if not sides or due.update(trial_told_at=moment) != 1:
            return []
        data = {"version": version.pk, "sides": sides}
        events.write("agreement.trial_reminder", at=moment, data=data)
    return sides


def unanswered(version: AgreementVersion) -> list[str]:
    """The sides a proposal waits for."""
    answered = {each.side for each in drafts.counting(version)}
    answered |= {each.side for each in objections.standing(version)}
    return [side.value for side in SIDES if side not in answered]
