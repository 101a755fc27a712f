"""Scaled dot-product attention: every query looks at all keys, and takes a mean of the values.

::

    e = q k^T / sqrt(A)  how well each query meets each key
    a = softmax(e)       how much of each value to take
    y = a v

Source: :cite:t:`vaswani2017`. Nothing is learnt here; what is, stands in ``multi_head``.
"""

from typing import Any, NamedTuple

import numpy as np

from unrolled.activations import Array
from unrolled.attention.weights import d_softmax, softmax, transposed


class Cache(NamedTuple):
    """What a pass leaves behind: queries, keys, values, and the weights a (..., T, S)."""

    q: Array
    k: Array
    v: Array
    a: Array


def attend(q: Array, k: Array, v: Array, mask: Any = None) -> tuple[Array, Cache]:
    """Return for each query a mean of the values (..., T, V), weighted by how its key meets it.

    Queries q are (..., T, A), keys k (..., S, A) and values v (..., S, V), with the same axes
    before. ``mask`` is boolean and broadcasts to (..., T, S): False where a query may not look.
    What nobody may look at has to be finite all the same; ``multi_head`` puts zeros there.
    Raises ``ValueError`` where shapes do not fit.

    >>> k, v = np.array([[9.0, 0.0], [0.0, 9.0]]), np.array([[1.0], [2.0]])
    >>> y, cache = attend(np.array([[0.0, 9.0], [0.0, 0.0]]), k, v)
    >>> y.round(3)  # the first query meets the second key, the other neither
    array([[2. ],
           [1.5]])
    """
    if q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ValueError(
            "expected queries (..., T, A), keys (..., S, A) and values (..., S, V), "
            f"got shapes {tuple(q.shape)}, {tuple(k.shape)} and {tuple(v.shape)}"
        )

    e = (q @ transposed(k)) * scale(q)  # how well each meets each
    a = softmax(e, mask)  # how much of each to take
    y = a @ v

    return y, Cache(q, k, v, a)


def scale(q: Array) -> float:
    """Return 1 / sqrt(A): a sum of A products of unit variance has variance A.

    >>> scale(np.zeros((1, 16)))
    0.25
    """
    return float(q.shape[-1] ** -0.5)


def attend_backward(cache: Cache, d_y: Array) -> tuple[Array, Array, Array]:
    """Carry a gradient d_y (..., T, V) back to the queries, the keys and the values.

    Read it against ``attend``, from the bottom up. What was masked gets exactly 0.
    """
    q, k, v, a = cache

    # y = a @ v
    d_a, d_v = d_y @ transposed(v), transposed(a) @ d_y

    # a = softmax(e)
    d_e = d_softmax(a, d_a)

    # e = (q @ k^T) * scale
    d_e = d_e * scale(q)
    d_q, d_k = d_e @ k, transposed(d_e) @ q

    return d_q, d_k, d_v


def causal(steps: int) -> Any:
    """Return the mask (T, T) by which a step looks at itself and at the steps before it.

    >>> causal(3).astype(int)
    array([[1, 0, 0],
           [1, 1, 0],
           [1, 1, 1]])
    """
    return np.tri(steps, dtype=np.bool_)
