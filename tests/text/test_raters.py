"""What raters say of one another, and the ceiling that their noise leaves."""

import numpy as np
import pytest

from unrolled.text import raters


def test_one_rater_is_left_out_of_the_mean_of_the_others():
    given = [[1, 2, 3], [-4, 4]]
    for seed in range(8):
        one, others = raters.one_against_others(given, seed)
        for mine, rest, each in zip(one, others, given, strict=True):
            assert mine in each
            assert mine + rest * (len(each) - 1) == pytest.approx(sum(each))
    draws = {tuple(raters.one_against_others(given, seed)[0]) for seed in range(8)}
    assert len(draws) > 2


@pytest.mark.parametrize("measure", [raters.one_against_others, raters.ceiling])
@pytest.mark.parametrize("given", [[], [[1, 2], [3]]])
def test_one_rater_alone_has_no_others(measure, given):
    with pytest.raises(ValueError, match="expected at least one text and two ratings"):
        measure(given)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [1.0, 2.0, 6.0])
def test_the_ceiling_is_what_knowing_the_true_scores_would_reach(noise):
    """Texts have from 2 to 20 raters, and some texts divide people more than others."""
    rng = np.random.default_rng(0)
    true = rng.normal(0, 1.5, 20_000)
    spread = noise * rng.uniform(0.5, 1.5, len(true))
    counts = rng.integers(2, 21, len(true))
    rated = [rng.normal(*each) for each in zip(true, spread, counts, strict=True)]
    reached = np.corrcoef(true, [np.mean(given) for given in rated])[0, 1]
    assert reached < 0.98
    assert raters.ceiling(rated) == pytest.approx(reached, abs=0.015)


def test_the_ceiling_of_whole_ratings_by_hand():
    # Means 2, -3 and 0.5; variances 1, 2 and 0.5 over 3, 2 and 2 raters.
    noise = (1 / 3 + 2 / 2 + 0.5 / 2) / 3
    assert raters.ceiling([[1, 2, 3], [-4, -2], [0, 1]]) == pytest.approx(
        np.sqrt(1 - noise / np.var([2, -3, 0.5], ddof=1))
    )


def test_raters_who_agree_leave_all_within_reach_and_noise_alone_nothing():
    assert raters.ceiling([[3, 3], [-1, -1, -1], [0, 0]]) == 1
    # The variance of the means is less than the noise would make it.
    assert raters.ceiling([[-4, 4], [4, -3]]) == 0


@pytest.mark.parametrize("given", [[[1, 2]], [[1, 2], [0, 3], [1, 1, 2, 2]]])
def test_means_that_do_not_differ_have_no_ceiling(given):
    with pytest.raises(ValueError, match=rf"whose means differ, got {len(given)} with the mean 1"):
        raters.ceiling(given)
