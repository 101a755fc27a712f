"""A search for a learning rate ends where the best has been found, and says where there is none."""

import numpy as np
import pytest

from unrolled.experiments.search import search

LADDER = tuple(10.0**power for power in range(-6, 3))


def valley(low):
    """Return losses of three trials that are lowest, in the median, at one rate."""
    return lambda rates: [[abs(np.log10(rate / low)), 0.0, np.inf] for rate in rates]


@pytest.mark.parametrize("first", [LADDER[3:4], LADDER[:2], LADDER[2:8], LADDER[:3]])
def test_it_goes_on_until_both_neighbours_of_the_best_rate_are_worse(first):
    found = search(valley(1e-3), LADDER, first)
    assert found.rate == 1e-3
    tried = [*map(float, found.losses)]
    assert tried == sorted(tried)
    assert {*LADDER[2:5], *first} <= {*tried}
    assert len(tried) < len(LADDER)


@pytest.mark.parametrize("low", [LADDER[0], LADDER[-1]])
def test_an_end_of_the_ladder_is_no_rate(low):
    found = search(valley(low), LADDER, LADDER[3:5])
    assert found.rate is None
    assert str(low) in found.losses


@pytest.mark.parametrize("nothing", [7.0, np.inf])
def test_where_nothing_is_learnt_all_is_tried_and_none_found(nothing):
    found = search(
        lambda rates: np.full((len(rates), 2), nothing), LADDER, LADDER[3:4], nothing=nothing
    )
    assert found.rate is None
    assert [*map(float, found.losses)] == [*LADDER]


def test_a_score_decides_and_of_equal_ones_the_lowest_rate():
    trials = {0.1: [5, 5], 0.2: [1, 9], 0.3: [9, 1], 0.4: [6, 6]}
    asked = lambda rates: [trials[rate] for rate in rates]  # noqa: E731
    assert search(asked, [*trials], [0.1], score=min).rate == 0.2
    assert search(asked, [*trials], [0.4], score=min).rate == 0.2
    assert search(asked, [*trials], [0.1], score=max).rate is None


def test_of_one_rate_none_is_chosen():
    assert search(lambda rates: [[3.0]], [0.1], [0.1]).rate == 0.1
    assert search(lambda rates: [[3.0]], [0.1], [0.1], nothing=3).rate is None
