"""What attention does with arrays besides: exchange axes, and leave padding out."""

from typing import Any

from unrolled.activations import Array, namespace


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
