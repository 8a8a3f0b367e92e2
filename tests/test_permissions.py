"""Who may do what: every address by every role, in one table.

A request by somebody who may is answered, if only by "not like this". Everybody else finds
nothing (404) or, where they may know of it, is told that it is not theirs (403).
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from feedback import handoffs, qualifications, setups
from feedback.models import (
    Absence,
    Calendar,
    Handoff,
    Notification,
    Opportunity,
    Pool,
    PoolMember,
    RoutingRule,
)
from leads import tokens
from leads.models import Event, Lead, User
from scoring import agreements, calibrations, corrections, impacts, replays, shapes
from scoring.agreements import comments
from scoring.models import AgreementVersion, Calibration, Correction, Replay, Thread
from tests import legs
from tests.factories import HandoffFactory, PoolFactory, PoolMemberFactory

CAST = ("maya", "mark", "sam", "lena", "olu", "ada", "nina")
NOBODY: set[str] = set()
EVERYBODY = set(CAST)
HOUSE = EVERYBODY - {"nina"}  # Belongs to a team, or administers.
MARKETING, SALES = {"maya", "mark"}, {"sam", "lena"}
WRITERS = MARKETING | SALES
MANAGERS = {"mark", "lena", "olu", "ada"}
RULERS = MANAGERS - {"mark"}  # Say whom leads go to.

IN, HIDDEN, FORBIDDEN, DOOR, NO_KEY = "in", "hidden", "forbidden", "door", "no key"


@dataclass(frozen=True)
class Address:
    """One address with one method: for whom it opens (`may`), who is told that it is not theirs
    (`knows`), and what becomes of somebody who has not signed in (`stranger`). The others find
    nothing. `about` names the row of the house that the address is about, `body` makes a good
    body from the house. `key`: people come with a token, not with a session."""

    route: str
    may: set[str]
    method: str = "get"
    knows: frozenset[str] = frozenset()
    stranger: str = DOOR
    about: str = ""
    body: Callable[[House], dict] | None = None
    query: str = ""
    key: bool = False

    def expected(self, name: str) -> str:
        if name == "anonymous":
            return self.stranger
        if name in self.may:
            return IN
        return FORBIDDEN if name in self.knows else HIDDEN


def page(route: str, may: set[str], **more: object) -> Address:
    return Address(route, may, **more)


def post(route: str, may: set[str], **more: object) -> Address:
    return Address(route, may, method="post", **more)


def call(route: str, may: set[str], method: str = "post", **more: object) -> Address:
    """An address of the API, where people come with a token."""
    return Address(route, may, method=method, stranger=NO_KEY, key=True, **more)


@dataclass(frozen=True)
class House:
    """One row of everything that addresses are about, in the hands of Sam's team."""

    lead: Lead
    version: AgreementVersion
    draft: AgreementVersion
    offered: Handoff
    accepted: Handoff
    returned: Handoff
    opportunity: Opportunity
    corrected: Correction
    replay: Replay
    calibration: Calibration
    thread: Thread
    pool: Pool
    calendar: Calendar
    member: PoolMember
    absence: Absence
    rule: RoutingRule
    told: Notification
    sam: User

    def items(self, checklist: str) -> list[str]:
        return [item["key"] for item in self.version.body["checklists"][checklist]]

    @property
    def reason(self) -> str:
        return self.version.body["reasons"][0]["key"]


ACCEPTING = {"about": "offered", "body": lambda house: {"confirmed": house.items("acceptance")}}
RETURNING = {
    "about": "offered",
    "body": lambda house: {"reason": house.reason, "text": "No budget this year."},
}
CORRECTING = {"points": 5, "until": date.today() + timedelta(days=9), "reason": "Met at a fair."}
LATER = timezone.now() + timedelta(days=1)
MENDING = {"about": "accepted", "knows": frozenset(HOUSE)}
RULING = {"about": "rule", "knows": frozenset({"mark"})}
DEAL = {"about": "opportunity", "knows": frozenset(HOUSE)}
VISIT = {"type": "visit", "occurred_at": "2026-01-05T09:00:00Z"}

