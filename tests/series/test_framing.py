"""Windows are what they say, and forecasts come back into the unit of the series."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled import series
from unrolled.series import Framing, Series


def counted(length, missing=(), period=None):
    """Return the series 0, 1, 2, ... without some of its values."""
    values = np.arange(length, dtype=float)
    values[list(missing)] = np.nan
    return Series(values, np.arange(length), period)


PLAIN = {"mean": 0.0, "scale": 1.0}


@given(st.integers(1, 5), st.integers(1, 4), st.integers(10, 20), st.booleans())
def test_a_window_ends_just_before_its_target(steps, ahead, length, from_last):
    framing = Framing(steps, ahead, "carry", from_last, **PLAIN)
    windows = framing.windows(counted(length))
    assert windows.at.tolist() == list(range(steps, length - ahead + 1))
    for inputs, targets, at in zip(windows.inputs, windows.targets, windows.at, strict=True):
        origin = at - 1 if from_last else 0
        assert (inputs[:, 0] + origin).tolist() == list(range(at - steps, at))
        assert (targets + origin).tolist() == list(range(at, at + ahead))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize(("steps", "ahead"), [(3, 1), (4, 2)])
def test_keras_cuts_the_same_windows(steps, ahead):
    """Its targets begin where the first window ends: one off, and the answer is in the input."""
    keras = pytest.importorskip("keras")
    whole, _ = series.made(0, 40)
    windows = Framing(steps, ahead, "carry", False, **PLAIN).windows(whole)
    targets = np.stack([whole.values[steps + k : len(whole) - ahead + 1 + k] for k in range(ahead)])
    theirs = keras.utils.timeseries_dataset_from_array(
        whole.values[: len(whole) - ahead], targets.T, steps, batch_size=None
    )
    x, y = (np.array(part) for part in zip(*theirs.as_numpy_iterator(), strict=True))
    np.testing.assert_allclose(windows.inputs[..., 0], x, rtol=1e-12)
    np.testing.assert_allclose(windows.targets, y, rtol=1e-12)


def test_a_missing_input_is_the_value_before_it_and_is_told_where_asked():
    whole = counted(8, missing=[3, 4])
    told = Framing(3, 1, "tell", False, **PLAIN).windows(whole)
    assert told.at.tolist() == [5, 6, 7]  # Steps 3 and 4 were never taken: nothing to judge by.
    value, taken, since = told.inputs[0].T
    assert value.tolist() == [2, 2, 2]
    assert taken.tolist() == [1, 0, 0]
    np.testing.assert_allclose(since, [0, 1 / 3, 2 / 3])
    carried = Framing(3, 1, "carry", False, **PLAIN).windows(whole)
    np.testing.assert_array_equal(told.inputs[..., 0], carried.inputs[..., 0])
    assert carried.inputs.shape == (3, 3, 1)


def test_what_was_missing_for_longer_than_a_window_is_as_old_as_the_window():
    told = Framing(2, 1, "tell", False, **PLAIN).windows(counted(9, missing=range(2, 7)))
    assert told.at.tolist() == [7, 8]
    assert told.inputs[0].tolist() == [[1, 0, 1], [1, 0, 1]]


def test_skipping_leaves_no_window_with_a_gap():
    skipped = Framing(2, 1, "skip", False, **PLAIN).windows(counted(9, missing=[4]))
    assert skipped.at.tolist() == [2, 3, 7, 8]
    assert not np.isnan(skipped.inputs).any()


def test_a_target_of_several_steps_may_have_gaps_but_not_be_one():
    windows = Framing(1, 2, "carry", False, **PLAIN).windows(counted(6, missing=[2, 3]))
    assert windows.at.tolist() == [1, 3, 4]
    np.testing.assert_array_equal(windows.targets, [[1, np.nan], [np.nan, 4], [4, 5]])


def test_a_seasonal_naive_forecast_repeats_the_last_season_that_was_known():
    windows = Framing(4, 5, "carry", False, **PLAIN).windows(counted(12, period=3))
    at = windows.at[0]
    assert at == 4
    assert series.seasonal_naive(windows)[0].tolist() == [1, 2, 3, 1, 2]
    assert series.persistence(windows)[0].tolist() == [3] * 5


@given(st.integers(0, 99), st.integers(1, 4), st.booleans(), st.sampled_from(["carry", "tell"]))
def test_what_is_scaled_comes_back(seed, ahead, from_last, gaps):
    whole, _ = series.made(seed, 60, gaps=0.2)
    framing = Framing.fit(whole[:40], 3, ahead, gaps=gaps, from_last=from_last)
    windows = framing.windows(whole)
    steps = windows.at[:, None] + np.arange(ahead)
    back = framing.undo(windows.targets, whole, windows.at)
    np.testing.assert_allclose(back, whole.values[steps], atol=1e-9)
    last = framing.undo(series.persistence(windows), whole, windows.at)
    np.testing.assert_allclose(last[:, 0], series.carried(whole.values)[windows.at - 1], atol=1e-9)


def test_the_training_part_has_mean_0_and_scale_1():
    whole, _ = series.made(0, 300, gaps=0.1)
    train = whole[:200]
    framing = Framing.fit(train, 1)
    scaled = (train.values - framing.mean) / framing.scale
    assert np.nanmean(scaled) == pytest.approx(0, abs=1e-12)
    assert np.nanstd(scaled) == pytest.approx(1)
    assert Framing.fit(Series(np.full(5, 7.0), np.arange(5)), 1).scale == 1


def test_several_series_are_scaled_together_and_stand_one_after_the_other():
    pair = [series.made(seed, 50, memory=memory)[0] for seed, memory in enumerate((0.2, 0.9))]
    framing = Framing.fit(pair, 4)
    both = np.concatenate([one.values for one in pair])
    assert framing.mean == pytest.approx(both.mean())
    assert framing.scale == pytest.approx(both.std())
    windows = series.together([framing.windows(one) for one in pair])
    assert len(windows.at) == len(windows.inputs) == 2 * 46
    assert sorted(set(windows.static[:, 0])) == [0.2, 0.9]


def test_the_future_is_one_window_after_the_last_step():
    whole, _ = series.made(0, 40)
    framing = Framing.fit(whole, 5, 3)
    future = framing.future(whole)
    assert future.at.tolist() == [40]
    assert np.isnan(future.targets).all()
    np.testing.assert_allclose(
        future.inputs[0, :, 0] * framing.scale + framing.mean, whole.values[-5:]
    )
    longer, _ = series.made(0, 43)
    np.testing.assert_allclose(future.known[0], longer.calendar()[40:], atol=1e-12)


@pytest.mark.parametrize("step", [np.timedelta64(1, "h"), np.timedelta64(7, "D"), 1])
def test_a_part_of_a_series_has_the_calendar_of_the_whole(step):
    start = np.datetime64("2020-02-25", "us") if isinstance(step, np.timedelta64) else 1700
    whole = Series(np.zeros(30), start + np.arange(30) * step, 12)
    np.testing.assert_allclose(whole[7:].calendar(), whole.calendar()[7:])
    np.testing.assert_allclose(whole.calendar()[12:], whole.calendar()[:-12], atol=1e-6)


def test_rolling_origins_go_up_to_the_end_and_learn_from_all_before():
    whole = counted(50)
    splits = list(series.rolling(whole, 3, test=5, validation=4))
    assert [s.test for s in splits] == [slice(35, 40), slice(40, 45), slice(45, 50)]
    for train, validation, test in splits:
        assert train.start == 0
        assert (train.stop, validation.stop) == (validation.start, test.start)
        assert validation.stop - validation.start == 4


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (lambda s: Framing.fit(s, 0), ValueError, "at least 1, got 0"),
        (lambda s: Framing.fit(s, 2.0), TypeError, "an integer, got float"),
        (lambda s: Framing.fit(s, 2, gaps="fill"), ValueError, "carry, tell or skip, got 'fill'"),
        (lambda s: Framing.fit(s[:1], 2), ValueError, "at least two values"),
        (lambda s: Framing.fit(s, 30).windows(s), ValueError, "30 steps before a target"),
        (lambda s: Framing.fit(s, 2, 9).windows(s, slice(0, 5)), ValueError, "9 are forecast"),
        (lambda s: Framing.fit(s, 30).future(s), ValueError, "30 steps with a value, got 20"),
        (lambda s: series.split(s, 0.6, 0.5), ValueError, "a step for each part, got 20 steps"),
        (lambda s: series.split(s, 0, 0.5), ValueError, "validation: expected a number"),
        (lambda s: list(series.rolling(s, 4, 4, 4)), ValueError, "more than 20 steps, got 20"),
    ],
)
def test_what_cannot_be_framed_is_refused(asked, error, said):
    with pytest.raises(error, match=said):
        asked(counted(20))
