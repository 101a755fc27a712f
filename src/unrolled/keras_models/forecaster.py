"""Forecasts in Keras 3: a GRU reads a window of a series, beside what it has to beat.

Bad input raises ``TypeError`` or ``ValueError``. Source: :cite:p:`keras3`.
"""

import keras
import numpy as np
from numpy.typing import NDArray

from unrolled import series as rooms
from unrolled.checks import as_number, check_counts
from unrolled.extras import is_there
from unrolled.series import Framing, Series, Windows
from unrolled.series.framing import Gaps


def build(windows: Windows, units: int) -> keras.Sequential:
    """Return an untrained network: from a window (steps, D) to (ahead,) numbers."""
    return keras.Sequential(
        [
            keras.Input(windows.inputs.shape[1:]),
            keras.layers.GRU(units),
            keras.layers.Dense(windows.targets.shape[1]),
        ]
    )


def train(
    windows: Windows,
    validation: Windows,
    *,
    units: int = 16,
    epochs: int = 40,
    batch_size: int = 64,
    learning_rate: float = 1e-2,
    patience: int = 8,
    seed: int = 0,
    verbose: int = 0,
) -> keras.Sequential:
    """Return a network as it was when it erred least on the validation windows.

    Windows with a missing target are left out. Raises ``TypeError`` or ``ValueError`` for sizes
    and rates that are none.
    """
    check_counts(units=units, epochs=epochs, batch_size=batch_size)
    check_counts(least=0, patience=patience, seed=seed)
    as_number(learning_rate, "learning_rate")
    keras.utils.set_random_seed(seed)
    model = build(windows, units)
    model.compile(keras.optimizers.Adam(learning_rate), "mse")
    windows, validation = windows.complete(), validation.complete()
    model.fit(
        windows.inputs,
        windows.targets,
        validation_data=(validation.inputs, validation.targets),
        epochs=epochs,
        batch_size=batch_size,
        verbose=verbose,
        callbacks=[
            # The learning rate falls: long strides first, then fine work.
            keras.callbacks.LearningRateScheduler(
                lambda epoch: learning_rate * (1 - epoch / epochs),
            ),
            keras.callbacks.EarlyStopping(
                patience=patience,
                restore_best_weights=True,
            ),
        ],
    )
    return model


def predict(model: keras.Model, windows: Windows) -> NDArray[np.float64]:
    """Return forecasts (N, ahead) in the unit of the windows."""
    # Called as a function, for `predict` compiles itself anew for each model.
    answers = keras.ops.convert_to_numpy(model(windows.inputs, training=False))
    return np.asarray(answers, np.float64)


def contest(
    series: Series,
    steps: int,
    ahead: int = 1,
    *,
    gaps: Gaps = "carry",
    from_last: bool = False,
    seeds: tuple[int, ...] = (0, 1, 2),
    epochs: int = 40,
) -> tuple[Series, dict[str, NDArray[np.float64]]]:
    """Forecast the last 15 % of a series by a GRU and by what it has to beat.

    Parameters
    ----------
    series
        At least some hundred steps.
    steps, ahead, gaps, from_last
        As of :class:`~unrolled.series.Framing`.
    seeds
        One network is trained for each, and their forecasts are averaged.
    epochs
        As of :func:`train`.

    Returns
    -------
    train, errors
        The part that was learnt from, and by the name of a forecast its absolute errors, (N,
        ahead), in the series' unit; NaN where the truth is missing. The autoregression forecasts
        one step, and takes part where ``statsmodels`` is installed.

    """
    parts = rooms.split(series)
    framing = Framing.fit(series[parts.train], steps, ahead, gaps=gaps, from_last=from_last)
    known, validation, test = (framing.windows(series, part) for part in parts)
    networks = [train(known, validation, epochs=epochs, seed=seed) for seed in seeds]
    forecasts = {
        "persistence": rooms.persistence(test),
        "seasonal naive": rooms.seasonal_naive(test),
        "ridge": rooms.ridge(known)(test),
        "GRU": np.mean([predict(network, test) for network in networks], axis=0),
    }
    truth = framing.undo(test.targets, series, test.at)
    errors = {
        name: np.abs(framing.undo(forecast, series, test.at) - truth)
        for name, forecast in forecasts.items()
    }
    if ahead == 1 and is_there("statsmodels"):
        until, differences = parts.train.stop, int(from_last)
        stepwise = rooms.autoregression(series, until, differences=differences)
        errors["autoregression"] = np.abs(stepwise[test.at][:, None] - truth)
    return series[parts.train], errors
