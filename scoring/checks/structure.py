"""The shape of a body: which names, which kinds of values, within which bounds."""

from __future__ import annotations

from scoring.checks.findings import Check
from scoring.checks.pieces import (
    anything,
    choice,
    day,
    described,
    flag,
    key,
    listed,
    moment,
    nullable,
    record,
    text,
    texts,
    whole,
    wholes,
)
from scoring.conditions import repeating
from scoring.conditions.counts import LONGEST_WINDOW
from scoring.documents import FORMAT, GROUPS
from scoring.models import Stage

CRITERION_GROUPS = ("profile", "channel", "actions", "undesirable", "score")
REASON_GROUPS = (
    "fit",
    "authority",
    "timing",
    "budget",
    "no_response",
    "bad_data",
    "duplicate",
    "already_owned",
    "competitor",
    "other",
)
FIELD_TYPES = ("text", "number", "date", "boolean", "choice", "country")
COLLECTED_TYPES = ("text", "number", "date", "boolean", "choice")
CLOCK_SIDES = {
    "answer": "sales",
    "first_contact": "sales",
    "qualify": "sales",
    "answer_return": "marketing",
}
# Whom a breach is told besides the one who owes the answer.
ESCALATIONS = ("lead", "both_leads", "operations")
METRICS = ("revenue", "pipeline", "velocity", "conversations")
COUNTER_METRICS = ("acceptance", "qualification", "returned_at_door", "answered_in_time", "won")
WATCHED = (
    *("handoffs", "acceptance", "returned_at_door", "conversations", "qualification"),
    *("answer_time", "answered_in_time", "cost_per_handoff", "pipeline", "revenue", "won"),
)
PERIODS = ("month", "quarter", "year")
BACK_TO = ("pool", "same_rep")
MOST_POINTS = 1000
MOST_MINUTES = 100_000
MOST_REST_DAYS = 3650
MOST_RULES = 100
MOST_STEPS = 8
MOST_BOUND = 100_000
MOST_TERMS = 8
MOST_CHAIN = 3
MOST_PAUSE_DAYS = 365
MOST_AMOUNT = 10**12
MOST_ARROWS = 20

NAME, SENTENCE, PARAGRAPH, NOTE, PURPOSE = 80, 240, 1000, 2000, 200


def _distinct(one: Check, most: int) -> dict[str, object]:
    return {"type": "array", "items": one.schema, "maxItems": most, "uniqueItems": True}


def _keys(value: object, path: str) -> object:
    """A list of keys of other stages."""
    return listed(record({"key": key}), most=MOST_ARROWS)(
        [{"key": each} for each in value] if isinstance(value, list) else value, path
    )


def _watched(value: object, path: str) -> object:
    """A list of different metrics."""
    return listed(record({"key": choice(*WATCHED)}), most=len(WATCHED))(
        [{"key": each} for each in value] if isinstance(value, list) else value, path
    )


described(_keys, _distinct(key, MOST_ARROWS))
described(_watched, _distinct(choice(*WATCHED), len(WATCHED)))


def _conditional(groups: tuple[str, ...]) -> dict[str, Check]:
    return {
        "key": key,
        "group": choice(*groups),
        "label": text(SENTENCE, blank=True),
        "when": anything,
    }


