"""What a user's numbers must be, checked once, where they enter: sizes, rates, targets, weights.

Every error says what was expected and what arrived: ``TypeError`` for a value of the wrong kind,
``ValueError`` for one of the right kind that cannot be used. A missing value (``None``, NaN, NaT,
pandas' ``NA``, what a mask hides) is no number: the error gives its index.
"""

import warnings
from collections.abc import Sized
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.arrays import as_array, unmasked

#: The largest weight of a row: its square and sums of many squares still fit float32.
LARGEST = 1e15
#: The largest target, up or down: nanoseconds since 1970 fit until 2255, and the least int64, by
#: which NumPy and pandas write a time that is missing, does not.
LARGEST_TARGET = 9e18

_SHAPES = {0: "()", 1: "(n,)", 2: "(m, n)", 3: "(m, n, k)"}


def as_count(value: Any, name: str, least: int = 1) -> int:
    """Return ``value`` as an ``int`` of at least ``least``.

    Raises ``TypeError`` for what is no integer, ``True`` included, and ``ValueError`` for what is
    too small.

    >>> as_count(np.int64(3), "units")
    3
    >>> as_count(0, "units")
    Traceback (most recent call last):
    ValueError: units: expected at least 1, got 0
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__} {value!r}")
    if value < least:
        raise ValueError(f"{name}: expected at least {least}, got {value}")
    return int(value)


def check_counts(least: int = 1, **values: Any) -> None:
    """Raise as :func:`as_count` unless every value is an integer of at least ``least``.

    >>> check_counts(units=4, features=2.0)
    Traceback (most recent call last):
    TypeError: features: expected an integer, got float 2.0
    """
    for name, value in values.items():
        as_count(value, name, least)


def as_number(
    value: Any, name: str, above: float = 0, below: float = np.inf, *, closed: bool = False
) -> float:
    """Return ``value`` as a ``float`` above one bound (or on it, if ``closed``) and below another.

    Raises ``TypeError`` for what is no real number, and ``ValueError`` for one out of bounds.

    >>> as_number(0, "dropout", below=1, closed=True)
    0.0
    >>> as_number(0, "alpha")
    Traceback (most recent call last):
    ValueError: alpha: expected a number above 0, got 0
    """
    bounds = f"{'from' if closed else 'above'} {above:g}"
    bounds += f" and below {below:g}" if below < np.inf else ""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}: expected a number {bounds}, got {type(value).__name__} {value!r}")
    number = float(value)
    # Written so that NaN fails too.
    if not (above < number < below or (closed and number == above)):
        raise ValueError(f"{name}: expected a number {bounds}, got {value}")
    return number


def as_numbers(
    values: ArrayLike, name: str = "targets", axes: tuple[int, ...] = (1,)
) -> NDArray[np.float64]:
    """Return ``values`` as a float64 array with one of these numbers of axes, none of them empty.

    Raises
    ------
    TypeError
        If a value is no real number.
    ValueError
        If the array is empty, has another number of axes, or holds NaN, infinity or what a mask
        hides.

    >>> as_numbers([350, 605])
    array([350., 605.])

    """
    return _finite(_real(values, name, axes), values, name)


def _finite(raw: NDArray[Any], values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return an array of ``values`` as float64; raises as :func:`as_numbers` for one of them."""
    numbers = raw.astype(np.float64)
    hidden = np.zeros(numbers.shape, np.bool_)
    if isinstance(values, np.ma.MaskedArray):
        hidden = np.ma.getmaskarray(values)
    bad = np.argwhere(~np.isfinite(numbers) | hidden)
    if len(bad):
        first = tuple(bad[0])
        got = "a masked one" if hidden[first] else numbers[first]
        where = ", ".join(map(str, first))
        raise ValueError(f"{name}: expected finite numbers, got {got} at index {where}")
    return numbers


