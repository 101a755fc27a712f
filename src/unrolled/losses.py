"""Softmax and cross-entropy: from numbers to probabilities, and what a wrong one costs."""

import numpy as np
from numpy.typing import ArrayLike

from unrolled import activations
from unrolled.activations import Array
from unrolled.arrays import as_array
from unrolled.checks import as_number


def softmax(logits: Array, temperature: float = 1.0) -> Array:
    """Return probabilities from ``logits`` (..., V), of any size: positive, and 1 in all.

    Each is exp(logit / temperature) over the sum of all :cite:p:`bridle1990`. The greatest logit
    is taken off first, which changes nothing and cannot overflow.
    Raises ``TypeError`` or ``ValueError`` for a temperature that is no number above 0.

    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    >>> softmax(np.array([0.0, 1.0]), temperature=0.1).round(4)
    array([0., 1.])
    """
    as_number(temperature, "temperature")
    return activations.softmax(logits / temperature)


def cross_entropy(logits: Array, targets: ArrayLike) -> tuple[float, Array]:
    """Return the mean of −ln p of the right answers, in nats, and its gradient at the logits.

    ``logits`` are (..., V) and ``targets`` (...), the numbers of the right ones, 0 to V − 1.
    The gradient is the probabilities less the right answer as one-hot, over how many there are.
    Raises ``TypeError`` or ``ValueError`` for targets of another kind or shape.

    >>> loss, gradient = cross_entropy(np.zeros((1, 2)), [1])
    >>> float(loss / np.log(2)), gradient  # one bit: a coin
    (1.0, array([[ 0.5, -0.5]]))
    """
    right = as_array(targets, "targets")
    letters = logits.shape[-1]
    if not np.issubdtype(right.dtype, np.integer):
        raise TypeError(f"targets: expected integers, got dtype {right.dtype}")
    if right.shape != logits.shape[:-1] or not right.size:
        raise ValueError(
            f"targets: expected shape {logits.shape[:-1]}, one a row of logits, got {right.shape}"
        )
    if right.min() < 0 or right.max() >= letters:
        raise ValueError(f"targets: expected 0 to {letters - 1}, got {right.min()}, {right.max()}")
    y = np.eye(letters, dtype=logits.dtype)[right]
    p = softmax(logits)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return float(-(y * log_p).sum(axis=-1).mean()), (p - y) / right.size
