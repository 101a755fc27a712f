"""Numbers as a result keeps them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def rounded(values: ArrayLike | None) -> Any:
    """Return numbers as lists, to four significant digits, and None for what is not finite.

    >>> rounded([1.23456, np.inf])
    [1.235, None]
    >>> rounded(0.000123456)
    0.0001235
    """
    if values is None:
        return None
    array = np.asarray(values, np.float64)
    if array.ndim:
        return [rounded(value) for value in array]
    return float(f"{array:.4g}") if np.isfinite(array) else None
