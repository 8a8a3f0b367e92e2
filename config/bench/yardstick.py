"""The same agreement as SQL that somebody wrote by hand for it, and nothing else.

It knows the rules beforehand, keeps no ledger, no next change and no stages, and writes fit,
engagement and total into a narrow table without further indexes: the least there is to do.
The shape is the quickest that was found: one pass over the activities in the order of their index,
a FILTER aggregate for each rule, points as CASE, one UPDATE of the rows that differ.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from config.bench import rules
from leads.models import ActivityType, Channel
from scoring.conditions.free_mail import DOMAINS

TABLE = "bench_score"


def prepare() -> None:
    """An empty row for every lead."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {TABLE} (lead_id bigint PRIMARY KEY, version bigint NOT NULL, "
            "fit integer NOT NULL, engagement integer NOT NULL, total integer NOT NULL)"
        )
        cursor.execute(f"INSERT INTO {TABLE} SELECT id, 0, 0, 0, 0 FROM leads_lead")


def all_leads(round: int, *, at: datetime) -> str:
    """The statement that scores every lead and writes what differs."""
    return _update(round, at, leads="", activities=f"a.occurred_at > {_before(at, 90)} AND ")


def one_lead(round: int, lead_id: int, *, at: datetime) -> str:
    """The same for one lead."""
    return _update(
        round, at, leads=f"WHERE l.id = {lead_id}", activities=f"a.lead_id = {lead_id} AND "
    )


def impact(before: tuple[int, int], after: tuple[int, int], *, at: datetime) -> str:
    """The statement that counts whom a text would gain and lose. Both texts are given as (round,
    bar); besides the bar they ask for an activity within `rules.RECENT` days."""
    seen = f"a.occurred_at <= {_moment(at)} AND a.known_at <= {_moment(at)}"
    holds = [
        f"coalesce(b.recent, 0) > 0 AND {_total(round)} >= {bar}" for round, bar in (before, after)
    ]
    return f"""
        SELECT count(*) FILTER (WHERE later AND NOT earlier),
            count(*) FILTER (WHERE earlier AND NOT later)
        FROM (
            SELECT {holds[0]} AS earlier, {holds[1]} AS later
            FROM leads_lead l
            LEFT JOIN (
                SELECT a.lead_id, {_aggregates(at)},
                    {_count("true", rules.RECENT, at)} AS recent
                FROM leads_activity a
                WHERE a.occurred_at > {_before(at, 90)} AND {seen}
                GROUP BY a.lead_id
            ) b ON b.lead_id = l.id
        ) decided
    """


def _total(round: int) -> str:
    fit = f"{_capped(_profile(round), 'profile')} + {_capped(_through(), 'channel')}"
    return f"{_greatest()}({fit} + {_capped(_actions(), 'actions')}, {rules.FLOOR})"


def _update(round: int, at: datetime, *, leads: str, activities: str) -> str:
    seen = f"a.occurred_at <= {_moment(at)} AND a.known_at <= {_moment(at)}"
    differs = "IS NOT" if _sqlite() else "IS DISTINCT FROM"
    return f"""
        UPDATE {TABLE} AS s
        SET version = {round}, fit = x.fit, engagement = x.engagement, total = x.total
        FROM (
            SELECT id, fit, engagement, {_greatest()}(fit + engagement, {rules.FLOOR}) AS total
            FROM (
                SELECT l.id, {_capped(_profile(round), "profile")}
                    + {_capped(_through(), "channel")} AS fit,
                    {_capped(_actions(), "actions")} AS engagement
                FROM leads_lead l
                LEFT JOIN (
                    SELECT a.lead_id, {_aggregates(at)}
                    FROM leads_activity a
                    WHERE {activities} {seen}
                    GROUP BY a.lead_id
                ) b ON b.lead_id = l.id
                {leads}
            ) points
        ) x
        WHERE s.lead_id = x.id AND (s.version, s.fit, s.engagement, s.total)
            {differs} ({round}, x.fit, x.engagement, x.total)
    """


