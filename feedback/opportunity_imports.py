"""Rows of an export that are opportunities, won, lost or open."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping as Table
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from feedback.models import Opportunity
from feedback.opportunities import imports
from feedback.opportunities.imports import Deal
from leads import companies, identities, reps
from leads.folding import fold
from leads.identities import IdentityKey
from leads.imports.columns import Problem, Row
from leads.imports.plans import Plan
from leads.imports.reports import Result
from leads.imports.targets import LEAD_TARGETS, MOMENT, Kind
from leads.imports.writers import Run, identities_of, owner_notes, refused, timely
from leads.models import Lead
from leads.refusals import Refused

Status = Opportunity.Status

KIND = Kind(
    "opportunities",
    targets=LEAD_TARGETS
    | {
        "opportunity_id": "text",
        "name": "text",
        "company": "text",
        "status": "text",
        "amount": "number",
        "currency": "text",
        "kind": "text",
        "opened_at": MOMENT,
        "closed_at": MOMENT,
        "won_at": MOMENT,
        "lost_because": "text",
        "owner": "text",
    },
    aliases={
        "company_name": "company",
        "lead_external_id": "external_id",
        "stage": "status",
        "won_date": "won_at",
    },
    required=(("status", "won_at"), (*LEAD_TARGETS, "opportunity_id", "company", "name")),
    line_identifies=False,
    own_id="opportunity_id",
)
_WORDS = {
    Status.OPEN: ("open", "offen"),
    Status.WON: ("won", "closed won", "gewonnen"),
    Status.LOST: ("lost", "closed lost", "verloren"),
}
_STATUSES = {word: status for status, words in _WORDS.items() for word in words}
_LONGEST = {"opportunity_id": 120, "name": 200, "company": 200, "lost_because": 200, "owner": 160}
_LARGEST = Decimal(10) ** 12


class Writer:
    """Writes opportunity rows, attached to the leads they name. An opportunity without an id
    of its own is known again by its lead, company, name and opening."""

    kind = KIND

    def __init__(self, plan: Plan, run: Run) -> None:
        self.plan = plan
        self.run = run
        self.statuses = _STATUSES | dict(plan.mapping.status_values)
        self.owners: set[str] = set()
        self.unknown_amounts = 0
        self._seen: Counter[str] = Counter()

    @staticmethod
    def check(plan: Plan) -> None:
        """Raises Refused for a mapping whose statuses Baton does not have."""
        for text, status in plan.mapping.status_values.items():
            if status not in Status.values:
                raise Refused(
                    "bad_mapping",
                    _("`status_values` says “%(status)s” for “%(text)s”.")
                    % {"status": status, "text": text},
                    _("A status is one of: open, won, lost."),
                    field="status_values",
                )

    def begin(self) -> None:
        """Nothing to prepare."""

    def write(self, rows: Sequence[Row]) -> list[Result]:
        """A result for each row."""
        leads = self._leads(rows)
        texts = [row.cells for row in rows if not row.problems]
        company_ids = companies.find_or_add(str(c["company"]) for c in texts if "company" in c)
        found = reps.resolve(self.run.source, (str(c["owner"]) for c in texts if "owner" in c))
        self.owners |= found.keys()
        deals = [(row, self._deal(row, leads, company_ids, found)) for row in rows]
        outcomes = iter(imports.import_many([deal for _row, deal in deals if deal]))
        return [
            Result(next(outcomes).status) if deal else Result.rejected(row.problems)
            for row, deal in deals
        ]

    def notes(self) -> list[str]:
        """What people should know about the names and amounts in the rows."""
        notes = owner_notes(self.run.source, self.owners)
        if self.unknown_amounts:
            said = _("%(count)s amounts are 0, which says nothing: they count as unknown.")
            notes.append(said % {"count": self.unknown_amounts})
        return notes

    def _leads(self, rows: Sequence[Row]) -> dict[int, Lead]:
        """The lead of each row, by line; rows that name one Baton does not know get a problem."""
        keys = {row.line: self._keys(row) for row in rows}
        holders = identities.leads_of(key for some in keys.values() for key in some)
        stored = Lead.objects.in_bulk(set(holders.values()))
        leads = {}
        for row in rows:
            found = {key: holders[key] for key in keys[row.line] if key in holders}
            if len(set(found.values())) > 1:
                row.problems.append(refused(row, identities.two_leads(found)))
            elif found:
                leads[row.line] = stored[next(iter(found.values()))]
            elif keys[row.line]:
                row.problems.append(_nobody(row, keys[row.line][0]))
        return leads

    def _keys(self, row: Row) -> tuple[IdentityKey, ...]:
        if row.problems or not row.cells.keys() & LEAD_TARGETS.keys():
            return ()
        try:
            return identities_of(row, self.run, named=False)
        except Refused as refusal:
            row.problems.append(refused(row, refusal))
            return ()

    def _deal(
        self,
        row: Row,
        leads: Table[int, Lead],
        company_ids: Table[str, int],
        owners: Table[str, reps.Owner],
    ) -> Deal | None:
        """The row as a deal; None, with its problems noted, where it cannot be one."""
        if row.problems or not self._sound(row):
            return None
        cells = row.cells
        status = self._status(row)
        closed_at = self._closed_at(row, status)
        amount = self._amount(row)
        if row.problems:
            return None
        owner = owners.get(str(cells.get("owner")), reps.Owner(None, None))
        return Deal(
            self.run.source,
            self._id(row),
            status,
            opened_at=cells.get("opened_at") or closed_at or self.run.since,
            closed_at=closed_at,
            lead=leads.get(row.line),
            company_id=company_ids.get(companies.folded_name(str(cells.get("company", "")))),
            name=str(cells.get("name", "")),
            amount=amount,
            currency=str(cells.get("currency") or self.plan.mapping.currency or "EUR").upper(),
            kind=fold(str(cells.get("kind", ""))).replace(" ", "_"),
            lost_because=str(cells.get("lost_because", "")),
            owner_id=owner.user_id,
            unmapped_owner_id=owner.unmapped_id,
        )

    def _sound(self, row: Row) -> bool:
        timely(row, ("opened_at", "closed_at", "won_at"), self.run.at)
        for target, longest in _LONGEST.items():
            if len(str(row.cells.get(target, ""))) > longest:
                said = _("Longer than %(length)s characters.") % {"length": longest}
                row.problems.append(row.problem(said, target))
        if not re.fullmatch("[A-Za-z]{3}|", str(row.cells.get("currency", ""))):
            row.problems.append(row.problem(_("Is no currency like EUR."), "currency"))
        kind = fold(str(row.cells.get("kind", ""))).replace(" ", "_")
        if kind and kind not in Opportunity.Kind.values:
            said = _("Is none of: new_business, upsell, renewal.")
            row.problems.append(row.problem(said, "kind"))
        return not row.problems

    def _status(self, row: Row) -> str:
        if "status" not in row.cells and "won_at" in row.cells:
            return Status.WON
        status = self.statuses.get(fold(str(row.cells.get("status", ""))))
        if status is None:
            said = _("Is neither open nor won nor lost; say what it is in `status_values`.")
            row.problems.append(
                row.problem(said, "status" if "status" in row.columns else "won_at")
            )
        return status or Status.OPEN

    def _closed_at(self, row: Row, status: str) -> datetime | None:
        if status == Status.OPEN:
            return None
        won_at = row.cells.get("won_at") if status == Status.WON else None
        closed_at = won_at or row.cells.get("closed_at")
        opened_at = row.cells.get("opened_at")
        target = "closed_at" if "closed_at" in row.columns else "won_at"
        if closed_at is None:
            said = _("A deal that is won or lost needs the day on which it was closed.")
            row.problems.append(row.problem(said, target))
        elif opened_at and opened_at > closed_at:
            row.problems.append(row.problem(_("Lies before the deal was opened."), target))
        return closed_at

    def _amount(self, row: Row) -> Decimal | None:
        if "amount" not in row.cells:
            return None
        amount = Decimal(str(row.cells["amount"])).quantize(Decimal("0.01"))
        if amount < 0 or amount >= _LARGEST:
            row.problems.append(row.problem(_("Is not an amount."), "amount"))
        self.unknown_amounts += amount == 0
        return amount or None

    def _id(self, row: Row) -> str:
        if "opportunity_id" in row.cells:
            return str(row.cells["opportunity_id"])
        same = (*LEAD_TARGETS, "company", "name", "opened_at")
        said = {key: row.cells[key] for key in same if key in row.cells}
        text = json.dumps(said, sort_keys=True, default=datetime.isoformat)
        self._seen[text] += 1
        return "row:" + hashlib.sha256(f"{text}{self._seen[text]}".encode()).hexdigest()[:32]


def _nobody(row: Row, key: IdentityKey) -> Problem:
    target = next(target for target in LEAD_TARGETS if target in row.cells)
    message = _("No lead has the identity %(identity)s. Import the leads first")
    if target == "external_id":
        message += _(", or map the column to opportunity_id if it is the deal's own number")
    return row.problem(f"{message % {'identity': key}}.", target)
