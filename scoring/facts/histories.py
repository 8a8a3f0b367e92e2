"""All that was ever known of leads until a moment, read at once; facts at any moment from it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from leads.changes import Profile, project
from leads.fields import Registry
from leads.models import NEVER_KNOWN, Activity, Lead, LeadChange, Quarantine, Touch
from scoring.facts import undone
from scoring.facts.deeds import NOTHING, Approach, Deed, Entry, Interval, Properties
from scoring.facts.known import Facts
from scoring.models import Correction, StageEntry

Learnt = tuple[Profile, dict[str, datetime]]


class Corrected(NamedTuple):
    """Points given by hand, in effect from `at` until `until`."""

    points: int
    at: datetime
    until: datetime


@dataclass
class History:
    """One lead. `changes` come in the order in which they were known, deeds latest first."""

    known: Registry
    created_at: datetime
    changes: list[LeadChange] = field(default_factory=list)
    deeds: tuple[Deed, ...] = ()
    touches: tuple[Approach, ...] = ()
    entries: tuple[Entry, ...] = ()
    corrections: tuple[Corrected, ...] = ()
    _profiles: dict[int, Learnt] = field(default_factory=dict)

    def at(self, moment: datetime) -> Facts:
        """The facts at any moment up to the history's end, without a query."""
        profile, since = self._learnt_by(moment)
        return Facts(
            moment.astimezone(UTC),
            profile,
            self.deeds,
            since,
            created_at=self.created_at,
            touches=self.touches,
            entries=self.entries,
            corrections=sum(
                each.points for each in self.corrections if each.at <= moment < each.until
            ),
        )

    def moments(self) -> list[datetime]:
        """Every moment at which something about the lead became known or ended, in order."""
        dated = (*self.deeds, *self.touches)
        found = {max(each.occurred_at, each.known_at) for each in dated}
        found |= {edge for deed in self.deeds for interval in deed.hidden for edge in interval}
        found |= {each.known_at for each in self.changes} | {each.at for each in self.entries}
        found |= {each.undone_at for each in self.entries if each.undone_at}
        found |= {edge for each in self.corrections for edge in (each.at, each.until)}
        return sorted(found - {NEVER_KNOWN})

    def _learnt_by(self, moment: datetime) -> Learnt:
        count = bisect_right(self.changes, moment, key=lambda change: change.known_at)
        if count not in self._profiles:
            changes = self.changes[:count]
            self._profiles[count] = Profile(project(changes), self.known), _since(changes)
        return self._profiles[count]


def history(lead: Lead, until: datetime, *, known: Registry) -> History:
    """All that was known of `lead` until a moment. Five queries."""
    found = {lead.pk: History(known, lead.created_at)}
    _fill(found, until)
    return found[lead.pk]


def histories(lead_ids: Iterable[int], until: datetime, *, known: Registry) -> dict[int, History]:
    """The same for some hundreds of leads, by id. Six queries."""
    leads = Lead.objects.filter(pk__in=list(lead_ids)).values_list("pk", "created_at")
    found = {pk: History(known, created_at) for pk, created_at in leads}
    _fill(found, until)
    return found


def facts_at(lead: Lead, at: datetime, *, known: Registry) -> Facts:
    """What was known of `lead` at `at`, without its score. Five queries."""
    return history(lead, at, known=known).at(at)


def _fill(found: dict[int, History], until: datetime) -> None:
    ids = list(found)
    changes = LeadChange.objects.filter(lead_id__in=ids, known_at__lte=until)
    for change in changes.order_by("known_at", "pk"):
        found[change.lead_id].changes.append(change)
    deeds, touches = _deeds(ids, until), _touches(ids, until)
    entries, corrections = _entries(ids, until), _corrections(ids, until)
    for pk, history in found.items():
        history.deeds = tuple(deeds.get(pk, ()))
        history.touches = tuple(touches.get(pk, ()))
        history.entries = tuple(entries.get(pk, ()))
        history.corrections = tuple(corrections.get(pk, ()))


def _deeds(ids: list[int], until: datetime) -> dict[int, list[Deed]]:
    """Latest first, with the times in which they were set aside."""
    rows = Activity.objects.filter(lead_id__in=ids, occurred_at__lte=until)
    rows = rows.order_by("-occurred_at", "-pk", "quarantines__pk")
    columns = (
        "lead_id",
        "pk",
        "type__key",
        "channel__kind",
        "campaign__key",
        "occurred_at",
        "known_at",
        "channel__key",
        "local_date",
        "properties",
        "quarantines__cause",
        "quarantines__known_at",
        "quarantines__at",
    )
    found: dict[int, list[Deed]] = {}
    last, said = None, []
    for row in rows.values_list(*columns):
        if last and row[1] != last[1]:
            found.setdefault(last[0], []).append(_deed(last, said))
            said = []
        last = row
        said.append(row[10:])
    if last:
        found.setdefault(last[0], []).append(_deed(last, said))
    return found


def _deed(row: Sequence[Any], said: list[tuple[Any, ...]]) -> Deed:
    type, channel, campaign, occurred_at, known_at, channel_key, local_date, properties = row[2:10]
    if said[0][0] is not None:
        known_at = said[0][1] or known_at
    return Deed(
        type,
        channel or "",
        campaign or "",
        occurred_at,
        known_at,
        channel_key or "",
        local_date,
        Properties(properties) if properties else NOTHING,
        _hidden(said) if said[0][0] is not None else (),
    )


def _hidden(said: Iterable[tuple[str, datetime | None, datetime]]) -> tuple[Interval, ...]:
    """The times in which an activity was set aside, from its entries in order."""
    found: list[Interval] = []
    since: datetime | None = None
    for cause, _known_at, at in said:
        if cause != Quarantine.Cause.RELEASED:
            since = since or at
        elif since is not None:
            found.append((since, at))
            since = None
    return tuple(found if since is None else [*found, (since, NEVER_KNOWN)])


def _touches(ids: list[int], until: datetime) -> dict[int, list[Approach]]:
    rows = Touch.objects.filter(lead_id__in=ids, occurred_at__lte=until, known_at__lte=until)
    rows = rows.order_by("-occurred_at", "-pk")
    return _by_lead(rows.values_list("lead_id", "kind", "occurred_at", "known_at"), Approach)


def _entries(ids: list[int], until: datetime) -> dict[int, list[Entry]]:
    rows = StageEntry.objects.filter(lead_id__in=ids, at__lte=until).order_by("at", "pk")
    columns = ("lead_id", "stage__key", "kind", "cause", "at", "resets")
    found = _by_lead(rows.values_list(*columns), Entry)
    return {lead_id: undone.marked(entries) for lead_id, entries in found.items()}


def _corrections(ids: list[int], until: datetime) -> dict[int, list[Corrected]]:
    rows = Correction.objects.filter(lead_id__in=ids, at__lte=until).order_by("at", "pk")
    return _by_lead(rows.values_list("lead_id", "points", "at", "until"), Corrected)


def _by_lead(rows: Iterable[tuple[Any, ...]], made: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for lead_id, *values in rows:
        found.setdefault(lead_id, []).append(made(*values))
    return found


def _since(changes: Iterable[LeadChange]) -> dict[str, datetime]:
    """Since when each field has had the value it has; `changes` in order."""
    latest: dict[str, object] = {}
    since: dict[str, datetime] = {}
    for change in changes:
        for key, value in change.values.items():
            if key not in latest or latest[key] != value:
                latest[key], since[key] = value, change.known_at
    if "email" in since:
        since["email_domain"] = since["email"]
    return since
