"""What every task returns, and the checks that all of them make."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: A seed, or a generator that goes on where the last call left it.
Seed = int | np.random.Generator


class Sequences(NamedTuple):
    """Sequences of one task.

    ``x`` (N, T, D) are the inputs, zeros after a sequence has ended.
    ``targets`` (N, K) are what is asked for at the end of each.
    ``lengths`` (N,) count the steps of each.
    """

    x: NDArray[np.float64]
    targets: NDArray[np.float64]
    lengths: NDArray[np.int64]


def as_size(value: int, name: str, least: int) -> int:
    """Return a size that is an integer and not too small.

    Raises ``TypeError`` for what is no integer and ``ValueError`` for less than ``least``.

    >>> as_size(0, "count", least=1)
    Traceback (most recent call last):
    ...
    ValueError: count: expected at least 1, got 0
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: expected an integer, got {value!r}")
    if value < least:
        raise ValueError(f"{name}: expected at least {least}, got {value}")
    return int(value)
