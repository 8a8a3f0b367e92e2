"""Writing the next version: open, edit, withdraw. One is open at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from leads import events
from leads.models import Side, User
from leads.refusals import Refused
from scoring import checks, documents
from scoring.agreements import locks, words
from scoring.agreements.sections import SECTIONS, faults, section_sha256, with_section
from scoring.documents import Body, digest
from scoring.models import AgreementVersion, Signature

Status = AgreementVersion.Status


@dataclass(frozen=True)
class Edit:
    """What an edit came to. `before` is the text until then; `lapsed` are signatures that counted
    before and do not any more."""

    version: AgreementVersion
    before: Body
    changed: bool
    lapsed: tuple[Signature, ...] = ()


def in_force() -> AgreementVersion | None:
    """The version that runs."""
    return AgreementVersion.objects.in_force().first()


def unsettled() -> AgreementVersion | None:
    """The version being written or signed."""
    return AgreementVersion.objects.unsettled().first()


def latest() -> AgreementVersion | None:
    """The version that was opened last, whatever became of it."""
    return AgreementVersion.objects.order_by("number").last()


def may_edit(user: User) -> bool:
    """Marketing and sales write the agreement, both of them."""
    return user.is_active and user.side in (Side.MARKETING, Side.SALES)


def open_draft(
    *, by: User, at: datetime, body: Body | None = None, as_written: bool = False
) -> AgreementVersion:
    """A new draft of `body`, or of what is in force; `as_written` with what it says of its own
    taking effect. What somebody typed into the version before and never saved is offered in it.

    Raises Refused `draft_open` (409) where another version is being written, `no_text` where there
    is nothing to start from."""
    refuse_stranger(by)
    base = in_force()
    if body is None and base is None:
        raise Refused(
            "no_text",
            _("No agreement is in force yet, so there is no text to start from."),
            _("Choose a template."),
        )
    text = base.body if body is None else body
    text = text if as_written else documents.anew(text)
    _refuse_unreadable(text)
    try:
        with transaction.atomic():
            _refuse_second(unsettled())
            version = _create(text, base, by, at)
            locks.carry_over(version)
            _tell("agreement.drafted", version, by, at)
    except IntegrityError:
        # Two at once: the constraint lets one through, and the other is told of it.
        _refuse_second(unsettled())
        raise
    return version


def edit(
    version: AgreementVersion,
    *,
    section: str,
    value: Any,
    by: User,
    at: datetime,
    expected_sha256: str,
) -> Edit:
    """Replace a section (see `sections`; of several names, `value` maps each). What was proposed
    becomes a draft again, and the signatures on it lapse; saving the same text changes nothing.

    `expected_sha256` is the hash of the text the edit was made on, or of this section of it
    (`section_sha256`): then others may have changed other sections meanwhile.

    Raises Refused `settled` (409), `edited_meanwhile` (409) where that text has changed,
    `section_locked` (409) where somebody else is writing the section, and `cannot_run` with the
    path as its field.
    """
    refuse_stranger(by)
    with transaction.atomic():
        version = locked(version)
        refuse_settled(version)
        _refuse_overtaken(version, section, expected_sha256)
        locks.refuse_taken(version, section, by=by, at=at)
        locks.release(version, section, by=by)
        before = version.body
        body = with_section(before, section, value)
        if digest(body) == version.sha256:
            return Edit(version, before, changed=False)
        _refuse_new_problems(before, body, section)
        lapsed = tuple(counting(version))
        _rewrite(version, body, by, at)
        _tell("agreement.edited", version, by, at, **_edited(section, before, body, lapsed))
    return Edit(version, before, changed=True, lapsed=lapsed)


def exchange(version: AgreementVersion, *, body: Body, by: User, at: datetime) -> AgreementVersion:
    """Put another text in the place of a draft. The caller has locked it, and seen that it was
    never proposed and that nobody has written in it."""
    refuse_stranger(by)
    _refuse_unreadable(body)
    _rewrite(version, documents.anew(body), by, at)
    _tell("agreement.drafted", version, by, at)
    return version


def withdraw(
    version: AgreementVersion, *, by: User, at: datetime, despite: Collection[str] = ()
) -> AgreementVersion:
    """Lay a draft or a proposal aside for good. Who wrote or proposed it may, and who signs; what
    both have signed and what waits for its day, only who signs.

    Raises Refused `settled` (409), `not_yours` or `agreed` (403), and `unsaved_input` (409) where
    somebody has input in a draft or a proposal that is not saved, `despite` which one may go on
    (see `locks.refuse_unsaved`)."""
    with transaction.atomic():
        version = locked(version)
        if version.status != Status.AGREED:
            refuse_settled(version)
        if not may_withdraw(by, version):
            raise _not_to_withdraw(version)
        if version.status != Status.AGREED:
            locks.refuse_unsaved(version, despite=despite)
        version.status = Status.WITHDRAWN
        version.save(update_fields=["status"])
        _tell("agreement.withdrawn", version, by, at)
    return version


def may_withdraw(user: User, version: AgreementVersion) -> bool:
    """May this person lay this open version aside?"""
    theirs = user.pk in (version.created_by_id, version.proposed_by_id)
    theirs = theirs and version.status != Status.AGREED
    return may_edit(user) and (theirs or bool(user.signs_for))


def locked(version: AgreementVersion) -> AgreementVersion:
    """The version as it is now, kept so until the transaction ends."""
    return AgreementVersion.objects.select_for_update().get(pk=version.pk)


def counting(version: AgreementVersion) -> list[Signature]:
    """The signatures that count: those of the present proposal."""
    if version.status == Status.DRAFT:
        return []
    signatures = version.signatures.filter(proposal=version.proposals, sha256=version.sha256)
    return list(signatures.select_related("user"))


def _create(body: Body, base: AgreementVersion | None, by: User, at: datetime) -> AgreementVersion:
    last = AgreementVersion.objects.aggregate(last=Max("number"))["last"] or 0
    return AgreementVersion.objects.create(
        number=last + 1,
        body=body,
        sha256=digest(body),
        base=base,
        created_by=by,
        created_at=at,
        edited_by=by,
        edited_at=at,
    )


def _rewrite(version: AgreementVersion, body: Body, by: User, at: datetime) -> None:
    version.body, version.sha256 = body, digest(body)
    version.status = Status.DRAFT
    version.edited_by, version.edited_at = by, at
    version.save(update_fields=["body", "sha256", "status", "edited_by", "edited_at"])


def refuse_stranger(by: User) -> None:
    """Raises Refused `may_not_edit` (403) for everybody who does not write the agreement."""
    if not may_edit(by):
        raise Refused(
            "may_not_edit",
            _("Marketing and sales write the agreement."),
            _("Ask somebody of either team to make the change."),
            status=403,
        )


def _edited(
    section: str, before: Body, after: Body, lapsed: tuple[Signature, ...]
) -> dict[str, object]:
    """What is kept of an edit: where signatures lapsed, also the section as it was and as it
    became, which says why."""
    kept: dict[str, object] = {"section": section, "lapsed": [each.side for each in lapsed]}
    if lapsed:
        for moment, body in (("from", before), ("to", after)):
            kept[moment] = {name: body[name] for name in SECTIONS[section] if name in body}
    return kept


def _not_to_withdraw(version: AgreementVersion) -> Refused:
    if version.status == Status.AGREED:
        return Refused(
            "agreed",
            words.settled(version),
            _("Who signs for marketing or sales can withdraw it."),
            status=403,
        )
    return Refused(
        "not_yours",
        _("%(version)s was opened by %(name)s.") % {"version": version, "name": version.created_by},
        _("They can withdraw it, or who signs for marketing or sales."),
        status=403,
    )


def _refuse_second(other: AgreementVersion | None) -> None:
    if other is not None:
        raise Refused(
            "draft_open",
            _("%(version)s is already being written; %(name)s opened it.")
            % {"version": other, "name": other.created_by},
            _("Change that one, or withdraw it first."),
            status=409,
        )


def refuse_settled(version: AgreementVersion) -> None:
    if version.status not in (Status.DRAFT, Status.PROPOSED):
        raise Refused("settled", words.settled(version), words.settled_remedy(version), status=409)


def _refuse_overtaken(version: AgreementVersion, section: str, expected_sha256: str) -> None:
    if expected_sha256 not in (version.sha256, section_sha256(version.body, section)):
        raise Refused(
            "edited_meanwhile",
            words.edited_meanwhile(version),
            _("Nothing of yours is lost: compare both, and save again."),
            status=409,
        )


def _refuse_unreadable(body: Body) -> None:
    for problem in checks.unreadable(body):
        raise Refused(
            "not_an_agreement",
            _("This is not the text of an agreement: %(problem)s") % {"problem": problem},
            _("Start from a template, or from an earlier version."),
            field=problem.path,
        )


def _refuse_new_problems(before: Body, after: Body, section: str) -> None:
    """A section may not be saved with a fault that it did not have. What it makes wrong
    elsewhere is shown beside the draft, and must be put right before it is proposed."""
    for problem in faults(before, after, section):
        raise Refused(
            "cannot_run",
            problem.message,
            _("Change it and save again."),
            field=problem.path,
        )


def _tell(kind: str, version: AgreementVersion, by: User, at: datetime, **data: object) -> None:
    events.write(kind, at=at, actor=by, data={"version": version.pk} | data)
