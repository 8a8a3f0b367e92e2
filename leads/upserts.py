"""Writing many rows about leads at once: a few queries for up to 500 rows.

Use it through `leads.changes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from leads import companies, fields, identities, stale
from leads.identities import IdentityKey
from leads.models import Identity, Lead, LeadChange, User
from leads.projections import Entry, Log, Profile, columns
from leads.refusals import Refused
from leads.values import Value

# Somebody else may add the same person at the same moment: then we find theirs and go on.
TRIES = 5


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One write about one person: how they are recognised, what was learnt, known since when.

    `values` are raw, by field key; None clears. `dated` says that the source itself gave
    `known_at`: then a value that is known already is written once more with its later date,
    so that an older value that arrives afterwards does not win.
    """

    identities: tuple[IdentityKey, ...]
    values: Mapping[str, object]
    known_at: datetime
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: `status` is created, updated, unchanged or refused; `changed` are
    the keys of which it said something new."""

    status: str
    lead: Lead | None = None
    refusal: Refused | None = None
    changed: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class _Case:
    """A lead of the batch, stored or yet to be, and what the batch adds to it."""

    lead: Lead
    log: Log = field(default_factory=Log)
    writes: list[Entry] = field(default_factory=list)
    keys: list[IdentityKey] = field(default_factory=list)
    learnt: bool = False

    def take(self, reading: _Reading) -> tuple[str, ...]:
        """Add what a row says; the keys of which it says something new. A new lead always gets
        an entry, if an empty one: its log says from whom and since when we know it."""
        values, learnt = _said(self.log, reading)
        new = self.lead.pk is None and not self.writes
        if values or new:
            self.writes.append(Entry(reading.row.known_at, values))
            self.log.add(self.writes[-1])
        self.learnt = self.learnt or bool(learnt) or new
        return learnt


@dataclass(frozen=True, slots=True)
class _Reading:
    """A row with its values in canonical form, and with every identity it names."""

    row: LeadRow
    values: dict[str, Value]
    keys: tuple[IdentityKey, ...]


class Batch:
    """Some rows, written in one transaction. Locks in this order: leads by number, companies,
    identities, stale marks; so writers wait for each other, but never in a circle."""

    def __init__(
        self,
        rows: Sequence[LeadRow],
        *,
        source: str,
        at: datetime,
        by: User | None = None,
        dormant_since: datetime | None = None,
        lead_id: int | None = None,
    ) -> None:
        """With `lead_id`, all rows are about that lead."""
        self.rows = rows
        self.source = source
        self.at = at
        self.by = by
        self.dormant_since = dormant_since
        self.lead_id = lead_id

    def run(self) -> list[Outcome]:
        """Write the rows: an outcome each, in their order."""
        self.known = fields.registry()
        for attempt in range(TRIES):
            try:
                return self._write()
            except IntegrityError:
                if attempt == TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    @transaction.atomic
    def _write(self) -> list[Outcome]:
        readings = [self._reading(row) for row in self.rows]
        self.cases = self._stored_cases([r for r in readings if isinstance(r, _Reading)])
        steps = [self._step(reading) for reading in readings]
        self._store([case for case in self.cases if case.writes or case.keys])
        return [self._outcome(*step) for step in steps]

    def _reading(self, row: LeadRow) -> _Reading | Refused:
        try:
            values = fields.canonical_values(row.values, self.known)
            keys = list(row.identities)
            if values.get("email"):
                keys.append(IdentityKey("", Identity.Kind.EMAIL, values["email"]))
            if not keys and self.lead_id is None:
                raise _no_identity()
        except Refused as refusal:
            return refusal
        return _Reading(row, values, tuple(dict.fromkeys(keys)))

    def _stored_cases(self, readings: Sequence[_Reading]) -> list[_Case]:
        """The leads known by these identities, locked, with their logs."""
        ids = identities.leads_of(key for reading in readings for key in reading.keys)
        wanted = {*ids.values(), *([self.lead_id] if self.lead_id else [])}
        by_id = {lead.pk: _Case(lead) for lead in _locked(wanted)} if wanted else {}
        if self.lead_id and self.lead_id not in by_id:
            raise Lead.DoesNotExist
        for lead_id, entry in _entries(by_id):
            by_id[lead_id].log.add(entry)
        self.this = by_id.get(self.lead_id)
        self.holders = {key: by_id[lead_id] for key, lead_id in ids.items()}
        return list(by_id.values())

    def _step(
        self, reading: _Reading | Refused
    ) -> tuple[str, _Case | _Reading | Refused, tuple[str, ...]]:
        if isinstance(reading, Refused):
            return "refused", reading, ()
        found = {self.holders[key] for key in reading.keys if key in self.holders}
        found |= {self.this} if self.this else set()
        if len(found) > 1:
            return "refused", reading, ()
        case = found.pop() if found else self._new_case(reading)
        status = "unchanged" if case.learnt or case.lead.pk else "created"
        new_keys = [key for key in reading.keys if key not in self.holders]
        case.keys += new_keys
        self.holders |= dict.fromkeys(new_keys, case)
        learnt = case.take(reading)
        if status == "unchanged" and (learnt or new_keys):
            status = "updated"
        return status, case, learnt

    def _new_case(self, reading: _Reading) -> _Case:
        lead = Lead(created_at=reading.row.known_at, dormant_since=self.dormant_since)
        self.cases.append(_Case(lead))
        return self.cases[-1]

    def _store(self, cases: Sequence[_Case]) -> None:
        new = [case for case in cases if case.lead.pk is None]
        changed = self._projected(cases)
        Lead.objects.bulk_create([case.lead for case in new])
        stored = [case.lead for case in cases if case not in new]
        if stored and changed:
            # An upsert by number is one statement; bulk_update would be a CASE per column and row.
            Lead.objects.bulk_create(
                stored, update_conflicts=True, unique_fields=["id"], update_fields=sorted(changed)
            )
        LeadChange.objects.bulk_create(self._changes(cases))
        Identity.objects.bulk_create(_identities(cases))
        stale.mark([case.lead.pk for case in cases if case.learnt], at=self.at)

    def _projected(self, cases: Sequence[_Case]) -> set[str]:
        """Bring the lead rows in line with their logs; the columns that changed in stored ones."""
        learnt = [(case, Profile(case.log.profile(), self.known)) for case in cases if case.learnt]
        company_ids = companies.find_or_add(p.get("company_name", "") for _, p in learnt)
        changed: set[str] = set()
        for case, profile in learnt:
            row = columns(profile, self.known, company_ids)
            row["dormant_since"] = self.dormant_since or case.lead.dormant_since
            differing = {n: v for n, v in row.items() if getattr(case.lead, n) != v}
            for name, value in differing.items():
                setattr(case.lead, name, value)
            changed |= differing.keys() if case.lead.pk else set()
        return changed

    def _changes(self, cases: Sequence[_Case]) -> list[LeadChange]:
        return [
            LeadChange(
                lead=case.lead,
                values=entry.values,
                source=self.source,
                by=self.by,
                known_at=entry.known_at,
            )
            for case in cases
            for entry in case.writes
        ]

    def _outcome(
        self, status: str, of: _Case | _Reading | Refused, changed: tuple[str, ...]
    ) -> Outcome:
        if isinstance(of, _Case):
            return Outcome(status, lead=of.lead, changed=changed)
        if isinstance(of, _Reading):
            numbers = {key: self.holders[key].lead.pk for key in of.keys if key in self.holders}
            of = identities.two_leads(numbers, this=self.lead_id)
        return Outcome(status, refusal=of)


def _said(log: Log, reading: _Reading) -> tuple[dict[str, Value], tuple[str, ...]]:
    """What of a row goes into the log, and the keys that are new at the row's date."""
    row, news, again = reading.row, {}, {}
    for key, value in _with_email(reading, log).items():
        known, since = log.value(key, row.known_at)
        if known != value or type(known) is not type(value):
            news[key] = value
        elif row.dated and since and since < row.known_at:
            again[key] = value
    return again | news, tuple(news)