TABLE = [
    page("", EVERYBODY),
    page("healthz/", EVERYBODY, stranger=IN),
    page("sign-in/", EVERYBODY, stranger=IN),
    post("sign-out/", EVERYBODY, stranger=IN),
    page("account/", EVERYBODY),
    post("account/", EVERYBODY),
    post("account/password/", EVERYBODY),
    page("people/invitation/", MANAGERS),
    post("people/invitation/", MANAGERS),
    page("invitation/<slug:who>/<slug:token>/", NOBODY, stranger=HIDDEN),
    # Over, with an agreement in force
    page("setup/", NOBODY, stranger=HIDDEN),
    page("setup/you/", NOBODY, stranger=HIDDEN),
    *[page(f"setup/{step}/", NOBODY) for step in setups.STEPS[1:]],
    # The administration
    page("admin/", {"ada"}),
    # The API
    call("api/v1/leads/", HOUSE - {"sam"}, knows=frozenset({"sam", "nina"}),
         body=lambda house: {"email": "new@graaf.example"}),
    call("api/v1/activities/", HOUSE - {"sam"}, knows=frozenset({"sam", "nina"}),
         body=lambda house: {"email": "new@graaf.example"} | VISIT),
    call("api/v1/handoffs/", EVERYBODY, "get"),
    call("api/v1/handoffs/<int:pk>/acceptance/", SALES, knows=frozenset(HOUSE), **ACCEPTING),
    call("api/v1/handoffs/<int:pk>/return/", {"sam", "lena", "olu", "ada"},
         knows=frozenset(HOUSE), **RETURNING),
    call("api/v1/handoffs/<int:pk>/contacts/", {"sam", "lena", "olu", "ada"}, **MENDING,
         body=lambda house: {"kind": "call", "outcome": "reached"}),
    call("api/v1/handoffs/<int:pk>/qualification/", {"sam", "lena", "olu", "ada"}, **MENDING,
         body=lambda house: {"answers": dict.fromkeys(house.items("qualification"), "yes")}),
    call("api/v1/leads/<int:pk>/claim/", SALES, about="lead", knows=frozenset(HOUSE),
         body=lambda house: {"reason": "Met at a fair."}),
    call("api/v1/schema/", EVERYBODY, "get"),
    page("api/docs/", EVERYBODY),
    page("api/", NOBODY, stranger=HIDDEN),
    # The agreement
    page("agreement/", HOUSE),
    page("agreement/versions/", HOUSE),
    page("agreement/versions/<int:pk>/", HOUSE, about="version"),
    page("agreement/versions/<int:pk>.json", HOUSE, about="version"),
    page("agreement/versions/<int:pk>/paper.css", HOUSE, about="version"),
    page("agreement/templates/", HOUSE),
    page("agreement/templates/<slug:key>/", HOUSE),
    post("agreement/templates/<slug:key>/<slug:section>/", WRITERS, knows=frozenset(HOUSE)),
    page("agreement/schema.json", HOUSE),
    page("agreement/import/", WRITERS, knows=frozenset(HOUSE)),
    post("agreement/import/", WRITERS, knows=frozenset(HOUSE)),
    page("agreement/draft/", HOUSE),
    post("agreement/draft/", WRITERS, knows=frozenset(HOUSE)),
    page("agreement/draft/<slug:section>/", WRITERS, knows=frozenset(HOUSE)),
    post("agreement/draft/<slug:section>/", WRITERS, knows=frozenset(HOUSE)),
    page("agreement/draft/desk/", HOUSE),
    post("agreement/draft/<slug:section>/preview/", WRITERS, knows=frozenset(HOUSE)),
    page("agreement/draft/<slug:section>/life/", WRITERS, knows=frozenset(HOUSE)),
    post("agreement/draft/<slug:section>/life/", WRITERS, knows=frozenset(HOUSE)),
    post("agreement/draft/<slug:section>/takeover/", WRITERS, knows=frozenset(HOUSE)),
    post("agreement/draft/<slug:section>/cancel/", WRITERS, knows=frozenset(HOUSE)),
    post("agreement/versions/<int:pk>/proposal/", WRITERS, about="draft", knows=frozenset(HOUSE)),
    # Maya opened the draft; besides her, only who signs may lay it aside.
    post("agreement/versions/<int:pk>/withdrawal/", WRITERS - {"sam"}, about="draft",
         knows=frozenset(HOUSE)),
    post("agreement/versions/<int:pk>/signature/", {"mark", "lena"}, about="draft",
         knows=frozenset(HOUSE), body=lambda house: {"sha256": house.draft.sha256}),
    # A round of votes, which Maya opened
    page("agreement/calibration/", HOUSE),
    post("agreement/calibration/", WRITERS | {"olu"}, knows=frozenset(HOUSE)),
    page("agreement/calibration/<slug:code>/", HOUSE),
    page("agreement/calibration/<slug:code>/wall/", HOUSE),
    post("agreement/calibration/<slug:code>/votes/<int:position>/", WRITERS,
         knows=frozenset(HOUSE), body=lambda house: {"is_lead": "yes"}),
    post("agreement/calibration/<slug:code>/closing/", WRITERS - {"sam"}, knows=frozenset(HOUSE)),
    post("agreement/calibration/<slug:code>/draft/", WRITERS, knows=frozenset(HOUSE)),
    post("agreement/versions/<int:pk>/objection/", {"mark", "lena"}, about="draft",
         knows=frozenset(HOUSE), body=lambda house: {"sha256": house.draft.sha256}),
    post("agreement/versions/<int:pk>/threads/", HOUSE - {"ada"}, about="draft",
         knows=frozenset(HOUSE), body=lambda house: {"place": "clocks", "text": "Why?"}),
    post("agreement/threads/<int:pk>/answers/", HOUSE - {"ada"}, about="thread",
         knows=frozenset(HOUSE), body=lambda house: {"text": "Because."}),
    post("agreement/threads/<int:pk>/resolution/", HOUSE - {"ada"}, about="thread",
         knows=frozenset(HOUSE)),
    post("agreement/threads/<int:pk>/reopening/", HOUSE - {"ada"}, about="thread",
         knows=frozenset(HOUSE)),
    page("agreement/versions/<int:pk>/trial/", HOUSE, about="draft"),
    post("agreement/versions/<int:pk>/trial/", {"mark", "lena"}, about="draft",
         knows=frozenset(HOUSE), body=lambda house: {"answer": "keep"}),
    page("agreement/rescoring/", HOUSE),
    post("agreement/rescoring/pause/", MANAGERS, knows=frozenset(HOUSE)),
    post("agreement/rescoring/resumption/", MANAGERS, knows=frozenset(HOUSE)),
    post("agreement/rescoring/retries/", MANAGERS, knows=frozenset(HOUSE)),
    # Handoffs
    page("inbox/", SALES | MANAGERS),
    page("inbox/pulse/", SALES | MANAGERS),
    page("inbox/returns/", SALES | MANAGERS),
    post("inbox/returns/", SALES | MANAGERS, body=lambda house: {"handoff": house.offered.pk}),
    post("inbox/returns/<int:pk>/undo/", {"sam", "lena", "olu", "ada"}, about="accepted",
         knows=frozenset({"mark"})),
    page("handoffs/<int:pk>/", HOUSE, about="offered"),
    page("handoffs/<int:pk>/acceptance/", HOUSE, about="offered"),
    post("handoffs/<int:pk>/acceptance/", SALES, knows=frozenset(HOUSE), **ACCEPTING),
    page("handoffs/<int:pk>/return/", HOUSE, about="offered"),
    post("handoffs/<int:pk>/return/", {"sam", "lena", "olu", "ada"},
         knows=frozenset(HOUSE), **RETURNING),
    post("handoffs/<int:pk>/contacts/", {"sam", "lena", "olu", "ada"}, **MENDING,
         body=lambda house: {"kind": "call", "outcome": "reached"}),
    post("handoffs/<int:pk>/conversation/", {"sam", "lena", "olu", "ada"}, **MENDING,
         body=lambda house: {"kind": "call", "text": "He needs it by May."}),
    post("handoffs/<int:pk>/qualification/", {"sam", "lena", "olu", "ada"}, **MENDING,
         body=lambda house: {"items": house.items("qualification")}),
    post("handoffs/<int:pk>/messages/", HOUSE, about="returned",
         body=lambda house: {"text": "Who else is there?"}),
    post("handoffs/<int:pk>/assignment/", {"sam", "lena", "olu", "ada"}, about="offered",
         knows=frozenset(HOUSE), body=lambda house: {"to": house.sam.pk}),
    page("handoffs/<int:pk>/later/", HOUSE, about="accepted"),
    post("handoffs/<int:pk>/later/", {"sam", "lena", "olu", "ada"}, **MENDING,
         body=lambda house: {"until": LATER.isoformat(), "reason": "In a meeting until then."}),
    post("handoffs/<int:pk>/resumption/", {"sam", "lena", "olu", "ada"}, **MENDING),
    page("handoffs/<int:pk>/withdrawal/", MARKETING | MANAGERS, about="offered",
         knows=frozenset({"sam"})),
    post("handoffs/<int:pk>/withdrawal/", MARKETING | MANAGERS, about="offered",
         knows=frozenset({"sam"}), body=lambda house: {"reason": "They are a customer."}),
    post("handoffs/<int:pk>/undo/", {"sam", "lena", "olu", "ada"}, **MENDING),
    page("handoffs/<int:pk>/routing/", HOUSE, about="offered"),
    page("inbox/consequences/", SALES | MANAGERS),
    page("opportunities/<int:pk>/", HOUSE, about="opportunity"),
    post("opportunities/<int:pk>/win/", {"sam", "lena", "olu", "ada"}, **DEAL),
    post("opportunities/<int:pk>/loss/", {"sam", "lena", "olu", "ada"}, **DEAL,
         body=lambda house: {"because": "Too dear."}),
    page("returns/", MARKETING | MANAGERS),
    page("leads/", HOUSE),
    page("leads/<int:pk>/", HOUSE, about="lead"),
    page("leads/<int:pk>/claim/", SALES, about="lead", knows=frozenset(HOUSE)),
    post("leads/<int:pk>/claim/", SALES, about="lead", knows=frozenset(HOUSE),
         body=lambda house: {"reason": "Met at a fair."}),
    page("claims/", SALES),
    post("claims/", SALES, body=lambda house: {"email": "nobody@graaf.example"}),
    page("leads/<int:pk>/score/", HOUSE, about="lead"),
    page("leads/<int:pk>/correction/", MARKETING | MANAGERS, about="lead", knows=frozenset(HOUSE)),
    post("leads/<int:pk>/correction/", MARKETING | MANAGERS, about="lead", knows=frozenset(HOUSE),
         body=lambda house: CORRECTING),
    page("corrections/<int:pk>/ending/", MARKETING | MANAGERS, about="corrected",
         knows=frozenset(HOUSE)),
    post("corrections/<int:pk>/ending/", MARKETING | MANAGERS, about="corrected",
         knows=frozenset(HOUSE), body=lambda house: {"reason": "Over."}),
    post("leads/<int:pk>/quarantine/", MARKETING | MANAGERS, about="lead",
         knows=frozenset({"sam"})),
    post("leads/<int:pk>/release/", MARKETING | MANAGERS, about="lead",
         knows=frozenset({"sam"})),
    page("quarantine/", MARKETING | MANAGERS),
    page("near-misses/", MARKETING | MANAGERS),
    page("near-misses/leads/", HOUSE, query="?group=inquiry:mql:bar:5"),
    page("near-misses/addresses/", MARKETING | MANAGERS, query="?group=inquiry:mql:bar:5"),
    post("near-misses/enrichment/", MARKETING | MANAGERS),
    post("near-misses/question/", MARKETING | MANAGERS),
    post("near-misses/nurturing/", MARKETING | MANAGERS),
    page("funnel/", HOUSE),
    page("funnel/leads/", HOUSE, query="?set=overdue"),
    page("goals/", HOUSE),
    page("goals/leads/", HOUSE, query="?set=accepted&in=month"),
    # The lab
    page("lab/replay/", MARKETING | MANAGERS),
    post("lab/replay/", MARKETING | MANAGERS, body=lambda house: {
        "version": house.version.pk, "since": "2026-01-05", "until": "2026-01-11"}),
    page("lab/replay/<int:pk>/", MARKETING | MANAGERS, about="replay"),
    post("lab/replay/<int:pk>/stop/", MARKETING | MANAGERS, about="replay"),
    page("lab/replay/<int:pk>/leads/", MARKETING | MANAGERS, about="replay", query="?set=crossed"),
    page("lab/impact/", MARKETING | MANAGERS),
    post("lab/impact/", MARKETING | MANAGERS),
    page("lab/impact/leads/", MARKETING | MANAGERS, query="?change=gained"),
    page("lab/try/", HOUSE, query="?invented=1"),
    post("lab/try/", HOUSE, body=lambda house: {"invented": "1"}),
    # The impact of the draft, beside its editor and on its page
    page("agreement/impact/", HOUSE),
    page("agreement/impact/past/", HOUSE),
    page("agreement/impact/leads/", HOUSE, query="?set=gained"),
    post("agreement/draft/<slug:section>/impact/", WRITERS, knows=frozenset(HOUSE)),
    post("agreement/draft/<slug:section>/impact/past/", WRITERS, knows=frozenset(HOUSE)),
    post("agreement/draft/<slug:section>/impact/leads/", WRITERS, knows=frozenset(HOUSE),
         query="?set=gained"),
    # By which rules leads come to sales: Mark reads them
    page("routing/", MANAGERS),
    page("routing/history/", MANAGERS),
    page("routing/try/", MANAGERS),
    page("routing/rules/new/", RULERS, knows=frozenset({"mark"})),
    post("routing/rules/new/", RULERS, knows=frozenset({"mark"})),
    post("routing/rules/preview/", RULERS, knows=frozenset({"mark"})),
    page("routing/rules/<int:pk>/", RULERS, **RULING),
    post("routing/rules/<int:pk>/", RULERS, **RULING),
    post("routing/rules/<int:pk>/position/", RULERS, **RULING, body=lambda house: {"to": "up"}),
    post("routing/rules/<int:pk>/activity/", RULERS, **RULING, body=lambda house: {"on": "no"}),
    page("routing/rules/<int:pk>/deletion/", RULERS, **RULING),
    post("routing/rules/<int:pk>/deletion/", RULERS, **RULING),
    # Who is there when: Sam says it of himself
    page("duty/", SALES | RULERS),
    post("duty/presence/", SALES | RULERS,
         body=lambda house: {"member": house.member.pk, "on": "no"}),
    post("duty/absences/", SALES | RULERS, body=lambda house: {"user": house.sam.pk}),
    page("duty/absences/<int:pk>/", SALES | RULERS, about="absence"),
    post("duty/absences/<int:pk>/", SALES | RULERS, about="absence"),
    post("duty/absences/<int:pk>/deletion/", SALES | RULERS, about="absence"),
    post("duty/handoffs/", SALES | RULERS, body=lambda house: {"user": house.sam.pk}),
    page("duty/pools/new/", RULERS, knows=frozenset({"sam"})),
    post("duty/pools/new/", RULERS, knows=frozenset({"sam"})),
    page("duty/pools/<int:pk>/", RULERS, about="pool", knows=frozenset({"sam"})),
    post("duty/pools/<int:pk>/", RULERS, about="pool", knows=frozenset({"sam"})),
    post("duty/pools/<int:pk>/position/", RULERS, about="pool", knows=frozenset({"sam"})),
    post("duty/pools/<int:pk>/members/", RULERS, about="pool", knows=frozenset({"sam"})),
    page("duty/members/<int:pk>/", RULERS, about="member", knows=frozenset({"sam"})),
    post("duty/members/<int:pk>/", RULERS, about="member", knows=frozenset({"sam"})),
    page("duty/members/<int:pk>/deletion/", RULERS, about="member", knows=frozenset({"sam"})),
    post("duty/members/<int:pk>/deletion/", RULERS, about="member", knows=frozenset({"sam"})),
    page("duty/deadlines/", RULERS, knows=frozenset({"sam"})),
    page("duty/calendars/new/", RULERS, knows=frozenset({"sam"})),
    post("duty/calendars/new/", RULERS, knows=frozenset({"sam"})),
    page("duty/calendars/<int:pk>/", RULERS, about="calendar", knows=frozenset({"sam"})),
    post("duty/calendars/<int:pk>/", RULERS, about="calendar", knows=frozenset({"sam"})),
    page("notifications/", HOUSE),
    post("notifications/", HOUSE),
    page("notifications/bell/", HOUSE),
    page("notifications/latest/", HOUSE),
    page("notifications/<int:pk>/", {"sam"}, about="told"),
    page("notifications/preferences/", HOUSE),
    post(
        "notifications/preferences/",
        HOUSE,
        body=lambda house: {"mode": "digest", "digest_hour": 8},
    ),
]  # fmt: skip

