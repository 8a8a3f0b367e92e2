"""Shares and intervals: against published values, and silent where cases are few."""

import pytest

from feedback.funnels.shares import Difference, Share


def test_a_share_of_few_cases_has_no_percentage():
    assert Share(3, 7).percent is None
    assert Share(16, 20).percent == 80


def test_a_share_of_nothing_has_no_rate():
    assert Share(0, 0).rate is None
    assert Share(0, 0).interval == (0.0, 1.0)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_of_a_share_is_wilsons(part, whole, low, high):
    assert Share(part, whole).interval == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("now", "before", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
    [(Share(56, 70), Share(48, 80), 5, 33), (Share(9, 10), Share(3, 10), 17, 81)],
)
def test_the_interval_of_a_difference_is_newcombes(now, before, low, high):
    assert Difference(now, before).interval == (low, high)


def test_a_difference_whose_interval_holds_zero_may_be_chance():
    assert Difference(Share(9, 58), Share(18, 73)).may_be_chance
    assert not Difference(Share(56, 70), Share(48, 80)).may_be_chance


def test_a_difference_is_the_one_between_the_percentages_shown():
    """70.5 % against 71.6 % reads 70 % against 72 %."""
    assert Difference(Share(31, 44), Share(96, 134)).points == -2
