"""How far predictions are from the truth. Each takes two lists of n finite numbers."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.checks import as_count, as_number, as_numbers, same_length
from unrolled.lists import as_names

#: Groups drawn at once in :func:`intervals`, so that a million texts need no more memory.
_BLOCK = 2**20


def mae(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean absolute error, in the unit of the targets.

    Raises ``TypeError`` or ``ValueError`` for what is not two equally long lists of finite
    numbers, as every function here does.

    >>> mae([350, 605], [353, 604])
    2.0
    """
    y, p = _pair(truth, predicted)
    return float(np.mean(np.abs(y - p)))


def rmse(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the root of the mean squared error, in the unit of the targets.

    >>> rmse([0, 0], [3, -3])
    3.0
    """
    y, p = _pair(truth, predicted)
    return float(np.sqrt(np.mean((y - p) ** 2)))


def r2(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the coefficient of determination: 1 is perfect, 0 as good as the mean of ``truth``.

    Raises ``ValueError`` if all true values are equal, for then it has no meaning.

    >>> r2([1, 2, 3], [1, 2, 3]), r2([1, 2, 3], [2, 2, 2])
    (1.0, 0.0)
    """
    y, p = _pair(truth, predicted)
    _varied(y, "truth")
    return float(1 - np.sum((y - p) ** 2) / np.sum((y - y.mean()) ** 2))


def pearson(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return Pearson's correlation, -1 to 1.

    Raises ``ValueError`` if either side is constant, for then it has no meaning.

    >>> round(pearson([1, 2, 3], [10, 20, 30]), 6)
    1.0
    """
    y, p = _pair(truth, predicted)
    _varied(y, "truth")
    _varied(p, "predicted")
    y, p = y - y.mean(), p - p.mean()
    # Scaled to a largest value of 1 first, for the squares of tiny numbers would all be 0.
    y, p = y / np.abs(y).max(), p / np.abs(p).max()
    return float(np.clip(y @ p / np.sqrt((y @ y) * (p @ p)), -1, 1))


def mean_and_deviation(
    values: ArrayLike, weights: NDArray[np.float64] | None = None
) -> tuple[float, float]:
    """Return the mean and the standard deviation of n finite numbers, which may be weighted.

    The deviation is 1 where all numbers are equal, so that one can divide by it.

    >>> [mean_and_deviation(v) for v in ([1, 3], [7, 7], [0, 2e-200])]
    [(2.0, 1.0), (7.0, 1.0), (1e-200, 1e-200)]
    """
    y = as_numbers(values, "values")
    if np.ptp(y) == 0:
        return float(y[0]), 1.0
    mean = float(np.average(y, weights=weights))
    # Scaled to a largest value of 1 first, for the squares of tiny numbers would all be 0.
    largest = float(np.abs(y - mean).max())
    squared = np.average(((y - mean) / largest) ** 2, weights=weights)
    return mean, largest * float(np.sqrt(squared)) or 1.0


def all_metrics(truth: ArrayLike, predicted: ArrayLike) -> dict[str, float | None]:
    """Return mae, rmse, r2 and pearson by name; a value that has no meaning is ``None``.

    >>> all_metrics([1, 2, 3], [2, 2, 2])["pearson"] is None
    True
    """
    y, p = _pair(truth, predicted)
    return {
        "mae": mae(y, p),
        "rmse": rmse(y, p),
        "r2": r2(y, p) if np.ptp(y) else None,
        "pearson": pearson(y, p) if np.ptp(y) and np.ptp(p) else None,
    }


def intervals(
    truth: ArrayLike,
    predicted: ArrayLike,
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    groups: Iterable[str] | None = None,
) -> dict[str, tuple[float, float] | None]:
    """Return a percentile bootstrap interval for each metric of :func:`all_metrics`, by name.

    The texts are drawn again and again, with replacement and as many as there are, and the
    interval holds the middle share of what the metric was in these draws :cite:p:`efron1979`.
    It says how far other texts would move the metric, and nothing about another training run.

    Parameters
    ----------
    truth, predicted
        n finite numbers each.
    level
        Share of the draws inside the interval, between 0 and 1.
    draws
        How often the texts are drawn.
    seed
        The same seed draws the same texts.
    groups
        n names. Whole groups are drawn, as many as there are: sentences of one document err
        alike, and drawn one by one they would make the interval too narrow. Left out, every
        text is a group of its own.

    Returns
    -------
    dict
        The lower and the upper end for ``mae``, ``rmse``, ``r2`` and ``pearson``. ``None`` where
        the metric has no meaning, and for every metric where a single group leaves nothing to
        draw from. Draws in which a side happens to be constant are left out for ``r2`` and
        ``pearson``.

    Raises
    ------
    TypeError, ValueError
        If the lists are not two equally long lists of finite numbers, ``level`` is not between 0
        and 1, ``draws`` is below 1, ``seed`` is negative, or ``groups`` has not n names or one
        that is missing.

    Examples
    --------
    >>> intervals([1, 2, 3, 4], [1.5, 2.5, 2.5, 3.5])["mae"]
    (0.5, 0.5)
    >>> truth, predicted = range(20), [*range(1, 11), *range(10)]
    >>> low, high = intervals(truth, predicted)["pearson"]
    >>> low < pearson(truth, predicted) < high
    True

    """
    level = as_number(level, "level", below=1)
    drawn = resampled(truth, predicted, draws=draws, seed=seed, groups=groups)
    return {name: _middle(values, level) for name, values in drawn.items()}


def resampled(
    truth: ArrayLike,
    predicted: ArrayLike,
    *,
    draws: int = 1000,
    seed: int = 0,
    groups: Iterable[str] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Return each metric in all draws of :func:`intervals`, (draws,), NaN where it has no meaning.

    Two models that answer the same texts are given the same draws with the same seed, so that a
    difference of their metrics is one on the same texts. It raises as :func:`intervals`.

    >>> found = resampled([1, 2, 3, 4], [1.5, 2.5, 2.5, 3.5], draws=3)
    >>> found["mae"]
    array([0.5, 0.5, 0.5])
    """
    y, p = _pair(truth, predicted)
    draws, seed = as_count(draws, "draws"), as_count(seed, "seed", least=0)
    codes = np.arange(len(y)) if groups is None else _codes(groups, len(y))
    scale = float(np.ptp(y)) or 1.0
    sums = _sums_by_group(y, p, scale, codes)
    if len(sums) == 1:
        return {name: np.full(draws, np.nan) for name in ("mae", "rmse", "r2", "pearson")}
    counts = _resamples(len(sums), draws, seed)
    return _metrics_of(np.concatenate([block @ sums for block in counts]), scale)


def _codes(groups: Iterable[str], n: int) -> NDArray[np.intp]:
    """Give each group a number, in the order in which they appear."""
    numbers: dict[str, int] = {}
    codes = [numbers.setdefault(name, len(numbers)) for name in as_names(groups, "groups")]
    same_length(range(n), codes, "truth and groups")
    return np.array(codes, dtype=np.intp)


def _sums_by_group(
    y: NDArray[np.float64], p: NDArray[np.float64], scale: float, codes: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return sums over each group's texts from which every metric can be had, (groups, 8).

    Sums add up, so those of all resamples are one matrix product with how often each is drawn.
    """
    error = np.abs(y - p) / scale
    # Counted from the median, or one far number would leave no digits for the others.
    a, b = (y - np.median(y)) / scale, (p - np.median(p)) / (np.ptp(p) or 1.0)
    terms = [np.ones(len(y)), error, error**2, a, b, a * a, b * b, a * b]
    return np.stack([np.bincount(codes, weights=term) for term in terms], axis=1)


def _resamples(groups: int, draws: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield how often each group is drawn, (rows, groups) at a time, ``draws`` rows in all."""
    rng = np.random.default_rng(seed)
    block = max(_BLOCK // groups, 1)
    for start in range(0, draws, block):
        rows = min(block, draws - start)
        drawn = rng.integers(groups, size=(rows, groups)) + groups * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * groups)
        yield counts.reshape(rows, groups).astype(np.float64)


def _metrics_of(sums: NDArray[np.float64], scale: float) -> dict[str, NDArray[np.float64]]:
    """Return each metric for rows of sums (draws, 8), NaN where it has no meaning."""
    n, error, squared, a, b, aa, bb, ab = sums.T
    spread_a, spread_b = _spread(n, a, aa), _spread(n, b, bb)
    return {
        "mae": scale * error / n,
        "rmse": scale * np.sqrt(squared / n),
        "r2": 1 - squared / spread_a,
        "pearson": np.clip((ab - a * b / n) / np.sqrt(spread_a * spread_b), -1, 1),
    }


def _spread(
    n: NDArray[np.float64], total: NDArray[np.float64], squares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the sum of squares around the mean, NaN where nothing but rounding is left of it."""
    spread = squares - total * total / n
    return np.where(spread > 1e-12 * squares, spread, np.nan)


def _middle(values: NDArray[np.float64], level: float) -> tuple[float, float] | None:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _pair(truth: ArrayLike, predicted: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    y, p = as_numbers(truth, "truth"), as_numbers(predicted, "predicted")
    same_length(y, p, "truth and predicted")
    return y, p


def _varied(values: NDArray[np.float64], name: str) -> None:
    if np.ptp(values) == 0:
        raise ValueError(
            f"{name}: expected at least two different values, got {len(values)} times {values[0]}"
        )
