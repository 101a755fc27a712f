"""What a network has to beat: the last value, that of a season ago, a ridge, an autoregression.

Each takes windows to learn from and gives a forecast: from windows to (N, ahead), in their unit.
"""

import warnings
from collections.abc import Callable

import numpy as np

from unrolled.extras import needed
from unrolled.series.framing import Windows
from unrolled.series.series import Numbers, Series
from unrolled.text.metrics import mean_and_deviation

Forecast = Callable[[Windows], Numbers]


def persistence(windows: Windows) -> Numbers:
    """Forecast that all stays as it is: the last value that was taken, (N, ahead).

    >>> from unrolled.series import Framing, Series
    >>> series = Series(np.array([1.0, 2.0, 4.0]), np.arange(3))
    >>> persistence(Framing(1, 1, "carry", False, 0, 1).windows(series))
    array([[1.],
           [2.]])
    """
    return np.repeat(windows.last[:, None], windows.targets.shape[1], axis=1)


def seasonal_naive(windows: Windows) -> Numbers:
    """Forecast what was there one season before, (N, ahead); the last value without a season."""
    return windows.season


def ridge(train: Windows) -> Forecast:
    """Learn a linear function of all inputs and of what is known in advance.

    The penalty is the one of 13 that errs least when each row is left out
    (scikit-learn's ``RidgeCV``) :cite:p:`hoerl1970`. Windows with a missing target are not learnt
    from.
    """
    from sklearn.linear_model import RidgeCV

    train = train.complete()
    model = RidgeCV(np.logspace(-3, 3, 13)).fit(_lags(train), train.targets)
    ahead = train.targets.shape[1]
    return lambda windows: np.asarray(model.predict(_lags(windows))).reshape(-1, ahead)


def _lags(windows: Windows) -> Numbers:
    """Return one row of features for each window, (N, steps × D + ahead × F)."""
    parts = (windows.inputs, windows.known, windows.static)
    return np.concatenate([part.reshape(len(windows.at), -1) for part in parts], axis=1)


def autoregression(series: Series, until: int, *, order: int = 3, differences: int = 0) -> Numbers:
    """Return one-step forecasts of every step (T,) by an autoregression, in the series' own unit.

    Its weights, a season by the calendar and a drift among them, are learnt from the first
    ``until`` steps. Each forecast is made from all values before it, of which missing ones are
    left out exactly, by a Kalman filter :cite:p:`box2015,seabold2010`.

    Parameters
    ----------
    series
        The whole of it; what comes from ``until`` on is forecast and not learnt from.
    until
        How many steps are learnt from.
    order
        How many values before the next one count.
    differences
        How often the series is differenced first: 0, or 1 for one that wanders.

    Raises
    ------
    ImportError
        Where ``statsmodels`` is not installed; the extra ``unrolled[series]`` brings it.

    Examples
    --------
    >>> from unrolled.series import made
    >>> series, law = made(0, 300)
    >>> found = autoregression(series, 200, order=1)
    >>> best = law.forecast(series, np.arange(200, 300))[0][:, 0]
    >>> bool(np.abs(found[200:] - best).mean() < 0.5)
    True

    """
    model = needed("statsmodels.tsa.statespace.sarimax", "the autoregression").SARIMAX
    mean, scale = mean_and_deviation(series.values[:until][~np.isnan(series.values[:until])])
    values, calendar = (series.values - mean) / scale, series.calendar()
    beside = calendar if calendar.shape[1] else None
    shape = {
        "order": (order, differences, 0),
        "trend": "c" if differences else "ct",
        "enforce_stationarity": False,
    }
    first = model(values[:until], exog=None if beside is None else beside[:until], **shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It tells of few steps; the forecasts are judged anyway.
        learnt = first.fit(disp=False, maxiter=200).params
    forecasts = model(values, exog=beside, **shape).filter(learnt).predict()
    return np.asarray(forecasts, np.float64) * scale + mean
