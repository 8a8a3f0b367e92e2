"""Charts are laid out from plain numbers: true to scale, within the picture, words apart."""

from itertools import combinations

import pytest

from feedback.charts import flow, lines
from feedback.charts.flow import Link, Node
from feedback.charts.lines import FLOOR, LEFT, RIGHT, TOP, Sample
from scoring.maps.shapes import Rect

PERCENT = [(0, "0 %"), (0.5, "50 %"), (1, "100 %")]


def handoffs(again=15, accepted=104, door=27, still_open=12, qualified=46, talks=41, later=17):
    """A flow as the funnel has it; returned is what came back at the door and later."""
    all_of_them = accepted + door + still_open
    nodes = [
        Node("first_time", 0, all_of_them - again, "first time", "m"),
        Node("offered_again", 0, again, "offered again", "m"),
        Node("handed_over", 1, all_of_them, "handed over", "m"),
        Node("accepted", 2, accepted, "accepted", "s"),
        Node("door", 2, door, "at the door", "m"),
        Node("open", 2, still_open, "still open", settled=False),
        Node("qualified", 3, qualified, "qualified", "s"),
        Node("talks", 3, talks, "in talks", settled=False),
        Node("returned", 3, door + later, "returned", "m"),
        Node("won", 4, qualified // 3, "won", "s"),
        Node("lost", 4, qualified - qualified // 3, "lost"),
    ]
    links = [
        Link("first_time", "handed_over", all_of_them - again, "m"),
        Link("offered_again", "handed_over", again, "m"),
        Link("handed_over", "accepted", accepted, "s"),
        Link("handed_over", "door", door, "m"),
        Link("handed_over", "open", still_open),
        Link("accepted", "qualified", qualified, "s"),
        Link("accepted", "talks", talks),
        Link("accepted", "returned", later, "m"),
        Link("door", "returned", door, "m"),
        Link("qualified", "won", qualified // 3, "s"),
        Link("qualified", "lost", qualified - qualified // 3),
    ]
    return flow.draw(nodes, links, loop=("returned", "offered_again", again))


SIZES = {
    "usual": {},
    "few": {
        "again": 1,
        "accepted": 3,
        "door": 1,
        "still_open": 1,
        "qualified": 1,
        "talks": 1,
        "later": 1,
    },
    "many": {
        "again": 900,
        "accepted": 21000,
        "door": 9000,
        "still_open": 3,
        "qualified": 9000,
        "talks": 2,
        "later": 11998,
    },
    "nothing came back": {"again": 0, "door": 0, "later": 0, "talks": 58},
}

every_size = pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)


@every_size
def test_the_flow_stays_within_its_picture_and_its_words_apart(sizes):
    drawn = handoffs(**sizes)
    for picture in (drawn.wide, drawn.tall):
        paper = Rect(0, 0, picture.width, picture.height)
        grounds = [(box.node.key, box.ground) for box in picture.boxes]
        bars = [(f"bar {box.node.key}", box.rect) for box in picture.boxes]
        for name, rect in grounds + bars:
            assert rect.within(paper), f"{name} leaves the picture"
        for (one, a), (other, b) in combinations(grounds, 2):
            assert not a.overlaps(b), f"{one} lies on {other}"
        for (one, a), (other, b) in combinations(bars, 2):
            assert not a.overlaps(b), f"{one} lies on {other}"


@every_size
def test_bars_of_the_flow_are_as_long_as_their_numbers(sizes):
    drawn = handoffs(**sizes)
    longest = max(box.node.count for box in drawn.wide.boxes)
    for picture, length in ((drawn.wide, "height"), (drawn.tall, "width")):
        full = max(getattr(box.rect, length) for box in picture.boxes)
        for box in picture.boxes:
            true = full * box.node.count / longest
            assert getattr(box.rect, length) == pytest.approx(true, abs=2)


def test_ribbons_fill_a_node_from_end_to_end():
    drawn = handoffs()
    assert len(drawn.wide.ribbons) == len(drawn.tall.ribbons) == 11
    first, again = drawn.wide.ribbons[:2]
    start = next(b.rect for b in drawn.wide.boxes if b.node.key == "handed_over")
    assert f" {start.x} {start.y}V" in first.path
    assert f"V{round(start.bottom, 1)}C" in again.path
    assert first.title == "first time → handed over: 128"


def test_the_way_back_is_drawn_only_where_somebody_took_it():
    assert handoffs().wide.loop.width > 3
    assert handoffs().tall.loop is not None
    assert handoffs(again=0).wide.loop is None
    assert handoffs(again=0).tall.loop is None


def test_nodes_of_nobody_are_left_out():
    drawn = handoffs(still_open=0)
    assert "open" not in {box.node.key for box in drawn.wide.boxes}


def test_an_empty_flow_is_an_empty_picture():
    drawn = flow.draw([], [], loop=("a", "b", 3))
    assert drawn.wide.boxes == drawn.tall.boxes == ()
    assert drawn.wide.loop is None


def trend(*values, **keywords):
    samples = [
        value if isinstance(value, Sample) else Sample(f"{n} Oct", value)
        for n, value in enumerate(values, 1)
    ]
    return lines.draw(samples, title="Accepted", scale=PERCENT, **keywords)


def test_a_trend_runs_from_edge_to_edge_and_from_floor_to_top():
    chart = trend(0, 0.5, 1)
    assert [(dot.x, dot.y) for dot in chart.dots] == [
        (LEFT, FLOOR),
        ((LEFT + RIGHT) / 2, (TOP + FLOOR) / 2),
        (RIGHT, TOP),
    ]


def test_a_week_without_a_value_leaves_a_gap_in_the_line():
    chart = trend(0.5, 0.6, None, 0.7, 0.8)
    assert len(chart.dots) == 4
    assert len(chart.settled) == 2


def test_young_weeks_are_dashed_on_both_sides():
    chart = trend(0.5, Sample("2 Oct", 0.6, young=True), 0.7)
    assert (len(chart.settled), len(chart.young)) == (0, 2)
    assert [dot.young for dot in chart.dots] == [False, True, False]


def test_the_band_of_chance_encloses_the_line():
    chart = trend(Sample("1 Oct", 0.5, 0.2, 0.8), Sample("8 Oct", 0.5, 0.4, 0.6))
    (band,) = chart.band
    highs_then_lows = [(LEFT, 0.8), (RIGHT, 0.6), (RIGHT, 0.4), (LEFT, 0.2)]
    corners = [tuple(map(float, point.split())) for point in band.strip("Mz").split("L")]
    assert corners == [
        (x, pytest.approx(FLOOR - value * (FLOOR - TOP), abs=0.1)) for x, value in highs_then_lows
    ]


def test_values_beyond_the_scale_are_drawn_at_its_bound():
    assert trend(1.7).dots[0].y == TOP
    assert trend(-1).dots[0].y == FLOOR


def test_one_week_stands_in_the_middle_and_none_draws_nothing():
    assert trend(0.5).dots[0].x == (LEFT + RIGHT) / 2
    assert trend().dots == []


@pytest.mark.parametrize("weeks", [1, 4, 13, 52])
def test_words_below_the_axis_keep_apart_and_name_the_last_week(weeks):
    chart = trend(*[0.5] * weeks)
    assert chart.weeks[-1].text == f"{weeks} Oct"
    assert len(chart.weeks) <= 6
    xs = [tick.x for tick in chart.weeks]
    assert all(b - a >= 44 for a, b in zip(xs, xs[1:], strict=False))


def test_versions_are_marked_where_they_came_into_force_and_named_where_there_is_room():
    chart = trend(0.5, 0.5, marks=[(0, "v1"), (0.5, "v2"), (0.51, "v3")])
    assert [mark.text for mark in chart.marks] == ["v1", "v2", ""]
    assert chart.marks[0].x == LEFT


def test_dots_carry_what_is_behind_them():
    chart = trend(
        Sample("5 Oct", 0.8, key="2026-10-05", words="5 Oct: 12 of 15"), behind="accepted"
    )
    assert chart.behind == "accepted"
    assert (chart.dots[0].key, chart.dots[0].words) == ("2026-10-05", "5 Oct: 12 of 15")
