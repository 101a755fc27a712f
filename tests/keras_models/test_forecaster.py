"""The forecaster learns, keeps its best weights, and stands beside what it has to beat."""

import numpy as np
import pytest

from unrolled import series
from unrolled.keras_models import forecaster

# Keras 3 turns TensorFlow's tensors into arrays in a way that NumPy 2 calls old.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
)


@pytest.fixture(scope="module")
def framed():
    whole, _ = series.made(0, 400, gaps=0.1)
    parts = series.split(whole)
    framing = series.Framing.fit(whole[parts.train], 12)
    return whole, framing, [framing.windows(whole, part) for part in parts]


@pytest.fixture(scope="module")
def model(framed):
    _, _, (train, validation, _) = framed
    return forecaster.train(train, validation, units=8, epochs=12, learning_rate=3e-2)


@pytest.mark.slow
def test_it_is_much_better_than_yesterdays_value(framed, model):
    _, _, (*_, test) = framed
    ours, naive = (
        np.sqrt(np.mean((said - test.targets) ** 2))
        for said in (forecaster.predict(model, test), series.persistence(test))
    )
    assert ours < 0.8 * naive


@pytest.mark.slow
def test_the_best_weights_are_kept(framed):
    """At a rate that is too high, the last epoch is not the best."""
    _, _, (train, validation, _) = framed
    wild = forecaster.train(train, validation, units=4, epochs=6, learning_rate=0.5, patience=6)
    said = forecaster.predict(wild, validation)
    losses = wild.history.history["val_loss"]
    assert losses[-1] > 1.01 * min(losses)
    assert np.mean((said - validation.targets) ** 2) == pytest.approx(min(losses), rel=1e-4)


@pytest.mark.slow
def test_a_window_with_a_missing_target_is_not_learnt_from():
    whole, _ = series.made(0, 200, gaps=0.3)
    windows = series.Framing.fit(whole, 4, 3).windows(whole)
    assert np.isnan(windows.targets).any()
    model = forecaster.train(windows, windows, units=2, epochs=1)
    answers = forecaster.predict(model, windows)
    assert answers.shape == windows.targets.shape
    assert np.isfinite(answers).all()


@pytest.mark.slow
@pytest.mark.parametrize("from_last", [False, True])
def test_a_contest_measures_all_on_the_same_steps_in_the_unit_of_the_series(from_last):
    pytest.importorskip("statsmodels", reason="the extra unrolled[series] is not installed")
    whole, _ = series.made(1, 300, gaps=0.1)
    larger = series.Series(1000 * whole.values + 5000, whole.times, whole.period)
    train, errors = forecaster.contest(
        larger, 12, seeds=(0,), gaps="tell", from_last=from_last, epochs=1
    )
    assert len(train) == 210
    names = ["persistence", "seasonal naive", "ridge", "GRU", "autoregression"]
    assert list(errors) == names
    assert len({error.shape for error in errors.values()}) == 1
    at = np.flatnonzero(~np.isnan(larger.values))
    at = at[at >= 255]
    naive = np.abs(larger.values[at] - series.carried(larger.values)[at - 1])
    np.testing.assert_allclose(errors["persistence"][:, 0], naive)
    stepwise = series.autoregression(larger, 210, differences=int(from_last))
    np.testing.assert_allclose(
        errors["autoregression"][:, 0], np.abs(stepwise[at] - larger.values[at]), rtol=1e-6
    )
    for name in ("ridge", "autoregression"):
        assert errors[name].mean() < naive.mean()
        assert errors[name].mean() > 500  # The shock of 1,000 is off by 800 on average.


def test_several_steps_leave_the_one_step_rival_out():
    whole, _ = series.made(1, 200)
    _, errors = forecaster.contest(whole, 6, 3, seeds=(0,), epochs=1)
    assert "autoregression" not in errors
    assert errors["GRU"].shape == errors["persistence"].shape == (28, 3)


@pytest.mark.parametrize(
    ("options", "error"),
    [({"units": 0}, ValueError), ({"epochs": 1.5}, TypeError), ({"learning_rate": -1}, ValueError)],
)
def test_sizes_that_are_none_are_refused(framed, options, error):
    _, _, (train, validation, _) = framed
    with pytest.raises(error, match=next(iter(options))):
        forecaster.train(train, validation, **options)
