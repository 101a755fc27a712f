"""Checks of what a figure is asked to draw, with errors that say what was expected."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def numbers(name: str, values: ArrayLike, *ndims: int) -> Floats:
    """Return values as a float array with one of the given numbers of axes, none of them empty.

    Raises ``TypeError`` for what is no number, ``ValueError`` for a wrong shape or a value that
    is not finite.

    >>> numbers("losses", [3, 2, 1], 1)
    array([3., 2., 1.])
    """
    try:
        array = np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}: expected numbers, got {values!r}") from error
    if array.ndim not in ndims or array.size == 0:
        axes = " or ".join(map(str, ndims))
        raise ValueError(
            f"{name}: expected a filled array with {axes} axes, got shape {array.shape}"
        )
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise ValueError(f"{name}: expected finite numbers, got {count} that are not")
    return array


def same_length(name: str, values: Sequence[object] | Floats, expected: int, what: str) -> None:
    """Raise ``ValueError`` unless there is one value for each of ``what``."""
    if len(values) != expected:
        raise ValueError(
            f"{name}: expected one for each of the {expected} {what}, got {len(values)}"
        )


def strings(name: str, values: Sequence[str]) -> list[str]:
    """Return a list of at least one string, or raise ``TypeError`` or ``ValueError``."""
    if isinstance(values, str) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"{name}: expected a sequence of strings, got {values!r}")
    if not len(values):
        raise ValueError(f"{name}: expected at least one, got none")
    return list(values)


def short(value: float) -> str:
    """Return a number in three significant digits, for a label or for reading aloud.

    >>> short(1234.5), short(0.0001234), short(2.0), short(-1e-9)
    ('1,230', '0.000123', '2', '-1e-09')
    """
    if value == 0 or not 1e-4 <= abs(value) < 1e7:
        return f"{value:.3g}"
    digits = 2 - int(np.floor(np.log10(abs(value))))
    text = f"{round(value, digits):,.{max(digits, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(text: str) -> str:
    r"""Return text as matplotlib must be given it so that a dollar sign stays one.

    >>> plain("$5")
    '\\$5'
    """
    return text.replace("$", r"\$")
