"""The ledger: rule cap, then group cap and floor, then the floor of the total; it sums."""

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from scoring import documents, ledgers, shapes
from scoring.models import AgreementVersion
from tests.strategies import MANY

WHEN = {"op": "known", "field": "title"}
SEEN = {"op": "did", "types": ["webinar"], "within_days": 30}


def rule(key: str, group: str, points: int, cap: int | None = None, **more: object) -> dict:
    given = {"label": "", "when": WHEN, "times": "once"}
    return given | {"key": key, "group": group, "points": points, "cap": cap} | more


def body(*rules: dict, **limits: object) -> dict:
    """Classic with these rules, and caps, floors and floor as given."""
    return shapes.classic() | {"score": {"rules": list(rules), "caps": {}, "floor": None} | limits}


def version(*rules: dict, **limits: object) -> AgreementVersion:
    text = body(*rules, **limits)
    return AgreementVersion(number=1, body=text, sha256=documents.digest(text))


def summed(text: dict, corrected: int = 0, **raw: int) -> ledgers.ScoreResult:
    return ledgers.sums(ledgers.layout(text), raw, corrected)


def test_caps_and_floors_apply_in_their_order_each_on_a_line_of_its_own():
    text = body(
        rule("head", "profile", 30),
        rule("size", "profile", 20),
        rule("visits", "actions", 4, 12),
        rule("silent", "actions", -40),
        caps={"profile": 40, "actions": 45},
        floors={"actions": -20},
        floor=25,
    )
    result = summed(text, head=30, size=20, visits=16, silent=-40)
    cells = [(cell.kind, cell.key) for cell in ledgers.layout(text)]
    assert dict(zip(cells, result.ledger, strict=True)) == {
        ("rule", "head"): 30,
        ("rule", "size"): 20,
        ("rule", "visits"): 16,
        ("rule_cap", "visits"): -4,
        ("rule", "silent"): -40,
        ("group_cap", "profile"): -10,
        ("group_cap", "actions"): 0,
        ("group_floor", "actions"): 8,
        ("correction", ""): 0,
        ("total_floor", ""): 5,
    }
    assert (result.fit, result.engagement, result.total) == (40, -20, 25)


def test_the_cap_of_a_negative_rule_limits_what_it_takes():
    result = summed(body(rule("bounce", "actions", -5, 12)), bounce=-20)
    assert result.ledger == [-20, 8, 0]
    assert result.total == -12


def test_a_correction_moves_the_total_alone_and_stops_at_its_floor():
    text = body(rule("head", "profile", 30), caps={"profile": 20}, floor=0)
    result = summed(text, 15, head=30)
    assert (result.fit, result.engagement, result.total) == (20, 0, 35)
    assert result.ledger == [30, -10, 15, 0]
    assert summed(text, -50, head=30).ledger == [30, -10, -50, 30]


def test_a_cap_of_zero_leaves_nothing_and_no_floor_lets_a_score_fall_below_zero():
    text = body(rule("head", "profile", -30), caps={"channel": 0})
    assert summed(text, head=-30).total == -30


@MANY
@given(
    rules=st.lists(
        st.tuples(
            st.sampled_from(documents.GROUPS),
            st.integers(-2000, 2000),
            st.none() | st.integers(0, 50),
        ),
        max_size=8,
    ),
    caps=st.dictionaries(st.sampled_from(documents.GROUPS), st.integers(0, 60)),
    floors=st.dictionaries(st.sampled_from(documents.GROUPS), st.integers(-60, 0)),
    floor=st.none() | st.integers(-50, 50),
    corrected=st.just(0) | st.integers(-90, 90),
)
def test_the_ledger_sums_and_keeps_every_limit(rules, caps, floors, floor, corrected):
    made = [rule(f"r{n}", group, 1, cap) for n, (group, _raw, cap) in enumerate(rules)]
    text = body(*made, caps=caps, floors=floors, floor=floor)
    raw = {f"r{n}": raw for n, (_group, raw, _cap) in enumerate(rules)}
    result = summed(text, corrected, **raw)
    assert sum(result.ledger) == result.total
    before_floor = result.fit + result.engagement + corrected
    assert result.total == (before_floor if floor is None else max(before_floor, floor))
    if "actions" in caps:
        assert result.engagement <= max(caps["actions"], floors.get("actions", -(10**9)))
    if "actions" in floors:
        assert result.engagement >= floors["actions"]


def test_lines_say_what_moved_the_score_group_by_group(db):
    made = version(
        rule("webinars", "actions", 8, 12, when=SEEN, times="every"),
        rule("role", "profile", 15, label={"en": "Has a role", "de": "Hat eine Rolle"}),
        rule("silent", "actions", -3),
        floor=0,
    )
    lines = ledgers.lines([16, -4, 15, 0, -6, 0], made)
    assert [(str(line.words), line.points) for line in lines] == [
        ("Has a role", 15),
        ("Each “webinar” in the last 30 days", 16),
        ("Cap of the rule: 12", -4),
        ("Corrected by hand", -6),
    ]
    with override("de"):
        assert [str(line.words) for line in lines] == [
            "Hat eine Rolle",
            "Jedes Mal „webinar“ in den letzten 30 Tagen",
            "Deckel der Regel: 12",
            "Von Hand berichtigt",
        ]
    assert lines[0].to_dict()["words"] == {"en": "Has a role", "de": "Hat eine Rolle"}


def test_the_strongest_reasons_count_what_their_caps_leave(db):
    made = version(
        rule("webinars", "actions", 8, 10, when=SEEN, times="every"),
        rule("role", "profile", 15),
        rule("silent", "actions", -3),
        rule("small", "profile", -9),
    )
    pros, cons = ledgers.strongest(ledgers.lines([24, -14, 15, -3, -9, 0], made), most=2)
    assert [(line.key, line.points) for line in pros] == [("role", 15), ("webinars", 10)]
    assert [(line.key, line.points) for line in cons] == [("small", -9), ("silent", -3)]


def test_a_ledger_of_another_version_is_not_read_as_if_it_were_this_one(db):
    with pytest.raises(ValueError, match="zip"):
        ledgers.lines([1, 2, 3], version(rule("role", "profile", 15)))
