"""Nothing of the future reaches an input, a scale, or a forecast that was made before it."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled import series
from unrolled.series import Framing, Series


@st.composite
def framed(draw):
    """Return a series with gaps, its split, how it is framed, and a step to move all from."""
    length = draw(st.integers(30, 80))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    values = rng.normal(size=length).cumsum()
    values[rng.random(length) < draw(st.sampled_from([0, 0.2]))] = np.nan
    values[0] = 1.0
    whole = Series(values, np.arange(length), draw(st.sampled_from([None, 5, 7.3])))
    how = {
        "steps": draw(st.integers(1, 6)),
        "ahead": draw(st.integers(1, 4)),
        "gaps": draw(st.sampled_from(["carry", "tell"])),
        "from_last": draw(st.booleans()),
    }
    return whole, series.split(whole, 0.2, 0.2), how, draw(st.integers(1, length - 1))


def moved(whole, start):
    """Return a series in which all is otherwise from a step on, and what was missing is there."""
    values = whole.values.copy()
    values[start:] = 1000 + np.arange(len(values) - start) ** 2
    return dataclasses.replace(whole, values=values)


@given(framed())
def test_what_comes_after_the_training_part_moves_no_scale(case):
    whole, parts, how, _ = case
    other = moved(whole, parts.train.stop)
    assert Framing.fit(whole[parts.train], **how) == Framing.fit(other[parts.train], **how)


@given(framed())
def test_what_comes_after_a_window_moves_none_of_its_inputs(case):
    """The inputs of a forecast, the last value, and that of a season ago lie before its target."""
    whole, parts, how, start = case
    framing = Framing.fit(whole[parts.train], **how)
    before, after = (framing.windows(each) for each in (whole, moved(whole, start)))
    for name in ("inputs", "known", "last", "season"):
        of_both = [dict(zip(w.at.tolist(), getattr(w, name), strict=True)) for w in (before, after)]
        for at in before.at[before.at <= start].tolist():
            if at in of_both[1]:
                np.testing.assert_array_equal(of_both[0][at], of_both[1][at])


@given(framed())
def test_a_target_before_the_change_does_not_move(case):
    whole, parts, how, start = case
    framing = Framing.fit(whole[parts.train], **how)
    before, after = (framing.windows(each) for each in (whole, moved(whole, start)))
    rows = before.at + how["ahead"] <= start
    kept = np.isin(after.at, before.at[rows])
    np.testing.assert_array_equal(before.targets[rows], after.targets[kept])


@given(framed())
def test_the_parts_share_no_target_and_training_ends_before_the_rest_begins(case):
    whole, parts, how, _ = case
    framing = Framing.fit(whole[parts.train], **how)
    asked = []
    for part in parts:
        windows = framing.windows(whole, part)
        steps = windows.at[:, None] + np.arange(how["ahead"])
        assert steps.min() >= part.start
        assert steps.max() < part.stop
        asked.append(set(steps.ravel().tolist()))
    assert max(asked[0]) < min(asked[1])
    assert max(asked[1]) < min(asked[2])


def learnt(model, whole, parts, framing):
    """Return the forecasts of the test part by a model that learns from the training part."""
    train, test = (framing.windows(whole, part) for part in (parts.train, parts.test))
    return test.at, model(train)(test)[:, 0]


MODELS = {
    "persistence": lambda train: series.persistence,
    "seasonal naive": lambda train: series.seasonal_naive,
    "ridge": series.ridge,
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("start", [70, 90])
def test_a_baseline_knows_nothing_of_what_comes_after_its_forecast(name, start):
    whole, _ = series.made(3, 100, gaps=0.1)
    parts = series.split(whole)
    framing = Framing.fit(whole[parts.train], 6)
    at, before = learnt(MODELS[name], whole, parts, framing)
    then, after = learnt(MODELS[name], moved(whole, start), parts, framing)
    kept = at[at <= start]
    np.testing.assert_array_equal(before[np.isin(at, kept)], after[np.isin(then, kept)])


def test_the_autoregression_knows_nothing_of_what_comes_after_its_forecast():
    pytest.importorskip("statsmodels", reason="the extra unrolled[series] is not installed")
    whole, _ = series.made(3, 120, gaps=0.1)
    before, after = (series.autoregression(each, 80, order=2) for each in (whole, moved(whole, 90)))
    np.testing.assert_array_equal(before[:91], after[:91])
    assert not np.allclose(before[91:], after[91:])


def test_the_autoregression_answers_in_the_unit_of_the_series():
    pytest.importorskip("statsmodels", reason="the extra unrolled[series] is not installed")
    whole, _ = series.made(3, 120)
    larger = dataclasses.replace(whole, values=1000 + 10 * whole.values)
    plain, scaled = (series.autoregression(each, 80, order=1) for each in (whole, larger))
    np.testing.assert_allclose(scaled[80:], 1000 + 10 * plain[80:], rtol=1e-4)


def test_a_scaler_that_sees_all_is_caught():
    """The property would not hold for the mistake that it is there for."""
    whole, _ = series.made(0, 100)
    parts = series.split(whole)
    other = moved(whole, parts.train.stop)
    assert Framing.fit(whole, 3) != Framing.fit(other, 3)
    assert Framing.fit(whole[parts.train], 3) == Framing.fit(other[parts.train], 3)