def _with_email(reading: _Reading, log: Log) -> dict[str, Value]:
    """An address by which somebody is recognised is their address, until one is stated."""
    if "email" in reading.values or log.has("email"):
        return reading.values
    addresses = [key.value for key in reading.keys if key.kind == Identity.Kind.EMAIL]
    return reading.values | ({"email": addresses[0]} if addresses else {})


def _locked(ids: Iterable[int]) -> QuerySet[Lead]:
    return Lead.objects.select_for_update().filter(pk__in=ids).order_by("pk")


def _entries(lead_ids: Iterable[int]) -> Iterator[tuple[int, Entry]]:
    changes = LeadChange.objects.filter(lead_id__in=list(lead_ids)).order_by("known_at", "pk")
    for lead_id, known_at, values in changes.values_list("lead_id", "known_at", "values"):
        yield lead_id, Entry(known_at, values)


def _identities(cases: Sequence[_Case]) -> list[Identity]:
    rows = sorted(((key, case.lead) for case in cases for key in case.keys), key=lambda r: r[0])
    return [
        Identity(lead=lead, source=key.source, kind=key.kind, value=key.value) for key, lead in rows
    ]


def _no_identity() -> Refused:
    return Refused(
        "no_identity",
        _("Nothing says who this is."),
        _("Give an e-mail address or an external id."),
        field="identities",
    )
