"""What is claimed holds as often as it says, counted and simulated."""

import numpy as np
import pytest

from unrolled.experiments import claims


def test_the_interval_of_the_median_covers_it_as_often_as_it_says(rng):
    """On a lopsided distribution, exponential, whose median is ln 2."""
    draws = rng.exponential(size=(4000, 10))
    found = [claims.median(row) for row in draws.tolist()]
    covered = np.mean([m.low <= np.log(2) <= m.high for m in found])
    assert found[0].confidence == pytest.approx(1 - 2 * 11 / 1024)
    assert abs(covered - found[0].confidence) < 0.01


def test_few_values_promise_little():
    assert claims.median([1.0]) == (1.0, 1.0, 1.0, 0.0)
    assert claims.median([3, 1, 2]) == (2, 1, 3, 0.75)
    with pytest.raises(ValueError, match="at least one value"):
        claims.median([])


def test_wilsons_interval_is_the_published_one():
    """Ten of ten, and 81 of 263 as in Newcombe's comparison of seven methods (1998)."""
    assert claims.share(10, 10) == pytest.approx((0.7225, 1), abs=1e-4)
    assert claims.share(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert claims.share(0, 10)[0] == 0
    for wrong in ((11, 10), (-1, 10), (0, 0)):
        with pytest.raises(ValueError, match="expected"):
            claims.share(*wrong)


@pytest.mark.slow
def test_of_many_pages_without_a_difference_few_claim_one(rng):
    """All comparisons of a page hold together with its confidence; alone, each would not."""
    wrong = {1: 0, 10: 0}
    for _ in range(200):
        pairs = [rng.normal(size=(2, 10)) for _ in range(10)]
        for announced in wrong:
            said = [claims.Claims(announced, 0.9).compare(*pair) for pair in pairs]
            wrong[announced] += any(words != claims.LEVEL for words in said)
    assert wrong[10] / 200 < 0.13
    assert wrong[1] / 200 > 0.4


@pytest.mark.parametrize("paired", [False, True])
def test_a_comparison_says_which_way(rng, paired):
    low = rng.normal(size=10)
    high = low + 5 + 0.1 * rng.normal(size=10)
    made = claims.Claims(3)
    assert made.compare(high, low, paired=paired) == claims.HIGHER
    assert made.compare(low, high, paired=paired) == claims.LOWER
    assert made.compare(low, rng.permutation(low), paired=paired) == claims.LEVEL
    with pytest.raises(ValueError, match="expected 3 comparisons, got one more"):
        made.compare(low, high)


def test_a_mean_of_others_is_compared_as_often_wrongly_as_it_says(rng):
    """Five own values and ten others of one kind, of which the mean alone is told."""
    own, others = rng.normal(3, 2, (2000, 5)), rng.normal(3, 2, (2000, 10)).mean(axis=1)
    said = [claims.Claims(1).compare_mean(*pair, of=10) for pair in zip(own, others, strict=True)]
    assert abs(np.mean([words != claims.LEVEL for words in said]) - 0.05) < 0.015
    made = claims.Claims(3)
    assert made.compare_mean([2.9, 3.0, 3.1, 3.0], 1, of=10) == claims.HIGHER
    assert made.compare_mean([2.9, 3.0, 3.1, 3.0], 5, of=10) == claims.LOWER
    assert made.compare_mean([2.0, 2.0], 2, of=1) == claims.LEVEL  # no spread at all
    with pytest.raises(ValueError, match="expected 3 comparisons, got one more"):
        made.compare_mean([2.0, 2.0], 2, of=1)
    with pytest.raises(ValueError, match="at least 2, got 1"):
        claims.Claims(1).compare_mean([2.0], 2, of=1)


def test_infinite_losses_are_ranked():
    finite, ends = [1.0, 2, 3, 4, 5, 6, 7, 8], [np.inf] * 8
    assert claims.Claims(1).compare(ends, finite) == claims.HIGHER
    assert claims.Claims(1).compare(ends, ends) == claims.LEVEL


def test_what_is_announced_is_made():
    made = claims.Claims(2)
    made.compare_shares((0, 10), (10, 10))
    with pytest.raises(ValueError, match="expected 2 comparisons, got 1"):
        made.told()


def test_shares_are_compared_by_fishers_test():
    """The lady tasting tea, all eight cups right: p = 1/70, two-sided 2/70."""
    tea = (4, 4), (0, 4)
    assert claims.Claims(1, confidence=1 - 0.0286).compare_shares(*tea) == claims.HIGHER
    assert claims.Claims(1, confidence=1 - 0.0285).compare_shares(*tea) == claims.LEVEL


def test_estimates_are_told_apart_as_often_as_their_intervals_say(rng):
    """Two means of one truth, of other spreads: wrong as often as allowed, and of two, rarely."""
    said = {0.0: 0, 6.0: 0}
    for truth in said:
        for _ in range(2000):
            a, b = rng.normal(0, 1), rng.normal(truth, 0.5)
            pair = (a - 1.96, a + 1.96), (b - 0.98, b + 0.98)
            said[truth] += claims.Claims(1, 0.9).compare_intervals(*pair) != claims.LEVEL
    assert 0.08 < said[0.0] / 2000 < 0.12
    assert said[6.0] / 2000 > 0.99
    exact = claims.Claims(2)
    assert exact.compare_intervals((1, 1), (1.1, 1.3)) == claims.LOWER
    assert exact.compare_intervals((1.1, 1.3), (1, 1)) == claims.HIGHER


def test_near_and_away():
    """Nine of ten values on one side are not yet the median's whole interval."""
    said = claims.Claims(4)
    assert said.near([1.5] * 10, 1) == "near 1"
    assert said.near([3.0] * 10, 1) == "away from 1"
    assert said.near([3.0] * 9 + [1.5], 1) == "not told to be near 1"
    assert said.near([1.0] * 4, 1) == "not told to be near 1"  # Too few for any confidence.


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: claims.Claims(1).compare([], [1]), r"first: expected numbers of shape \(n,\)"),
        (lambda: claims.Claims(1).compare([1], [np.nan]), "second: expected numbers"),
        (lambda: claims.Claims(1).compare([1], [2], paired=True), "at least 2 pairs, got 1"),
        (lambda: claims.Claims(1).compare([1, 2], [2], paired=True), "equal lengths"),
        (lambda: claims.Claims(0), "at least 1, got 0"),
        (lambda: claims.Claims(1, 1.5), "below 1"),
        (lambda: claims.in_seeds(11, 10), "successes: expected 0 to 10, got 11"),
        (lambda: claims.Claims(1).compare_shares((-1, 10), (1, 10)), "at least 0, got -1"),
        (lambda: claims.Claims(1).compare_intervals((1, 2), (3, 2)), "low to high, got 3 and 2"),
        (lambda: claims.Claims(1).compare_intervals((1, 1), (2, 2)), "interval of some width"),
    ],
)
def test_bad_claims_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_number_out_of_bounds_is_told():
    with pytest.raises(AssertionError, match="from 1 to 2, got 3"):
        claims.between(3, 1, 2)
    with pytest.raises(AssertionError, match="got nan"):
        claims.between(np.nan)


def test_a_difference_of_chance_is_told_as_seldom_as_it_says(rng):
    """And more seldom where there are more comparisons; it is not one of them."""
    says = claims.Claims(comparisons=5, confidence=0.5)
    words = [says.beside(value, error=2) for value in rng.normal(0, 2, 4000)]
    for word in (claims.LOWER, claims.HIGHER):
        assert words.count(word) / len(words) == pytest.approx(0.05, abs=0.015)
    assert says.beside(1e6, error=2) == claims.HIGHER
    assert says.beside(-1e6, error=2) == claims.LOWER
