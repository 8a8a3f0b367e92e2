"""The people who work with the demo, their teams, hours, channels and campaigns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from feedback.models import Calendar, Pool, PoolMember, WorkingHours
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
    """Creates teams, people, hours, pool, channels and campaigns; returns people by first name,
    in lower case."""
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
    _pool(teams["Sales"], [people[name] for name in ("sam", "tom", "ines")])
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


def _pool(team: Team, reps: list[User]) -> None:
    calendar = Calendar.objects.create(name="Office", time_zone="Europe/Berlin", country="DE")
    for weekday in range(5):
        WorkingHours.objects.create(
            calendar=calendar, weekday=weekday, starts=time(8), ends=time(18)
        )
    pool = Pool.objects.create(name="DACH and neighbours", team=team, calendar=calendar)
    for rep in reps:
        PoolMember.objects.create(pool=pool, user=rep, capacity=12)


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