def _real(values: ArrayLike, name: str, axes: tuple[int, ...]) -> NDArray[Any]:
    """Return real numbers as an array of their own type; raises as :func:`as_numbers`."""
    shapes = " or ".join(_SHAPES[n] for n in axes)
    # A masked array is reported later, by the index of what it hides.
    given = np.ma.getdata(values) if isinstance(values, np.ma.MaskedArray) else values
    unmasked(given, name)
    try:
        raw = as_array(given, name)
    except ValueError:
        raise ValueError(f"{name}: expected shape {shapes}, got rows of unequal length") from None
    if raw.dtype.kind == "O":  # A column of pandas, or whole numbers beyond int64.
        for where, item in np.ndenumerate(raw):
            if not isinstance(item, Real):
                at = f" at index {', '.join(map(str, where))}" if where else ""
                raise TypeError(
                    f"{name}: expected real numbers, got dtype object: {item!r:.40}{at}"
                )
        try:
            raw = np.asarray(raw.tolist())
            raw = raw.astype(np.float64) if raw.dtype.kind == "O" else raw
        except OverflowError as error:
            raise ValueError(f"{name}: expected finite numbers, got: {error}") from None
    if raw.dtype.kind not in "iufb":
        raise TypeError(f"{name}: expected real numbers, got dtype {raw.dtype}: {values!r:.60}")
    if raw.ndim not in axes or not raw.size:
        raise ValueError(
            f"{name}: expected shape {shapes} and at least one number, got shape {raw.shape}"
        )
    return raw


def as_targets(values: ArrayLike, name: str = "targets") -> NDArray[np.float64]:
    """Return ``values`` as a float64 array of shape (n,): numbers that can be learnt.

    Raises as :func:`as_numbers`, and ``ValueError`` for a number beyond ``LARGEST_TARGET``.
    Warns as :func:`warn_of_rounding`.

    >>> as_targets([1_700_000_000, 1_700_000_001])
    array([1.7e+09, 1.7e+09])
    """
    raw = _real(values, name, (1,))
    numbers = _within(_finite(raw, values, name), name, -LARGEST_TARGET, LARGEST_TARGET)
    warn_of_rounding(raw, name)
    return numbers


def as_weights(values: ArrayLike, name: str = "weights") -> NDArray[np.float64]:
    """Return ``values`` as a float64 array of shape (n,): how much each row counts.

    Raises as :func:`as_numbers`, and ``ValueError`` for a number below 0 or beyond ``LARGEST``.

    >>> as_weights([0, 1e-46])
    array([0.e+00, 1.e-46])
    """
    return _within(as_numbers(values, name), name, 0, LARGEST)


def _within(
    numbers: NDArray[np.float64], name: str, least: float, most: float
) -> NDArray[np.float64]:
    bad = np.flatnonzero(~((least <= numbers) & (numbers <= most)))
    if len(bad):
        raise ValueError(
            f"{name}: expected numbers from {least:g} to {most:g}, "
            f"got {numbers[bad[0]]:g} at index {bad[0]}"
        )
    return numbers


class PrecisionWarning(UserWarning):
    """Numbers lie so close together that rounding leaves little of their differences."""


def warn_of_rounding(numbers: NDArray[Any], name: str = "targets") -> None:
    """Warn where numbers differ by little more than their own type, or float64, rounds them by.

    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_of_rounding(np.array([1.7e9, 1.7e9 + 128], np.float32))
    >>> print(caught[0].message)
    targets: expected numbers that differ by far more than the 128 by which float32 rounds them...
    """
    kept = numbers.dtype if numbers.dtype.kind == "f" else np.dtype(np.float64)
    lowest, highest = numbers.min().item(), numbers.max().item()
    largest = max(abs(lowest), abs(highest))
    step = float(np.spacing(kept.type(largest)))
    spread = highest - lowest  # Of whole numbers exact, as Python has them.
    # Equal floats beyond 2**53 may have been different whole numbers in a file.
    is_lost = spread > 0 or (len(numbers) > 1 and numbers.dtype == np.float64 and largest >= 2**53)
    if is_lost and spread < 16 * step:
        finer = "give them in float64, or "
        warnings.warn(
            f"{name}: expected numbers that differ by far more than the {step:g} by which {kept} "
            f"rounds them, got a spread of {spread:g}; {'' if kept.itemsize == 8 else finer}"
            "subtract a number close to all of them",
            PrecisionWarning,
            stacklevel=2,
        )


def same_length(first: Sized, second: Sized, names: str) -> None:
    """Raise ``ValueError`` unless both have the same number of items."""
    if len(first) != len(second):
        raise ValueError(f"{names}: expected equal lengths, got {len(first)} and {len(second)}")
