"""The agreement's journey as a drawing: everything is on it, and nothing lies on anything."""

from itertools import combinations, pairwise

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import maps
from scoring.maps.places import Stage
from scoring.maps.shapes import BOLD, Rect, text_width, wrap
from scoring.shapes import TEMPLATES

KINDS = ("accepted", "qualified", "won", "lost", "nurture", "disqualified", "customer", "open")


def pictures(name, language="en"):
    with translation.override(language):
        body = TEMPLATES[name]()
        drawn = maps.of(body)
    return [(body, picture) for picture in (drawn.wide, drawn.tall)]


every_shape = pytest.mark.parametrize("name", TEMPLATES)


@every_shape
def test_every_stage_and_every_arrow_is_on_the_map(name):
    for body, picture in pictures(name):
        assert [box.key for box in picture.boxes] == [stage["key"] for stage in body["stages"]]
        arrows = {(arrow.start, arrow.end) for arrow in picture.arrows}
        assert arrows == {(stage["key"], key) for stage in body["stages"] for key in stage["next"]}


@every_shape
@pytest.mark.parametrize("language", ["en", "de"])
def test_boxes_clocks_words_and_arrows_stand_clear_of_each_other_within_the_paper(name, language):
    for _body, picture in pictures(name, language):
        assert_clear(picture)
        lines = [strip for arrow in picture.arrows for strip in strips(arrow.path)]
        for words in (arrow.label for arrow in picture.arrows if arrow.label):
            assert not any(words.ground.overlaps(line) for line in lines), words.lines


@every_shape
def test_a_stage_stands_in_the_lane_of_the_side_that_owns_it(name):
    for body, picture in pictures(name):
        sides = {stage["key"]: stage["side"] for stage in body["stages"]}
        for box in picture.boxes:
            assert box.rect.within(picture.lanes[sides[box.key]])
            assert box.hue == ("s" if sides[box.key] == "sales" else "m")


@every_shape
def test_arrows_pass_beside_the_stages_they_do_not_belong_to(name):
    for _body, picture in pictures(name):
        for arrow in picture.arrows:
            for box in picture.boxes:
                if box.key not in (arrow.start, arrow.end):
                    assert not any(inside(point, box.rect) for point in points(arrow.path))


def test_the_way_to_won_runs_on_and_the_rest_goes_back():
    ((_body, wide), (_same, tall)) = pictures("classic")
    for picture in (wide, tall):
        looks = {(arrow.start, arrow.end): arrow.look for arrow in picture.arrows}
        assert looks["inquiry", "mql"] == looks["mql", "sal"] == looks["sql", "won"] == "main"
        assert looks["mql", "nurture"] == looks["lost", "nurture"] == "back"
        assert looks["sql", "lost"] == ""


def test_arrows_say_what_it_takes_and_the_clock_stands_on_the_line():
    ((_body, wide), _tall) = pictures("classic")
    words = {(a.start, a.end): " ".join(a.label.lines) for a in wide.arrows if a.label}
    assert words["inquiry", "mql"] == "7\N{NO-BREAK SPACE}criteria"
    assert words["mql", "sal"] == "accepted, 3\N{NO-BREAK SPACE}checks"
    assert words["nurture", "mql"] == "offered again"
    (clock,) = wide.clocks
    assert clock.text == "answer in 4 h"
    assert wide.lanes["marketing"].bottom < clock.rect.y
    assert clock.rect.bottom < wide.lanes["sales"].y


def test_nurturing_before_the_handoff_is_a_step_of_the_way():
    ((_body, wide), _tall) = pictures("sales_ready")
    arrow = next(a for a in wide.arrows if (a.start, a.end) == ("nurturing", "srl"))
    assert arrow.look == "main"
    assert "criteria" in " ".join(arrow.label.lines)


def test_every_stage_and_arrow_is_a_link_and_the_map_is_told_in_words():
    drawn = maps.of(TEMPLATES["three_steps"](), anchor="/agreement/#stage-")
    html = render_to_string("maps/_map.html", {"map": drawn})
    assert html.count('href="/agreement/#stage-lead"') >= 2 * 2
    assert "Prospect leads to Lead." in html
    assert "style=" not in html


