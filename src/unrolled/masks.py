"""Which steps count: lengths become masks, and both are checked before any arithmetic."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unrolled.arrays import as_array

Mask = NDArray[np.bool_]


def from_lengths(lengths: ArrayLike, steps: int, batch: int | None = None) -> Mask:
    """Return a mask (N, T) whose row n is True in its first ``lengths[n]`` steps.

    ``steps`` is T; ``batch``, where given, is the N that ``lengths`` must have.
    Raises ``TypeError`` for lengths that are not integers, and ``ValueError`` for lengths
    below 0, above T, or not N of them.

    >>> from_lengths([2, 0], steps=3).astype(int)
    array([[1, 1, 0],
           [0, 0, 0]])
    """
    values: NDArray[Any] = as_array(lengths, "lengths")
    if values.size and not np.issubdtype(values.dtype, np.integer):
        raise TypeError(f"expected integer lengths, got {values.dtype}")
    if values.ndim != 1 or (batch is not None and len(values) != batch):
        rows = "one length per row" if batch is None else f"{batch} lengths, one per row"
        raise ValueError(f"expected {rows}, got shape {values.shape}")
    wrong = np.flatnonzero((values < 0) | (values > steps))
    if len(wrong):
        row = int(wrong[0])
        raise ValueError(f"expected lengths from 0 to {steps}, got {values[row]} in row {row}")
    return np.arange(steps) < values.reshape(-1, 1)


def resolve(
    lengths: ArrayLike | None, mask: ArrayLike | None, batch: int, steps: int
) -> Mask | None:
    """Return the mask (N, T) that a caller meant by ``lengths`` or ``mask``; None for neither.

    Raises ``ValueError`` for both at once or a wrong shape, ``TypeError`` for a mask that is
    not boolean.
    """
    if lengths is not None and mask is not None:
        raise ValueError("expected lengths or a mask, got both")
    if lengths is not None:
        return from_lengths(lengths, steps, batch)
    if mask is None:
        return None
    values: NDArray[Any] = as_array(mask, "mask")
    if values.dtype != np.bool_:
        raise TypeError(f"expected a boolean mask, got {values.dtype}")
    if values.shape != (batch, steps):
        raise ValueError(f"expected a mask of shape {(batch, steps)}, got {values.shape}")
    return values
