"""What all kinds of imports do alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from django.utils.translation import gettext as _

from leads import channels, identities, reps
from leads.identities import IdentityKey
from leads.imports.columns import Problem, Row
from leads.imports.plans import Plan
from leads.imports.reports import Result
from leads.imports.targets import LEAD_TARGETS, Kind
from leads.models import Channel
from leads.refusals import Refused

MOST_NAMED = 20
# Systems write the first day they know for a date they do not know.
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass
class Run:
    """One run over a file. `at` is now; `since` is when this file first came, which is when we
    knew what it does not date itself. In `history` nothing it brings is handed over."""

    source: str
    lead_source: str
    at: datetime
    since: datetime
    history: bool
    longest: int = 0

    @property
    def dormant_since(self) -> datetime | None:
        """Not before anything this run dates itself."""
        return self.at + timedelta(microseconds=self.longest) if self.history else None

    def stretch(self, microseconds: int) -> None:
        """Something is dated so long after what its row says."""
        self.longest = max(self.longest, microseconds)


class Writer(Protocol):
    """Writes the rows of one kind of import."""

    kind: Kind

    def __init__(self, plan: Plan, run: Run) -> None: ...

    @staticmethod
    def check(plan: Plan) -> None:
        """Raises Refused for a mapping that this kind cannot follow."""

    def begin(self) -> None:
        """Once, before the first row."""

    def write(self, rows: Sequence[Row]) -> list[Result]:
        """Some rows, in one transaction: a result each."""

    def notes(self) -> list[str]:
        """Sentences about what came in."""


def identities_of(row: Row, run: Run, *, named: bool) -> tuple[IdentityKey, ...]:
    """How the lead of a row is recognised: by external id, e-mail, visitor, else by the line of
    a named source. Raises Refused for a row without any, and for what is none."""
    cells, keys = row.cells, []
    if "external_id" in cells:
        keys.append(identities.external(run.lead_source, str(cells["external_id"])))
    if "email" in cells:
        keys.append(identities.email(str(cells["email"])))
    if "visitor" in cells:
        keys.append(identities.visitor(run.lead_source, str(cells["visitor"])))
    if not keys and named:
        keys.append(identities.row(run.lead_source, row.line))
    if not keys:
        raise Refused(
            "no_identity",
            _("Nothing in this row says who it is about."),
            _("Name the `source` in the mapping: then its line identifies it."),
        )
    return tuple(keys)


def refused(row: Row, refusal: Refused) -> Problem:
    """What a verb said about a row."""
    target = refusal.field or next((key for key in LEAD_TARGETS if key in row.cells), "")
    if target not in row.columns and "name" in row.columns and target.endswith("_name"):
        target = "name"
    return row.problem(str(refusal), target)


def timely(row: Row, targets: Iterable[str], at: datetime) -> bool:
    """Are these moments of the row behind us, and in our times? Notes problems where not."""
    for target in targets:
        moment = row.cells.get(target)
        if moment and moment > at:
            row.problems.append(row.problem(_("Lies in the future."), target))
        elif moment and moment < EARLIEST:
            row.problems.append(row.problem(_("Lies before 1970."), target))
    return not row.problems


def channel_notes(names: Iterable[str]) -> list[str]:
    """Which of the channels that rows named are unclassified."""
    rows = channels.channels(names).values()
    unclassified = {row.name for row in rows if row.kind == Channel.Kind.UNCLASSIFIED}
    return _listed(
        _("Unclassified channels: %(names)s. Give them a kind under Channels."), unclassified
    )


def owner_notes(source: str, names: Iterable[str]) -> list[str]:
    """Which of the reps that rows named nobody has mapped."""
    found = reps.resolve(source, names)
    strangers = {name for name, owner in found.items() if owner.unmapped_id}
    return _listed(
        _("Reps whom nobody has mapped: %(names)s. Say who they are under Reps of sources."),
        strangers,
    )


def _listed(sentence: str, names: set[str]) -> list[str]:
    if not names:
        return []
    shown = sorted(names)[:MOST_NAMED]
    more = len(names) - len(shown)
    listed = ", ".join(f"“{name}”" for name in shown)
    if more:
        listed += _(" and %(more)s more") % {"more": more}
    return [sentence % {"names": listed}]