def test_names_too_long_for_a_box_are_wrapped_and_never_run_out_of_it():
    stages = [
        Stage("a", "Somebody who may need us one day", "open", "marketing", ("b",)),
        Stage(
            "b", "Donaudampfschifffahrtsgesellschaft", "handoff", "marketing", ("c",), term="4 h"
        ),
        Stage("c", "Won", "won", "sales", ()),
    ]
    for picture in (maps.draw(stages).wide, maps.draw(stages).tall):
        for box in picture.boxes:
            assert 1 <= len(box.lines) <= 2
            # Bold letters are wider, and some room stays beside them.
            assert all(
                text_width(line, 13.5 * BOLD) <= box.rect.width - 8 for line, _y in box.lines
            )
    assert [line for line, _y in maps.draw(stages).wide.boxes[1].lines][0].endswith("-")


def test_ways_back_from_one_stage_say_the_same_once():
    ends = ("n1", "n2", "d")
    stages = [
        Stage("a", "A", "open", "marketing", ("b",)),
        Stage("b", "B", "handoff", "marketing", ("c", *ends), term="4 h"),
        Stage("c", "C", "won", "sales", ()),
        *(Stage(key, key, "nurture", "marketing", ("b",)) for key in ends),
    ]
    words = {("b", end): "returned at the door" for end in ends}
    for picture in (maps.draw(stages, words=words).wide, maps.draw(stages, words=words).tall):
        assert sum(arrow.label is not None for arrow in picture.arrows) == 1


def test_an_arrow_to_an_unknown_stage_is_left_out():
    stages = [
        Stage("a", "A", "open", "marketing", ("b", "gone")),
        Stage("b", "B", "handoff", "marketing", ("c",), term="4 h"),
        Stage("c", "C", "won", "sales", ()),
    ]
    assert {(a.start, a.end) for a in maps.draw(stages).wide.arrows} == {("a", "b"), ("b", "c")}


def test_wrapping_keeps_what_a_no_break_space_holds_together():
    assert wrap("accepted, 3\N{NO-BREAK SPACE}checks", 66) == (
        "accepted,",
        "3\N{NO-BREAK SPACE}checks",
    )


@st.composite
def journeys(draw):
    """Three to nine stages of any kind and side, each leading anywhere."""
    kinds = ["open", "handoff", *draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=7))]
    keys = [f"s{n}" for n in range(len(kinds))]
    stages = []
    for n, kind in enumerate(kinds):
        side = draw(st.sampled_from(["marketing", "sales"])) if n > 1 else "marketing"
        others = [key for key in keys if key != keys[n]]
        ends = draw(st.lists(st.sampled_from(others), max_size=3, unique=True))
        stages.append(Stage(keys[n], f"Stage {n}", kind, side, tuple(ends), term="answer in 4 h"))
    return stages


@settings(max_examples=6, deadline=None, derandomize=True)
@given(journeys())
def test_any_journey_of_three_to_nine_stages_can_be_drawn(stages):
    words = {(stage.key, key): "some words" for stage in stages for key in stage.next}
    drawn = maps.draw(stages, words=words)
    for picture in (drawn.wide, drawn.tall):
        assert_clear(picture)
        assert len(picture.boxes) == len(stages)
        assert len(picture.arrows) == sum(len(stage.next) for stage in stages)


def assert_clear(picture):
    paper = Rect(0, 0, picture.width, picture.height)
    rects = [(box.key, box.rect) for box in picture.boxes]
    rects += [(f"clock {clock.key}", clock.rect) for clock in picture.clocks]
    rects += [(a.label.lines, a.label.ground) for a in picture.arrows if a.label]
    for name, rect in rects:
        assert rect.within(paper), f"{name} leaves the paper"
    for (one, a), (other, b) in combinations(rects, 2):
        assert not a.overlaps(b), f"{one} lies on {other}"


def points(path):
    """Corner points of a path of ours: M, L and Q with absolute numbers."""
    for part in path.replace("M", " L").replace("Q", " L").replace("L", " ").split("  "):
        numbers = [float(number) for number in part.split()]
        yield from zip(numbers[::2], numbers[1::2], strict=True)


def strips(path):
    """The ground of each straight part of a path of ours."""
    for part in path.split("M")[1:]:
        for (x1, y1), (x2, y2) in pairwise(points(f"M{part}")):
            yield Rect(min(x1, x2), min(y1, y2), abs(x1 - x2) + 1, abs(y1 - y2) + 1)


def inside(point, rect):
    x, y = point
    return rect.x < x < rect.right and rect.y < y < rect.bottom