# Below these, addresses are made by Django; one of them speaks for all.
PREFIXES = {"admin/": "/admin/leads/user/", "api/": "/api/v2/"}


@pytest.fixture
def house(maya, mark, sam, lena, olu, ada, nina, sales) -> House:
    at = timezone.now() - timedelta(hours=2)
    version = agreements.install(shapes.classic(), by_marketing=mark, by_sales=lena, at=at)
    pool = PoolFactory(team=sales)
    member = PoolMemberFactory(pool=pool, user=sam)
    days = dict.fromkeys(("first_day", "last_day"), at.date() + timedelta(days=9))
    offered, accepted, returned, deal = HandoffFactory.create_batch(4, pool=pool, opened_at=at)
    confirmed = {item["key"] for item in version.body["checklists"]["acceptance"]}
    for each in (accepted, deal):
        handoffs.accept(each, by=sam, at=at, confirmed=confirmed)
    reason = version.body["reasons"][0]["key"]
    handoffs.give_back(returned, by=sam, at=at, reason=reason, text="Not now.")
    answers = {item["key"]: "Yes" for item in version.body["checklists"]["qualification"]}
    opportunity = qualifications.qualify(deal, by=sam, at=at, answers=answers)
    draft = tried(agreements.open_draft(by=maya, at=at), by=maya, at=at)
    impacts.request(draft, by=maya, at=at)
    week = {"starts_at": at - timedelta(days=7), "ends_at": at}
    return House(
        lead=offered.lead,
        version=version,
        draft=draft,
        offered=offered,
        accepted=accepted,
        returned=returned,
        opportunity=opportunity,
        corrected=corrections.correct(offered.lead, by=maya, at=at, **CORRECTING),
        replay=replays.request(version, by=maya, at=at, **week),
        calibration=calibrations.open_round(draft, by=maya, at=at)[0],
        thread=comments.open_thread(draft, section="clocks", text="Why?", by=sam, at=at),
        pool=pool,
        calendar=pool.calendar,
        member=member,
        absence=Absence.objects.create(user=sam, entered_by=sam, entered_at=at, **days),
        rule=RoutingRule.objects.create(name="Everybody", pool=pool),
        told=Notification.objects.create(
            user=sam, event=Event.objects.filter(kind="handoff.offered").first(), created_at=at
        ),
        sam=sam,
    )


