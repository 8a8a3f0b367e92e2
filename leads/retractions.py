"""What was said of a lead is taken back: a dated entry of the change log, as any other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from leads import changes, fields
from leads.models import Lead, LeadChange, User
from leads.values import Value


def retract(
    lead: Lead, *, source: str, said_by: User, said_at: datetime, by: User, at: datetime
) -> None:
    """What `said_by` wrote about the lead at `said_at` as `source` holds no more from `at` on:
    each of those values that is still the latest goes back to the one before, under the name of
    whom that one came from; where there was none, to unknown. The log keeps both."""
    log = LeadChange.objects.filter(lead=lead, known_at__lte=at)
    said = list(
        log.filter(source=source, by=said_by, known_at=said_at).values_list("pk", flat=True)
    )
    if not said:
        return
    back: dict[str, dict[str, Value]] = {}
    for key, (value, since) in _before(log.order_by("known_at", "pk"), said).items():
        back.setdefault(since or source, {})[key] = value
    known = fields.registry()
    for name, values in back.items():
        values = {key: value for key, value in values.items() if key in known}
        changes.record(lead, values, source=name, known_at=at, by=by)


def _before(log: Iterable[LeadChange], said: list[int]) -> dict[str, tuple[Value, str]]:
    """Per key whose latest value is one of `said`: the value before it, and its source."""
    others: dict[str, tuple[Value, str]] = {}
    theirs: set[str] = set()
    for change in log:
        if change.pk in said:
            theirs |= change.values.keys()
            continue
        theirs -= change.values.keys()
        others |= {key: (value, change.source) for key, value in change.values.items()}
    return {key: others.get(key, (None, "")) for key in theirs}
