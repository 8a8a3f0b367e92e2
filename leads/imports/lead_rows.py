"""Rows of an export that are leads."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from leads import activities, changes, fields, reps
from leads.activities import NewActivity
from leads.changes import LeadRow, Outcome
from leads.identities import IdentityKey
from leads.imports.columns import Row
from leads.imports.plans import Plan
from leads.imports.reports import CREATED, UNCHANGED, UPDATED, Result
from leads.imports.targets import LEAD_TARGETS, MOMENT, Kind
from leads.imports.writers import Run, channel_notes, identities_of, owner_notes, refused, timely
from leads.models import Lead
from leads.refusals import Refused

_OWN = {"name": "text", "channel": "text", "campaign": "text", "owner": "text", "known_at": MOMENT}
KIND = Kind(
    "leads",
    targets={key: spec.type for key, spec in fields.built_in().items() if not spec.derived}
    | LEAD_TARGETS
    | _OWN,
    aliases={"company": "company_name", "role": "title", "e-mail": "email"},
    attributes=True,
)
INQUIRY = "inquiry"


class Writer:
    """Writes lead rows: the lead, its owner if it has none, and the inquiry through the
    channel that the row names."""

    kind = KIND

    def __init__(self, plan: Plan, run: Run) -> None:
        self.plan = plan
        self.run = run
        self.channels: set[str] = set()
        self.owners: set[str] = set()
        self._seen: Counter[tuple[IdentityKey, datetime]] = Counter()

    @staticmethod
    def check(plan: Plan) -> None:
        """Every mapping of lead fields can be followed."""

    def begin(self) -> None:
        """Add the lead fields that the mapping describes."""
        for attribute in self.plan.new_attributes:
            fields.save(attribute)

    def write(self, rows: Sequence[Row]) -> list[Result]:
        """A result for each row."""
        read = [self._read(row) for row in rows]
        good = [(row, lead) for row, lead in zip(rows, read, strict=True) if lead]
        outcomes = changes.upsert_many(
            [lead for _row, lead in good],
            source=self.run.source,
            at=self.run.at,
            dormant_since=self.run.dormant_since,
        )
        kept = [(row, lead, o) for (row, lead), o in zip(good, outcomes, strict=True) if o.lead]
        more = self._give_owners([(row, o.lead) for row, _lead, o in kept])
        more |= self._record_inquiries([(row, lead, o.lead) for row, lead, o in kept])
        by_line = {row.line: o for (row, _lead), o in zip(good, outcomes, strict=True)}
        return [self._result(row, by_line.get(row.line), row.line in more) for row in rows]

    def notes(self) -> list[str]:
        """What people should know about the names in the rows."""
        return channel_notes(self.channels) + owner_notes(self.run.source, self.owners)

    def _read(self, row: Row) -> LeadRow | None:
        """The row as a write; None, with its problems noted, where it cannot be one."""
        if row.problems or not self._sound(row):
            return None
        try:
            keys = identities_of(row, self.run, named=bool(self.plan.mapping.source))
        except Refused as refusal:
            row.problems.append(refused(row, refusal))
            return None
        return LeadRow(keys, _values(row), self._known_at(row, keys), "known_at" in row.cells)

    def _sound(self, row: Row) -> bool:
        if len(str(row.cells.get("owner", ""))) > reps.LONGEST_NAME:
            row.problems.append(row.problem(_("Longer than a name."), "owner"))
        return timely(row, ["known_at"], self.run.at)

    def _known_at(self, row: Row, keys: Sequence[IdentityKey]) -> datetime:
        """When we knew it. Of rows that say they were known at the same moment the later one
        counts, so it is dated a microsecond later: reading the file again then says nothing
        new, whatever its rows say about the same lead."""
        known_at = row.cells.get("known_at") or self.run.since
        earlier = max(self._seen[key, known_at] for key in keys)
        for key in keys:
            self._seen[key, known_at] = earlier + 1
        self.run.stretch(earlier)
        return known_at + timedelta(microseconds=earlier)

    def _give_owners(self, rows: Sequence[tuple[Row, Lead]]) -> set[int]:
        """Lines whose lead got an owner."""
        named = [(row, lead) for row, lead in rows if "owner" in row.cells]
        found = reps.resolve(self.run.source, (row.cells["owner"] for row, _lead in named))
        self.owners |= found.keys()
        given, lines = {}, set()
        for row, lead in named:
            if lead.owner_id is None and lead.unmapped_owner_id is None and lead.pk not in given:
                given[lead.pk] = found[row.cells["owner"]]
                lines.add(row.line)
        reps.give(given)
        return lines

    def _record_inquiries(self, rows: Sequence[tuple[Row, LeadRow, Lead]]) -> set[int]:
        """Lines whose lead was not yet known to have come through their channel."""
        named = [r for r in rows if "channel" in r[0].cells or "campaign" in r[0].cells]
        new = [self._inquiry(row, said, lead) for row, said, lead in named]
        self.channels |= {one.channel for one in new if one.channel}
        outcomes = activities.record_many(new, at=self.run.at, dormant_since=self.run.dormant_since)
        pairs = zip(named, outcomes, strict=True)
        return {row.line for (row, _said, _lead), o in pairs if o.status == CREATED}

    def _inquiry(self, row: Row, said: LeadRow, lead: Lead) -> NewActivity:
        channel, campaign = row.cells.get("channel"), row.cells.get("campaign")
        mark = hashlib.sha256(f"{lead.pk}\n{channel}\n{campaign}".encode()).hexdigest()[:32]
        return NewActivity(
            lead.pk,
            INQUIRY,
            occurred_at=said.known_at,
            known_at=said.known_at,
            channel=channel,
            campaign=campaign,
            source=self.run.source,
            external_id=f"{INQUIRY}:{mark}",
        )

    def _result(self, row: Row, outcome: Outcome | None, more: bool) -> Result:
        if outcome is None:
            return Result.rejected(row.problems)
        if outcome.refusal:
            return Result.rejected([refused(row, outcome.refusal)])
        unchanged = outcome.status == UNCHANGED and more
        return Result(UPDATED if unchanged else outcome.status)


def _values(row: Row) -> dict[str, object]:
    """The lead fields of a row. A full name gives first and last name where they are blank."""
    values = {k: v for k, v in row.cells.items() if k not in _OWN and k not in LEAD_TARGETS}
    if "email" in row.cells:
        values["email"] = row.cells["email"]
    if "name" in row.cells:
        values = split_name(str(row.cells["name"])) | values
    return values


def split_name(name: str) -> dict[str, str]:
    """First and last name of a full one, written "Meier, Anna" or "Anna Meier"; what is small,
    as in "Ludwig van Beethoven", begins the last name."""
    last, comma, first = name.partition(",")
    if comma:
        return {"first_name": first.strip(), "last_name": last.strip()}
    parts = name.split()
    small = next((i for i, part in enumerate(parts) if i and part.islower()), len(parts) - 1)
    cut = max(small, 1)
    return {"first_name": " ".join(parts[:cut]), "last_name": " ".join(parts[cut:])}