def tried(draft: AgreementVersion, *, by: User, at: datetime) -> AgreementVersion:
    """The draft, to be signed until a day."""
    effect = {"trial_until": (date.today() + timedelta(days=30)).isoformat()}
    edit = {"section": "effect", "value": effect, "by": by, "at": at}
    return agreements.edit(draft, **edit, expected_sha256=draft.sha256).version


@pytest.fixture
def callers(maya, mark, sam, lena, olu, ada, nina, signed_in) -> dict[str, tuple[Client, Client]]:
    """Everybody with a session and with a token, and a stranger with neither."""
    people = dict(zip(CAST, (maya, mark, sam, lena, olu, ada, nina), strict=True))
    found = {"anonymous": (Client(), Client())}
    for name, user in people.items():
        plain = tokens.issue(user, label="", at=timezone.now())[1]
        found[name] = signed_in(user), Client(headers={"authorization": f"Bearer {plain}"})
    return found


def test_every_address_opens_for_whom_it_should(house, callers):
    """A thousand requests. On the second leg it is the database that may say no: there Olu, who
    sees everything, asks for all."""
    asking = {"olu": callers["olu"]} if os.environ.get(legs.SECOND) else callers
    wrong = {}
    for address in TABLE:
        for name, clients in asking.items():
            seen, expected = outcome(address, house, clients), address.expected(name)
            if seen != expected:
                wrong[f"{address.method} /{address.route} as {name}"] = f"{seen}, not {expected}"
    assert not wrong