_criterion = record(_conditional(CRITERION_GROUPS))
_rule = record(
    _conditional(GROUPS)
    | {
        "points": whole(-MOST_POINTS, MOST_POINTS),
        "times": choice(*repeating.TIMES),
        "cap": nullable(whole(1, MOST_POINTS)),
    },
    {
        "days": nullable(whole(1, LONGEST_WINDOW)),
        "halving": nullable(wholes(1, LONGEST_WINDOW, least_of=1, most_of=MOST_STEPS)),
    },
)
_bounds = wholes(-MOST_BOUND, MOST_BOUND, least_of=3, most_of=3)
_stage = record(
    {
        "key": key,
        "name": text(NAME),
        "meaning": text(SENTENCE),
        "kind": choice(*Stage.Kind.values),
        "side": choice("marketing", "sales"),
        "next": _keys,
        "criteria": nullable(listed(_criterion, least=1, most=20)),
    }
)
_checked = listed(
    record(
        {"key": key, "label": text(SENTENCE)},
        {
            "collects": record(
                {"attribute": key, "label": text(NAME), "type": choice(*COLLECTED_TYPES)},
                {"choices": texts(NAME, most=50)},
            ),
            "when": anything,
            "criteria": flag,
        },
    ),
    most=15,
)
_term = record({"key": key, "when": anything, "minutes": whole(1, MOST_MINUTES)})
_told_further = record({"minutes": whole(1, MOST_MINUTES), "to": choice(*ESCALATIONS)})
_clock = record(
    {
        "key": choice(*CLOCK_SIDES),
        "side": choice("marketing", "sales"),
        "minutes": whole(1, MOST_MINUTES),
    },
    {
        "terms": listed(_term, most=MOST_TERMS),
        "warn_at": nullable(whole(1, 99)),
        "escalate_to": nullable(choice(*ESCALATIONS)),
        "pause_days": nullable(whole(1, MOST_PAUSE_DAYS)),
        "chain": listed(_told_further, most=MOST_CHAIN),
        "take_back": flag,
    },
)
_supply = record(
    {"handoffs": whole(1, MOST_BOUND)},
    {
        "least_score": nullable(whole(-MOST_BOUND, MOST_BOUND)),
        "accepted": nullable(whole(1, 100)),
    },
)
_reason = record(
    {
        "key": key,
        "label": text(120),
        "group": choice(*REASON_GROUPS),
        "rest_days": whole(0, MOST_REST_DAYS),
        "then": choice("nurture", "disqualified", "lost"),
        "advice": text(SENTENCE, blank=True),
    },
    {
        "to": key,
        "resets": flag,
        "track": text(NAME, blank=True),
        "back_to": choice(*BACK_TO),
    },
)
_field = record(
    {
        "key": key,
        "label": text(NAME),
        "type": choice(*FIELD_TYPES),
        "purpose": text(PURPOSE, blank=True),
    },
    {"choices": texts(NAME, most=50)},
)
_by_group = {group: nullable(whole(-MOST_POINTS, MOST_POINTS)) for group in GROUPS}

body = record(
    {
        "format": whole(FORMAT, FORMAT),
        "title": text(NAME),
        "summary": text(PARAGRAPH, blank=True),
        "stages": listed(_stage, least=2, most=12),
        "personas": listed(record({"key": key, "name": text(NAME), "when": anything}), most=20),
        "score": record(
            {
                "rules": listed(_rule, most=MOST_RULES),
                "caps": record({}, _by_group),
                "floor": whole(-MOST_POINTS, MOST_POINTS),
            },
            {
                "floors": record({}, _by_group),
                "grades": record({}, {"fit": _bounds, "engagement": _bounds}),
            },
        ),
        "clocks": listed(_clock, most=len(CLOCK_SIDES)),
        "checklists": record({"acceptance": _checked, "qualification": _checked}),
        "reasons": listed(_reason, most=40),
        "goals": listed(
            record(
                {
                    "key": key,
                    "label": text(SENTENCE),
                    "target": text(SENTENCE, blank=True),
                    "counter": text(SENTENCE, blank=True),
                },
                {
                    "metric": choice(*METRICS),
                    "amount": whole(1, MOST_AMOUNT),
                    "currency": text(3, blank=True),
                    "period": choice(*PERIODS),
                    "counter_metric": choice(*COUNTER_METRICS),
                    "counter_amount": whole(1, MOST_AMOUNT),
                },
            ),
            most=20,
        ),
    },
    {
        "note": text(NOTE, blank=True),
        "fields": listed(_field, most=20),
        "supply": nullable(_supply),
        "watches": record({}, dict.fromkeys(("marketing", "sales"), _watched)),
        "moves": listed(record({"key": key, "to": key}), most=20),
        "effect": record(
            {}, {"starts": moment, "trial_until": day, "expects": text(SENTENCE, blank=True)}
        ),
    },
)
