"""How far predictions are from the truth. Each takes two lists of n finite numbers."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.text.checks import as_numbers, same_length


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


def _pair(truth: ArrayLike, predicted: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    y, p = as_numbers(truth, "truth"), as_numbers(predicted, "predicted")
    same_length(y, p, "truth and predicted")
    return y, p


def _varied(values: NDArray[np.float64], name: str) -> None:
    if np.ptp(values) == 0:
        raise ValueError(
            f"{name}: expected at least two different values, got {len(values)} times {values[0]}"
        )