def _profile(round: int) -> str:
    contains = "instr(l.title_folded, '{}')" if _sqlite() else "strpos(l.title_folded, '{}')"
    asked = [
        (f"{contains.format(word)} > 0", rules.first_points(round) if word == "ceo" else points)
        for word, points in rules.TITLES.items()
    ]
    asked += [(f"l.industry_folded IN {_listed(s)}", p) for s, p in rules.INDUSTRIES.items()]
    asked += [(_size(least, below), p) for (least, below), p in rules.SIZES.items()]
    asked += [(f"l.country IN {_listed(codes)}", p) for codes, p in rules.COUNTRIES.items()]
    asked += [(f"l.email_domain IN {_listed(DOMAINS)}", rules.FREE_MAIL)]
    asked += [("l.phone > ''", rules.PHONE)]
    return _points(asked)


def _size(least: int, below: int | None) -> str:
    upper = "" if below is None else f" AND l.company_size < {below}"
    return f"l.company_size >= {least}{upper}"


def _through() -> str:
    return _points(
        [(f"b.t{n} >= {times}", p) for n, (_k, _d, times, p) in enumerate(rules.THROUGH)]
    )


def _actions() -> str:
    counted = _points(
        [(f"b.c{n} >= {times}", p) for n, (_t, _d, times, p) in enumerate(rules.COUNTED)]
    )
    fading = []
    for n, (_type, points, cap, ages) in enumerate(rules.FADING):
        whole = 2 ** (len(ages) - 1)
        rounded = f"(2 * {points} * coalesce(b.f{n}, 0) + {whole}) / {2 * whole}"
        fading.append(f"{_least()}({cap}, {rounded})")
    return f"{counted} + {' + '.join(fading)}"


def _aggregates(at: datetime) -> str:
    types = dict(ActivityType.objects.values_list("key", "pk"))
    columns = []
    for n, (kind, days, _times, _points) in enumerate(rules.THROUGH):
        ids = list(Channel.objects.filter(kind=kind).values_list("pk", flat=True))
        columns.append(
            _count(f"a.channel_id IN ({', '.join(map(str, ids))})", days, at) + f" AS t{n}"
        )
    for n, (type, days, _times, _points) in enumerate(rules.COUNTED):
        columns.append(_count(f"a.type_id = {types[type]}", days, at) + f" AS c{n}")
    for n, (type, _points, _cap, ages) in enumerate(rules.FADING):
        steps = " ".join(
            f"WHEN a.occurred_at > {_before(at, age)} THEN {2 ** (len(ages) - 1 - step)}"
            for step, age in enumerate(ages)
        )
        columns.append(
            f"sum(CASE {steps} ELSE 0 END) FILTER (WHERE a.type_id = {types[type]}) AS f{n}"
        )
    return ", ".join(columns)


def _count(which: str, days: int, at: datetime) -> str:
    return f"count(*) FILTER (WHERE {which} AND a.occurred_at > {_before(at, days)})"


def _points(asked: list[tuple[str, int]]) -> str:
    return " + ".join(f"CASE WHEN {holds} THEN {points} ELSE 0 END" for holds, points in asked)


def _capped(points: str, group: str) -> str:
    return f"{_least()}({rules.CAPS[group]}, {points})"


def _listed(texts: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{text}'" for text in texts) + ")"


def _before(at: datetime, days: int) -> str:
    return _moment(at - timedelta(days=days))


def _moment(at: datetime) -> str:
    return f"'{at:%Y-%m-%d %H:%M:%S}'" if _sqlite() else f"timestamptz '{at.isoformat()}'"


def _least() -> str:
    return "min" if _sqlite() else "least"


def _greatest() -> str:
    return "max" if _sqlite() else "greatest"


def _sqlite() -> bool:
    return connection.vendor == "sqlite"
