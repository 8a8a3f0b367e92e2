"""The people and companies of the demo, and what they do, drawn from one seeded generator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar

from config.demo import names
from leads.folding import fold

T = TypeVar("T")
DAYS = 120
VISITORS = 70


@dataclass(frozen=True)
class Deed:
    """One thing a prospect does: an activity to record."""

    at: datetime
    type: str
    channel: str
    campaign: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Prospect:
    """A person in the demo. `need` (0..1) is how much they really want to buy, which no rule
    sees; `obstacle` is the reason they would be returned for, if they are."""

    number: int
    profile: dict[str, Any]
    first_seen: datetime
    need: float
    obstacle: str
    deeds: list[Deed]


def prospects(random: Random, *, count: int, until: datetime) -> list[Prospect]:
    """`count` prospects whose deeds lie in the `DAYS` before `until`."""
    companies = _companies(random, count // 2)
    everyone = [_prospect(random, number, companies, until) for number in range(count - VISITORS)]
    fitting = [each for each in companies if each["company_size"] >= 100]
    visitors = range(count - VISITORS, count)
    return everyone + [_visitor(random, number, fitting, until) for number in visitors]


def _visitor(
    random: Random, number: int, companies: list[dict[str, Any]], until: datetime
) -> Prospect:
    """Somebody from the transport fair of the last days, who wanted to hear from us."""
    profile = _profile(random, number, random.choice(companies))
    day = until - timedelta(days=random.uniform(1.2, 4.5))
    at = _working_moment(random, day)
    again = at + timedelta(hours=random.uniform(1, 20))
    asks = random.choice(("quote_requested", "demo_requested", "contact_requested"))
    deeds = [
        Deed(at, "trade_fair_visit", "trade_fair", "transport-fair"),
        Deed(at + timedelta(minutes=9), "follow_up_requested", "trade_fair", "transport-fair"),
        Deed(again, asks, "website", properties=_properties(random, asks)),
    ]
    return Prospect(
        number=number,
        profile=profile,
        first_seen=at,
        need=random.betavariate(2, 3),
        obstacle=_obstacle(random, profile),
        deeds=[deed for deed in deeds if deed.at < until],
    )


def _prospect(
    random: Random, number: int, companies: list[dict[str, Any]], until: datetime
) -> Prospect:
    profile = _profile(random, number, random.choice(companies))
    need = random.betavariate(1.0, 5.0)
    first_seen = _working_moment(random, until - timedelta(days=random.uniform(1, DAYS)))
    return Prospect(
        number=number,
        profile=profile,
        first_seen=first_seen,
        need=need,
        obstacle=_obstacle(random, profile),
        deeds=_deeds(random, need, first_seen, until),
    )


def _companies(random: Random, count: int) -> list[dict[str, Any]]:
    companies = {}
    while len(companies) < min(count, 400):
        industry = _weighted(random, list(names.INDUSTRY_WEIGHTS.items()))
        stem, kind = (
            random.choice(names.COMPANY_STEM),
            random.choice(names.COMPANY_KIND[industry]),
        )
        city, country = _weighted(random, [((c, k), w) for c, k, w in names.PLACES])
        companies[f"{stem} {kind} {city}"] = {
            "company_name": f"{stem} {kind} {city}" if random.random() < 0.3 else f"{stem} {kind}",
            "company_size": int(10 ** random.gauss(1.85, 0.5)) + 3,
            "industry": industry,
            "city": city,
            "country": country,
        }
    return list(companies.values())


def _profile(random: Random, number: int, company: dict[str, Any]) -> dict[str, Any]:
    title, function, seniority = _weighted(random, [((t, f, s), w) for t, f, s, w in names.ROLES])
    first, last = random.choice(names.FIRST), random.choice(names.LAST)
    profile = {
        "first_name": first,
        "last_name": last,
        "title": title,
        "function": function,
        "seniority": seniority,
        "email": _email(random, number, first, last, company["company_name"]),
        **company,
    }
    if random.random() < 0.6:
        profile["phone"] = f"+49 40 66969 {random.randrange(1000):03d}"
    for key in ("company_size", "industry", "title"):
        if random.random() < 0.08:
            profile.pop(key)
    return {key: value for key, value in profile.items() if value not in ("", None)}


def _email(random: Random, number: int, first: str, last: str, company: str) -> str:
    name = _ascii(f"{first}.{last}{number}")
    if random.random() < 0.12:
        return f"{name}@{random.choice(names.FREE_MAIL)}"
    return f"{name}@{_ascii(company).replace(' ', '-')}.example"


def _ascii(text: str) -> str:
    return "".join(c for c in fold(text).replace("ł", "l").replace("ı", "i") if c.isascii())


def _obstacle(random: Random, profile: dict[str, Any]) -> str:
    """Which kind of reason stands against this person, by group of the agreement's reasons."""
    if profile.get("company_size", 100) < 40 or profile.get("industry") == "Education":
        return "fit"
    if profile.get("title") in ("Student", "Consultant", "Controller", "Dispatcher"):
        return "authority"
    return _weighted(random, [("budget", 5), ("timing", 5), ("no_response", 4), ("bad_data", 1)])


