"""What gives a machine away: the mark of a scanner, or many links in the seconds after a mail.

Pure functions. What they find depends on what is there and never on the order in which it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    """So many different links within so many seconds of a delivery."""

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
    """The clicks that belong to a burst, by their ids. `mails`: when each lead got mails that
    were not told with the clicks."""
    after: dict[tuple[int, datetime], list[Click]] = {}
    for each in clicks:
        for delivery in {*mails.get(each.lead_id, ()), each.delivered_at}:
            if delivery and timedelta() <= each.at - delivery <= SOON:
                after.setdefault((each.lead_id, delivery), []).append(each)
    found: dict[int, Burst] = {}
    for (_lead, delivery), some in sorted(after.items()):
        links = {each.link for each in some}
        if len(links) >= LINKS:
            last = max(each.at for each in some) - delivery
            burst = Burst(len(links), int(last.total_seconds()))
            found |= {each.id: burst for each in some}
    return found


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
