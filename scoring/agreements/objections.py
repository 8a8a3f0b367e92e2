"""A signatory does not sign this proposal, and says why. The single writer of `Objection`."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leads import events
from leads.models import User
from leads.refusals import Refused
from scoring.agreements import drafts, signing
from scoring.models import AgreementVersion, Objection

LONGEST = Objection._meta.get_field("reason").max_length


def object_to(
    version: AgreementVersion, *, by: User, at: datetime, sha256: str, reason: str
) -> Objection:
    """Object, for the signatory's own side, to the text with this hash; once, however often the
    same is said.

    It stands until the text is proposed anew, or until that side signs after all. Raises Refused
    `no_reason` or `too_long` with the field `reason`, and what `agreements.sign` raises where one
    may not sign.
    """
    signing.refuse_other_side(by, by.signs_for)
    said = _said(reason)
    with transaction.atomic():
        version = drafts.locked(version)
        signing.refuse_unsignable(version)
        signing.refuse_altered(version, sha256)
        signing.refuse_second(drafts.counting(version), by)
        last = version.objections.filter(proposal=version.proposals, side=by.signs_for).last()
        if last and (last.user_id, last.reason) == (by.pk, said):
            return last
        objection = Objection.objects.create(
            version=version,
            side=by.signs_for,
            user=by,
            proposal=version.proposals,
            sha256=version.sha256,
            at=at,
            reason=said,
        )
        data = {"version": version.pk, "side": objection.side, "objection": objection.pk}
        events.write("agreement.objected", at=at, actor=by, data=data)
    return objection


def standing(version: AgreementVersion) -> list[Objection]:
    """The latest objection of each side to the present proposal, where it has not signed since."""
    if version.status != AgreementVersion.Status.PROPOSED:
        return []
    signed = {each.side for each in drafts.counting(version)}
    found = version.objections.filter(proposal=version.proposals).select_related("user")
    latest = {each.side: each for each in found if each.side not in signed}
    return list(latest.values())


def _said(reason: str) -> str:
    said = " ".join(reason.split())
    if not said:
        raise Refused(
            "no_reason",
            _("An objection needs its reason."),
            _("Say what would have to be different for you to sign."),
            field="reason",
        )
    if len(said) > LONGEST:
        message = _("This is longer than %(most)s characters.") % {"most": LONGEST}
        raise Refused("too_long", message, _("Say it shorter."), field="reason")
    return said
