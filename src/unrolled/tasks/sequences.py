"""What every task returns."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unrolled.arrays import as_array

#: A seed, or a generator that goes on where the last call left it.
Seed = int | np.random.Generator


class Sequences(NamedTuple):
    """N sequences of one task.

    ``x`` (N, T, D) are the inputs, zeros after a sequence has ended.
    ``targets`` are what is asked for: (N, K) where it is asked once, at the end of a sequence
    (adding, order), (N, T, K) where it is asked at every step (copy).
    ``lengths`` (N,) count the steps of each, T at most.
    """

    x: NDArray[np.float64]
    targets: NDArray[np.float64]
    lengths: NDArray[np.int64]


def within(
    tolerance: float, outputs: NDArray[np.floating], targets: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Tell for each sequence whether all its outputs (N, K) are nearer than that, (N,).

    >>> within(0.25, np.array([[0.5, 0.5], [0.5, 0.75]]), np.array([[0.5, 0.625], [0.5, 0.5]]))
    array([ True, False])
    """
    errors = as_array(outputs, "outputs") - as_array(targets, "targets")
    return np.asarray((np.abs(errors) < tolerance).all(axis=-1))
