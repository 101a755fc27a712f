"""A made series can be forecast as well as its law says, and no better."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled import series
from unrolled.series.made import _missing

AHEAD = 4


@pytest.mark.parametrize("memory", [0.0, 0.7, 0.95])
@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_the_best_forecast_errs_as_much_as_it_says(memory, gaps):
    """In the long run: within 3 % in 20,000 steps; its scaled errors have the deviation 1."""
    whole, law = series.made(1, 20_000, memory=memory, gaps=gaps)
    at = np.arange(100, len(whole) - AHEAD)
    best, deviations = law.forecast(whole, at, AHEAD)
    scaled = (whole.values[at[:, None] + np.arange(AHEAD)] - best) / deviations
    np.testing.assert_allclose(np.sqrt(np.nanmean(scaled**2, axis=0)), 1, atol=0.03)
    np.testing.assert_allclose(np.nanmean(scaled, axis=0), 0, atol=0.06)


def test_no_other_share_of_the_last_remainder_errs_less():
    """The best forecast is not only unbiased: another memory in its place errs more."""
    whole, law = series.made(2, 20_000, memory=0.7)
    at = np.arange(1, len(whole))
    last = (whole.values - law.expected)[at - 1]
    errors = [
        np.mean((whole.values[at] - law.expected[at] - share * last) ** 2)
        for share in (0.6, law.memory, 0.8)
    ]
    assert errors[1] == min(errors)
    np.testing.assert_allclose(law.forecast(whole, at)[0][:, 0] - law.expected[at], 0.7 * last)


def test_a_remainder_that_turns_is_forecast_as_its_law_says():
    whole, law = series.made(3, 20_000, memory=0.9, turns=True)
    at = np.arange(1, len(whole))
    best, deviations = law.forecast(whole, at)
    assert np.sqrt(np.mean((whole.values[at] - best[:, 0]) ** 2)) == pytest.approx(1, abs=0.02)
    assert (deviations == 1).all()
    assert ((best[:, 0] - law.expected[at]) <= 0).all()


def test_a_remainder_has_long_forgotten_how_it_began():
    """Its first value spreads as all others do: by the shock over the root of 1 − memory²."""
    made = (series.made(seed, 1, season=0, drift=0, memory=0.95)[0] for seed in range(600))
    first = np.array([one.values[0] for one in made])
    assert first.std() == pytest.approx(1 / np.sqrt(1 - 0.95**2), rel=0.1)


def test_what_cannot_be_known_exactly_is_refused():
    whole, law = series.made(0, 50, turns=True)
    with pytest.raises(ValueError, match="one step after a taken value"):
        law.forecast(whole, np.array([20]), 2)
    with pytest.raises(ValueError, match="a value before each forecast"):
        law.forecast(whole, np.array([0]))


@given(st.integers(0, 50), st.sampled_from([0.1, 0.3, 0.6]))
def test_the_share_and_the_runs_of_gaps_are_as_asked(seed, share):
    missing = _missing(np.random.default_rng(seed), 20_000, share)
    assert missing.mean() == pytest.approx(share, abs=0.06)
    ends = np.flatnonzero(np.diff(np.concatenate([[0], missing, [0]])))
    assert np.mean(ends[1::2] - ends[::2]) == pytest.approx(5, abs=0.7)
    assert not missing[0]


def test_a_seed_makes_the_same_series_and_another_seed_another():
    first, again, other = (series.made(seed, 50, gaps=0.2)[0].values for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"length": 0}, "length: expected at least 1"),
        ({"period": 1}, "period: expected at least 2"),
        ({"memory": 1.0}, "memory: expected a number"),
        ({"shock": 0.0}, "shock: expected a number above 0"),
        ({"gaps": 1.0}, "gaps: expected a number"),
        ({"drift": np.inf}, "drift: expected a number"),
    ],
)
def test_numbers_out_of_bounds_are_refused(asked, said):
    with pytest.raises(ValueError, match=said):
        series.made(**asked)
