"""The people who work with the demo, their teams, hours, channels and campaigns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from feedback.models import Absence, Calendar, Pool, PoolMember, RoutingRule, WorkingHours
from leads import activity_names
from leads.models import ActivityType, Campaign, Channel, Side, Team, User

PASSWORD = "baton"


@dataclass(frozen=True)
class Account:
    """Somebody to sign in as."""

    email: str
    first_name: str
    last_name: str
    what: str
    team: str = ""
    leads_team: bool = False
    admin: bool = False


ACCOUNTS = (
    Account("maya@baton.example", "Maya", "Lindner", "marketer", "Marketing"),
    Account(
        "mark@baton.example", "Mark", "Osei", "leads marketing, signs for it", "Marketing", True
    ),
    Account("sam@baton.example", "Sam", "Rivera", "sales rep", "Sales"),
    Account("tom@baton.example", "Tom", "Albrecht", "sales rep", "Sales"),
    Account("ines@baton.example", "Ines", "Moreau", "sales rep", "Sales"),
    Account("lena@baton.example", "Lena", "Vogt", "leads sales, signs for it", "Sales", True),
    Account("olu@baton.example", "Olu", "Adeyemi", "operations manager", "Operations"),
    Account("ada@baton.example", "Ada", "Brandt", "administrator", admin=True),
)

CHANNELS = (
    ("website", "Website", Channel.Kind.INBOUND),
    ("paid_search", "Paid search", Channel.Kind.INBOUND),
    ("webinar", "Webinar", Channel.Kind.EVENT),
    ("trade_fair", "Trade fair", Channel.Kind.EVENT),
    ("newsletter", "Newsletter", Channel.Kind.ENGAGEMENT),
    ("linkedin", "LinkedIn", Channel.Kind.ENGAGEMENT),
)

CAMPAIGNS = (
    ("tender-checklist", "Tender checklist", Campaign.Goal.MARKETING_LEADS, "website", 4_200),
    ("newsletter", "Monthly newsletter", Campaign.Goal.AWARENESS, "newsletter", 1_800),
    ("spring-peak-webinar", "Planning the peak", Campaign.Goal.SALES_LEADS, "webinar", 6_500),
    ("transport-fair", "Transport fair", Campaign.Goal.SALES_LEADS, "trade_fair", 28_000),
    ("search-fleet-planning", "Search: planning", Campaign.Goal.REVENUE, "paid_search", 15_400),
)

RULES = (
    (
        "Asks for a person",
        {
            "op": "did",
            "types": ["demo_requested", "contact_requested"],
            "channels": [],
            "campaigns": [],
            "times": 1,
            "within_days": 1,
        },
        RoutingRule.Strategy.FIRST_TO_TAKE,
    ),
    (
        "Large companies",
        {"op": "at_least", "field": "company_size", "value": 250},
        RoutingRule.Strategy.LEAST_LOADED,
    ),
)

ACTIVITY_TYPES = (
    "pricing_page",
    "newsletter_click",
    "whitepaper_downloaded",
    "webinar_attended",
    "trade_fair_visit",
    "social_reaction",
    "trial_started",
    "quote_requested",
    "demo_requested",
    "contact_requested",
    "follow_up_requested",
)


def assemble(*, at: datetime) -> dict[str, User]:
    """Creates teams, people, hours, pool, rules, channels and campaigns; returns people by first
    name, in lower case."""
    teams = {
        name: Team.objects.create(name=name, side=side)
        for name, side in (
            ("Marketing", Side.MARKETING),
            ("Sales", Side.SALES),
            ("Operations", Side.OPERATIONS),
        )
    }
    people = {each.first_name.lower(): _person(each, teams) for each in ACCOUNTS}
    # Hashing is slow on purpose: once is enough for a password that is printed anyway.
    User.objects.update(password=make_password(PASSWORD))
    reps = {name: people[name] for name in ("sam", "tom", "ines")}
    pool = _pool(teams["Sales"], reps)
    _rules(pool, by=people["lena"], at=at)
    _catalogue(at=at)
    return people


def _person(account: Account, teams: dict[str, Team]) -> User:
    return User.objects.create_user(
        account.email,
        first_name=account.first_name,
        last_name=account.last_name,
        team=teams.get(account.team),
        leads_team=account.leads_team,
        is_staff=account.admin,
        is_superuser=account.admin,
    )


def away(people: dict[str, User], *, at: datetime) -> None:
    """Tom has said that he is away in two weeks."""
    first = (at + timedelta(days=14)).date()
    Absence.objects.create(
        user=people["tom"],
        first_day=first,
        last_day=first + timedelta(days=4),
        entered_by=people["tom"],
        entered_at=at - timedelta(days=2),
    )


def _pool(team: Team, reps: dict[str, User]) -> Pool:
    """Sam takes two leads where the others take one; Ines works four days a week, in Paris."""
    calendar = _calendar("Office", "Europe/Berlin", "DE", days=5, hours=(8, 18))
    paris = _calendar("Ines, Paris", "Europe/Paris", "FR", days=4, hours=(9, 17))
    pool = Pool.objects.create(name="DACH and neighbours", team=team, calendar=calendar)
    for name, rep in reps.items():
        own = paris if name == "ines" else None
        weight = 2 if name == "sam" else 1
        PoolMember.objects.create(
            pool=pool, user=rep, capacity=12, daily_capacity=20, weight=weight, calendar=own
        )
    return pool


def _calendar(name: str, zone: str, country: str, *, days: int, hours: tuple[int, int]) -> Calendar:
    calendar = Calendar.objects.create(name=name, time_zone=zone, country=country)
    starts, ends = map(time, hours)
    for weekday in range(days):
        WorkingHours.objects.create(calendar=calendar, weekday=weekday, starts=starts, ends=ends)
    return calendar


def _rules(pool: Pool, *, by: User, at: datetime) -> None:
    for position, (name, when, strategy) in enumerate(RULES):
        rule = RoutingRule(name=name, position=position, when=when, pool=pool, strategy=strategy)
        rule._history_user, rule._history_date = by, at
        rule.save()


def _catalogue(*, at: datetime) -> None:
    for key in ACTIVITY_TYPES:
        ActivityType.objects.get_or_create(key=key, defaults={"name": activity_names.NAMES[key]})
    channels = {
        key: Channel.objects.update_or_create(key=key, defaults={"name": name, "kind": kind})[0]
        for key, name, kind in CHANNELS
    }
    for key, name, goal, channel, cost in CAMPAIGNS:
        Campaign.objects.create(
            key=key,
            name=name,
            goal=goal,
            channel=channels[channel],
            cost=Decimal(cost),
            starts_on=(at - timedelta(days=120)).date(),
        )
