"""Pause and resume the rescoring of all leads; have leads tried again that were set aside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from leads import events
from leads import stale as queue
from leads.models import User
from leads.refusals import Refused
from scoring.models import AgreementVersion, RescoreRun


def may_steer(user: User) -> bool:
    """Who leads a team, runs the operation or administers."""
    return user.is_active and user.is_manager


def pause(run: RescoreRun, *, by: User, at: datetime) -> None:
    """No further range is begun. Leads about which something is learnt are scored all the same.
    Raises Refused `not_yours` (403), `otherwise` (409)."""
    _refuse_stranger(by)
    going_on = _unfinished(run).filter(paused_at=None)
    _change(going_on, run, "rescoring.paused", by, at, paused_at=at, paused_by=by)


def resume(run: RescoreRun, *, by: User, at: datetime) -> None:
    """Go on where it was paused. Raises Refused `not_yours` (403), `otherwise` (409)."""
    _refuse_stranger(by)
    paused = _unfinished(run).filter(paused_at__isnull=False)
    _change(paused, run, "rescoring.resumed", by, at, paused_at=None, paused_by=None)


def retry(lead_ids: Iterable[int] | None = None, *, by: User, at: datetime) -> int:
    """Try leads again that were set aside; without `lead_ids`, all. Returns how many. Raises
    Refused `not_yours` (403)."""
    _refuse_stranger(by)
    return queue.retry(lead_ids, at=at)


def _change(
    runs: QuerySet[RescoreRun],
    run: RescoreRun,
    event: str,
    by: User,
    at: datetime,
    **columns: object,
) -> None:
    """Where the run is as expected; else say how it is."""
    with transaction.atomic():
        if not runs.update(**columns):
            raise _otherwise(run)
        events.write(event, at=at, actor=by, data={"version": run.version_id})


def _unfinished(run: RescoreRun) -> QuerySet[RescoreRun]:
    in_force = AgreementVersion.Status.IN_FORCE
    return RescoreRun.objects.filter(pk=run.pk, finished_at=None, version__status=in_force)


def _otherwise(run: RescoreRun) -> Refused:
    run.refresh_from_db()
    if run.finished_at:
        message = _("Rescoring is finished.")
    elif run.version.status != AgreementVersion.Status.IN_FORCE:
        message = _("Another version came into force: every lead is scored by that one.")
    elif run.paused_at:
        message = _("%(name)s has paused the rescoring already.") % {"name": run.paused_by}
    else:
        message = _("Rescoring goes on already.")
    return Refused("otherwise", message, _("There is nothing to do."), status=409)


def _refuse_stranger(by: User) -> None:
    if not may_steer(by):
        raise Refused(
            "not_yours",
            _("Rescoring concerns everybody: only some may stop it or start it again."),
            _("Ask who leads a team, or the operations team."),
            status=403,
        )
