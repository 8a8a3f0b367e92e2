"""Two days ago a newsletter went out, and before its readers the scanners of some companies
followed its links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from leads import activities
from leads.activities import NewActivity

BEFORE = timedelta(days=2, hours=5)
LINKS = ("peak-planning", "tender-checklist", "customers", "prices", "unsubscribe")
# One that says who it is, and some that are merely quick.
SCANNER = "Mozilla/5.0 (compatible; Mimecast Link Scanner)"
SECONDS = ((1, 1, 2, 2, 3), (0, 4, 4, 7), (2, 3, 9))


def click(lead_ids: Sequence[int], *, until: datetime) -> None:
    """What machines did in the name of some of these leads."""
    sent = (until - BEFORE).replace(minute=30, second=0, microsecond=0)
    activities.record_many(list(_clicks(lead_ids, sent)), at=sent + timedelta(minutes=1))


def _clicks(lead_ids: Sequence[int], sent: datetime) -> Iterator[NewActivity]:
    chosen = lead_ids[5 :: max(1, len(lead_ids) // 4)]
    for lead_id, seconds in zip(chosen, SECONDS, strict=False):
        for link, after in zip(LINKS, seconds, strict=False):
            yield _click(lead_id, sent, after, link)
    for lead_id in chosen[len(SECONDS) :][:1]:
        yield _click(lead_id, sent, 40, LINKS[0], user_agent=SCANNER)


def _click(lead_id: int, sent: datetime, after: int, link: str, **more: object) -> NewActivity:
    moment = sent + timedelta(seconds=after)
    return NewActivity(
        lead_id,
        "newsletter_click",
        occurred_at=moment,
        known_at=moment,
        channel="newsletter",
        campaign="newsletter",
        properties={
            "link": f"https://baton.example/{link}",
            "delivered_at": sent.isoformat(),
            **more,
        },
    )