def outcome(address: Address, house: House, clients: tuple[Client, Client]) -> str:
    """What the table calls the answer. Whatever was done is undone, in the browser too."""
    client = clients[address.key]
    path = (PREFIXES.get(address.route) or "/" + address.route) + address.query
    path = path.replace("<slug:section>", "clocks").replace("<slug:key>", "classic")
    path = path.replace("<slug:who>/<slug:token>", "MQ/abc-123")
    path = path.replace("<slug:code>", house.calibration.code).replace("<int:position>", "1")
    if address.about:
        path = re.sub("<[^>]+>", str(getattr(house, address.about).pk), path)
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        response = ask(client, address, path, address.body(house) if address.body else {})
        transaction.set_rollback(True)
    client.cookies = cookies
    assert response.status_code < 500, response.content
    if response.status_code == 302 and response.url.startswith(("/sign-in/", "/admin/login/")):
        return IN if address.route == "sign-out/" else DOOR
    return {401: NO_KEY, 403: FORBIDDEN, 404: HIDDEN}.get(response.status_code, IN)


def ask(client: Client, address: Address, path: str, body: dict):
    if address.method == "get":
        return client.get(path)
    if address.key:
        return client.post(path, json.dumps(body), content_type="application/json")
    return client.post(path, body)


def test_the_table_names_every_address():
    known = {address.route for address in TABLE}
    missing = {route for route in routes() if route not in known and not below_prefix(route)}
    assert not missing, "Say in TABLE for whom these open."


def test_the_table_names_no_address_that_is_gone():
    there = set(routes()) | PREFIXES.keys()
    assert {address.route for address in TABLE} <= there


def below_prefix(route: str) -> bool:
    return route.startswith("admin/") or route == "api/"


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every address the resolver knows, as it is written there."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield route


def test_a_handoff_of_another_team_is_hidden_from_a_rep(house, callers, sales):
    other = HandoffFactory(pool=PoolFactory(name="Partners", team__name="Partners"))
    browser, machine = callers["sam"]
    for path in (reverse("handoff", args=[other.pk]), reverse("lead", args=[other.lead.pk])):
        assert browser.get(path).status_code == 404
        assert callers["lena"][0].get(path).status_code == 200
    answer = json.dumps({"confirmed": house.items("acceptance")})
    path = reverse("api_acceptance", args=[other.pk])
    assert machine.post(path, answer, content_type="application/json").status_code == 404
