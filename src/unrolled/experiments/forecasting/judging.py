"""How far forecasts are off, and what they are: a result's values."""

from typing import Any

import numpy as np

from unrolled import series
from unrolled.activations import Array
from unrolled.experiments.rounding import rounded
from unrolled.series import Series


def judged(truth: Array, forecasts: Array, train: Series, blocks: int) -> dict[str, Any]:
    """Return how far forecasts (S, N) of S seeds are off the truth (N,).

    ``rmse`` and ``mase``, scaled by ``train``, have one number for each seed; ``blocks`` has the
    mean squared error of each of so many runs of steps, of all seeds together.
    """
    squares = (forecasts - truth) ** 2
    return {
        "rmse": rounded(np.sqrt(squares.mean(axis=1))),
        "mase": rounded([series.mase(truth, each, train) for each in forecasts]),
        "blocks": in_blocks(squares.mean(axis=0), blocks),
    }


def copied(truth: Array, last: Array, forecasts: Array, at: Array) -> dict[str, Any]:
    """Return how far forecasts (S, N) of the steps ``at`` (N,) are late, or no forecasts at all.

    One number for each seed: ``lag``, that at which forecast and truth agree best, ``r``, Pearson's
    r of the two, and ``change``, that of the forecast change from the last value with the true one.
    """
    places, length = at - at[0], int(at[-1] - at[0]) + 1

    def placed(values: Array) -> Array:
        whole = np.full(length, np.nan)
        whole[places] = values
        return whole

    return {
        "lag": [series.shift(placed(truth), placed(each)).lag for each in forecasts],
        "r": rounded([_r(each, truth) for each in forecasts]),
        "change": rounded([_r(each - last, truth - last) for each in forecasts]),
    }


def by_horizon(truth: Array, forecasts: Array) -> Any:
    """Return the RMSE of forecasts (S, N, ahead) at each horizon, one number for each seed."""
    return rounded(np.sqrt(((forecasts - truth) ** 2).mean(axis=1)).T)


def in_blocks(squares: Array, blocks: int) -> Any:
    """Return the mean of each of so many runs of (N,) numbers."""
    return rounded([run.mean() for run in np.array_split(squares, blocks)])


def _r(first: Array, second: Array) -> float:
    """Return Pearson's r, 0 where the first changes by no more than rounding."""
    is_level = np.ptp(first) <= 1e-9 * np.ptp(second)
    return 0.0 if is_level else float(np.corrcoef(first, second)[0, 1])
