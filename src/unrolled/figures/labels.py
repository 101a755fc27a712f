"""Numbers and words as a label shows them, or as they are read aloud."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def short(value: float, zeros: bool = False) -> str:
    """Return a number in three significant digits, for a label or for reading aloud.

    Zeros at its end are dropped, unless they are asked for.

    >>> short(1234.5), short(0.0001234), short(2.0), short(-1e-9), short(2.0, zeros=True)
    ('1,230', '0.000123', '2', '-1e-09', '2.00')
    """
    if value == 0 or not 1e-4 <= abs(value) < 1e7:
        return f"{value:.3g}"
    digits = 2 - int(np.floor(np.log10(abs(value))))
    text = f"{round(value, digits):,.{max(digits, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text and not zeros else text


def alike(values: ArrayLike) -> Callable[[float], str]:
    """Return what writes numbers that stand together: 7.00 beside 7.06, but 7 beside 12.

    >>> [alike([7, 7.06])(7), alike([7, 12])(7)]
    ['7.00', '7']
    """
    numbers = np.asarray(values)
    return partial(short, zeros=bool((numbers != np.round(numbers)).any()))


def plain(text: str) -> str:
    r"""Escape text for matplotlib, so that a dollar sign stays one.

    >>> plain("$5")
    '\\$5'
    """
    return text.replace("$", r"\$")
