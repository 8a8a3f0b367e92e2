"""The inbox's pages and parts, as a browser asks for them, beside SQL written by hand.

Requests go through Django's own test client: routing, session, templates and all, but no network
and no web server; garbage is collected as there. Everything is asked for by several people in turn;
by hand the same is read for the same people.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse
from django.utils import timezone

from config.bench import house, inbox_by_hand
from config.bench.runs import Size, Wrong
from config.collector import spare_what_is_loaded
from feedback import queues
from feedback.models import Handoff
from leads.models import Side, User

PEOPLE = 10
# A page is allowed so much more than its SQL by hand.
MARGIN_MS = 50
STATE = re.compile(r'id="pulse-state" value="([^"]*)"')
NOT_OF_THE_PAGE = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SET")


@dataclass(frozen=True)
class Person:
    """Somebody signed in, and a handoff of theirs to be looked at."""

    user: User
    client: Client
    hand: int
    cursor: str
    state: dict[str, str] = field(default_factory=dict)

    @property
    def manager(self) -> bool:
        return self.user.is_manager


@dataclass(frozen=True)
class Kind:
    """A kind of request: what is asked for, by whom, and what it is by hand."""

    name: str
    people: list[Person]
    params: Callable[[Person], dict[str, Any]]
    by_hand: Callable[[Person], list[str]]
    part: str = ""
    place: str = "inbox"

    def ask(self, person: Person) -> None:
        headers = {"host": "localhost"}
        if self.part:
            headers |= {"hx-request": "true", "hx-target": self.part}
        url = f"{reverse(self.place)}?{urlencode(self.params(person))}"
        response = person.client.get(url, headers=headers)
        if response.status_code not in (200, 204):
            raise Wrong(f"{url} answered {response.status_code}.")

    def read(self, person: Person) -> None:
        now = timezone.now()
        lane, due, score, pk = (person.cursor.split("~") + [""] * 4)[:4]
        values = {
            "user": person.user.pk,
            "team": person.user.team_id,
            "at": now,
            "month": timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0),
            "hand": person.hand,
            "lane": lane == "1",
            "due": due or None,
            "score": int(score or 0),
            "pk": int(pk or 0),
        }
        inbox_by_hand.run(self.by_hand(person), values)


def measure(size: Size, *, at: datetime, say: Callable[[str], None]) -> dict[str, Any]:
    """The most queries that anything took, and of the kind of request that keeps least to it, how
    long 95 in 100 took at most, beside SQL by hand."""
    if not Handoff.objects.exists():
        say(f"Making {size.leads} leads and {size.handoffs} handoffs, {size.open} of them open")
        house.fill(size, at=at)
    spare_what_is_loaded()
    with override_settings(DEBUG=False):
        kinds = list(_kinds(size))
        counted = {kind.name: _queries(kind) for kind in kinds}
        taken = {kind.name: _timed(kind, size.rounds, say) for kind in kinds}
    found = {name: _figures(taken[name]) | {"queries": counted[name]} for name in taken}
    worst = max(found.values(), key=lambda each: each["ratio"])
    return {
        "database": connection.vendor,
        "leads": size.leads,
        "handoffs": size.handoffs,
        "open": size.open,
        "reps": size.reps,
        "rounds": size.rounds,
        "kinds": found,
        "by_hand_p95_ms": worst["by_hand_p95_ms"],
        "queries": max(counted.values()),
        "p95_ms": max(each["p95_ms"] for each in found.values()),
        "ratio": worst["ratio"],
    }


def _kinds(size: Size) -> Iterator[Kind]:
    """Everything a page or a script of the inbox asks for."""
    reps = [_person(user) for user in _reps()]
    leader = [_person(User.objects.get(email=f"{Side.SALES}@bench.example"))]
    for who, people, whose in (
        ("rep", reps, "mine"),
        ("team", reps, "all"),
        ("manager", leader, "all"),
    ):
        for queue in queues.QUEUES:
            yield _page(f"{who} {queue}", people, queue, whose)
        yield from _parts(who, people, whose)
    yield from _filters("manager", leader, "all")
    yield from _filters("team", reps, "all")


def _page(name: str, people: list[Person], queue: str, whose: str) -> Kind:
    return Kind(
        name,
        people,
        lambda person: {"queue": queue, "whose": whose},
        lambda person: [*_list(person, queue, whose), *inbox_by_hand.HAND],
    )


def _parts(who: str, people: list[Person], whose: str) -> Iterator[Kind]:
    view = {"queue": "answer", "whose": whose}
    everyones = whose == "all"
    yield Kind(
        f"{who} hand",
        people,
        lambda person: view | {"handoff": person.hand},
        lambda person: [
            inbox_by_hand.numbers("answer", everyones=everyones, manager=person.manager),
            *inbox_by_hand.HAND,
            inbox_by_hand.HOURS,
        ],
        part="hand",
    )
    yield Kind(
        f"{who} more rows",
        people,
        lambda person: view | {"after": person.cursor},
        lambda person: [
            inbox_by_hand.rows(
                "answer",
                everyones=everyones,
                manager=person.manager,
                also=inbox_by_hand.FOLLOWING,
            ),
            inbox_by_hand.HOURS,
        ],
        part="more-rows",
    )
    yield Kind(
        f"{who} pulse",
        people,
        lambda person: view | {"state": _state(person, whose), "shown": ""},
        lambda person: [
            inbox_by_hand.counts(everyones=everyones, manager=person.manager),
            inbox_by_hand.numbers("answer", everyones=everyones, manager=person.manager),
        ],
        part="pulse",
        place="inbox_pulse",
    )
    yield Kind(
        f"{who} news",
        people,
        lambda person: view | {"state": "", "shown": ""},
        lambda person: _list(person, "answer", whose),
        part="pulse",
        place="inbox_pulse",
    )
    yield Kind(
        f"{who} filters",
        people,
        lambda person: view,
        lambda person: [
            "SELECT id, name FROM feedback_pool UNION ALL SELECT id, first_name "
            "FROM leads_user UNION ALL SELECT id, name FROM leads_channel"
        ],
        part="narrow",
    )
    yield Kind(
        f"{who} consequences",
        people,
        lambda person: {},
        lambda person: [CONSEQUENCES],
        part="consequences",
        place="consequences",
    )


CONSEQUENCES = """SELECT h.id, l.first_name, l.last_name, r.label FROM feedback_handoffevent s
JOIN feedback_handoff h ON h.id = s.handoff_id JOIN leads_lead l ON l.id = h.lead_id
LEFT JOIN scoring_reason r ON r.id = h.reason_id WHERE s.by_id = %(user)s AND s.kind = 'returned'
AND s.at >= %(month)s ORDER BY s.at DESC LIMIT 50"""


def _filters(who: str, people: list[Person], whose: str) -> Iterator[Kind]:
    """The list narrowed, as an address names it, and the same by hand."""
    channel, pool = (
        Handoff.objects.filter(closed_at=None).values_list(name, flat=True)[0]
        for name in ("channel_id", "pool_id")
    )
    for terms, also in (
        ({"clock": "over"}, "h.due_at < %(at)s"),
        ({"points": 100}, "h.score >= 100"),
        ({"channel": channel}, f"h.channel_id = {channel}"),
        ({"pool": pool}, f"h.pool_id = {pool}"),
        ({"lane": "yes"}, "h.speed_lane"),
        ({"q": "last19"}, NAMED.format("last19")),
        ({"q": "last19999"}, NAMED.format("last19999")),
    ):
        words = " ".join(f"{name}={value}" for name, value in terms.items())
        yield Kind(
            f"{who} {words}",
            people,
            lambda person, terms=terms: {"queue": "answer", "whose": whose} | terms,
            lambda person, also=also: [
                *_list(person, "answer", whose, also),
                *inbox_by_hand.HAND,
            ],
        )


NAMED = "(l.name_folded LIKE '%%{0}%%' OR l.company_name_folded LIKE '%%{0}%%')"


def _list(person: Person, queue: str, whose: str, also: str = "") -> list[str]:
    asked = {"everyones": whose == "all", "manager": person.manager}
    return [
        inbox_by_hand.counts(**asked),
        inbox_by_hand.rows(queue, also=also, **asked),
        inbox_by_hand.HOURS,
    ]


def _reps() -> list[User]:
    """Some of the reps, from all over the house."""
    reps = User.objects.filter(email__startswith="rep").order_by("pk").select_related("team")
    return list(reps)[:: max(1, reps.count() // PEOPLE)][:PEOPLE]


def _person(user: User) -> Person:
    """Signed in, with the page before them: a client of its own starts all middleware anew. What
    they look at stands somewhere in the list, as if they had worked a while."""
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    client.get(reverse("inbox"))
    queue = queues.QUEUES["answer"]
    found = queues.handoffs(queue, user, everyones=user.is_manager, at=timezone.now())
    rows = list(queues.in_order(found.filter(speed_lane=False), queue)[:60])
    if not rows:
        raise Wrong(f"{user} has nothing to answer: make more open handoffs.")
    return Person(user, client, rows[0].pk, queues.cursor(queue, rows[-1]))


def _state(person: Person, whose: str) -> str:
    """What a page that was drawn this minute says it shows."""
    key = f"{whose} {timezone.now():%H:%M}"
    if key not in person.state:
        params = urlencode({"queue": "answer", "whose": whose})
        page = person.client.get(f"{reverse('inbox')}?{params}", headers={"host": "localhost"})
        person.state[key] = unescape(STATE.search(page.content.decode())[1])
    return person.state[key]


def _queries(kind: Kind) -> int:
    """The most queries that one of these people's requests took; the second time, when what a
    process reads once has been read."""
    counted = []
    for person in kind.people[:2]:
        kind.ask(person)
        with CaptureQueriesContext(connection) as captured:
            kind.ask(person)
        sql = (query["sql"].lstrip().upper() for query in captured)
        counted.append(sum(not each.startswith(NOT_OF_THE_PAGE) for each in sql))
    return max(counted)


def _timed(kind: Kind, rounds: int, say: Callable[[str], None]) -> tuple[list[float], list[float]]:
    """Milliseconds of Baton and by hand, in turn."""
    ours, theirs = [], []
    for number in range(max(2, rounds)):
        person = kind.people[number % len(kind.people)]
        turns = [(ours, kind.ask), (theirs, kind.read)]
        if kind.place == "inbox_pulse":
            kind.params(person)
        for taken, do in turns if number % 2 else reversed(turns):
            start = time.perf_counter()
            do(person)
            taken.append((time.perf_counter() - start) * 1000)
    say(f"{kind.name}: {median(ours):.0f} ms, by hand {median(theirs):.1f} ms")
    return ours, theirs


def _figures(taken: tuple[list[float], list[float]]) -> dict[str, float]:
    """`ratio` is what is left of the 95th percentile after the margin, to that by hand."""
    ours, theirs = (_p95(each) for each in taken)
    return {
        "median_ms": round(median(taken[0]), 1),
        "p95_ms": round(ours, 1),
        "by_hand_p95_ms": round(theirs, 2),
        "ratio": round(max(0.0, ours - MARGIN_MS) / theirs, 3),
    }


def _p95(taken: list[float]) -> float:
    return quantiles(taken, n=20, method="inclusive")[-1]
