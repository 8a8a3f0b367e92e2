"""An opportunity is won or lost, and its lead moves on with it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from feedback import moves
from feedback.handoffs import rights
from feedback.models import Opportunity
from feedback.opportunities import amounts
from leads import events
from leads.models import Lead, User
from leads.refusals import Refused
from scoring import agreements
from scoring.models import AgreementVersion

Status = Opportunity.Status


@transaction.atomic
def win(
    opportunity: Opportunity, *, by: User, at: datetime, amount: Decimal | None = None
) -> Opportunity:
    """Won, for `amount`; None leaves what was known, or unknown. The first new business makes
    the lead a customer. Raises Refused: not_found, not_yours, already_closed,
    amount_not_positive."""
    opportunity = _locked(opportunity, by=by, at=at)
    amounts.require(amount)
    if amount is not None:
        opportunity.amount = amount
    _close(opportunity, Status.WON, by=by, at=at)
    lead, version = _mover(opportunity)
    if lead and version:
        moves.won(lead, version, by=by, at=at)
    return opportunity


@transaction.atomic
def lose(opportunity: Opportunity, *, by: User, at: datetime, because: str) -> Opportunity:
    """Lost. The lead goes the way the agreement draws for it, in the end back to nurture; a
    customer stays one. `because` is a phrase of at most 200 characters. Raises Refused:
    not_found, not_yours, already_closed, because_missing, because_too_long."""
    opportunity = _locked(opportunity, by=by, at=at)
    opportunity.lost_because = _phrase(because)
    _close(opportunity, Status.LOST, by=by, at=at)
    lead, version = _mover(opportunity)
    if lead and version:
        moves.lost(lead, version, by=by, at=at)
    return opportunity


def _locked(opportunity: Opportunity, *, by: User, at: datetime) -> Opportunity:
    if not Opportunity.objects.visible_to(by).filter(pk=opportunity.pk).exists():
        raise Refused("not_found", _("There is no such opportunity."), status=404)
    Opportunity.objects.select_for_update(no_key=True).only("pk").get(pk=opportunity.pk)
    # Read after the lock is held, with what is joined to it.
    rows = Opportunity.objects.select_related("handoff__version", "owner")
    opportunity = rows.get(pk=opportunity.pk)
    if opportunity.owner_id != by.pk and not rights.is_manager(by):
        raise Refused(
            "not_yours",
            _("%(owner)s works on this opportunity.") % {"owner": opportunity.owner or "—"},
            _("Ask whoever leads the team."),
            status=403,
        )
    if opportunity.status != Status.OPEN:
        raise _already_closed(opportunity, at=at)
    return opportunity


def _already_closed(opportunity: Opportunity, *, at: datetime) -> Refused:
    won = opportunity.status == Status.WON
    pattern = (
        _("This opportunity was won %(when)s.") if won else _("This opportunity was lost %(when)s.")
    )
    return Refused(
        "already_closed",
        pattern % {"when": rights.when(opportunity.closed_at, at=at)},
        _("Nothing was changed."),
        status=409,
    )


def _phrase(because: str) -> str:
    because = because.strip()
    if not because:
        raise Refused(
            "because_missing",
            _("A loss needs its reason."),
            _("Say in a few words why it was lost."),
            field="because",
        )
    if len(because) > 200:
        raise Refused(
            "because_too_long",
            _("The reason is longer than 200 characters."),
            _("Shorten it; details belong in the thread."),
            field="because",
        )
    return because


def _close(opportunity: Opportunity, status: str, *, by: User, at: datetime) -> None:
    opportunity.status = status
    opportunity.closed_at = at
    opportunity.save(update_fields=["status", "closed_at", "amount", "lost_because"])
    contact = opportunity.contacts.select_related("lead").order_by("-primary", "pk").first()
    said = {"opportunity": opportunity.pk, "kind": opportunity.kind}
    lead = contact.lead if contact else None
    events.write(f"opportunity.{status}", at=at, lead=lead, actor=by, data=said)


def _mover(opportunity: Opportunity) -> tuple[Lead | None, AgreementVersion | None]:
    """The lead that moves with this deal, and the agreement it moves by: only new business
    moves its lead."""
    if opportunity.kind != Opportunity.Kind.NEW_BUSINESS:
        return None, None
    handoff = opportunity.handoff
    contact = opportunity.contacts.select_related("lead").filter(primary=True).first()
    return (
        contact.lead if contact else None,
        handoff.version if handoff else agreements.in_force(),
    )
