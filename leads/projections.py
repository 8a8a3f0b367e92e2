"""The change log of a lead, and the lead row as its projection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from leads.companies import folded_name
from leads.fields import FieldSpec, Registry, built_in
from leads.folding import fold
from leads.models import Attribute, Lead
from leads.values import LONGEST_TEXT, Value

_FOLDED_TYPES = {Attribute.Type.TEXT, Attribute.Type.CHOICE, Attribute.Type.EMAIL}


class Change(Protocol):
    """What a projection needs of a LeadChange."""

    pk: int
    values: Mapping[str, Value]
    known_at: datetime


class Entry(NamedTuple):
    """One write: which keys got which values, known since when."""

    known_at: datetime
    values: Mapping[str, Value]


class Log:
    """All writes to a lead in the order (known_at, id)."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        """`entries` come in that order."""
        self._entries = list(entries)

    def add(self, entry: Entry) -> None:
        """A newly written one: after all that were known by the same moment."""
        place = len(self._entries)
        while place and self._entries[place - 1].known_at > entry.known_at:
            place -= 1
        self._entries.insert(place, entry)

    def value(self, key: str, at: datetime) -> tuple[Value, datetime | None]:
        """The value known for `key` at `at` and since when it is known; (None, None) if never."""
        for known_at, values in reversed(self._entries):
            if known_at <= at and key in values:
                return values[key], known_at
        return None, None

    def has(self, key: str) -> bool:
        """Was anything ever written for `key`?"""
        return any(key in values for _, values in self._entries)

    def profile(self) -> dict[str, Value]:
        """Per key the value latest by (known_at, id); cleared keys are left out."""
        latest: dict[str, Value] = {}
        for _, values in self._entries:
            latest |= values
        return {key: value for key, value in latest.items() if value is not None}


class Profile(dict[str, Value]):
    """Canonical values by field key, derived ones included, unknown ones absent.

    `folded` has the folded text of every text, choice and e-mail among them, cut to the length
    of the column that holds it, so that Python compares what the database compares.
    """

    folded: dict[str, str]

    def __init__(self, values: Mapping[str, Value], known: Registry) -> None:
        super().__init__({key: value for key, value in values.items() if key in known})
        if "email" in self:
            self["email_domain"] = fold(str(self["email"]).rpartition("@")[2])
        self.folded = {
            key: _folded(known[key], str(value))
            for key, value in self.items()
            if known[key].type in _FOLDED_TYPES
        }


def project(changes: Iterable[Change]) -> dict[str, Value]:
    """Per key the value latest by (known_at, id); cleared keys are left out."""
    ordered = sorted(changes, key=lambda change: (change.known_at, change.pk))
    return Log(Entry(change.known_at, change.values) for change in ordered).profile()


def columns(profile: Profile, known: Registry, company_ids: Mapping[str, int]) -> dict[str, object]:
    """Every projected column of the lead row. `company_ids` is keyed by folded name."""
    row: dict[str, object] = {}
    for spec in known.values():
        if spec.column:
            blank = None if spec.column == "company_size" else ""
            row[spec.column] = profile.get(spec.key, blank)
        if spec.folded and spec.folded != spec.column:
            row[spec.folded] = profile.folded.get(spec.key, "")
    full_name = f"{row['first_name']} {row['last_name']}"
    row["name_folded"] = fold(full_name)[: Lead._meta.get_field("name_folded").max_length]
    row["company_id"] = company_ids.get(folded_name(str(row["company_name"])))
    own = {key for key, spec in known.items() if not spec.column}
    row["attributes"] = {key: value for key, value in profile.items() if key in own}
    row["attributes_folded"] = {key: text for key, text in profile.folded.items() if key in own}
    return row


def of_row(lead: Lead, known: Registry) -> Profile:
    """The profile as the lead row has it now."""
    values = {s.key: getattr(lead, s.column) for s in known.values() if s.column}
    stated = {key: value for key, value in values.items() if value not in ("", None)}
    return Profile(stated | lead.attributes, known)


def show(stored: Lead, *, on: Lead) -> None:
    """Copy the projected columns of `stored` to the instance that somebody holds."""
    for name in columns(Profile({}, {}), built_in(), {}):
        setattr(on, name, getattr(stored, name))


def _folded(spec: FieldSpec, text: str) -> str:
    if spec.folded == spec.column and spec.column:
        return text
    longest = Lead._meta.get_field(spec.folded).max_length if spec.folded else LONGEST_TEXT
    return fold(text)[:longest]
