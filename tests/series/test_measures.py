"""The measures find a copy of yesterday, and say how much better than it a forecast is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled import series
from unrolled.series import Series


@given(st.integers(0, 99), st.integers(0, 4))
def test_a_forecast_that_is_late_is_found_by_how_much(seed, lag):
    truth = np.random.default_rng(seed).normal(size=80).cumsum()
    late = np.concatenate([np.full(lag, truth[0]), truth[: len(truth) - lag]])
    found = series.shift(truth, late)
    assert found.lag == lag
    assert found.agreement[lag] == pytest.approx(1)


def test_a_gap_in_the_truth_shifts_nothing():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200).cumsum()
    late = np.roll(truth, 1)
    truth[rng.random(200) < 0.2] = np.nan
    assert series.shift(truth[1:], late[1:]).lag == 1


def test_persistence_is_a_copy_and_the_best_forecast_of_the_made_series_is_not():
    whole, law = series.made(0, 2000)
    at = np.arange(1000, 2000)
    framing = series.Framing.fit(whole[:1000], 1)
    copy = series.persistence(framing.windows(whole, slice(1000, 2000)))[:, 0]
    assert series.shift(whole.values[at], copy).lag == 1
    assert series.shift(whole.values[at], law.forecast(whole, at)[0][:, 0]).lag == 0


def test_persistence_has_a_scaled_error_of_1_where_it_was_scaled():
    whole, _ = series.made(0, 500, gaps=0.2)
    steps = np.flatnonzero(~np.isnan(whole.values[1:])) + 1
    last = series.carried(whole.values)[steps - 1]
    assert series.mase(whole.values[steps], last, whole) == pytest.approx(1)
    assert series.mase(whole.values[steps], whole.values[steps], whole) == 0


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (lambda: series.shift([1, 2, 3], [1, 2, 3], 1), ValueError, "more than 3 steps"),
        (lambda: series.shift([1] * 9, [*range(9)], 1), ValueError, "truth: expected values that"),
        (lambda: series.shift([*range(9)], [1] * 9, 1), ValueError, "forecast: expected values"),
        (lambda: series.shift([1, 2], [1, 2, 3]), ValueError, "equal lengths, got 2 and 3"),
        (lambda: series.shift([1, 2], [1, 2], -1), ValueError, "most: expected at least 0"),
        (
            lambda: series.mase([1], [1], Series(np.ones(5), np.arange(5))),
            ValueError,
            "values that change",
        ),
        (
            lambda: series.mase([1, np.nan], [1, 2], Series(np.arange(5.0), np.arange(5))),
            ValueError,
            "finite numbers, got nan",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused(asked, error, said):
    with pytest.raises(error, match=said):
        asked()
