"""How far forecasts are from the truth, and whether they are the truth, late."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from unrolled.arrays import as_array
from unrolled.checks import as_count, same_length
from unrolled.series.framing import carried
from unrolled.series.series import Numbers, Series
from unrolled.text.metrics import mae


def mase(truth: ArrayLike, forecast: ArrayLike, train: Series) -> float:
    """Return the mean absolute scaled error: below 1 is better than persistence was in training.

    The mean absolute error over that of persistence, one step ahead, in the training part
    :cite:p:`hyndman2006`. Unlike a percentage it may be taken where values are near 0, and it can
    be compared between series.

    Parameters
    ----------
    truth, forecast
        n finite numbers each, in the unit of the series.
    train
        The part that was learnt from.

    Raises
    ------
    TypeError, ValueError
        For what is not two equally long lists of finite numbers, and where the values of ``train``
        never change.

    Examples
    --------
    >>> mase([5, 7], [5, 6], Series(np.array([1.0, 2.0, 4.0]), np.arange(3)))
    0.333...

    """
    moves = np.abs(train.values[1:] - carried(train.values)[:-1])
    naive = float(np.nanmean(moves)) if np.isfinite(moves).any() else 0.0
    if not naive:
        raise ValueError("train: expected values that change, got none")
    return mae(truth, forecast) / naive


class Shift(NamedTuple):
    """At which lag a forecast agrees best with the truth, and how well at each.

    ``lag`` is 0 where the forecast agrees best with what it is a forecast of, k where it agrees
    best with what was there k steps before; ``agreement`` (lags,) has Pearson's r at each lag,
    from 0 on.
    """

    lag: int
    agreement: Numbers


def shift(truth: ArrayLike, forecast: ArrayLike, most: int = 5) -> Shift:
    """Return at which lag forecasts of steps that follow each other agree best with the truth.

    A forecast that is yesterday's value agrees perfectly with the truth of yesterday. That alone
    is no fault: where a series only wanders, nothing else can be forecast. It is one where
    the forecast is no better than persistence, and is shown as if it were a success.

    Parameters
    ----------
    truth, forecast
        n numbers each, of steps that follow each other; NaN where there is none.
    most
        The greatest lag that is tried.

    Raises
    ------
    TypeError, ValueError
        For what is not two equally long lists of more than ``most`` + 2 numbers, and where
        one of them never changes.

    Examples
    --------
    >>> truth = [1, 4, 2, 8, 5, 7, 3, 9, 6]
    >>> late = [0, *truth[:-1]]
    >>> shift(truth, late, most=2).lag, shift(truth, truth, most=2).lag
    (1, 0)

    """
    y, p = (np.array(as_array(v, "values"), np.float64) for v in (truth, forecast))
    most = as_count(most, "most", 0)
    same_length(y, p, "truth and forecast")
    late = [np.concatenate([np.full(k, np.nan), y[: len(y) - k]]) for k in range(most + 1)]
    both = ~np.isnan([*late, p]).any(axis=0)  # The same forecasts at every lag.
    if both.sum() <= 2:
        raise ValueError(
            f"expected more than {most + 2} steps with a truth and a forecast, got {len(y)} steps"
        )
    for name, values in {"forecast": p[both], "truth": np.array(late)[:, both].T}.items():
        if not np.ptp(values, axis=0).all():
            raise ValueError(f"{name}: expected values that change, got one throughout")
    agreement = np.array([np.corrcoef(each[both], p[both])[0, 1] for each in late])
    return Shift(int(agreement.argmax()), agreement)
