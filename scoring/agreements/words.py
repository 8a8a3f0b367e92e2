"""Sentences that more than one refusal needs."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from scoring.models import AgreementVersion

Status = AgreementVersion.Status


def settled(version: AgreementVersion) -> str:
    """Why this version can be neither changed nor signed."""
    pattern = {
        Status.AGREED: _("%(version)s is signed by both teams and waits for its day: it stays."),
        Status.IN_FORCE: _("%(version)s is in force, signed by both teams: it cannot be changed."),
        Status.SUPERSEDED: _("%(version)s was in force once: it cannot be changed."),
        Status.WITHDRAWN: _("%(version)s was withdrawn."),
    }[version.status]
    return pattern % {"version": version}


def settled_remedy(version: AgreementVersion) -> str:
    if version.status == Status.AGREED:
        return _("Withdraw it first, or wait until it has taken effect.")
    return _("Open a new draft instead.")


def edited_meanwhile(version: AgreementVersion) -> str:
    """Who changed the text, and when."""
    when = {"time": moment(version.edited_at), "name": version.edited_by, "version": version}
    return _("%(name)s changed %(version)s (%(time)s) after you opened this page.") % when


def moment(at: object) -> str:
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")
