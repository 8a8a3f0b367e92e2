"""A suggested change is taken into the draft."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leads.models import User
from leads.refusals import Refused
from scoring import agreements
from scoring.agreements import Edit
from scoring.calibrations.findings import find
from scoring.calibrations.settlements import ADDED, DROPPED, Proposal
from scoring.documents import Body, ItemJSON, item
from scoring.models import AgreementVersion, Calibration


@dataclass(frozen=True)
class Taken:
    """What the edit came to, and the criterion it is about; empty, if that is gone."""

    edit: Edit
    stage: str
    criterion: str


def take(calibration: Calibration, key: str, *, by: User, at: datetime) -> Taken:
    """Change the criterion in the open version, as the suggestion of this key says; without an
    open version a draft of what is in force is opened for it.

    Raises Refused `may_not_edit` (403), and with 409 `not_closed` while the vote goes on, `gone`
    where the round does not suggest this any more, `no_longer_fits` where the criterion says
    something else by now, `taken_already`, and what `agreements.edit` raises.
    """
    agreements.refuse_stranger(by)
    if calibration.closed_at is None:
        raise Refused(
            "not_closed",
            _("The vote is still going on."),
            _("Close it first, then read what would settle it."),
            status=409,
        )
    proposal = _suggested(calibration, key)
    with transaction.atomic():
        draft = agreements.unsettled()
        version = draft or _opened(calibration, by, at)
        stages, criterion = _changed(version.body, calibration.stage, proposal, draft)
        edit = agreements.edit(
            version,
            section="stages",
            value=stages,
            by=by,
            at=at,
            expected_sha256=version.sha256,
        )
    return Taken(edit, calibration.stage, criterion)


def _suggested(calibration: Calibration, key: str) -> Proposal:
    for each in find(calibration).settlements:
        if each.proposal.key == key:
            return each.proposal
    raise Refused(
        "gone",
        _("This round does not suggest that change any more."),
        _("Read the result again: a lead or a field may have gone since."),
        status=409,
    )


def _opened(calibration: Calibration, by: User, at: datetime) -> AgreementVersion:
    body = None if agreements.in_force() else calibration.body
    return agreements.open_draft(by=by, at=at, body=body)


def _changed(
    body: Body, stage: str, proposal: Proposal, draft: AgreementVersion | None
) -> tuple[list[ItemJSON], str]:
    """The stages with that change, and the key of the criterion; empty if it is dropped. `draft`
    is the one there was, which a refusal speaks of; without one it speaks of what is in force."""
    stages = deepcopy(body["stages"])
    place = item(stages, stage)
    criteria = (place["criteria"] or []) if place else []
    if place is None or place["kind"] != "handoff":
        raise _unfit(draft)
    write = _added if proposal.kind == ADDED else _replaced
    key = write(criteria, proposal, draft)
    place["criteria"] = criteria or None
    return stages, key


def _added(criteria: list[ItemJSON], proposal: Proposal, draft: AgreementVersion | None) -> str:
    if any(each["when"] == proposal.new for each in criteria):
        raise _taken_already(draft)
    key = _fresh({each["key"] for each in criteria})
    new = {"key": key, "group": proposal.group, "label": "", "when": proposal.new}
    criteria.append(new)
    return key


def _replaced(criteria: list[ItemJSON], proposal: Proposal, draft: AgreementVersion | None) -> str:
    found = item(criteria, proposal.criterion)
    if found is None:
        raise _taken_already(draft) if proposal.kind == DROPPED else _unfit(draft)
    if found["when"] == proposal.new:
        raise _taken_already(draft)
    if found["when"] != proposal.old:
        raise _unfit(draft)
    if proposal.kind == DROPPED:
        criteria.remove(found)
        return ""
    # A label says what the old condition meant: the words of the new one are its own.
    found |= {"when": proposal.new, "label": ""}
    return found["key"]


def _fresh(taken: set[str]) -> str:
    names = ("voted", *(f"voted_{n}" for n in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _unfit(draft: AgreementVersion | None) -> Refused:
    message = (
        _("This criterion says something else in the draft by now.")
        if draft
        else _("This criterion says something else in the version in force.")
    )
    remedy = (
        _("Change it there by hand, or vote anew on the draft as it is.")
        if draft
        else _("No draft is open: open one and change it there by hand, or vote anew.")
    )
    return Refused("no_longer_fits", message, remedy, status=409)


def _taken_already(draft: AgreementVersion | None) -> Refused:
    message = (
        _("The draft says so already.") if draft else _("The version in force says so already.")
    )
    remedy = (
        _("Open it to read on.")
        if draft
        else _(
            "There is nothing to take over. No draft is open: open one to change something else."
        )
    )
    return Refused("taken_already", message, remedy, status=409)
