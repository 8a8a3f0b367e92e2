"""A rep takes a lead that is below the bar: marketing has not endorsed it, the rep says why."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from feedback import befores, calendars, clocks, moves, steps
from feedback.handoffs import openings
from feedback.handoffs.acceptances import ANSWER_FIELDS, OWNER_FIELDS, answer, take_on
from feedback.models import Handoff, Pool
from feedback.routing import Placement
from leads import access, owners
from leads.models import Lead, Side, User
from leads.models.leads import LeadQuerySet
from leads.refusals import Refused
from scoring import journeys, stages
from scoring.models import AgreementVersion, Stage, StageEntry, Standing

CLAIMED = StageEntry.Cause.CLAIMED


@transaction.atomic
def claim(lead: Lead, *, by: User, at: datetime, reason: str) -> Handoff:
    """`by` takes the lead as it stands, before it is offered to anybody: a handoff is opened and
    accepted at once, outside the acceptance rate, and the first-contact clock starts.

    `by` works in sales and may see the lead, or came upon it by its address (`reachable`);
    `reason` takes the place of the acceptance checklist. Raises Refused: not_found, not_yours,
    no_pool, text_missing, already_open, not_below, no_agreement.
    """
    lead = _locked(lead)
    pool = require_claimable(lead, by=by)
    if not reason.strip():
        raise Refused(
            "text_missing",
            _("A claim needs a reason."),
            _("Say in a sentence why you take this lead now."),
            field="reason",
        )
    standing = Standing.objects.select_for_update(no_key=True, of=("self",)).filter(lead=lead)
    standing = standing.select_related("stage").first()
    key, version = _require_below(standing, by=by)
    if standing is None:
        stages.begin([lead.pk], version=version, at=at)
    before = befores.place(lead) | {"shown": access.is_shown(lead, team=pool.team)}
    entry = stages.enter(lead, key, cause=CLAIMED, at=at, version=version, by=by)
    handoff = _open(entry, lead, pool, by=by, at=at)
    steps.record(handoff, "claimed", at=at, by=by, note=reason, before=before)
    clocks.start(handoff, Handoff.Clock.FIRST_CONTACT, at=at)
    owners.assign(lead, by)
    moves.forward(handoff, "accepted", cause=CLAIMED, by=by, at=at)
    return handoff


def claimable_by(user: User) -> LeadQuerySet:
    """The leads that `user` may come upon in order to claim them: those they see, and, in sales,
    those of companies they look after."""
    visible = Lead.objects.visible_to(user)
    if not user.is_active or user.side != Side.SALES:
        return visible
    return Lead.objects.filter(Q(pk__in=visible.values("pk")) | Q(company__owner=user))


def require_claimable(lead: Lead, *, by: User) -> Pool:
    """The pool in which `by` works, if anybody may claim at all and nobody has the lead; else
    Refused."""
    require_seller(by)
    _require_nobodys(lead, by=by)
    pools = Pool.objects.select_related("team", "calendar").filter(team_id=by.team_id)
    pool = pools.filter(members__user=by).order_by("position", "pk").first() or pools.first()
    if pool is None:
        raise Refused(
            "no_pool",
            _("Your team has no pool of reps yet."),
            _("Who leads sales adds one under Duty."),
            status=409,
        )
    return pool


def may_claim(user: User) -> bool:
    """Claiming is for those who sell."""
    return user.is_active and user.side == Side.SALES and user.team_id is not None


def require_seller(user: User) -> None:
    """Refused for everybody who does not sell."""
    if not may_claim(user):
        raise Refused(
            "not_yours",
            _("Only sales claims leads."),
            _("Marketing hands leads over by the agreement."),
            status=403,
        )


def hindrance(lead: Lead, *, by: User) -> Refused | None:
    """What keeps `by` from claiming the lead now, if anything does."""
    try:
        require_claimable(lead, by=by)
        _require_below(stages.standing(lead), by=by)
    except Refused as refused:
        return refused
    return None


def _locked(lead: Lead) -> Lead:
    """In the order of `openings`: the lead, then where it stands."""
    calendars.hold()
    rows = Lead.objects.select_for_update(of=("self",), no_key=True).select_related("company")
    found = rows.filter(pk=lead.pk).first()
    if found is None:
        raise Refused("not_found", _("There is no such lead."), status=404)
    return found


def _require_nobodys(lead: Lead, *, by: User) -> None:
    """Whose a lead is that another team has is not for `by` to know."""
    unclosed = Handoff.objects.unclosed().filter(lead=lead)
    if not unclosed.exists():
        return
    seen = unclosed.visible_to(by).select_related("owner", "pool").first()
    if seen is None:
        raise Refused(
            "already_open",
            _("Another team has this lead already."),
            _("Ask who leads your team."),
            status=409,
        )
    has = {"who": seen.owner or seen.pool}
    raise Refused(
        "already_open",
        _("%(who)s has this lead already.") % has,
        _("Ask %(who)s to hand it on to you.") % has,
        status=409,
    )


def _require_below(standing: Standing | None, *, by: User) -> tuple[str, AgreementVersion]:
    """The stage of the version in force that a claim leads to; else Refused, saying where the
    lead is, if `by` may see it."""
    version = stages.held_version()
    key = version and _next(version, standing)
    if not key:
        raise Refused(
            "no_agreement",
            _("No agreement in force says where a claimed lead goes."),
            _("Both teams sign one first."),
            status=409,
        )
    if standing and standing.kind not in journeys.MACHINE_LEAVES:
        raise _not_below(standing, by=by)
    return key, version


def _not_below(standing: Standing, *, by: User) -> Refused:
    message = _("This lead was handed over already.")
    if Lead.objects.visible_to(by).filter(pk=standing.lead_id).exists():
        message = _("This lead stands in “%(stage)s” already.") % {"stage": standing.stage}
    remedy = _("Only leads that were not handed over yet can be claimed.")
    return Refused("not_below", message, remedy, status=409)


def _next(version: AgreementVersion, standing: Standing | None) -> str | None:
    """The next stage that hands over; where the arrows lead to none, the first there is."""
    hands_over = Stage.Kind.HANDOFF
    after = standing.stage.key if standing else None
    ahead = after and journeys.next_of_kind(version.body, after, hands_over)
    return ahead or stages.stage_of_kind(version, hands_over)


def _open(entry: StageEntry, lead: Lead, pool: Pool, *, by: User, at: datetime) -> Handoff:
    """Opened, offered and accepted in one. Nobody is told of an offer: there was none."""
    where = Placement(None, pool)
    handoff = openings.opened(entry, lead, where, at=at, claimed=True, offered_at=at)
    access.show(lead, team=pool.team, at=at)
    steps.record(handoff, "offered", at=at, silent=True)
    answer(handoff, Handoff.Answer.ACCEPTED, by=by, at=at)
    take_on(handoff, by=by, at=at)
    handoff.save(update_fields=[*ANSWER_FIELDS, *OWNER_FIELDS])
    said = {"owner": by.pk, "answer_seconds": handoff.answer_seconds}
    steps.record(handoff, "accepted", at=at, by=by, data=said, silent=True)
    return handoff
