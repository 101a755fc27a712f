"""The two squashing functions of the cells, each with its derivative beside it.

The derivatives are written from the *output*: the forward pass has already computed it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


def sigmoid(a: Array) -> Array:
    """Squash each entry of ``a`` into (0, 1): 1 / (1 + exp(-a)), any shape.

    Written through tanh, so that a large negative entry cannot overflow.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    out: Array = 0.5 * (1 + np.tanh(a / 2))
    return out


def d_sigmoid(s: Array) -> Array:
    """Slope of the sigmoid where its output is ``s``, any shape.

    >>> d_sigmoid(sigmoid(np.array([0.0])))
    array([0.25])
    """
    return s * (1 - s)


def tanh(a: Array) -> Array:
    """Squash each entry of ``a`` into (-1, 1), any shape.

    >>> tanh(np.array([0.0]))
    array([0.])
    """
    out: Array = np.tanh(a)
    return out


def d_tanh(t: Array) -> Array:
    """Slope of tanh where its output is ``t``, any shape.

    >>> d_tanh(tanh(np.array([0.0])))
    array([1.])
    """
    return 1 - t * t
