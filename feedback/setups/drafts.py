"""The draft that the first agreement is made of."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from leads.models import User
from leads.refusals import Refused
from scoring import agreements
from scoring.agreements import drafts, locks
from scoring.models import AgreementVersion
from scoring.shapes import TEMPLATES


def start_from(template: str, *, by: User, at: datetime, aside: str = "") -> AgreementVersion:
    """The draft of a template (a key of TEMPLATES). One of another text that is open is laid
    aside, all in one transaction; one that was worked on only where `aside` is its hash.

    Raises Refused `worked_on` (409), and what withdrawing and opening a draft raise; then
    nothing has changed."""
    body = TEMPLATES[template]()
    with transaction.atomic():
        found = agreements.unsettled()
        if found is not None:
            found = drafts.locked(found)
            if found.body == body:
                return found
            if found.sha256 != aside:
                _refuse_worked_on(found)
            despite = [locks.place(each) for each in locks.unsaved(found)]
            agreements.withdraw(found, by=by, at=at, despite=despite)
        return agreements.open_draft(by=by, at=at, body=body)


def _refuse_worked_on(version: AgreementVersion) -> None:
    as_it_was = any(version.body == make() for make in TEMPLATES.values())
    waiting = locks.unsaved(version)
    if as_it_was and not waiting and version.status == AgreementVersion.Status.DRAFT:
        return
    by, at = version.edited_by, version.edited_at
    if waiting:
        by, at = waiting[-1].user, waiting[-1].seen_at
    time = date_format(localtime(at), "SHORT_DATETIME_FORMAT")
    raise Refused(
        "worked_on",
        _("%(version)s was worked on: %(name)s wrote it last (%(time)s).")
        % {"version": version, "name": by, "time": time},
        _("Laid aside, it stays in the history, but nobody can go on with it."),
        status=409,
    )