def _deeds(random: Random, need: float, first_seen: datetime, until: datetime) -> list[Deed]:
    deeds = [_first_deed(random, first_seen)]
    moment = first_seen
    for _ in range(_follow_ups(random, need)):
        moment = _working_moment(random, moment + timedelta(days=random.expovariate(1 / 6)))
        if moment >= until:
            break
        deeds.append(_next_deed(random, need, moment))
    return [deed for deed in deeds if deed.at < until]


def _follow_ups(random: Random, need: float) -> int:
    return int(random.expovariate(1 / (0.3 + 6.5 * need)))


def _first_deed(random: Random, at: datetime) -> Deed:
    kind = _weighted(
        random,
        [
            (("whitepaper_downloaded", "website", "tender-checklist"), 30),
            (("newsletter_click", "newsletter", "newsletter"), 18),
            (("webinar_attended", "webinar", "spring-peak-webinar"), 20),
            (("trade_fair_visit", "trade_fair", "transport-fair"), 14),
            (("pricing_page", "paid_search", "search-fleet-planning"), 12),
            (("contact_requested", "website", None), 6),
        ],
    )
    return Deed(at, *kind, properties=_properties(random, kind[0]))


def _next_deed(random: Random, need: float, at: datetime) -> Deed:
    """The more they need it, the more they ask instead of read."""
    asks = 0.05 + 0.4 * need
    if random.random() < asks:
        kind = _weighted(
            random,
            [
                (("quote_requested", "website"), 4),
                (("demo_requested", "website"), 4),
                (("trial_started", "website"), 3),
                (("contact_requested", "website"), 3),
                (("follow_up_requested", "trade_fair"), 2),
            ],
        )
    else:
        kind = _weighted(
            random,
            [
                (("pricing_page", "website"), 6),
                (("newsletter_click", "newsletter"), 6),
                (("webinar_attended", "webinar"), 4),
                (("whitepaper_downloaded", "website"), 3),
                (("social_reaction", "linkedin"), 2),
            ],
        )
    return Deed(at, *kind, properties=_properties(random, kind[0]))


def _properties(random: Random, type: str) -> dict[str, Any]:
    if type in ("quote_requested", "demo_requested", "contact_requested"):
        words = random.choice(names.WISHES)
        vehicles, depots = random.choice((12, 25, 40, 60, 85, 140)), random.choice((2, 3, 4, 6))
        return {"words": words.format(vehicles=vehicles, depots=depots)}
    if type == "webinar_attended":
        share = random.choice((35, 60, 75, 82, 100))
        return {"content": "Planning the peak", "share_watched": share, "minutes": share // 2}
    if type == "whitepaper_downloaded":
        return {"content": random.choice(("Tender checklist", "Empty kilometres, measured"))}
    return {}


def _working_moment(random: Random, moment: datetime) -> datetime:
    """The same day, mostly in the hours in which people work."""
    day = moment - timedelta(days=max(0, moment.weekday() - 4) if random.random() < 0.9 else 0)
    hour = min(20, max(6, random.gauss(12, 3)))
    return day.replace(hour=int(hour), minute=random.randrange(60), second=random.randrange(60))


def _weighted(random: Random, choices: Sequence[tuple[T, int]]) -> T:
    values, weights = zip(*choices, strict=True)
    return random.choices(values, weights)[0]
