"""The agreement that is measured: 20 profile, 10 channel and 20 action rules, as plain tables.

Both sides are made from these tables: the agreement's text that Baton runs, and the SQL written by
hand. Points of the first profile rule differ from round to round, so that every round has
something new to write.
"""

from __future__ import annotations

from typing import Any

from scoring import shapes
from scoring.documents import Body, ConditionJSON, ItemJSON

TYPES = (
    "pricing_page",
    "webinar_attended",
    "whitepaper_downloaded",
    "newsletter_click",
    "demo_requested",
    "trial_started",
    "fair_visited",
    "product_page",
    "comparison_page",
    "blog_post",
)
# Ten channels; rules speak of their kinds.
CHANNELS = (
    ("website", "inbound"),
    ("contact_form", "inbound"),
    ("demo_form", "inbound"),
    ("fair", "event"),
    ("webinar", "event"),
    ("newsletter", "engagement"),
    ("social", "engagement"),
    ("search", "engagement"),
    ("partner", "engagement"),
    ("other", "unclassified"),
)
TITLES = {
    "ceo": 15,
    "chief": 14,
    "vp": 12,
    "head": 10,
    "director": 9,
    "manager": 6,
    "student": -15,
    "intern": -10,
}
INDUSTRIES = {
    ("software", "telecom"): 10,
    ("finance", "health"): 7,
    ("education", "nonprofit"): -3,
}
SIZES = {(50, 200): 5, (200, 1000): 8, (1000, None): 12, (0, 10): -5}
COUNTRIES = {("US", "GB", "CA"): 8, ("DE", "FR", "NL", "SE"): 6, ("NG",): -2}
FREE_MAIL, PHONE = -8, 2
# (kind of channel, days, times, points)
THROUGH = (
    ("inbound", 7, 1, 6),
    ("inbound", 30, 2, 5),
    ("inbound", 90, 4, 4),
    ("event", 30, 1, 6),
    ("event", 60, 2, 4),
    ("event", 90, 3, 2),
    ("engagement", 7, 2, 3),
    ("engagement", 30, 4, 2),
    ("engagement", 90, 8, 1),
    ("unclassified", 60, 3, -2),
)
# (type, days, times, points)
COUNTED = tuple(
    zip(
        TYPES,
        (7, 30, 14, 30, 7, 60, 90, 30, 14, 7),
        (1, 2, 1, 3, 1, 2, 2, 1, 1, 2),
        (10, 5, 8, 4, 12, 6, 3, 5, 9, 7),
        strict=True,
    )
)
_STEPS, _FORTNIGHT = (7, 30, 90), (14, 28, 42, 56, 70, 84)
_WEEK, _MONTH, _WEEKS = (7, 14, 21, 28, 35, 42, 49, 56), (30, 60, 90), (21, 42, 63, 84)
# (type, points each, cap, ages in days after which an activity counts half as much)
FADING = tuple(
    zip(
        TYPES,
        (5, 3, 4, 2, 6, 3, 2, 4, 5, 3),
        (20, 15, 16, 10, 24, 12, 8, 16, 20, 12),
        (_FORTNIGHT, _STEPS, _MONTH, _STEPS, _WEEK, _STEPS, _WEEKS, _STEPS, _FORTNIGHT, _STEPS),
        strict=True,
    )
)
CAPS = {"profile": 40, "channel": 15, "actions": 60}
FLOOR = 0
BAR, RECENT = 85, 30


def body(round: int) -> Body:
    """The agreement of a round: Classic with these rules, and a bar few leads reach."""
    text = shapes.classic()
    text["title"] = f"Measured {round}"
    text["score"] = {"rules": list(_rules(round)), "caps": CAPS, "floor": FLOOR}
    for stage in text["stages"]:
        if stage["kind"] == "handoff":
            stage["criteria"] = _criteria()
    return text


def first_points(round: int) -> int:
    """What the first rule gives in this round."""
    return TITLES["ceo"] + round % 2


def _criteria() -> list[ItemJSON]:
    bar = {"op": "score_at_least", "which": "total", "value": BAR}
    return [
        {"key": "bar", "group": "score", "label": "", "when": bar},
        {"key": "recent", "group": "actions", "label": "", "when": _did([], days=RECENT)},
    ]


def _rules(round: int) -> Any:
    yield from _profile(round)
    for n, (kind, days, times, points) in enumerate(THROUGH):
        when = _did([], channels=[kind], days=days, times=times)
        yield _rule(f"through_{n}", "channel", points, when)
    for type, days, times, points in COUNTED:
        yield _rule(f"counted_{type}", "actions", points, _did([type], days=days, times=times))
    for type, points, cap, ages in FADING:
        fading = {"times": "every", "cap": cap, "halving": list(ages)}
        yield _rule(f"fading_{type}", "actions", points, _did([type])) | fading


def _profile(round: int) -> Any:
    for word, points in TITLES.items():
        when = {"op": "contains", "field": "title", "value": word}
        given = first_points(round) if word == "ceo" else points
        yield _rule(f"title_{word}", "profile", given, when)
    for names, points in INDUSTRIES.items():
        when = {"op": "one_of", "field": "industry", "value": list(names)}
        yield _rule(f"industry_{names[0]}", "profile", points, when)
    for (least, below), points in SIZES.items():
        yield _rule(f"size_{least}", "profile", points, _size(least, below))
    for codes, points in COUNTRIES.items():
        when = {"op": "one_of", "field": "country", "value": list(codes)}
        yield _rule(f"country_{codes[0].lower()}", "profile", points, when)
    yield _rule("free_mail", "profile", FREE_MAIL, {"op": "free_mail"})
    yield _rule("phone", "profile", PHONE, {"op": "known", "field": "phone"})


def _size(least: int, below: int | None) -> ConditionJSON:
    parts = [{"op": "at_least", "field": "company_size", "value": least}]
    if below is not None:
        parts.append({"op": "below", "field": "company_size", "value": below})
    return {"all": parts}


def _did(
    types: list[str], *, channels: list[str] | None = None, days: int | None = None, times: int = 1
) -> ConditionJSON:
    given = {"types": types, "channels": channels or [], "campaigns": []}
    return {"op": "did"} | given | {"times": times, "within_days": days}


def _rule(key: str, group: str, points: int, when: ConditionJSON) -> ItemJSON:
    given = {"key": key, "group": group, "label": "", "points": points}
    return given | {"when": when, "times": "once", "cap": None}
