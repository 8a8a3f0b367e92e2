"""Leads around the bar of Classic, and rounds of votes on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from leads import activities, changes, identities
from leads.models import Lead, User
from scoring import calibrations
from scoring.models import AgreementVersion, Calibration, CalibrationLead

DAY = timedelta(days=1)
# Meets every criterion of Classic's MQL but the score, which what they do decides.
PERSON = {
    "first_name": "Kim",
    "title": "Head of Logistics",
    "seniority": "Head",
    "function": "Logistics",
    "industry": "Logistics",
    "country": "DE",
    "company_size": 120,
}


def known(number: int, at: datetime, *, channel: str = "website", **facts: object) -> Lead:
    """A lead with an address and a company of its own, who came through `channel`."""
    row = PERSON | {"last_name": f"Quist{number}", "company_name": f"Kestrel {number}"} | facts
    keys = [identities.email(f"lead{number}@kestrel{number}.example")]
    lead = changes.upsert(keys, row, source="test", known_at=at - 60 * DAY)[0]
    activities.record(
        lead,
        type="contact_requested",
        occurred_at=at - 5 * DAY,
        known_at=at - 5 * DAY,
        channel=channel,
    )
    return lead


def above(number: int, at: datetime, **facts: object) -> Lead:
    """Somebody whom Classic hands over."""
    lead = known(number, at, **facts)
    moment = at - 3 * DAY
    activities.record(
        lead, type="pricing_page", occurred_at=moment, known_at=moment, channel="website"
    )
    return lead


def below(number: int, at: datetime, **facts: object) -> Lead:
    """Somebody who lacks a criterion: the company is too small."""
    return above(number, at, **{"company_size": 40} | facts)


def some_leads(at: datetime, number: int = 12) -> list[Lead]:
    """Half above the bar, half below, all of different companies."""
    makers = [above, below]
    return [makers[n % 2](n, at) for n in range(number)]


def opened(version: AgreementVersion, by: User, at: datetime, **options: object) -> Calibration:
    return calibrations.open_round(version, by=by, at=at, **options)[0]


Opinion = Callable[[CalibrationLead], bool]


def voted(calibration: Calibration, at: datetime, opinions: dict[User, Opinion]) -> None:
    """Each person answers every lead."""
    for user, opinion in opinions.items():
        for subject in subjects(calibration):
            is_lead = opinion(subject)
            calibrations.vote(calibration, subject.position, is_lead=is_lead, by=user, at=at)


def subjects(calibration: Calibration) -> Iterable[CalibrationLead]:
    return calibration.leads.select_related("lead").order_by("position")
