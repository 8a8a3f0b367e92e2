"""The one writer of what we know about leads: the change log and the row projected from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from leads import fields
from leads.identities import IdentityKey
from leads.models import Lead, LeadChange, User
from leads.projections import Profile, of_row, project, show
from leads.upserts import Batch, LeadRow, Outcome

__all__ = [
    "LeadRow",
    "Outcome",
    "Profile",
    "profile",
    "profile_at",
    "project",
    "record",
    "upsert",
    "upsert_many",
]

BATCH = 500


def record(
    lead: Lead,
    values: Mapping[str, object],
    *,
    source: str,
    known_at: datetime,
    by: User | None = None,
    dated: bool = False,
) -> bool:
    """Write what was learnt about `lead`; False when it says nothing new. The given instance
    shows the new values. Raises Refused for a value that its field cannot hold, for a field
    nobody registered, and `two_leads` for the e-mail address of somebody else."""
    row = LeadRow((), values, known_at, dated)
    outcome = Batch([row], source=source, by=by, at=known_at, lead_id=lead.pk).run()[0]
    if outcome.refusal:
        raise outcome.refusal
    show(outcome.lead, on=lead)
    return outcome.status == "updated"


def upsert(
    keys: Iterable[IdentityKey],
    values: Mapping[str, object],
    *,
    source: str,
    known_at: datetime,
    by: User | None = None,
    dated: bool = False,
    dormant_since: datetime | None = None,
) -> tuple[Lead, str]:
    """The lead with these identities, found or created, and "created", "updated" or "unchanged".
    Raises Refused as `record`, and `no_identity` and `two_leads` for the identities."""
    rows = [LeadRow(tuple(keys), values, known_at, dated)]
    outcome = upsert_many(rows, source=source, at=known_at, by=by, dormant_since=dormant_since)[0]
    if outcome.refusal:
        raise outcome.refusal
    return outcome.lead, outcome.status


def upsert_many(
    rows: Sequence[LeadRow],
    *,
    source: str,
    at: datetime,
    by: User | None = None,
    dormant_since: datetime | None = None,
) -> list[Outcome]:
    """`upsert` for many rows, an outcome each, in sets of 500: each set is written whole or not
    at all, a refused row leaves the others in. With `dormant_since`, leads that are created or
    changed are not handed over before they do something after it."""
    outcomes = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        outcomes += Batch(batch, source=source, by=by, at=at, dormant_since=dormant_since).run()
    return outcomes


def profile(lead: Lead) -> Profile:
    """What is known about the lead now."""
    return of_row(lead, fields.registry())


def profile_at(lead: Lead, at: datetime) -> Profile:
    """What was known about the lead at `at`."""
    known_by_then = LeadChange.objects.filter(lead=lead, known_at__lte=at)
    return Profile(project(known_by_then), fields.registry())
