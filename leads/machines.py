"""What gives a machine away: the mark of a scanner, or many links in the seconds after mails.

Pure functions. What they find depends on what is there and never on the order in which it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from leads.folding import fold
from leads.scanners import MARKS

# So many different links, so soon after a delivery: nobody reads as fast.
LINKS = 3
SOON = timedelta(seconds=10)

AGENT = {"user_agent", "useragent"}


@dataclass(frozen=True)
class Click:
    """A link that a lead followed, and when the mail with it was delivered, where that is told."""

    id: int
    lead_id: int
    at: datetime
    link: str
    delivered_at: datetime | None = None


@dataclass(frozen=True)
class Burst:
    """So many different links, none later than so many seconds after its delivery."""

    links: int
    seconds: int


def mark(user_agent: object) -> str:
    """The mark by which a user agent is known as a machine's; empty for a person's."""
    said = fold(str(user_agent or ""))
    return next((each for each in MARKS if each in said), "")


def agent(properties: Mapping[str, object]) -> tuple[dict[str, object], str]:
    """The properties without the user agent, which is kept nowhere, and the mark that was in it."""
    own = {key for key in properties if key.lower().replace("-", "_") in AGENT}
    marks = [mark(properties[key]) for key in sorted(own)]
    kept = {key: value for key, value in properties.items() if key not in own}
    return kept, next(filter(None, marks), "")


def click(id: int, lead_id: int, at: datetime, properties: Mapping[str, object]) -> Click | None:
    """An activity as a click; None where no property says which link was followed."""
    link = properties.get("link") or properties.get("url")
    if not isinstance(link, str):
        return None
    return Click(id, lead_id, at, link, _moment(properties.get("delivered_at")))


def bursts(clicks: Iterable[Click], mails: Mapping[int, Sequence[datetime]]) -> dict[int, Burst]:
    """The clicks that belong to a burst, by their ids: all that were made within `SOON`, each as
    soon after a delivery, of so many links. Whether it was one delivery or several nobody can
    tell: systems write down one with different moments. `mails`: when each lead got mails that
    were not told with the clicks."""
    soon: dict[int, list[tuple[Click, timedelta]]] = {}
    for each in sorted(clicks, key=lambda click: (click.at, click.id)):
        delay = _delay(each, mails.get(each.lead_id, ()))
        if delay is not None:
            soon.setdefault(each.lead_id, []).append((each, delay))
    found: dict[int, Burst] = {}
    for some in soon.values():
        for window in _windows(some):
            found |= _burst(window)
    return found


def _delay(click: Click, mails: Sequence[datetime]) -> timedelta | None:
    """How soon after the latest delivery before it; None if that is not soon."""
    told = [click.delivered_at] if click.delivered_at else []
    delays = [click.at - delivery for delivery in (*mails, *told) if delivery <= click.at]
    return min((each for each in delays if each <= SOON), default=None)


def _windows(
    some: Sequence[tuple[Click, timedelta]],
) -> Iterator[Sequence[tuple[Click, timedelta]]]:
    """For each click all up to it that came within `SOON`; they are in the order of time."""
    first = 0
    for last, (click, _delay) in enumerate(some):
        while click.at - some[first][0].at > SOON:
            first += 1
        yield some[first : last + 1]


def _burst(window: Sequence[tuple[Click, timedelta]]) -> dict[int, Burst]:
    links = {click.link for click, _delay in window}
    if len(links) < LINKS:
        return {}
    burst = Burst(len(links), int(max(delay for _click, delay in window).total_seconds()))
    return {click.id: burst for click, _delay in window}


def _moment(said: object) -> datetime | None:
    """A moment with a time; one without a zone is meant as the company's."""
    if not isinstance(said, str) or len(said) <= len("2026-03-01"):
        return None
    try:
        moment = datetime.fromisoformat(said)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))
        return zoned.astimezone(ZoneInfo("UTC"))
    except (ValueError, OverflowError):
        return None
