"""A house at work, made in the database itself: teams of reps with their pools and hours, and
handoffs in every state, answered ones and open ones.

The last handoffs are the open ones, each of another lead. Of a hundred open ones 50 are to be
answered, 15 to be contacted, 25 to be qualified; five have no room; the others rest, have nobody,
lie in the pool or are in the speed lane.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.db import connection

from config.bench import data
from config.bench.runs import Size
from feedback.models import (
    Calendar,
    DayOff,
    Evidence,
    Handoff,
    HandoffEvent,
    Notification,
    Pool,
    PoolMember,
    WorkingHours,
)
from leads.models import Channel, Event, Side, Team, User
from scoring import agreements, explanations, ledgers, shapes
from scoring.models import AgreementVersion, Reason, Stage, StageEntry, Standing
from scoring.rulebooks import Rulebook
from scoring.wordings import Wording

MOST_POOLS, POOLS_A_TEAM = 20, 2
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu")
HOUR, DAY = 3600, 86400
# Numbers that no rep has in a row: where an open handoff stands among a hundred.
PLACE = "(i / 7) % 100"
# How a handoff was closed.
RETURNED, QUALIFIED, RETURNED_LATER, WITHDRAWN = range(4)
# Up to this place among a hundred open ones.
TO_ANSWER, TO_CONTACT, TO_QUALIFY, NO_ROOM, RESTING, NOBODY, IN_POOL = (50, 65, 90, 95, 97, 98, 99)
UNREAD = 40
EVIDENCES = 5


@dataclass(frozen=True)
class House:
    """SQL that says which rep and pool a row `i` belongs to, and what is said of it."""

    size: Size
    at: datetime
    version: AgreementVersion
    pools: list[int]
    stages: dict[str, int]
    reason: str
    channels: list[int]
    first_rep: int
    evidences: list[tuple[str, str]] = field(default_factory=list)

    @property
    def closed(self) -> int:
        """So many handoffs are closed: the first ones."""
        return self.size.handoffs - self.size.open

    @property
    def is_open(self) -> str:
        return f"(i > {self.closed})"

    @property
    def rep(self) -> str:
        """Neighbouring leads are of different reps."""
        return f"({self.first_rep} + (i * 7919) % {self.size.reps})"

    @property
    def pool(self) -> str:
        return f"({self.pools[0]} + ((i * 7919) % {self.size.reps}) % {len(self.pools)})"

    def place(self, *upto: int) -> str:
        """Among a hundred open handoffs it stands between these places."""
        first, last = upto if len(upto) == 2 else (0, upto[0])
        return f"({self.is_open} AND {PLACE} >= {first} AND {PLACE} < {last})"

    def how(self, *ways: int) -> str:
        """It was closed in one of these ways."""
        return f"(NOT {self.is_open} AND (i / 3) % 4 IN ({', '.join(map(str, ways))}))"

    @property
    def accepted(self) -> str:
        later = self.how(QUALIFIED, RETURNED_LATER)
        return f"({self.place(TO_ANSWER, TO_QUALIFY)} OR {self.place(NO_ROOM, RESTING)} OR {later})"

    @property
    def returned(self) -> str:
        return self.how(RETURNED, RETURNED_LATER)

    @property
    def ownerless(self) -> str:
        return f"({self.place(TO_QUALIFY, NO_ROOM)} OR {self.place(RESTING, 100)})"

    @property
    def opened(self) -> str:
        """Open ones within the last five days, closed ones within a year before."""
        recent = data.ago(f"{HOUR} + (i * 104729) % ({5 * DAY})", self.at)
        past = data.ago(f"{6 * DAY} + (i * 104729) % ({360 * DAY})", self.at)
        return f"CASE WHEN {self.is_open} THEN {recent} ELSE {past} END"

    @property
    def answered(self) -> str:
        recent = data.ago("(i * 104729) % 3600", self.at)
        past = data.ago(f"{5 * DAY} + (i * 104729) % ({360 * DAY})", self.at)
        return f"CASE WHEN {self.is_open} THEN {recent} ELSE {past} END"


def fill(size: Size, *, at: datetime) -> None:
    """All of it; `size.open` of `size.handoffs` are open."""
    data.fill(size.leads, size.activities, at=at, more=_lead(size))
    house = _build(size, at)
    rows = (
        (StageEntry, _entry(house), size.handoffs),
        (Standing, _standing(house), min(size.leads, size.handoffs)),
        (Handoff, _handoff(house), size.handoffs),
        (Evidence, _evidence(house), size.handoffs),
        *((HandoffEvent, _step(house, n), size.handoffs) for n in range(3)),
        (Event, _event(house), UNREAD * size.reps),
        (Notification, _notification(house), UNREAD * size.reps),
    )
    with connection.cursor() as cursor:
        for model, columns, count in rows:
            cursor.execute(data.insert(model, columns, count))
        cursor.execute(_owners(house))
    data.settle()


def _build(size: Size, at: datetime) -> House:
    """Teams, pools, hours and people; Classic is signed and in force."""
    count = max(1, min(MOST_POOLS, size.reps // POOLS_A_TEAM))
    teams = [
        Team.objects.create(name=f"Sales {n}", side=Side.SALES)
        for n in range(-(-count // POOLS_A_TEAM))
    ]
    calendars = [_calendar(zone, at) for zone in ZONES]
    pools = [
        Pool.objects.create(
            name=f"Pool {n}", team=teams[n // POOLS_A_TEAM], calendar=calendars[n % len(calendars)]
        )
        for n in range(count)
    ]
    signers = {
        f"by_{side}": User.objects.create(
            email=f"{side}@bench.example", first_name="Lead", last_name=side, team=team, **LEADS
        )
        for side, team in (
            ("sales", teams[0]),
            ("marketing", Team.objects.create(name="Marketing", side=Side.MARKETING)),
        )
    }
    agreements.install(shapes.classic(), at=at - timedelta(days=400), **signers)
    reps = _people(size, pools, calendars)
    version = AgreementVersion.objects.in_force().get()
    return House(
        size,
        at,
        version,
        pools=[pool.pk for pool in pools],
        stages=dict(Stage.objects.values_list("kind", "pk")),
        reason=Reason.objects.values_list("key", flat=True)[0],
        channels=list(Channel.objects.values_list("pk", flat=True)),
        first_rep=reps[0].pk,
        evidences=[_frozen(version, n, at) for n in range(EVIDENCES)],
    )


LEADS = {"leads_team": True}


def _people(size: Size, pools: list[Pool], calendars: list[Calendar]) -> list[User]:
    """Reps with numbers that follow each other; one in ten has own hours."""
    reps = User.objects.bulk_create(
        User(
            email=f"rep{n}@bench.example",
            first_name=f"Rep{n}",
            last_name="Bench",
            team=pools[n % len(pools)].team,
        )
        for n in range(size.reps)
    )
    PoolMember.objects.bulk_create(
        PoolMember(
            pool=pools[n % len(pools)],
            user=rep,
            calendar=calendars[0] if n % 10 == 0 else None,
        )
        for n, rep in enumerate(reps)
    )
    return reps


def _calendar(zone: str, at: datetime) -> Calendar:
    calendar = Calendar.objects.create(name=zone, time_zone=zone, country="DE", region="BY")
    for weekday in range(5):
        for starts, ends in ((time(9), time(12, 30)), (time(13, 30), time(18))):
            WorkingHours.objects.create(
                calendar=calendar, weekday=weekday, starts=starts, ends=ends
            )
    for days in range(10, 100, 10):
        DayOff.objects.create(calendar=calendar, date=(at + timedelta(days=days)).date())
    return calendar


def _frozen(version: AgreementVersion, number: int, at: datetime) -> tuple[str, str]:
    """A ledger and criteria as handoffs keep them: half of the rules have given points."""
    cells = ledgers.layout(version.body)
    points = [
        7 - number if cell.kind == ledgers.RULE and (place + number) % 2 else 0
        for place, cell in enumerate(cells)
    ]
    rulebook = Rulebook(version.body)
    ledger = [line.to_dict() for line in ledgers.lines(points, version, rulebook)]
    stage = next(each for each in version.body["stages"] if each["kind"] == "handoff")
    criteria = [
        explanations.Criterion(
            each.key, each.group, Wording.of(each.words), True, Wording.of(lambda: "–"), at
        ).to_dict()
        for each in rulebook.criteria[stage["key"]]
    ]
    return json.dumps(ledger), json.dumps(criteria)


def _lead(size: Size) -> dict[str, str]:
    """What lists and details show, besides what is scored."""
    return {
        "title": data.pick([role.title() for role in data.ROLES]),
        "company_name": "'Company ' || (i % 50000)",
        "company_name_folded": "'company ' || (i % 50000)",
        "email": "'lead' || i || '@corp' || (i % 50000) || '.example'",
        "city": data.pick(("Berlin", "London", "Paris", "Wien")),
    }


def _owners(house: House) -> str:
    """Whoever accepted a lead owns it."""
    return (
        "UPDATE leads_lead SET owner_id = h.owner_id FROM feedback_handoff h "
        "WHERE h.lead_id = leads_lead.id AND h.answer = 'accepted' AND h.outcome <> 'returned'"
    )


def _entry(house: House) -> dict[str, str]:
    return {
        "id": "i",
        "lead_id": house_lead(house),
        "stage_id": str(house.stages["handoff"]),
        "kind": "'handoff'",
        "version_id": str(house.version.pk),
        "cause": "'criteria'",
        "at": house.opened,
        "resets": "false",
    }


def house_lead(house: House) -> str:
    """The leads of open handoffs differ, whatever the numbers."""
    return f"(1 + (i - 1) % {house.size.leads})"


def _standing(house: House) -> dict[str, str]:
    kind = _case(
        (house.accepted, "'accepted'"),
        (house.how(WITHDRAWN), "'nurture'"),
        (house.returned, "'nurture'"),
        default="'handoff'",
    )
    stage = _case(
        (house.accepted, str(house.stages["accepted"])),
        (f"({house.how(WITHDRAWN)} OR {house.returned})", str(house.stages["nurture"])),
        default=str(house.stages["handoff"]),
    )
    return {"lead_id": "i", "stage_id": stage, "kind": kind, "entry_id": "i", "since": house.opened}


def _handoff(house: House) -> dict[str, str]:
    at, offered = house.at, f"NOT {house.place(TO_QUALIFY, NO_ROOM)}"
    answered = f"(NOT {house.is_open} OR {house.accepted})"
    later = data.ago(f"-{DAY} - (i * 31) % {10 * DAY}", at)
    return {
        "id": "i",
        "lead_id": house_lead(house),
        "entry_id": "i",
        "version_id": str(house.version.pk),
        "pool_id": house.pool,
        "owner_id": _when(f"NOT {house.ownerless}", house.rep),
        "channel_id": data.pick(house.channels),
        "speed_lane": _true(house.place(IN_POOL, 100)),
        "score": "40 + (i / 5) % 80",
        **dict.fromkeys(("credited", "claimed"), "false"),
        **dict.fromkeys(("transfers", "attempts", "pauses", "escalations"), "0"),
        **dict.fromkeys(("trigger_at", "opened_at", "assigned_at"), house.opened),
        "offered_at": _when(offered, house.opened),
        "unassigned_since": _when(house.place(RESTING, NOBODY), house.opened),
        "answer": _case(
            (house.accepted, "'accepted'"),
            (house.how(RETURNED), "'returned'"),
            (house.how(WITHDRAWN), "'withdrawn'"),
            default="''",
        ),
        "answered_at": _when(answered, house.answered),
        "answered_by_id": _when(f"{answered} AND NOT {house.how(WITHDRAWN)}", house.rep),
        "first_contact_at": _when(house.place(TO_CONTACT, TO_QUALIFY), house.answered),
        "outcome": _case(
            (house.how(QUALIFIED), "'qualified'"),
            (house.how(RETURNED_LATER), "'returned'"),
            default="''",
        ),
        "closed_at": _when(f"NOT {house.is_open}", house.answered),
        "reason_id": _when(
            house.returned, f"(SELECT id FROM scoring_reason WHERE key = '{house.reason}')"
        ),
        "clock": _case(
            (house.place(TO_ANSWER), "'answer'"),
            (house.place(RESTING, 100), "'answer'"),
            (house.place(TO_ANSWER, TO_CONTACT), "'first_contact'"),
            (house.place(TO_CONTACT, TO_QUALIFY), "'qualify'"),
            (house.place(NO_ROOM, RESTING), "'qualify'"),
            default="''",
        ),
        "clock_started_at": house.opened,
        "term_minutes": "240",
        "due_at": _due(house),
        "rests_until": _case(
            (house.place(NO_ROOM, RESTING), later),
            (f"({house.returned} AND (i / 11) % 50 = 0)", later),
            default=_no_moment(),
        ),
    }


def _due(house: House) -> str:
    """A tenth of the answers are over; first contacts are owed today, the rest within a month."""
    answer = data.ago(f"{HOUR} * 2 - (i * 7907) % {20 * HOUR}", house.at)
    contact = data.ago(f"{HOUR} - (i * 7907) % {24 * HOUR}", house.at)
    qualify = data.ago(f"{DAY} - (i * 7907) % {30 * DAY}", house.at)
    return _case(
        (f"({house.place(TO_ANSWER)} OR {house.place(RESTING, 100)})", answer),
        (house.place(TO_ANSWER, TO_CONTACT), contact),
        (f"({house.place(TO_CONTACT, TO_QUALIFY)} OR {house.place(NO_ROOM, RESTING)})", qualify),
        default=_no_moment(),
    )


def _evidence(house: House) -> dict[str, str]:
    said = [f"{{}} WHEN (i / 13) % {EVIDENCES} = {n} THEN {{}}" for n in range(EVIDENCES)]
    columns = {}
    for place, name in enumerate(("ledger", "criteria")):
        whens = " ".join(
            each.format("", _json(_quoted(pair[place])))
            for each, pair in zip(said, house.evidences, strict=True)
        )
        columns[name] = f"CASE {whens} END"
    return {"id": "i", "handoff_id": "i", **columns}


def _step(house: House, number: int) -> dict[str, str]:
    """The steps of all handoffs: opened, assigned, and what followed."""
    count = house.size.handoffs
    rule = '\'{"from": null, "rule": "round_robin", "skipped": [], "to": \''
    assigned = _json(f"{rule} || {house.rep} || '}}'")
    opened = _json("'{\"pool\": 1, \"score\": ' || (40 + (i / 5) % 80) || '}'")
    reason, none = _json(f"'{json.dumps({'reason': house.reason})}'"), _json("'{}'")
    answer = _case(
        (house.accepted, "'accepted'"), (house.returned, "'returned'"), default="'clock_started'"
    )
    kinds = ("'opened'", "'assigned'", answer)
    return {
        "id": f"{number * count} + i",
        "handoff_id": "i",
        "kind": kinds[number],
        "at": (house.opened, house.opened, house.answered)[number],
        "data": (opened, assigned, _case((house.returned, reason), default=none))[number],
        "by_id": _when(f"({house.accepted} OR {house.returned})", house.rep)
        if number == 2
        else "NULL",
        "recorded_at": house.opened,
    }


def _event(house: House) -> dict[str, str]:
    known = _json(f"'{{\"handoff\": ' || (1 + i % {house.size.handoffs}) || '}}'")
    return {
        "id": "1000000 + i",
        "kind": "'handoff.offered'",
        "at": data.ago("i", house.at),
        "data": known,
        "delivered_at": data.ago("i", house.at),
        "attempts": "0",
    }


def _notification(house: House) -> dict[str, str]:
    return {
        "id": "1000000 + i",
        "user_id": f"{house.first_rep} + i % {house.size.reps}",
        "event_id": "1000000 + i",
        "created_at": data.ago("i", house.at),
        "mail_due": "false",
    }


def _case(*cases: tuple[str, str], default: str) -> str:
    whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in cases)
    return f"CASE {whens} ELSE {default} END"


def _when(condition: str, value: str) -> str:
    return f"CASE WHEN {condition} THEN {value} END"


def _true(condition: str) -> str:
    return f"CASE WHEN {condition} THEN true ELSE false END"


def _no_moment() -> str:
    return "NULL"


def _json(text: str) -> str:
    return f"CAST({text} AS jsonb)" if connection.vendor == "postgresql" else text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
