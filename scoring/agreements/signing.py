"""Propose, and sign for one's own side. The second side's signature brings it into force."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leads import events
from leads.models import Side, User
from leads.refusals import Refused
from scoring.agreements import drafts, words
from scoring.agreements.activation import bring_into_force, refuse_unfit
from scoring.documents import Body, digest
from scoring.models import AgreementVersion, Signature

Status = AgreementVersion.Status
SIDES = (Side.MARKETING, Side.SALES)


def propose(version: AgreementVersion, *, by: User, at: datetime) -> AgreementVersion:
    """Put a draft before both signatories. Raises Refused `already_proposed` (409),
    `nothing_changed`, `cannot_run`, or `stage_in_use` (409)."""
    drafts.refuse_stranger(by)
    with transaction.atomic():
        version = drafts.locked(version)
        drafts.refuse_settled(version)
        if version.status == Status.PROPOSED:
            raise Refused(
                "already_proposed",
                _("%(name)s has already proposed %(version)s.")
                % {"name": version.proposed_by, "version": version},
                _("It waits for the signatures of both teams."),
                status=409,
            )
        _refuse_unchanged(version)
        refuse_unfit(version)
        version.status, version.proposals = Status.PROPOSED, version.proposals + 1
        version.proposed_by, version.proposed_at = by, at
        version.save(update_fields=["status", "proposals", "proposed_by", "proposed_at"])
        events.write("agreement.proposed", at=at, actor=by, data={"version": version.pk})
    return version


def sign(
    version: AgreementVersion, *, by: User, at: datetime, sha256: str, side: str = ""
) -> AgreementVersion:
    """Sign, for the signatory's own side, the text with this hash. With both sides' signatures
    the version is in force when this returns.

    Raises Refused `signs_for_nobody` (403), `other_side` (403) where `side` is not the
    signatory's own, `settled` or `not_proposed` (409), `altered` (409) where the text is no
    longer the one that was read, `already_signed` (409), and what `propose` raises, where leads
    or fields have changed since.
    """
    _refuse_other_side(by, side or by.signs_for)
    with transaction.atomic():
        version = drafts.locked(version)
        _refuse_unsignable(version)
        _refuse_altered(version, sha256)
        signed = drafts.counting(version)
        _refuse_second(signed, by)
        signature = _write(version, by, at)
        if {each.side for each in signed} | {signature.side} == set(SIDES):
            bring_into_force(version, at=at)
    return version


def install(body: Body, *, by_marketing: User, by_sales: User, at: datetime) -> AgreementVersion:
    """Draft, propose and sign a text for both sides, in one go."""
    with transaction.atomic():
        version = drafts.open_draft(by=by_marketing, at=at, body=body)
        version = propose(version, by=by_marketing, at=at)
        for signatory in (by_marketing, by_sales):
            version = sign(version, by=signatory, at=at, sha256=version.sha256)
    return version


def owes(user: User, version: AgreementVersion | None) -> str:
    """What this person could do next with the open version: propose, sign, or nothing."""
    if version is None or not drafts.may_edit(user):
        return ""
    if version.status == Status.DRAFT:
        return "propose"
    signed = {each.side for each in drafts.counting(version)}
    return "sign" if user.signs_for and user.signs_for not in signed else ""


def _write(version: AgreementVersion, by: User, at: datetime) -> Signature:
    signature = Signature.objects.create(
        version=version,
        side=by.signs_for,
        user=by,
        sha256=version.sha256,
        proposal=version.proposals,
        signed_at=at,
    )
    data = {"version": version.pk, "side": signature.side, "signature": signature.pk}
    events.write("agreement.signed", at=at, actor=by, data=data)
    return signature


def _refuse_unchanged(version: AgreementVersion) -> None:
    base = drafts.in_force()
    if base and base.sha256 == version.sha256:
        raise Refused(
            "nothing_changed",
            _("This draft says the same as %(version)s, which is in force.") % {"version": base},
            _("Change something first, or withdraw the draft."),
        )


def _refuse_other_side(by: User, side: str) -> None:
    if not by.is_active or not by.signs_for:
        raise Refused(
            "signs_for_nobody",
            _("You sign for neither team."),
            _("The leads of marketing and of sales sign, each for their own team."),
            status=403,
        )
    if side != by.signs_for:
        raise Refused(
            "other_side",
            _("You sign for %(own)s, not for %(other)s.")
            % {"own": Side(by.signs_for).label, "other": dict(Side.choices).get(side, side)},
            _("Let the lead of that team sign."),
            status=403,
        )


def _refuse_unsignable(version: AgreementVersion) -> None:
    drafts.refuse_settled(version)
    if version.status == Status.DRAFT:
        raise Refused(
            "not_proposed",
            words.edited_meanwhile(version)
            if version.proposals
            else _("%(version)s is still being written.") % {"version": version},
            _("It can be signed once it is proposed."),
            status=409,
        )


def _refuse_altered(version: AgreementVersion, sha256: str) -> None:
    """The hash that was read, the hash kept, and the hash of the text kept are all the same."""
    if sha256 != version.sha256:
        raise Refused(
            "altered",
            words.edited_meanwhile(version),
            _("Read the text as it is now, then sign."),
            status=409,
        )
    if digest(version.body) != version.sha256:
        raise Refused(
            "text_and_hash_differ",
            _("The stored text of %(version)s does not match its hash: it was altered past Baton.")
            % {"version": version},
            _("Withdraw it and open a new draft."),
            status=409,
        )


def _refuse_second(signed: list[Signature], by: User) -> None:
    for signature in signed:
        if signature.side == by.signs_for:
            mine = signature.user_id == by.pk
            raise Refused(
                "already_signed",
                _("You have already signed this text.")
                if mine
                else _("%(name)s has already signed for %(side)s.")
                % {"name": signature.user, "side": signature.get_side_display()},
                _("Nothing more is to be done for your side."),
                status=409,
            )
