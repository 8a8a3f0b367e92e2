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
    """The draft of a template (a key of TEMPLATES). Where another one is open and nobody has
    written in it, this text takes its place; one that was worked on is laid aside, all in one
    transaction, where `aside` is its hash.

    Raises Refused `worked_on` (409), and what withdrawing and opening a draft raise; then
    nothing has changed."""
    body = TEMPLATES[template]()
    with transaction.atomic():
        found = agreements.unsettled()
        if found is not None:
            found = drafts.locked(found)
            if found.body == body:
                return found
            if _is_untouched(found):
                return drafts.exchange(found, body=body, by=by, at=at)
            if found.sha256 != aside:
                raise _worked_on(found)
            despite = [locks.place(each) for each in locks.unsaved(found)]
            agreements.withdraw(found, by=by, at=at, despite=despite)
        return agreements.open_draft(by=by, at=at, body=body)


def _is_untouched(version: AgreementVersion) -> bool:
    """Was it never proposed, and does it say what a template says, and nobody anything else?"""
    if version.status != AgreementVersion.Status.DRAFT or version.proposals:
        return False
    as_it_was = any(version.body == make() for make in TEMPLATES.values())
    return as_it_was and not locks.unsaved(version)


def _worked_on(version: AgreementVersion) -> Refused:
    waiting = locks.unsaved(version)
    by, at = version.edited_by, version.edited_at
    if waiting:
        by, at = waiting[-1].user, waiting[-1].seen_at
    time = date_format(localtime(at), "SHORT_DATETIME_FORMAT")
    return Refused(
        "worked_on",
        _("%(version)s was worked on: %(name)s wrote it last (%(time)s).")
        % {"version": version, "name": by, "time": time},
        _("Laid aside, it stays in the history, but nobody can go on with it."),
        status=409,
    )
