"""Propose, and sign for one's own side. With the second side's signature it takes effect, or waits
for its day (see `effects`)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads import events
from leads.models import Side, User
from leads.refusals import Refused
from scoring import documents
from scoring.agreements import comments, drafts, effects, locks, words
from scoring.agreements.activation import refuse_unfit
from scoring.documents import Body, digest
from scoring.models import AgreementVersion, Signature

Status = AgreementVersion.Status
SIDES = (Side.MARKETING, Side.SALES)
PROPOSED = ["status", "proposals", "proposed_by", "proposed_at", "predicted", "reminded_at"]
LONGEST = Signature._meta.get_field("reservation").max_length


def propose(
    version: AgreementVersion,
    *,
    by: User,
    at: datetime,
    sha256: str | None = None,
    predicted: dict[str, Any] | None = None,
    despite: Collection[str] = (),
) -> AgreementVersion:
    """Put a draft before both signatories, with what it is `predicted` to change, frozen.

    Raises Refused `already_proposed` (409), `edited_meanwhile` (409) where the text is no longer
    the one with `sha256` that was read and that the prediction is of, `nothing_changed`,
    `in_the_past`, `cannot_run`, `stage_in_use` (409), and `unsaved_input` (409) where somebody
    has input that is not saved, `despite` which one may go on (see `locks.refuse_unsaved`).
    """
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
        _refuse_edited(version, sha256)
        effects.refuse_other_base(version)
        _refuse_unchanged(version)
        effects.refuse_past(version.body, at=at)
        refuse_unfit(version)
        locks.refuse_unsaved(version, despite=despite)
        version.status, version.proposals = Status.PROPOSED, version.proposals + 1
        version.proposed_by, version.proposed_at = by, at
        version.predicted, version.reminded_at = predicted, None
        version.save(update_fields=PROPOSED)
        events.write("agreement.proposed", at=at, actor=by, data={"version": version.pk})
    return version


def sign(
    version: AgreementVersion,
    *,
    by: User,
    at: datetime,
    sha256: str,
    side: str = "",
    reservation: str = "",
    despite: Collection[str] = (),
) -> AgreementVersion:
    """Sign, for the signatory's own side, the text with this hash. With both sides' signatures
    the version is in force when this returns, or agreed, where it waits for its day.

    Threads that are open hold a signature up, unless it goes with a `reservation`, which stands
    beside it for ever: Refused `open_threads` (409), with the field `reservation`. Raises
    `signs_for_nobody` (403), `other_side` (403) where `side` is not the signatory's own, `settled`
    or `not_proposed` (409), `altered` (409) where the text is no longer the one that was read,
    `already_signed` (409), and what `propose` raises, where leads, fields, freezes or the day have
    changed since.
    """
    refuse_other_side(by, side or by.signs_for)
    with transaction.atomic():
        version = drafts.locked(version)
        refuse_unsignable(version)
        effects.refuse_other_base(version)
        refuse_altered(version, sha256)
        effects.refuse_past(version.body, at=at, proposed=True)
        signed = drafts.counting(version)
        refuse_second(signed, by)
        said = _reservation(version, reservation)
        locks.refuse_unsaved(version, despite=despite)
        signature = _write(version, by, at, said)
        if {each.side for each in signed} | {signature.side} == set(SIDES):
            effects.conclude(version, at=at)
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
    if version is None or not drafts.may_edit(user) or version.status == Status.AGREED:
        return ""
    if version.status == Status.DRAFT:
        return "propose"
    signed = {each.side for each in drafts.counting(version)}
    return "sign" if user.signs_for and user.signs_for not in signed else ""


def _write(version: AgreementVersion, by: User, at: datetime, reservation: str) -> Signature:
    signature = Signature.objects.create(
        version=version,
        side=by.signs_for,
        user=by,
        sha256=version.sha256,
        proposal=version.proposals,
        signed_at=at,
        reservation=reservation,
    )
    data = {"version": version.pk, "side": signature.side, "signature": signature.pk}
    events.write("agreement.signed", at=at, actor=by, data=data)
    return signature


def _refuse_unchanged(version: AgreementVersion) -> None:
    base = drafts.in_force()
    if base and documents.anew(base.body) == version.body:
        raise Refused(
            "nothing_changed",
            _("This draft says the same as %(version)s, which is in force.") % {"version": base},
            _("Change something first, or withdraw the draft."),
        )


def refuse_other_side(by: User, side: str) -> None:
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


def refuse_unsignable(version: AgreementVersion) -> None:
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


def refuse_altered(version: AgreementVersion, sha256: str) -> None:
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


def _refuse_edited(version: AgreementVersion, sha256: str | None) -> None:
    if sha256 is not None and sha256 != version.sha256:
        raise Refused(
            "edited_meanwhile",
            words.edited_meanwhile(version),
            _("Read the text as it is now, then propose it."),
            status=409,
        )


def _reservation(version: AgreementVersion, reservation: str) -> str:
    """The sentence that goes with the signature; needed while threads are open."""
    said, open_threads = " ".join(reservation.split()), comments.unresolved(version)
    if open_threads and not said:
        message = ngettext("One thread is open.", "%(n)s threads are open.", open_threads) % {
            "n": open_threads
        }
        remedy = _("Resolve what is open, or sign with a reservation: one sentence, kept for ever.")
        raise Refused("open_threads", message, remedy, status=409, field="reservation")
    if len(said) > LONGEST:
        message = _("This is longer than %(most)s characters.") % {"most": LONGEST}
        raise Refused("too_long", message, _("Say it shorter."), field="reservation")
    return said


def refuse_second(signed: list[Signature], by: User) -> None:
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
