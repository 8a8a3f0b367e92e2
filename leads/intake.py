"""What other systems tell us: leads and activities, each named by an identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leads import activities, changes, events, owners
from leads.activities import NewActivity
from leads.changes import LeadRow
from leads.identities import IdentityKey
from leads.inquiries import inquiry
from leads.models import Activity, Lead, Side, User
from leads.refusals import Refused

API = "api"  # The source of what names none.


@dataclass(frozen=True, slots=True)
class Report:
    """One thing a person did, as a system tells it. `source` names the system, `external_id`
    its own id for the activity; together they make a repeat harmless."""

    keys: tuple[IdentityKey, ...]
    type: str
    occurred_at: datetime
    channel: str | None = None
    campaign: str | None = None
    properties: Mapping[str, object] = field(default_factory=dict)
    source: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a report: `status` is created, unchanged or refused; `lead_status` is
    created, updated or unchanged. A refused one has changed nothing."""

    status: str
    activity: Activity | None = None
    lead_status: str = ""
    refusal: Refused | None = None


def require_writer(by: User) -> None:
    """Who writes by identity must see every lead: else an answer would tell of leads that are
    not theirs. So a rep's key reads and answers handoffs, and no more."""
    if by.is_manager or by.side == Side.MARKETING:
        return
    raise Refused(
        "may_not_write",
        _("%(user)s does not see all leads, and so may not write them here.") % {"user": by},
        _("Use a token of somebody in marketing, of operations or of an administrator."),
        status=403,
    )


@dataclass(frozen=True, slots=True)
class News:
    """What a system says about a person: the row, and through what and whose the lead came.
    `owner` is a rep's e-mail address."""

    row: LeadRow
    source: str
    channel: str | None = None
    campaign: str | None = None
    owner: str = ""


def take_lead(news: News, *, by: User, at: datetime) -> tuple[Lead, str, tuple[str, ...]]:
    """The lead, "created", "updated" or "unchanged", and what of it was new. Raises Refused as
    `changes.upsert`, and for an unknown owner; then nothing is written."""
    require_writer(by)
    rep = _rep(news.owner) if news.owner else None
    with transaction.atomic():
        outcome = changes.upsert_many([news.row], source=news.source, at=at, by=by)[0]
        if outcome.refusal:
            raise outcome.refusal
        lead, changed = outcome.lead, list(outcome.changed)
        changed += ["channel"] if _record_inquiry(lead, news, at=at) else []
        changed += ["owner"] if rep and _assign(lead, rep, news, by=by, at=at) else []
    status = "updated" if changed and outcome.status == "unchanged" else outcome.status
    return lead, status, tuple(changed)


def take_activities(reports: Sequence[Report], *, by: User, at: datetime) -> list[Taken]:
    """What became of each, in their order. The good ones go in together or not at all; unknown
    people become leads."""
    require_writer(by)
    refused: dict[int, Refused] = {}
    while True:
        good = {index: r for index, r in enumerate(reports) if index not in refused}
        try:
            taken = _write(good, by=by, at=at)
        except _Refusals as found:
            # Rolled back, and once more without them: nobody becomes a lead by a refused report.
            refused |= found.refusals
        else:
            taken |= {index: Taken("refused", refusal=r) for index, r in refused.items()}
            return [taken[index] for index in range(len(reports))]


class _Refusals(Exception):
    """Some of the reports cannot be taken."""

    def __init__(self, refusals: Mapping[int, Refused]) -> None:
        super().__init__()
        self.refusals = dict(refusals)


@transaction.atomic
def _write(reports: Mapping[int, Report], *, by: User, at: datetime) -> dict[int, Taken]:
    sources = {report.source for report in reports.values()}
    rows = [LeadRow(report.keys, {}, at) for report in reports.values()]
    # One call, though the sources may be several: so all leads are locked at once, in order.
    source = sources.pop() if len(sources) == 1 else API
    leads = dict(zip(reports, changes.upsert_many(rows, source=source, at=at, by=by), strict=True))
    _raise_refusals(leads)
    new = [_new(report, leads[index].lead, at) for index, report in reports.items()]
    done = dict(zip(reports, activities.record_many(new, at=at), strict=True))
    _raise_refusals(done)
    return {
        index: Taken(outcome.status, outcome.activity, lead_status=leads[index].status)
        for index, outcome in done.items()
    }


def _raise_refusals(outcomes: Mapping[int, changes.Outcome | activities.Outcome]) -> None:
    refusals = {index: o.refusal for index, o in outcomes.items() if o.refusal}
    if refusals:
        raise _Refusals(refusals)


def _new(report: Report, lead: Lead, at: datetime) -> NewActivity:
    return NewActivity(
        lead_id=lead.pk,
        type=report.type,
        occurred_at=report.occurred_at,
        known_at=at,
        channel=report.channel or None,
        campaign=report.campaign or None,
        properties=report.properties,
        source=report.source,
        external_id=report.external_id,
    )


def _record_inquiry(lead: Lead, news: News, *, at: datetime) -> bool:
    """A channel belongs to an activity: the inquiry that the lead came in with."""
    if not (news.channel or news.campaign):
        return False
    through = {"channel": news.channel or None, "campaign": news.campaign or None}
    new = inquiry(lead.pk, at=news.row.known_at, source=news.source, **through)
    return activities.record_many([new], at=at)[0].status == "created"


def _assign(lead: Lead, rep: User, news: News, *, by: User, at: datetime) -> bool:
    if not owners.assign(lead, rep):
        return False
    data = {"owner": rep.pk, "source": news.source}
    events.write("lead.assigned", at=at, lead=lead, actor=by, data=data)
    return True


def _rep(email: str) -> User:
    rep = User.objects.filter(email=email.lower(), is_active=True, team__side=Side.SALES).first()
    if rep is None:
        raise Refused(
            "unknown_owner",
            _("Nobody in sales has the e-mail address %(email)s.") % {"email": email},
            _("Check the address, or leave the owner out."),
            field="owner",
        )
    return rep
