"""From scores to weights: the softmax, in which a masked step has no share at all."""

from typing import Any

from unrolled.activations import Array, namespace

#: Stands for the score of a masked step. It is finite, so that no difference of two is NaN.
LOWEST = -1e30


def softmax(e: Array, mask: Any = None) -> Array:
    """Turn scores (..., S) into weights: each above 0, and together 1 over the last axis.

    ``mask`` is boolean, of a shape that broadcasts to the scores'. Where it is False the weight
    is exactly 0, whatever the score; where a row has no step that counts, all its weights are 0.

    >>> import numpy as np
    >>> softmax(np.array([0.0, 0.0, 9.0]), np.array([True, True, False]))
    array([0.5, 0.5, 0. ])
    """
    xp = namespace(e)
    if mask is None:
        powers = xp.exp(e - xp.amax(e, axis=-1, keepdims=True))  # The largest is e^0.
        weights: Array = powers / xp.sum(powers, axis=-1, keepdims=True)
        return weights
    kept = xp.where(mask, e, xp.full_like(e, LOWEST))
    powers = xp.exp(kept - xp.amax(kept, axis=-1, keepdims=True))
    powers = xp.where(mask, powers, xp.zeros_like(e))
    total = xp.sum(powers, axis=-1, keepdims=True)
    weights = powers / xp.where(total > 0, total, xp.ones_like(total))
    return weights


def d_softmax(a: Array, d_a: Array) -> Array:
    """Carry a gradient at the weights ``a`` (..., S) back to the scores.

    More of one weight is less of the others: only what is above the weighted mean counts.

    >>> import numpy as np
    >>> d_softmax(np.array([0.5, 0.5, 0.0]), np.array([1.0, 3.0, 7.0]))
    array([-0.5,  0.5,  0. ])
    """
    return a * (d_a - (d_a * a).sum(axis=-1, keepdims=True))


def transposed(a: Array) -> Array:
    """Exchange the last two axes.

    >>> import numpy as np
    >>> transposed(np.zeros((5, 3, 2))).shape
    (5, 2, 3)
    """
    out: Array = namespace(a).swapaxes(a, -1, -2)
    return out


def kept(a: Array, mask: Any = None) -> Array:
    """Return ``a`` (N, S, ...) with zeros where a step is padding: that may hold anything.

    >>> import numpy as np
    >>> kept(np.array([[[1.0], [np.nan]]]), np.array([[True, False]])).ravel()
    array([1., 0.])
    """
    if mask is None:
        return a
    xp = namespace(a)
    out: Array = xp.where(mask[..., None], a, xp.zeros_like(a))
    return out
