"""Checks shared by the text room: each error says what was expected and what arrived."""

from collections.abc import Sized
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: The largest target, up or down: its square and sums of many squares still fit float32.
LARGEST = 1e15


def as_texts(texts: Any, name: str = "texts") -> list[str]:
    """Return ``texts`` as a list of strings.

    Raises
    ------
    TypeError
        If ``texts`` is one bare string, is not a sequence, or holds something that is no string.
    ValueError
        If it is empty.

    >>> as_texts(("six o'clock",))
    ["six o'clock"]

    """
    if isinstance(texts, str | bytes):
        raise TypeError(f"{name}: expected a list of strings, got one bare {type(texts).__name__}")
    try:
        texts = list(texts)
    except TypeError:
        kind = type(texts).__name__
        raise TypeError(f"{name}: expected a list of strings, got {kind}") from None
    if not texts:
        raise ValueError(f"{name}: expected at least one text, got none")
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            kind = type(text).__name__
            raise TypeError(f"{name}: expected only strings, got {kind} at index {index}")
    return [str(text) for text in texts]


def as_numbers(values: ArrayLike, name: str = "targets") -> NDArray[np.float64]:
    """Return ``values`` as a float64 array of shape (n,).

    Raises
    ------
    TypeError
        If a value is no real number.
    ValueError
        If the array is empty, is not one-dimensional, or holds NaN or infinity.

    >>> as_numbers([350, 605])
    array([350., 605.])

    """
    try:
        raw = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name}: expected shape (n,), got rows of different lengths") from None
    if raw.dtype.kind not in "iufb":
        raise TypeError(f"{name}: expected real numbers, got dtype {raw.dtype}")
    numbers = raw.astype(np.float64)
    if numbers.ndim != 1 or not len(numbers):
        raise ValueError(f"{name}: expected shape (n,) with n >= 1, got shape {numbers.shape}")
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        where = f"{numbers[bad[0]]} at index {bad[0]}"
        raise ValueError(f"{name}: expected finite numbers, got {where}")
    return numbers


def as_float32(values: ArrayLike, name: str = "targets") -> NDArray[np.float32]:
    """Return ``values`` as a float32 array of shape (n,), in which a network computes.

    Raises as :func:`as_numbers`, and ``ValueError`` for a number whose square would overflow.

    >>> as_float32([350, 605])
    array([350., 605.], dtype=float32)
    """
    numbers = as_numbers(values, name)
    largest = np.abs(numbers).max()
    if largest > LARGEST:
        raise ValueError(f"{name}: expected numbers up to {LARGEST:g} in size, got {largest:g}")
    return numbers.astype(np.float32)


def same_length(first: Sized, second: Sized, names: str) -> None:
    """Raise ``ValueError`` unless both have the same number of items."""
    if len(first) != len(second):
        raise ValueError(f"{names}: expected equal lengths, got {len(first)} and {len(second)}")


def as_count(value: Any, name: str, least: int = 1) -> int:
    """Return ``value`` as an ``int`` of at least ``least``.

    Raises ``TypeError`` for what is no integer, ``ValueError`` for what is too small.

    >>> as_count(np.int64(3), "units")
    3
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__} {value!r}")
    if value < least:
        raise ValueError(f"{name}: expected at least {least}, got {value}")
    return int(value)
