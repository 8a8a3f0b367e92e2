"""Rows of an export that are activities of leads Baton knows."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping as Table
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from leads import activities, identities
from leads.activities import NewActivity, Outcome
from leads.identities import IdentityKey
from leads.imports.columns import Problem, Row
from leads.imports.plans import Plan
from leads.imports.reports import Result
from leads.imports.targets import LEAD_TARGETS, MOMENT, Kind
from leads.imports.writers import Run, channel_notes, identities_of, refused, timely
from leads.refusals import Refused

KIND = Kind(
    "activities",
    targets=LEAD_TARGETS
    | {
        "activity_id": "text",
        "type": "text",
        "occurred_at": MOMENT,
        "known_at": MOMENT,
        "channel": "text",
        "campaign": "text",
    },
    aliases={"date": "occurred_at", "lead_external_id": "external_id"},
    required=(("type",), ("occurred_at",)),
    properties=True,
    own_id="activity_id",
)


class Writer:
    """Writes activity rows. An activity without an id of its own is known again by what it
    says, and by how many rows before it say the same."""

    kind = KIND

    def __init__(self, plan: Plan, run: Run) -> None:
        self.plan = plan
        self.run = run
        self.channels: set[str] = set()
        self._seen: Counter[str] = Counter()

    @staticmethod
    def check(plan: Plan) -> None:
        """Every mapping with a type and a moment can be followed."""

    def begin(self) -> None:
        """Nothing to prepare."""

    def write(self, rows: Sequence[Row]) -> list[Result]:
        """A result for each row."""
        keys = {row.line: self._keys(row) for row in rows}
        holders = identities.leads_of(key for some in keys.values() for key in some)
        read = [(row, self._read(row, keys[row.line], holders)) for row in rows]
        new = [activity for _row, activity in read if activity]
        outcomes = iter(
            activities.record_many(new, at=self.run.at, dormant_since=self.run.dormant_since)
        )
        return [_result(row, next(outcomes) if activity else None) for row, activity in read]

    def notes(self) -> list[str]:
        """What people should know about the names in the rows."""
        return channel_notes(self.channels)

    def _keys(self, row: Row) -> tuple[IdentityKey, ...]:
        if row.problems:
            return ()
        try:
            return identities_of(row, self.run, named=bool(self.plan.mapping.source))
        except Refused as refusal:
            row.problems.append(refused(row, refusal))
            return ()

    def _read(
        self, row: Row, keys: Sequence[IdentityKey], holders: Table[IdentityKey, int]
    ) -> NewActivity | None:
        """The row as an activity; None, with its problems noted, where it cannot be one."""
        if row.problems:
            return None
        found = {key: holders[key] for key in keys if key in holders}
        if len(set(found.values())) != 1:
            row.problems.append(_nobody(row, keys, found))
            return None
        for target in ("type", "occurred_at"):
            if target not in row.cells:
                row.problems.append(row.problem(_("Is needed."), target))
        if not timely(row, ("occurred_at", "known_at"), self.run.at):
            return None
        return self._activity(row, next(iter(found.values())), keys)

    def _activity(self, row: Row, lead_id: int, keys: Sequence[IdentityKey]) -> NewActivity:
        cells = row.cells
        channel = str(cells["channel"]) if "channel" in cells else None
        self.channels |= {channel} if channel else set()
        return NewActivity(
            lead_id,
            str(cells["type"]),
            cells["occurred_at"],
            max(cells.get("known_at") or self.run.since, cells["occurred_at"]),
            channel=channel,
            campaign=cells.get("campaign"),
            properties=_properties(row),
            source=self.run.source,
            external_id=self._id(row, keys),
        )

    def _id(self, row: Row, keys: Sequence[IdentityKey]) -> str:
        if "activity_id" in row.cells:
            return str(row.cells["activity_id"])
        said = {k: v for k, v in row.cells.items() if k not in LEAD_TARGETS and k != "known_at"}
        text = json.dumps([keys, said], sort_keys=True, default=datetime.isoformat)
        self._seen[text] += 1
        return "row:" + hashlib.sha256(f"{text}{self._seen[text]}".encode()).hexdigest()[:32]


def _properties(row: Row) -> dict[str, object]:
    start = "properties."
    return {k.removeprefix(start): v for k, v in row.cells.items() if k.startswith(start)}


def _nobody(row: Row, keys: Sequence[IdentityKey], found: Table[IdentityKey, int]) -> Problem:
    if found:
        return refused(row, identities.two_leads(found))
    target = next((target for target in LEAD_TARGETS if target in row.cells), "")
    message = _("No lead has the identity %(identity)s. Import the leads first.")
    return row.problem(message % {"identity": keys[0]}, target)


def _result(row: Row, outcome: Outcome | None) -> Result:
    if outcome is None:
        return Result.rejected(row.problems)
    if outcome.refusal:
        return Result.rejected([refused(row, outcome.refusal)])
    return Result(outcome.status)
